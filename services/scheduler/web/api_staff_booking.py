"""Booking for somebody, moving, giving, cancelling and who came, by JSON: the acts of the pages."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Act
from services.scheduler.operations import appointments, bookings, history, on_behalf
from services.scheduler.operations.offers import Wanted
from services.scheduler.schemas import Instant, Strict, where_they_will_be
from services.scheduler.web import agenda, unsettled
from services.scheduler.web.api_settling import WishSchema, wish_document
from services.scheduler.web.api_staff import PREFIX, NeedsAnotherLook
from services.scheduler.web.doors import own_settings
from services.scheduler.web.on_behalf import WHY_BENT, WHY_OTHER, book_for
from services.scheduler.web.rights import Rights, hand
from services.scheduler.web.staff_documents import (
    EntrySchema,
    StepSchema,
    entry_document,
    step_document,
)
from services.scheduler.web.staff_forms import (
    ReasonForm,
    for_colleagues,
    how_they_talk,
    what_to_book,
)
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import EVERY_ROLE, guard_api
from shared.web.forms import FormErrors
from shared.web.openapi import SIGNED_IN
from shared.zones import zone

booking: Final = Blueprint(
    "staff_booking_api", __name__, url_prefix=PREFIX, description="Booking for somebody."
)
guard_api(booking, roles=EVERY_ROLE)


class NameQuery(Strict):
    """The beginning of a name, or of each of its parts; without one, the latest."""

    name = fields.String(load_default="", validate=validate.Length(max=80))


class KnownSchema(Schema):
    """Somebody whom staff may book for, and how to reach them safely."""

    person_id = fields.UUID()
    name = fields.String()
    pronouns = fields.String(allow_none=True)
    plan = fields.String(allow_none=True)
    phone = fields.String(allow_none=True)


class KnownPeopleSchema(Schema):
    """The latest first, fifty at most."""

    people = fields.List(fields.Nested(KnownSchema))


class _AgainstRules(Strict):
    start = Instant(required=True)
    practitioner_id = fields.UUID(required=True)
    against_rules = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Give it outside of hours, notice, breaks or limits, for the clinician "
            "and the owner alone, and with a reason. Never a time that somebody has."
        },
    )
    reason = for_colleagues()


class BookForSchema(_AgainstRules):
    """A time for somebody else."""

    person_id = fields.UUID(required=True)
    kind = what_to_book()
    how = how_they_talk()
    location = where_they_will_be()


class GiveSchema(_AgainstRules):
    """Another time, or another clinician (with a reason), for the same appointment."""


class AttendSchema(Strict):
    """Whether somebody came."""

    act = fields.String(
        required=True,
        validate=validate.OneOf([Act.ARRIVE, Act.FULFIL, Act.MISS]),
        metadata={"description": "arrive, fulfil or miss"},
    )


class WholeEntrySchema(EntrySchema):
    """An appointment with its history, the first step first, and what was asked for late."""

    reason = fields.String(
        allow_none=True,
        metadata={"description": "Why staff gave this time, or gave it to this clinician."},
    )
    assigned = fields.String(
        allow_none=True,
        metadata={"description": "Why the pool chose this clinician, where anyone would do."},
    )
    history = fields.List(fields.Nested(StepSchema))
    wishes = fields.List(fields.Nested(WishSchema))


@booking.get("/bookable-people")
@booking.doc(security=SIGNED_IN)
@booking.arguments(NameQuery, location="query", unknown=RAISE)
@booking.response(HTTPStatus.OK, KnownPeopleSchema)
def people(asked: dict[str, Any]) -> dict[str, Any]:
    """Whom intake let book."""
    with database().begin() as session:
        found = on_behalf.people(session, name=asked["name"])
    return {
        "people": [{"person_id": one.person_id} | agenda.reachable(one.contact) for one in found]
    }


@booking.post("/appointments")
@booking.doc(security=SIGNED_IN)
@booking.arguments(BookForSchema)
@booking.response(HTTPStatus.CREATED, WholeEntrySchema)
def book(sent: dict[str, Any]) -> dict[str, Any]:
    """Book for somebody; they are told by the usual rules. Sent twice, it is booked once."""
    with database().begin() as session:
        wanted = _wanted(session, sent)
    try:
        booked = book_for(
            sent["person_id"], sent["kind"], wanted, sent["how"], sent["location"], sent["reason"]
        )
    except FormErrors as errors:
        raise NeedsAnotherLook(errors.errors) from errors
    return _document(booked.id)


def _wanted(session: Session, sent: dict[str, Any]) -> Wanted:
    """The time, and whether it may be given against the rules. Raises NotForYourRole."""
    if sent["against_rules"]:
        Rights.mine(session).refuse_bending(sent["practitioner_id"])
        if not (sent["reason"] or "").strip():
            raise NeedsAnotherLook({"reason": [WHY_BENT]})
        if sent["start"] <= utcnow():
            raise NeedsAnotherLook({"start": ["That time is over."]})
    return Wanted(sent["start"], sent["practitioner_id"], against_rules=sent["against_rules"])


@booking.get("/appointments/<uuid:appointment_id>")
@booking.doc(security=SIGNED_IN)
@booking.response(HTTPStatus.OK, WholeEntrySchema)
def appointment(appointment_id: UUID) -> dict[str, Any]:
    """One appointment: its people, its history, and what was asked for late."""
    return _document(appointment_id)


def _document(appointment_id: UUID) -> dict[str, Any]:
    with database().begin() as session:
        entry = appointments.entry(session, appointment_id)
        line = agenda.line(entry, zone(own_settings().practice.timezone), utcnow())
        done = history.of(session, appointment_id)
        hosts = history.hosts(session, done)
        return entry_document(entry, line) | {
            "reason": entry.appointment.reason,
            "assigned": entry.appointment.assigned,
            "history": [step_document(row, hosts) for row in done],
            "wishes": [
                wish_document(one) for one in reversed(unsettled.about(session, appointment_id))
            ],
        }


@booking.post("/appointments/<uuid:appointment_id>/move")
@booking.doc(security=SIGNED_IN)
@booking.arguments(GiveSchema)
@booking.response(HTTPStatus.OK, WholeEntrySchema)
def move(sent: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Move it, or give it to a colleague; no window holds for staff. It stays the same (P23)."""
    with database().begin() as session:
        wanted = _wanted(session, sent)
        present = appointments.entry(session, appointment_id).appointment.schedule
        other = present.practitioner_id != wanted.practitioner_id
        if other and not (sent["reason"] or "").strip():
            raise NeedsAnotherLook({"reason": [WHY_OTHER]})
        on_behalf.give(
            session,
            appointment_id=appointment_id,
            wanted=wanted,
            settings=own_settings(),
            now=utcnow(),
            by=hand(sent["reason"]),
        )
    return _document(appointment_id)


@booking.post("/appointments/<uuid:appointment_id>/cancel")
@booking.doc(security=SIGNED_IN)
@booking.arguments(ReasonForm)
@booking.response(HTTPStatus.OK, WholeEntrySchema)
def cancel(sent: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Cancel it in the practice's name; who had it is told in neutral words."""
    with database().begin() as session:
        bookings.cancel(
            session,
            appointment_id=appointment_id,
            settings=own_settings(),
            now=utcnow(),
            by=hand(sent["reason"]),
        )
    return _document(appointment_id)


@booking.post("/appointments/<uuid:appointment_id>/attendance")
@booking.doc(security=SIGNED_IN)
@booking.arguments(AttendSchema)
@booking.response(HTTPStatus.OK, WholeEntrySchema)
def attend(sent: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Say whether somebody came. Nobody is told."""
    with database().begin() as session:
        bookings.attend(
            session, appointment_id=appointment_id, act=Act(sent["act"]), by=hand(), now=utcnow()
        )
    return _document(appointment_id)
