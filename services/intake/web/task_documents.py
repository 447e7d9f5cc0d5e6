"""A task for programs of the staff: who has it, until when, and what happened. Clinical roles."""

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from services.intake.domain.tasks import REASONS, State
from services.intake.operations import notes, tasks
from services.intake.operations.inquiries import Inquiry
from services.intake.operations.notes import Written
from services.intake.operations.readers import Reader
from services.intake.triage_models import TaskEvent
from services.intake.web.staff_documents import ContactSchema, contact_document

WHICH = ("open", "mine", "nobodys", "done")


class WhichTasksSchema(Schema):
    """Which tasks."""

    class Meta:
        unknown = RAISE

    which = fields.String(
        load_default="open", validate=validate.OneOf(WHICH, error="There is no such list.")
    )


class OnwardSchema(Schema):
    """To the next person. `seen` is the account that had it when you looked."""

    seen = fields.UUID(load_default=None, allow_none=True)
    reason = fields.String(
        load_default="",
        validate=validate.OneOf(["", *REASONS], error="Choose one of the reasons."),
        metadata={"description": "A code."},
    )


class HandOverSchema(OnwardSchema):
    """To a colleague."""

    to = fields.UUID(required=True)


class NewNoteSchema(Schema):
    """A private note."""

    text = fields.String(
        required=True,
        validate=[
            validate.Length(
                1, notes.LONGEST, error=f"Please keep it to {notes.LONGEST} characters."
            ),
            validate.Regexp(r"(?s).*\S", error="Write something first."),
        ],
    )


class LiftSchema(Schema):
    """Why a hold is lifted."""

    reason = fields.String(
        required=True,
        validate=validate.Length(max=1000, error="Please keep it to 1000 characters."),
    )


class PersonSchema(Schema):
    """Somebody of the staff."""

    account_id = fields.UUID()
    name = fields.String()


class EventSchema(Schema):
    """Something that happened to a task. `reason` is a code."""

    act = fields.String()
    at = fields.AwareDateTime(format="iso")
    by = fields.String()
    to = fields.String(allow_none=True)
    reason = fields.String()


class TaskSchema(Schema):
    """The task of one inquiry. Its id is the inquiry's."""

    id = fields.UUID()
    state = fields.String(validate=validate.OneOf(list(State)))
    priority = fields.String()
    owner = fields.Nested(PersonSchema, allow_none=True)
    acknowledge_by = fields.AwareDateTime(
        format="iso", allow_none=True, metadata={"description": "Null while no clock runs."}
    )
    call_done_at = fields.AwareDateTime(format="iso", allow_none=True)
    contact = fields.Nested(ContactSchema)


class TaskWithHistorySchema(TaskSchema):
    """The same, with what happened, newest first."""

    history = fields.List(fields.Nested(EventSchema))


class TasksSchema(Schema):
    """The most pressing first."""

    tasks = fields.List(fields.Nested(TaskSchema))


class NoteSchema(Schema):
    """A note. Reading it is on record."""

    by = fields.String()
    at = fields.AwareDateTime(format="iso")
    text = fields.String()


class NotesSchema(Schema):
    """Newest first."""

    notes = fields.List(fields.Nested(NoteSchema))


def task_document(inquiry: Inquiry, reader: Reader) -> dict[str, Any]:
    """One task."""
    task = inquiry.task
    if task is None:
        raise ValueError("Every inquiry that a clinician finds has a task.")
    owner = tasks.owner_of(task)
    return {
        "id": task.response_id,
        "state": task.state,
        "priority": inquiry.priority,
        "owner": owner and {"account_id": owner[0], "name": owner[1]},
        "acknowledge_by": task.acknowledge_by if task.state == State.OPEN else None,
        "call_done_at": inquiry.response.call_done_at,
        "contact": contact_document(inquiry.card, reader),
    }


def event_document(event: TaskEvent) -> dict[str, Any]:
    """One thing that happened."""
    return {
        "act": event.act,
        "at": event.at,
        "by": event.by_name,
        "to": event.to_name,
        "reason": event.reason,
    }


def note_document(note: Written) -> dict[str, Any]:
    """One note."""
    return {"by": note.by, "at": note.at, "text": note.words}
