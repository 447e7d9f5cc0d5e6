"""What the pages about one person's record share: finding it, the practice's day, the overview."""

from datetime import date
from typing import Final
from uuid import UUID

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.intake.domain.records import AMENDMENT_DENIALS, DENIALS
from services.intake.operations import (
    audit,
    authorizations,
    documents,
    estimates,
    inquiries,
    needs,
    questionnaires,
    record_requests,
)
from services.intake.operations.inquiries import Inquiry
from services.intake.operations.record_requests import Request
from services.intake.web.record_words import RECORD_WORDS
from services.intake.web.staff import reader
from shared.clock import utcnow
from shared.web import database, settings
from shared.web.forms import FormErrors
from shared.web.problems import NotForYourRole, NotFound
from shared.zones import zone

FREE: Final = frozenset(("no charge", "free", "nothing", "$0"))


def today() -> date:
    """The day it is at the practice."""
    return utcnow().astimezone(zone(settings().practice.timezone)).date()


def free_call() -> bool:
    """Whether the private call costs nothing, as PRIVATE_CALL_PRICE says it."""
    return settings().call_price.strip().lower() in FREE


def find_inquiry(session: Session, response_id: UUID, *, clinical: bool = False) -> Inquiry:
    """The inquiry whose record this is. Raises NotFound, NotForYourRole."""
    who = reader()
    if clinical and not who.clinical:
        raise NotForYourRole("Ask a clinician, please.")
    found = inquiries.find(session, response_id=response_id, reader=who)
    if found is None:
        raise NotFound("There is no such inquiry.")
    return found


def find_request(
    session: Session, response_id: UUID, request_id: UUID, *, for_change: bool = False
) -> tuple[Inquiry, Request]:
    """A request of this inquiry's person, for clinical roles. Raises NotFound, NotForYourRole."""
    inquiry = find_inquiry(session, response_id, clinical=True)
    person_id = inquiry.response.person_id
    found = record_requests.find(
        session, request_id=request_id, person_id=person_id, for_change=for_change
    )
    if found is None:
        raise NotFound("There is no such request.")
    return inquiry, found


def overview(response_id: UUID, errors: FormErrors | None = None) -> str:
    """The page of one record. The front desk gets rows without a word of what was asked."""
    who, day = reader(), today()
    with database().begin() as session:
        inquiry = find_inquiry(session, response_id)
        person_id = inquiry.response.person_id
        screener = questionnaires.of_response(session, inquiry.response)
        shown = {
            "requests": record_requests.outlines(session, person_id=person_id),
            "needs": needs.of_response(session, inquiry.response),
            "mail_consent": screener.items["c_email"].text,
            "owed": estimates.owed(
                session,
                zone=zone(settings().practice.timezone),
                free_call=free_call(),
                person_id=person_id,
            ),
            "given": estimates.delivered(session, person_id=person_id),
        }
        if who.clinical:
            audit.record(
                session,
                reader=who,
                response_id=inquiry.response.id,
                parts=["record"],
                reason="to work on the record",
            )
            shown |= {
                "authorizations": authorizations.of_person(session, person_id=person_id),
                "documents": documents.of_person(session, person_id=person_id),
            }
    return render_template("intake/record.html", **page(inquiry, day, errors), **shown)


def page(inquiry: Inquiry, day: date, errors: FormErrors | None = None) -> dict[str, object]:
    """What every template about a record is given."""
    return {
        "inquiry": inquiry,
        "reader": reader(),
        "today": day,
        "now": utcnow(),
        "rw": RECORD_WORDS,
        "denials": DENIALS,
        "amendment_denials": AMENDMENT_DENIALS,
        "errors": errors.errors if errors else {},
        "typed": errors.given if errors else {},
    }


def overview_again(response_id: UUID, errors: FormErrors) -> ResponseReturnValue:
    """The overview with what was typed, and what needs another look."""
    return overview(response_id, errors), errors.status


def to_overview(response_id: UUID) -> ResponseReturnValue:
    """Back to the overview after something was done."""
    return redirect(url_for("staff_records.record", response_id=response_id), 303)


def to_request(response_id: UUID, request_id: UUID) -> ResponseReturnValue:
    """Back to the request after something was done."""
    return redirect(
        url_for("staff_records.one_request", response_id=response_id, request_id=request_id), 303
    )


def here() -> str:
    """This page's address on this origin, for coming back after sign-in."""
    return request.script_root + request.path
