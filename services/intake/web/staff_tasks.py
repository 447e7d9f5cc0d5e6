"""Tasks in the console: mine, and what is done with one. For clinical roles alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from services.intake.domain.tasks import REASONS, Colleague, NotNow, State, roster
from services.intake.operations import (
    calls,
    decisions,
    free_text,
    holds,
    inquiries,
    notes,
    practice,
    tasks,
)
from services.intake.operations.free_text import NotOpened
from services.intake.operations.holds import NoReason
from services.intake.operations.inquiries import Inquiry
from services.intake.operations.tasks import NobodyElse, SomebodyHasIt
from services.intake.web import task_cards
from services.intake.web.record_pages import find_inquiry
from services.intake.web.staff import reader, show, staff_vocabulary
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, kept, settings
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.zones import zone

pages = Blueprint(
    "staff_tasks", __name__, url_prefix="/staff/tasks", template_folder="../templates"
)
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})
pages.context_processor(staff_vocabulary)

MOVED = "It stands otherwise by now. Look again, please."


class OnwardForm(Schema):
    """To the next person: why, if one says so, and who had it when the page was opened."""

    seen = fields.UUID(load_default=None)
    reason = fields.String(
        load_default="", validate=validate.OneOf(["", *REASONS], error="Choose one of the reasons.")
    )


class HandOverForm(OnwardForm):
    """To a colleague."""

    to = fields.UUID(required=True, error_messages={"required": "Choose somebody."})


class NoteForm(Schema):
    """A private note."""

    note = fields.String(
        required=True,
        validate=validate.Length(
            1, notes.LONGEST, error=f"Please keep it to {notes.LONGEST} characters."
        ),
        error_messages={"required": "Write something first."},
    )


class LiftForm(Schema):
    """Why a hold is lifted."""

    because = fields.String(
        load_default="",
        validate=validate.Length(max=1000, error="Please keep it to 1000 characters."),
    )


@pages.get("")
def mine() -> ResponseReturnValue:
    """What I have, and what nobody has yet, the most pressing first."""
    who = reader()
    with database().begin() as session:
        found = [one for one in inquiries.queue(session, reader=who) if _waits(one)]
        clocks = task_cards.clocks(session, found)
    parts = task_cards.pills(found, who)
    return render_template(
        "intake/tasks.html",
        mine=parts["mine"],
        nobodys=parts["nobodys"],
        clocks=clocks,
        reader=who,
        now=utcnow(),
    )


def _waits(inquiry: Inquiry) -> bool:
    return inquiry.task is not None and inquiry.task.state != State.DONE


@pages.post("/<uuid:response_id>/take")
def take(response_id: UUID) -> ResponseReturnValue:
    """I have it: the clock stops, and nobody else is asked."""
    with _acting(response_id) as (session, _):
        tasks.acknowledge(session, response_id=response_id, reader=reader())
        flash("You have it.")
    return _back(response_id)


@pages.post("/<uuid:response_id>/hand-over")
def hand_over(response_id: UUID) -> ResponseReturnValue:
    """To a colleague, who is told that there is a task."""
    asked = load(HandOverForm(), request.form)
    to = _colleague(asked["to"])
    if to is None:
        flash("We could not find that colleague just now. Nothing was changed.")
        return _back(response_id)
    with _acting(response_id) as (session, _):
        tasks.hand_over(
            session,
            response_id=response_id,
            reader=reader(),
            to=to,
            reason=asked["reason"],
            seen=asked["seen"],
            **_rules(session),
        )
        flash(f"{to.name} has it now, and is told that there is a task.")
    return _back(response_id)


@pages.post("/<uuid:response_id>/escalate")
def escalate(response_id: UUID) -> ResponseReturnValue:
    """To the next person, now."""
    asked = load(OnwardForm(), request.form)
    people = task_cards.clinicians(kept("scheduler"))
    with _acting(response_id) as (session, _):
        somebody = tasks.escalate(
            session,
            response_id=response_id,
            reader=reader(),
            people=roster(people, practice.current(session).roster),
            reason=asked["reason"],
            seen=asked["seen"],
            **_rules(session),
        )
        flash(f"{somebody.name} has it now, and is told that there is a task.")
    return _back(response_id)


@pages.post("/<uuid:response_id>/done")
def done(response_id: UUID) -> ResponseReturnValue:
    """Nobody has to do anything by the clock any more."""
    with _acting(response_id) as (session, _):
        tasks.finish(session, response_id=response_id, reader=reader())
        flash("Done. The inquiry stays open until you close it.")
    return _back(response_id)


@pages.post("/<uuid:response_id>/reopen")
def reopen(response_id: UUID) -> ResponseReturnValue:
    """It has to be done after all: I have it."""
    with _acting(response_id) as (session, _):
        tasks.reopen(session, response_id=response_id, reader=reader())
        flash("Open again. You have it.")
    return _back(response_id)


@pages.post("/<uuid:response_id>/called")
def called(response_id: UUID) -> ResponseReturnValue:
    """The private call has taken place, and with it the task is done."""
    with _acting(response_id) as (session, found):
        calls.mark_done(session, response=found.response, reader=reader(), now=utcnow())
        tasks.finish(session, response_id=response_id, reader=reader())
        flash("Written down: you have called.")
    return _back(response_id)


@pages.post("/<uuid:response_id>/not-called")
def not_called(response_id: UUID) -> ResponseReturnValue:
    """It has not taken place after all: I have the task again."""
    with _acting(response_id) as (session, found):
        calls.unmark(session, response=found.response, reader=reader())
        tasks.reopen(session, response_id=response_id, reader=reader())
        flash("Taken back. You have the task.")
    return _back(response_id)


@pages.post("/<uuid:response_id>/text-read")
def text_read(response_id: UUID) -> ResponseReturnValue:
    """What they wrote in their own words was read."""
    try:
        with _acting(response_id) as (session, found):
            free_text.mark_read(session, response=found.response, reader=reader(), now=utcnow())
            flash("Written down: you have read it.")
    except NotOpened:
        flash("Open it first. Then say that you have read it.")
    return _back(response_id)


@pages.post("/<uuid:response_id>/note")
def note(response_id: UUID) -> ResponseReturnValue:
    """Write a private note."""
    try:
        words = load(NoteForm(), request.form)["note"]
    except FormErrors as refusal:
        return _again(response_id, note_errors=refusal.errors, note_typed=refusal.given)
    with _acting(response_id) as (session, found):
        notes.add(session, response=found.response, reader=reader(), words=words)
        flash("Added.")
    return _back(response_id)


@pages.post("/<uuid:response_id>/lift")
def lift(response_id: UUID) -> ResponseReturnValue:
    """Lift the hold on the invitation, with a reason (L14). Nothing is sent by that."""
    try:
        because = load(LiftForm(), request.form)["because"]
        with _acting(response_id) as (session, found):
            if decisions.of(session, found.response)["partner_invite"] != "hold":
                raise NotNow
            holds.lift(session, response=found.response, reader=reader(), reason=because)
            flash("The hold is lifted. Your name, role and reason stay in the record.")
    except FormErrors as refusal:
        return _again(response_id, lift_errors=refusal.errors, lift_typed=refusal.given)
    except NoReason:
        errors = {"because": ["Say why, in a sentence that can be read later."]}
        return _again(response_id, lift_errors=errors, lift_typed=request.form)
    return _back(response_id)


@contextmanager
def _acting(response_id: UUID) -> Iterator[tuple[Session, Inquiry]]:
    """A transaction with the inquiry; who was slower is told how it stands, and nothing changes."""
    try:
        with database().begin() as session:
            yield session, find_inquiry(session, response_id)
    except SomebodyHasIt as refused:
        flash(f"{refused.owner} has it by now.")
    except NotNow:
        flash(MOVED)
    except NobodyElse:
        flash("There is nobody else to pass it on to.")


def _rules(session: Session) -> dict[str, Any]:
    return {
        "settings": practice.current(session),
        "zone": zone(settings().practice.timezone),
    }


def _colleague(account_id: UUID) -> Colleague | None:
    found = task_cards.clinicians(kept("scheduler"))
    return next((one for one in found if one.account_id == account_id), None)


def _again(response_id: UUID, **typed: object) -> ResponseReturnValue:
    return show(response_id, typed=typed), HTTPStatus.UNPROCESSABLE_ENTITY


def _back(response_id: UUID) -> ResponseReturnValue:
    """To where it was sent from: the list of tasks, the queue, or the inquiry."""
    back = request.args.get("back")
    if back == "tasks":
        return redirect(url_for(".mine"), HTTPStatus.SEE_OTHER)
    if back == "queue":
        return redirect(url_for("staff.waiting"), HTTPStatus.SEE_OTHER)
    return redirect(url_for("staff.inquiry", response_id=response_id), HTTPStatus.SEE_OTHER)
