"""An inquiry for programs of the staff: what each role may know of it, and in which words.

The front desk's document is the same for everybody who is to be called, whatever they confided: a
status word and how to reach the person (L01). What it does not have is left out, not null.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from marshmallow import RAISE, Schema, fields

from services.intake.audit_models import AuditEntry
from services.intake.domain.condition import Value
from services.intake.domain.questionnaire import Item, Section
from services.intake.operations.contacts import ContactCard
from services.intake.operations.inquiries import Inquiry, OpenedAnswer
from services.intake.operations.readers import Reader
from services.intake.providers.scheduler import Appointment
from services.intake.schemas import OpenSealedSchema
from services.intake.web import staff_words, wording


class WhichSchema(Schema):
    """Which part of the queue."""

    class Meta:
        unknown = RAISE

    closed = fields.Boolean(load_default=False)


class OpenPartSchema(OpenSealedSchema):
    """The part to open, and why."""

    class Meta:
        exclude = ("also",)


class ContactSchema(Schema):
    """A person, and how to reach them safely: `plan` is to be shown wherever the name is (L33)."""

    name = fields.String(allow_none=True)
    pronouns = fields.String(allow_none=True)
    plan = fields.String()


class EntrySchema(Schema):
    """An inquiry as the queue shows it. `priority` and `finished` are for clinical roles only."""

    id = fields.UUID()
    status = fields.String(metadata={"description": "What the front desk may know, in a word."})
    came_in = fields.AwareDateTime(format="iso")
    booked = fields.Boolean()
    closed = fields.Boolean()
    contact = fields.Nested(ContactSchema)
    priority = fields.String()
    finished = fields.Boolean(
        metadata={"description": "False: never sent, and here because somebody may be in danger."}
    )


class QueueSchema(Schema):
    """Who waits, the most pressing first; for the front desk in order of arrival."""

    inquiries = fields.List(fields.Nested(EntrySchema))


class FlagSchema(Schema):
    """Something that a clinician should know before the call, and what it means."""

    flag = fields.String()
    reason = fields.String()


class RuleSchema(Schema):
    """One rule of the table, in the order in which they were looked at."""

    rule = fields.String()
    matched = fields.Boolean()


class AnswerSchema(Schema):
    """A question, what was answered, and that in words."""

    id = fields.String()
    question = fields.String()
    value = fields.Raw()
    words = fields.String()


class OpenedSchema(AnswerSchema):
    """A sealed answer, with what it said before it was changed."""

    before = fields.List(fields.String())


class PageSchema(Schema):
    """The answers of one page of the form."""

    section = fields.String()
    title = fields.String()
    answers = fields.List(fields.Nested(AnswerSchema))


class PartSchema(Schema):
    """A part in which something sealed was answered."""

    part = fields.String()
    title = fields.String()


class OpenedPartSchema(PartSchema):
    """A part that was opened; the opening is on record."""

    answers = fields.List(fields.Nested(OpenedSchema))


class ReadingSchema(Schema):
    """Who has opened what, when and why."""

    part = fields.String()
    by = fields.String()
    at = fields.AwareDateTime(format="iso")
    reason = fields.String()


class AppointmentSchema(Schema):
    """A time that the person has, or had."""

    status = fields.String()
    start = fields.AwareDateTime(format="iso")
    how = fields.String(allow_none=True)
    practitioner_name = fields.String()


class InquirySchema(EntrySchema):
    """One inquiry. The front desk gets what the queue says of it, and nothing below."""

    track = fields.String()
    track_word = fields.String()
    rule = fields.String()
    reason = fields.String()
    flags = fields.List(fields.Nested(FlagSchema))
    trail = fields.List(fields.Nested(RuleSchema))
    partner_invite = fields.String(metadata={"description": "offer, hold or none"})
    public_key = fields.String(metadata={"description": "Which page the person sees."})
    pattern = fields.String(
        allow_none=True, metadata={"description": "Null while it is not to be spoken of."}
    )
    suggestions = fields.List(fields.String())
    questionnaire_version = fields.String()
    answers = fields.List(fields.Nested(PageSchema))
    sealed = fields.List(fields.Nested(PartSchema))
    readings = fields.List(fields.Nested(ReadingSchema))
    appointments = fields.List(
        fields.Nested(AppointmentSchema),
        allow_none=True,
        metadata={"description": "Soonest first; null when the scheduler does not answer."},
    )


def entry_document(inquiry: Inquiry, reader: Reader) -> dict[str, Any]:
    """What the queue shows this reader of one inquiry."""
    document: dict[str, Any] = {
        "id": inquiry.response.id,
        "status": inquiry.status,
        "came_in": inquiry.came_in,
        "booked": inquiry.booked,
        "closed": inquiry.response.closed_at is not None,
        "contact": contact_document(inquiry.card, reader),
    }
    if reader.clinical:
        document |= {"priority": inquiry.priority, "finished": not inquiry.unfinished}
    return document


def contact_document(card: ContactCard | None, reader: Reader) -> dict[str, Any]:
    """A person's name, and the plan that goes with it wherever it is shown."""
    if card is None:
        plan = "There is no way to reach this person."
        return {"name": None, "pronouns": None, "plan": plan}
    return {
        "name": card.name or None,
        "pronouns": card.pronouns,
        "plan": wording.plan(card, clinical=reader.clinical),
    }


def decision_document(decision: dict[str, Any]) -> dict[str, Any]:
    """Which way the table went, and why. What it went by is not in it: that may be sealed."""
    return {
        "track": decision["track"],
        "track_word": staff_words.TRACKS[decision["track"]],
        "rule": decision["rule"],
        "reason": decision["reason"],
        "flags": [
            {"flag": flag, "reason": reason} for flag, reason in decision["flag_reasons"].items()
        ],
        "trail": [{"rule": rule, "matched": matched} for rule, matched in decision["trail"]],
        "partner_invite": decision["partner_invite"],
        "public_key": decision["public_key"],
        "pattern": None if decision["pattern_use"] == "hold" else decision["pattern"],
        "suggestions": staff_words.suggestions(decision),
    }


def pages_document(
    pages: Iterable[tuple[Section, list[tuple[Item, Value]]]],
) -> list[dict[str, Any]]:
    """What was answered openly or privately, page by page."""
    return [
        {
            "section": section.id,
            "title": section.title,
            "answers": [_answer(item, value) for item, value in said],
        }
        for section, said in pages
    ]


def _answer(item: Item, value: Value) -> dict[str, Any]:
    return {
        "id": item.id,
        "question": item.text,
        "value": value,
        "words": wording.answer(item, value),
    }


def part_document(section: Section) -> dict[str, Any]:
    """A part that is sealed."""
    return {"part": section.id, "title": part_title(section.id, section.title)}


def part_title(part: str, otherwise: str) -> str:
    """What staff call a part of the form."""
    return staff_words.PARTS.get(part, otherwise)


def opened_document(part: str, answers: Sequence[OpenedAnswer]) -> dict[str, Any]:
    """A part that was opened."""
    return {
        "part": part,
        "title": part_title(part, part),
        "answers": [
            _answer(one.item, one.value)
            | {"before": [wording.answer(one.item, value) for value in one.before]}
            for one in answers
        ],
    }


def reading_document(row: AuditEntry) -> dict[str, Any]:
    """One line of who opened what."""
    return {"part": row.part, "by": row.account_name, "at": row.read_at, "reason": row.reason}


def appointment_document(one: Appointment) -> dict[str, Any]:
    """A time, as the scheduler has told it."""
    return {
        "status": one.status,
        "start": one.start,
        "how": one.how,
        "practitioner_name": one.practitioner,
    }
