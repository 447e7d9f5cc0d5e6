"""The waitlist for programs of the staff: who waits, taking off, offering a time by hand."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, make_response
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from services.scheduler.operations import waitlist, waitlist_desk
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.waitlist_desk import Asked, Waits
from services.scheduler.schemas import Instant, Strict
from services.scheduler.web import agenda
from services.scheduler.web.api_staff import PREFIX
from services.scheduler.web.doors import own_settings
from services.scheduler.web.rights import hand
from services.scheduler.web.staff_forms import ReasonForm
from services.scheduler.web.waiting_forms import WallRangeSchema
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import EVERY_ROLE, guard_api
from shared.web.openapi import SIGNED_IN
from shared.web.problems import NotFound

desk = Blueprint(
    "waitlist_api", __name__, url_prefix=f"{PREFIX}/waitlist", description="Who waits for a time."
)
guard_api(desk, roles=EVERY_ROLE)


class OfferTimeSchema(Strict):
    """A free time to keep for somebody who waits."""

    start = Instant(required=True)
    practitioner_id = fields.UUID(required=True)


class AskedSchema(Schema):
    """A time that was kept for somebody, and what they said to it."""

    id = fields.UUID()
    start = fields.AwareDateTime(format="iso")
    practitioner_name = fields.String()
    offered_at = fields.AwareDateTime(format="iso")
    offered_by = fields.String(
        allow_none=True, metadata={"description": "The hand that chose it; null: the clock did."}
    )
    expires_at = fields.AwareDateTime(format="iso")
    answered_at = fields.AwareDateTime(format="iso", allow_none=True)
    answer = fields.String(
        allow_none=True,
        metadata={"description": "accepted, declined, lapsed or withdrawn; null while it is open."},
    )


class WaitsSchema(Schema):
    """Somebody who waits, or did, how to reach them, and what they were asked, latest first."""

    id = fields.UUID()
    person_id = fields.UUID()
    name = fields.String()
    pronouns = fields.String(allow_none=True)
    plan = fields.String(allow_none=True, metadata={"description": "How to reach them safely."})
    phone = fields.String(allow_none=True, metadata={"description": "Where a call is fine."})
    can_be_asked = fields.Boolean(
        metadata={"description": "Whether a message can reach them; else they have to be called."}
    )
    type = fields.String()
    since = fields.AwareDateTime(format="iso")
    until = fields.AwareDateTime(format="iso")
    timezone = fields.String()
    location = fields.String(allow_none=True)
    practitioner_ids = fields.List(fields.UUID())
    times = fields.List(fields.Nested(WallRangeSchema))
    has = fields.AwareDateTime(
        format="iso", allow_none=True, metadata={"description": "The time they have by now."}
    )
    asked = fields.List(fields.Nested(AskedSchema))
    ended_at = fields.AwareDateTime(format="iso", allow_none=True)
    outcome = fields.String(
        allow_none=True, metadata={"description": "booked, left, expired or removed."}
    )
    ended_by = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)


class WaitlistSchema(Schema):
    """Who waits, the longest first; who waits no more, the latest first."""

    waiting = fields.List(fields.Nested(WaitsSchema))
    ended = fields.List(fields.Nested(WaitsSchema))


@desk.get("")
@desk.doc(security=SIGNED_IN)
@desk.response(HTTPStatus.OK, WaitlistSchema)
def everyone() -> dict[str, Any]:
    """Everyone who waits, and the latest of those who do no more."""
    with database().begin() as session:
        return {
            "waiting": [_document(one) for one in waitlist_desk.waiting(session)],
            "ended": [_document(one) for one in waitlist_desk.ended(session)],
        }


@desk.post("/<uuid:entry_id>/take-off")
@desk.doc(security=SIGNED_IN)
@desk.arguments(ReasonForm)
@desk.response(HTTPStatus.NO_CONTENT)
def take_off(sent: dict[str, Any], entry_id: UUID) -> Response:
    """They wait no more, and what is kept for them is free. Said twice, the first counts."""
    with database().begin() as session:
        if waitlist_desk.find(session, entry_id) is None:
            raise NotFound
        waitlist_desk.take_off(session, entry_id=entry_id, by=hand(sent["reason"]))
    return make_response("", HTTPStatus.NO_CONTENT)


@desk.post("/<uuid:entry_id>/offers")
@desk.doc(security=SIGNED_IN)
@desk.arguments(OfferTimeSchema)
@desk.response(HTTPStatus.CREATED, WaitsSchema)
def offer(sent: dict[str, Any], entry_id: UUID) -> dict[str, Any]:
    """Keep that time for them, and have them asked. Sent twice, they are asked once."""
    with database().begin() as session:
        if waitlist_desk.find(session, entry_id) is None:
            raise NotFound
        waitlist_desk.offer(
            session,
            entry_id=entry_id,
            wanted=Wanted(sent["start"], sent["practitioner_id"]),
            settings=own_settings(),
            now=utcnow(),
            by=hand(),
        )
        now = waitlist_desk.find(session, entry_id)
        assert now is not None
        return _document(now)


def _document(one: Waits) -> dict[str, Any]:
    entry = one.entry
    return {
        "id": entry.id,
        "person_id": entry.person_id,
        **agenda.reachable(one.contact),
        "can_be_asked": one.can_be_asked(own_settings()),
        "type": one.kind.code,
        "since": entry.created_at,
        "until": entry.until,
        "timezone": entry.timezone,
        "location": one.location,
        "practitioner_ids": entry.practitioner_ids,
        "times": [
            {"weekday": each.weekday, "start": each.wall.start, "end": each.wall.end}
            for each in waitlist.weekly(entry)
        ],
        "has": one.has,
        "asked": [_asked(each) for each in one.asked],
        "ended_at": entry.ended_at,
        "outcome": entry.outcome,
        "ended_by": entry.ended_by,
        "reason": entry.reason,
    }


def _asked(one: Asked) -> dict[str, Any]:
    offered = one.offer
    return {
        "id": offered.id,
        "start": offered.starts_at,
        "practitioner_name": one.with_,
        "offered_at": offered.offered_at,
        "offered_by": offered.offered_by,
        "expires_at": offered.expires_at,
        "answered_at": offered.answered_at,
        "answer": offered.answer,
    }
