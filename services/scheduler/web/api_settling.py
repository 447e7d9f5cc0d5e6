"""What waits for staff, for their programs: requests and late wishes; what was done to a time."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields

from services.scheduler.operations import appointments, changes, requests
from services.scheduler.schemas import Strict
from services.scheduler.web import unsettled
from services.scheduler.web.rights import hand
from services.scheduler.web.staff_documents import (
    EntrySchema,
    WhoseSchema,
    entry_document,
)
from services.scheduler.web.staff_forms import for_colleagues
from services.scheduler.web.unsettled import Waiting
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import EVERY_ROLE, guard_api
from shared.web.openapi import SIGNED_IN

settling = Blueprint(
    "settling_api", __name__, url_prefix="/api/staff", description="What waits for an answer."
)
guard_api(settling, roles=EVERY_ROLE)


class AnswerSchema(Strict):
    """A reason for colleagues, if there is one."""

    reason = for_colleagues()


class WishSchema(Schema):
    """A late wish. `words` is null where there are none, or where the role may not read them."""

    id = fields.UUID()
    wish = fields.String(metadata={"description": "move or cancel"})
    person_id = fields.UUID()
    asked_at = fields.AwareDateTime(format="iso")
    words = fields.String(allow_none=True)
    outcome = fields.String(
        allow_none=True, metadata={"description": "Null while it waits, then done or kept."}
    )


class UnsettledSchema(Schema):
    """An appointment that staff have to answer something about."""

    appointment = fields.Nested(EntrySchema)
    reply_by = fields.AwareDateTime(
        format="iso",
        allow_none=True,
        metadata={"description": "When a request lapses; null for all else."},
    )
    wish = fields.Nested(WishSchema, allow_none=True)
    elsewhere = fields.List(
        fields.UUID(),
        metadata={"description": "Who will be where their clinician holds no license."},
    )


class UnsettledListSchema(Schema):
    """Requests first, then late wishes, then who will be where they can not be seen."""

    waiting = fields.List(fields.Nested(UnsettledSchema))


@settling.get("/unsettled")
@settling.doc(security=SIGNED_IN)
@settling.arguments(WhoseSchema, location="query", unknown=RAISE)
@settling.response(HTTPStatus.OK, UnsettledListSchema)
def waiting(asked: dict[str, Any]) -> dict[str, Any]:
    """What nobody has answered or seen to yet; one clinician's, or everybody's."""
    with database().begin() as session:
        found = unsettled.to_settle(session, practitioner_id=asked["practitioner_id"])
        return {"waiting": [_document(one) for one in found]}


@settling.post("/appointments/<uuid:appointment_id>/confirm")
@settling.doc(security=SIGNED_IN)
@settling.arguments(AnswerSchema)
@settling.response(HTTPStatus.OK, EntrySchema)
def confirm(sent: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Say yes to a request; 409 once it lapsed, was declined, cancelled or given to others."""
    with database().begin() as session:
        by = hand(sent["reason"])
        requests.confirm(session, appointment_id=appointment_id, by=by, now=utcnow())
        return _entry(appointments.entry(session, appointment_id))


@settling.post("/appointments/<uuid:appointment_id>/decline")
@settling.doc(security=SIGNED_IN)
@settling.arguments(AnswerSchema)
@settling.response(HTTPStatus.OK, EntrySchema)
def decline(sent: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Say no to a request: the time is free again, and the person is told that much."""
    with database().begin() as session:
        requests.decline(session, appointment_id=appointment_id, by=hand(sent["reason"]))
        return _entry(appointments.entry(session, appointment_id))


@settling.post("/wishes/<uuid:wish_id>/keep")
@settling.doc(security=SIGNED_IN)
@settling.response(HTTPStatus.OK, WishSchema)
def keep(wish_id: UUID) -> dict[str, Any]:
    """Say that the time stays as it is. A wish is granted by moving or cancelling it."""
    with database().begin() as session:
        row = changes.keep(session, wish_id=wish_id, by=hand())
        return wish_document(unsettled.wished(session, row))


def _document(one: Waiting) -> dict[str, Any]:
    return {
        "appointment": entry_document(one.entry, one.line),
        "reply_by": one.entry.appointment.reply_by,
        "wish": wish_document(one) if one.wish else None,
        "elsewhere": [who.person_id for who in one.entry.elsewhere],
    }


def wish_document(one: Waiting) -> dict[str, Any]:
    """A late wish, for programs."""
    assert one.wish is not None
    row = one.wish
    return {
        "id": row.id,
        "wish": row.wish,
        "person_id": row.person_id,
        "asked_at": row.asked_at,
        "words": one.words,
        "outcome": row.outcome,
    }


def _entry(entry: appointments.Entry) -> dict[str, Any]:
    return entry_document(entry, unsettled.line_of(entry))
