"""The staff's JSON API: who waits, and one inquiry with its reasons. The session cookie speaks.

The same verbs as behind the pages, with the same reader: what a role may not see is not asked for,
and what is opened is recorded the same way.
"""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE
from sqlalchemy.orm import Session

from services.intake.operations import audit, inquiries, questionnaires
from services.intake.operations.inquiries import GlassClosed, Inquiry, NothingSealed
from services.intake.operations.readers import Reader
from services.intake.schemas import opening
from services.intake.web import staff_documents
from services.intake.web.staff import reader
from services.intake.web.staff_documents import (
    InquirySchema,
    OpenedPartSchema,
    OpenPartSchema,
    QueueSchema,
    WhichSchema,
    entry_document,
    opened_document,
)
from services.intake.web.task_refusals import SomebodyElseHasIt
from shared.web import database, kept
from shared.web.audiences import EVERY_ROLE, guard_api
from shared.web.openapi import SIGNED_IN
from shared.web.problems import NotForYourRole, NotFound

api = Blueprint(
    "staff_api", __name__, url_prefix="/api/staff/inquiries", description="Who waits, and why"
)
guard_api(api, roles=EVERY_ROLE)


@api.get("")
@api.doc(security=SIGNED_IN)
@api.arguments(WhichSchema, location="query", unknown=RAISE)
@api.response(200, QueueSchema)
def queue(asked: dict[str, Any]) -> dict[str, Any]:
    """Who waits to hear from the practice, or whom it is done with."""
    who = reader()
    with database().begin() as session:
        found = inquiries.queue(session, reader=who, closed=asked["closed"])
    return {"inquiries": [entry_document(inquiry, who) for inquiry in found]}


@api.get("/<uuid:response_id>")
@api.doc(security=SIGNED_IN)
@api.response(200, InquirySchema)
def inquiry(response_id: UUID) -> dict[str, Any]:
    """One inquiry. That a clinician reads the decision is recorded, as on the page."""
    who = reader()
    with database().begin() as session:
        found = _find(session, response_id, who)
        document = entry_document(found, who)
        if not who.clinical:
            return document
        document |= _clinical(session, found, who)
    # The scheduler is asked with no transaction open: it may be slow, or away.
    booked = kept("scheduler").appointments(found.response.person_id)
    if booked is not None:
        booked = [staff_documents.appointment_document(one) for one in booked]
    return document | {"appointments": booked}


@api.post("/<uuid:response_id>/sealed")
@api.doc(security=SIGNED_IN)
@api.arguments(OpenPartSchema)
@api.response(200, OpenedPartSchema)
def open_sealed(sent: dict[str, Any], response_id: UUID) -> dict[str, Any]:
    """Open one sealed part. Each opening is recorded, with name, time and reason."""
    who, part = reader(), sent["part"]
    if not who.clinical:
        raise NotForYourRole("Only clinical staff can open these.")
    words, breaking = opening(sent["reason"])
    try:
        with database().begin() as session:
            opened = inquiries.open_sealed(
                session,
                inquiry=_find(session, response_id, who),
                parts=[part],
                reader=who,
                reason=words,
                breaking=breaking,
            )
    except NothingSealed as error:
        raise NotFound("There is no such part.") from error
    except GlassClosed as error:
        raise SomebodyElseHasIt(f"{error.owner} has this. Say why you break the glass.") from error
    return opened_document(part, opened[part])


def _find(session: Session, response_id: UUID, who: Reader) -> Inquiry:
    found = inquiries.find(session, response_id=response_id, reader=who)
    if found is None:
        raise NotFound("There is no such inquiry.")
    return found


def _clinical(session: Session, found: Inquiry, who: Reader) -> dict[str, Any]:
    decision = inquiries.read_decision(session, inquiry=found, reader=who)
    answers = inquiries.visible_answers(session, inquiry=found)
    sealed = inquiries.sealed_parts(session, inquiry=found)
    readings = audit.readings(session, response_id=found.response.id)
    screener = questionnaires.of_response(session, found.response)
    return staff_documents.decision_document(decision) | {
        "questionnaire_version": screener.version,
        "answers": staff_documents.pages_document(answers),
        "sealed": [staff_documents.part_document(section) for section in sealed],
        "readings": [staff_documents.reading_document(row) for row in readings],
    }
