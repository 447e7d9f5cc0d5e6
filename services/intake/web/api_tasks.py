"""The staff's JSON API of tasks: whose they are, and the same verbs as on the pages."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.intake.domain import tasks as rules
from services.intake.domain.tasks import State, roster
from services.intake.operations import calls, decisions, free_text, holds, inquiries, notes, tasks
from services.intake.operations import practice as practices
from services.intake.operations.free_text import NotOpened
from services.intake.operations.holds import NoReason
from services.intake.operations.inquiries import Inquiry
from services.intake.operations.tasks import NobodyElse, SomebodyHasIt
from services.intake.web import task_cards
from services.intake.web.record_pages import find_inquiry
from services.intake.web.staff import reader
from services.intake.web.task_documents import (
    HandOverSchema,
    LiftSchema,
    NewNoteSchema,
    NotesSchema,
    OnwardSchema,
    TaskSchema,
    TasksSchema,
    TaskWithHistorySchema,
    WhichTasksSchema,
    event_document,
    note_document,
    task_document,
)
from services.intake.web.task_refusals import NotNow, ReasonTooShort, SomebodyElseHasIt
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, kept, settings
from shared.web.audiences import guard_api
from shared.web.openapi import SIGNED_IN
from shared.zones import zone

api = Blueprint(
    "tasks_api", __name__, url_prefix="/api/staff/tasks", description="Whose turn it is"
)
guard_api(api, roles={Role.OWNER, Role.CLINICIAN})


@api.get("")
@api.doc(security=SIGNED_IN)
@api.arguments(WhichTasksSchema, location="query")
@api.response(200, TasksSchema)
def listed(asked: dict[str, Any]) -> dict[str, Any]:
    """Tasks, the most pressing first."""
    who = reader()
    with database().begin() as session:
        found = [one for one in inquiries.queue(session, reader=who) if one.task is not None]
    done = [one for one in found if one.task and one.task.state == State.DONE]
    waiting = [one for one in found if one not in done]
    parts = task_cards.pills(waiting, who) | {"done": done}
    return {"tasks": [task_document(one, who) for one in parts[asked["which"]]]}


@api.get("/<uuid:response_id>")
@api.doc(security=SIGNED_IN)
@api.response(200, TaskWithHistorySchema)
def one(response_id: UUID) -> dict[str, Any]:
    """The task of one inquiry, with what happened."""
    with database().begin() as session:
        document = task_document(find_inquiry(session, response_id), reader())
        events = tasks.history(session, response_id)
    return document | {"history": [event_document(event) for event in events]}


@api.post("/<uuid:response_id>/acknowledge")
@api.doc(security=SIGNED_IN)
@api.response(200, TaskSchema)
def acknowledge(response_id: UUID) -> dict[str, Any]:
    """Say “I have it”. 409 with the name when somebody else has said so."""
    with _acting(response_id) as (session, _):
        tasks.acknowledge(session, response_id=response_id, reader=reader())
    return _now(response_id)


@api.post("/<uuid:response_id>/hand-over")
@api.doc(security=SIGNED_IN)
@api.arguments(HandOverSchema)
@api.response(200, TaskSchema)
def hand_over(sent: dict[str, Any], response_id: UUID) -> dict[str, Any]:
    """To a colleague, who is told that there is a task."""
    people = task_cards.clinicians(kept("scheduler"))
    to = next((one for one in people if one.account_id == sent["to"]), None)
    if to is None:
        raise NotNow("There is no such colleague who may have it.")
    with _acting(response_id) as (session, _):
        tasks.hand_over(
            session,
            response_id=response_id,
            reader=reader(),
            to=to,
            reason=sent["reason"],
            seen=sent["seen"],
            settings=practices.current(session),
            zone=zone(settings().practice.timezone),
        )
    return _now(response_id)


@api.post("/<uuid:response_id>/escalate")
@api.doc(security=SIGNED_IN)
@api.arguments(OnwardSchema)
@api.response(200, TaskSchema)
def escalate(sent: dict[str, Any], response_id: UUID) -> dict[str, Any]:
    """To the next person, now."""
    people = task_cards.clinicians(kept("scheduler"))
    with _acting(response_id) as (session, _):
        decided = practices.current(session)
        tasks.escalate(
            session,
            response_id=response_id,
            reader=reader(),
            people=roster(people, decided.roster),
            reason=sent["reason"],
            seen=sent["seen"],
            settings=decided,
            zone=zone(settings().practice.timezone),
        )
    return _now(response_id)


@api.post("/<uuid:response_id>/done")
@api.doc(security=SIGNED_IN)
@api.response(200, TaskSchema)
def done(response_id: UUID) -> dict[str, Any]:
    """Nobody has to do anything by the clock any more."""
    with _acting(response_id) as (session, _):
        tasks.finish(session, response_id=response_id, reader=reader())
    return _now(response_id)


@api.post("/<uuid:response_id>/reopen")
@api.doc(security=SIGNED_IN)
@api.response(200, TaskSchema)
def reopen(response_id: UUID) -> dict[str, Any]:
    """It has to be done after all: you have it."""
    with _acting(response_id) as (session, _):
        tasks.reopen(session, response_id=response_id, reader=reader())
    return _now(response_id)


@api.post("/<uuid:response_id>/call-done")
@api.doc(security=SIGNED_IN)
@api.response(200, TaskSchema)
def call_done(response_id: UUID) -> dict[str, Any]:
    """The private call has taken place; with it the task is done."""
    with _acting(response_id) as (session, found):
        calls.mark_done(session, response=found.response, reader=reader(), now=utcnow())
        tasks.finish(session, response_id=response_id, reader=reader())
    return _now(response_id)


@api.post("/<uuid:response_id>/call-not-done")
@api.doc(security=SIGNED_IN)
@api.response(200, TaskSchema)
def call_not_done(response_id: UUID) -> dict[str, Any]:
    """It has not, after all: you have the task."""
    with _acting(response_id) as (session, found):
        calls.unmark(session, response=found.response, reader=reader())
        tasks.reopen(session, response_id=response_id, reader=reader())
    return _now(response_id)


@api.post("/<uuid:response_id>/text-read")
@api.doc(security=SIGNED_IN)
@api.response(200, TaskSchema)
def text_read(response_id: UUID) -> dict[str, Any]:
    """You have opened and read what they wrote in their own words."""
    with _acting(response_id) as (session, found):
        free_text.mark_read(session, response=found.response, reader=reader(), now=utcnow())
    return _now(response_id)


@api.post("/<uuid:response_id>/lift-hold")
@api.doc(security=SIGNED_IN)
@api.arguments(LiftSchema)
@api.response(200, TaskSchema)
def lift_hold(sent: dict[str, Any], response_id: UUID) -> dict[str, Any]:
    """Lift the hold on the invitation, with a reason. Nothing is sent by that."""
    with _acting(response_id) as (session, found):
        if decisions.of(session, found.response)["partner_invite"] != "hold":
            raise NotNow("Nothing is on hold.")
        holds.lift(session, response=found.response, reader=reader(), reason=sent["reason"])
    return _now(response_id)


@api.get("/<uuid:response_id>/notes")
@api.doc(security=SIGNED_IN)
@api.response(200, NotesSchema)
def read_notes(response_id: UUID) -> dict[str, Any]:
    """Private notes. That they are read is recorded."""
    return _notes(response_id)


@api.post("/<uuid:response_id>/notes")
@api.doc(security=SIGNED_IN)
@api.arguments(NewNoteSchema)
@api.response(201, NotesSchema)
def write_note(sent: dict[str, Any], response_id: UUID) -> dict[str, Any]:
    """Write one. It is never changed."""
    with _acting(response_id) as (session, found):
        notes.add(session, response=found.response, reader=reader(), words=sent["text"])
    return _notes(response_id)


def _notes(response_id: UUID) -> dict[str, Any]:
    with database().begin() as session:
        found = find_inquiry(session, response_id)
        written = notes.read(session, response=found.response, reader=reader())
    return {"notes": [note_document(note) for note in written]}


def _now(response_id: UUID) -> dict[str, Any]:
    with database().begin() as session:
        return task_document(find_inquiry(session, response_id), reader())


@contextmanager
def _acting(response_id: UUID) -> Iterator[tuple[Session, Inquiry]]:
    """A transaction with the inquiry. Raises 409 and 422 for what is not possible."""
    try:
        with database().begin() as session:
            yield session, find_inquiry(session, response_id)
    except SomebodyHasIt as refused:
        raise SomebodyElseHasIt(f"{refused.owner} has it.", owner=refused.owner) from refused
    except rules.NotNow as refused:
        raise NotNow("Ask for the task again: it stands otherwise by now.") from refused
    except NobodyElse as refused:
        raise NotNow("There is nobody else to pass it on to.") from refused
    except NotOpened as refused:
        raise NotNow("Open the parts with free text first.") from refused
    except NoReason as refused:
        raise ReasonTooShort from refused
