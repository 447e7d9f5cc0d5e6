"""The console's inquiries: who waits, what the form suggests, and what is sealed."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.intake.operations import audit, contacts, inquiries, needs, questionnaires
from services.intake.operations.inquiries import GlassClosed, Inquiry, NothingSealed, OpenedAnswer
from services.intake.operations.readers import Reader
from services.intake.schemas import REASONS, OpenSealedSchema, ReachingSchema, opening
from services.intake.web import staff_couples, staff_words, task_cards, wording
from services.intake.web.times import when
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, kept, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import load
from shared.web.problems import NotForYourRole, NotFound

pages = Blueprint("staff", __name__, url_prefix="/staff/inquiries", template_folder="../templates")
guard_staff(pages)
pages.add_app_template_global(wording.plan, "contact_plan")
pages.add_app_template_global(wording.answer, "answer_words")
pages.add_app_template_global(when)


@pages.context_processor
def staff_vocabulary() -> dict[str, object]:
    """The words that templates look up."""
    return {"words": staff_words}


def reader() -> Reader:
    """Who is signed in."""
    staff = current_staff()
    return Reader(account_id=staff.account_id, name=staff.name, role=Role(staff.role))


@pages.get("")
def waiting() -> ResponseReturnValue:
    """Who waits to hear from us."""
    return _list("open")


@pages.get("/mine")
def mine() -> ResponseReturnValue:
    """What I have."""
    return _list("mine")


@pages.get("/nobodys")
def nobodys() -> ResponseReturnValue:
    """What nobody has yet."""
    return _list("nobodys")


@pages.get("/closed")
def closed() -> ResponseReturnValue:
    """Whom we are done with."""
    return _list("closed")


def _list(which: str) -> str:
    who = reader()
    if which in ("mine", "nobodys") and not who.clinical:
        raise NotForYourRole("Ask a clinician, please.")
    with database().begin() as session:
        found = inquiries.queue(session, reader=who, closed=which == "closed")
        clocks = task_cards.clocks(session, found)
    pills = task_cards.pills(found, who) if which != "closed" else {}
    return render_template(
        "intake/inquiries.html",
        rows=pills.get(which, found),
        which=which,
        pills=pills,
        clocks=clocks,
        closed=which == "closed",
        reader=who,
        now=utcnow(),
    )


@pages.get("/<uuid:response_id>")
def inquiry(response_id: UUID) -> ResponseReturnValue:
    """One inquiry. For the front desk: a status word and how to reach the person."""
    return show(response_id)


@pages.post("/<uuid:response_id>/sealed")
def open_sealed(response_id: UUID) -> ResponseReturnValue:
    """Open a part of what is sealed. Each time it is shown, that is recorded, with the reason."""
    if not reader().clinical:
        raise NotForYourRole("Only clinical staff can open these.")
    asked = load(OpenSealedSchema(), request.form)
    parts = list(dict.fromkeys([*asked["also"], asked["part"]]))
    words, breaking = opening(asked["reason"])
    try:
        return show(response_id, parts=parts, reason=words, breaking=breaking)
    except NothingSealed as error:
        raise NotFound("There is no such part. Open the inquiry again, please.") from error
    except GlassClosed as error:
        flash(f"{error.owner} has this by now. Say why you have to read it all the same.")
        return redirect(url_for(".inquiry", response_id=response_id), HTTPStatus.SEE_OTHER)


@pages.post("/<uuid:response_id>/reaching")
def change_reaching(response_id: UUID) -> ResponseReturnValue:
    """Stop using a way to reach this person. Any role may do it, and no reason is asked."""
    keep = load(ReachingSchema(), request.form)["keep"]
    with database().begin() as session:
        found = _find(session, response_id)
        contacts.narrow(session, person_id=found.response.person_id, keep=keep)
    flash("Saved. It counts from now on, also for messages that wait to be sent.")
    return redirect(url_for(".inquiry", response_id=response_id), HTTPStatus.SEE_OTHER)


@pages.post("/<uuid:response_id>/close")
def close(response_id: UUID) -> ResponseReturnValue:
    """Done with it."""
    with database().begin() as session:
        found = _find(session, response_id, clinical=True)
        inquiries.close(session, inquiry=found, reader=reader(), now=utcnow())
    flash("Closed. You find it under Closed.")
    return redirect(url_for(".waiting"), HTTPStatus.SEE_OTHER)


@pages.post("/<uuid:response_id>/reopen")
def reopen(response_id: UUID) -> ResponseReturnValue:
    """Back into the queue."""
    with database().begin() as session:
        found = _find(session, response_id, clinical=True)
        inquiries.reopen(session, inquiry=found, reader=reader())
    flash("Open again.")
    return redirect(url_for(".inquiry", response_id=response_id), HTTPStatus.SEE_OTHER)


def _find(session: Session, response_id: UUID, *, clinical: bool = False) -> Inquiry:
    who = reader()
    if clinical and not who.clinical:
        raise NotForYourRole("Ask a clinician, please.")
    found = inquiries.find(session, response_id=response_id, reader=who)
    if found is None:
        raise NotFound("There is no such inquiry.")
    return found


def show(
    response_id: UUID,
    parts: list[str] | None = None,
    reason: str = "",
    breaking: str | None = None,
    typed: Mapping[str, object] | None = None,
) -> str:
    """The inquiry page. `typed`: a form of it that needs another look, errors and values."""
    who = reader()
    opened: dict[str, list[OpenedAnswer]] = {}
    with database().begin() as session:
        found = _find(session, response_id)
        person_id = found.response.person_id
        person_needs = needs.of_response(session, found.response)
        if who.clinical:
            if parts:
                opened = inquiries.open_sealed(
                    session,
                    inquiry=found,
                    parts=parts,
                    reader=who,
                    reason=reason,
                    breaking=breaking,
                )
            clinical: dict[str, Any] = {
                "decision": inquiries.read_decision(session, inquiry=found, reader=who),
                "answers": inquiries.visible_answers(session, inquiry=found),
                "sealed": inquiries.sealed_parts(session, inquiry=found),
                "screener": questionnaires.of_response(session, found.response),
                "readings": audit.readings(session, response_id=found.response.id),
                **staff_couples.cards(session, response=found.response, reader=who),
                **task_cards.of_inquiry(session, found, who, opened),
            }
        else:
            clinical = {}
    # The scheduler is asked with no transaction open: it may be slow, or away.
    if who.clinical:
        clinical |= task_cards.colleagues(kept("scheduler"), found, who, clinical["roster"])
    return render_template(
        "intake/inquiry.html",
        inquiry=found,
        reader=who,
        appointments=kept("scheduler").appointments(person_id),
        needs=person_needs,
        opened=opened,
        reason=reason,
        reasons=REASONS,
        now=utcnow(),
        zone=settings().practice.timezone,
        **clinical,
        **(typed or {}),
    )
