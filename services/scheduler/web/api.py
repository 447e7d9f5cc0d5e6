"""The JSON API: what the pages do, for programs. The Bearer token is a link's token.

A booking token lists times, holds one and books one; a manage token shows, moves and cancels. The
same operations stand behind both doors, so the same times are offered and the same are refused.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, time, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response
from flask_smorest import Blueprint
from marshmallow import RAISE
from sqlalchemy.orm import Session

from services.scheduler.domain.availability import Offer
from services.scheduler.domain.errors import NoSuchLink, SlotTaken
from services.scheduler.domain.interval import instant, minute_at_or_after
from services.scheduler.models import Invitation
from services.scheduler.operations import appointments, bookings, holds, joint
from services.scheduler.operations.appointments import Place
from services.scheduler.operations.offers import Offers, Wanted, offers
from services.scheduler.operations.question import Question
from services.scheduler.schemas import (
    AcceptSchema,
    AppointmentSchema,
    BookSchema,
    HoldSchema,
    MoveSchema,
    SlotsQuery,
    SlotsSchema,
    WantedSchema,
)
from services.scheduler.web import tickets
from services.scheduler.web.doors import (
    Guest,
    ask_again,
    guest_by_appointment,
    guest_by_permission,
    own_settings,
    shown_zone,
)
from services.scheduler.web.refusals import on_refused
from shared.clock import utcnow
from shared.web import public_link
from shared.web.audiences import bearer, guard_api
from shared.web.problems import Unauthorized
from shared.zones import zone

api = Blueprint("api", __name__, url_prefix="/api", description="Choosing and keeping a time.")
guard_api(api)

ALTERNATIVES = 6


@contextmanager
def _permitted() -> Iterator[tuple[Session, Guest]]:
    """Whom the Bearer token lets book. Raises Unauthorized."""
    try:
        with guest_by_permission(bearer()) as (session, who):
            yield session, who
    except NoSuchLink as error:
        raise Unauthorized("This token opens nothing here.") from error


@contextmanager
def _participating() -> Iterator[tuple[Session, Guest]]:
    """Whose appointment the Bearer token manages. Raises Unauthorized."""
    try:
        with guest_by_appointment(bearer()) as (session, who):
            yield session, who
    except NoSuchLink as error:
        raise Unauthorized("This token opens nothing here.") from error


@contextmanager
def _either() -> Iterator[tuple[Session, Guest]]:
    """With either token one may look at free times: to book one, or to move to one."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(guest_by_appointment(bearer()))
        except NoSuchLink:
            found = stack.enter_context(_permitted())
        yield found


@api.get("/slots")
@api.arguments(SlotsQuery, location="query", unknown=RAISE)
@api.response(HTTPStatus.OK, SlotsSchema)
def slots(query: dict[str, Any]) -> dict[str, Any]:
    """The times that can be booked, in order. Days are those of `timezone`."""
    with _either() as (session, who):
        free = _offers(session, who.permission)
        shown = zone(query["timezone"]) if query["timezone"] else shown_zone(who).info
        length = who.permission.type.duration
    if query["practitioner_id"]:
        free = free.with_only(query["practitioner_id"])
    first = query["from_"] or utcnow().astimezone(shown).date()
    since = datetime.combine(first, time(0), shown)
    until = datetime.combine(first + timedelta(days=query["days"]), time(0), shown)
    within = range(minute_at_or_after(since), minute_at_or_after(until))
    return {
        "timezone": shown.key,
        "slots": [
            _slot(one, free, length) | {"local": instant(one.start).astimezone(shown).isoformat()}
            for one in free.starts
            if one.start in within
        ],
    }


@api.post("/holds")
@api.arguments(WantedSchema)
@api.response(HTTPStatus.CREATED, HoldSchema)
def hold(wanted: dict[str, Any]) -> dict[str, Any] | Response:
    """Keep a time for a quarter of an hour; 409 with what is still free if somebody was quicker."""
    try:
        with _permitted() as (session, who):
            held = holds.hold(
                session,
                invitation=who.permission,
                wanted=_wanted(wanted),
                settings=own_settings(),
                now=utcnow(),
            )
            return {
                "start": held.starts_at,
                "end": held.ends_at,
                "hold_until": held.hold_until,
                "practitioner_id": holds.practitioner_of(session, held),
            }
    except SlotTaken as taken:
        return _taken(taken, wanted["start"])


@api.post("/appointments")
@api.arguments(BookSchema)
@api.response(HTTPStatus.CREATED, AppointmentSchema)
def book(wanted: dict[str, Any]) -> dict[str, Any] | Response:
    """Book a time, held or not; one for two people is `pending` until the other says yes.

    Sent twice, the answer is the same appointment.
    """
    _still_permitted("t")
    try:
        with _permitted() as (session, who):
            booked = bookings.book(
                session,
                invitation=who.permission,
                wanted=_wanted(wanted),
                how=wanted["how"],
                timezone=wanted["timezone"] or shown_zone(who).info.key,
                location=wanted["location"],
                settings=own_settings(),
                now=utcnow(),
            )
            return _document(appointments.place_of(session, booked, who.person_id))
    except SlotTaken as taken:
        return _taken(taken, wanted["start"])


def _still_permitted(door: str) -> None:
    try:
        ask_again(door, bearer())
    except NoSuchLink as error:
        raise Unauthorized("This token opens nothing here.") from error


@api.post("/appointment/accept")
@api.arguments(AcceptSchema)
@api.response(HTTPStatus.OK, AppointmentSchema)
def accept(answer: dict[str, Any]) -> dict[str, Any]:
    """Say yes to a time for two that the other has chosen; said twice, the answer is the same."""
    _still_permitted("m")
    with _participating() as (session, who):
        place = _place(who)
        accepted = joint.accept(
            session,
            appointment_id=place.appointment.id,
            person_id=who.person_id,
            how=answer["how"],
            location=answer["location"],
            now=utcnow(),
        )
        return _document(appointments.place_of(session, accepted, who.person_id))


@api.post("/appointment/decline")
@api.response(HTTPStatus.OK, AppointmentSchema)
def decline() -> dict[str, Any]:
    """Say no to it, without a reason: the time is given back."""
    with _participating() as (session, who):
        place = _place(who)
        gone = joint.decline(session, appointment_id=place.appointment.id, person_id=who.person_id)
        return _document(appointments.place_of(session, gone, who.person_id))


@api.get("/appointment")
@api.response(HTTPStatus.OK, AppointmentSchema)
def appointment() -> dict[str, Any]:
    """The appointment, as it is now."""
    with _participating() as (_, who):
        return _document(_place(who))


@api.post("/appointment/move")
@api.arguments(MoveSchema)
@api.response(HTTPStatus.OK, AppointmentSchema)
def move(wanted: dict[str, Any]) -> dict[str, Any] | Response:
    """The same appointment at another time, with the same clinician unless another is named."""
    try:
        with _participating() as (session, who):
            place = _place(who)
            moved = bookings.move(
                session,
                appointment_id=place.appointment.id,
                person_id=place.participant.person_id,
                wanted=_wanted(wanted),
                location=wanted["location"],
                settings=own_settings(),
                now=utcnow(),
            )
            return _document(appointments.place_of(session, moved, place.participant.person_id))
    except SlotTaken as taken:
        return _taken(taken, wanted["start"])


@api.post("/appointment/cancel")
@api.response(HTTPStatus.OK, AppointmentSchema)
def cancel() -> dict[str, Any]:
    """Give the time back; cancelled already, the answer is the same."""
    with _participating() as (session, who):
        place = _place(who)
        cancelled = bookings.cancel(
            session,
            appointment_id=place.appointment.id,
            person_id=place.participant.person_id,
            settings=own_settings(),
            now=utcnow(),
        )
        return _document(appointments.place_of(session, cancelled, place.participant.person_id))


def _offers(session: Session, invitation: Invitation) -> Offers:
    return offers(session, Question.of(invitation, settings=own_settings(), now=utcnow()))


def _wanted(wanted: dict[str, Any]) -> Wanted:
    return Wanted(wanted["start"], wanted["practitioner_id"])


def _slot(offer: Offer, free: Offers, length: timedelta) -> dict[str, Any]:
    start = instant(offer.start)
    hosts: list[UUID] = [free.schedules[host].practitioner_id for host in offer.hosts]
    return {"start": start, "end": start + length, "practitioner_ids": hosts}


def _taken(taken: SlotTaken, start: datetime) -> Response:
    """409, and the times nearest to the lost one that can be had now."""
    with _either() as (session, who):
        free = _offers(session, who.permission)
        length = who.permission.type.duration
        near = [_slot(one, free, length) for one in free.near(start, ALTERNATIVES)]
    alternatives = [
        {
            "start": one["start"].astimezone(UTC).isoformat(),
            "end": one["end"].astimezone(UTC).isoformat(),
            "practitioner_ids": [str(host) for host in one["practitioner_ids"]],
        }
        for one in near
    ]
    return on_refused(taken, alternatives=alternatives)


def _place(who: Guest) -> Place:
    assert who.place is not None
    return who.place


def _document(place: Place) -> dict[str, Any]:
    token = tickets.token_of(place)
    return {
        "id": place.appointment.id,
        "status": place.status,
        "participation": place.participant.status,
        "reply_by": place.appointment.reply_by if place.status == "pending" else None,
        "sequence": place.appointment.sequence,
        "start": place.appointment.starts_at,
        "end": place.appointment.ends_at,
        "timezone": place.participant.timezone,
        "how": place.participant.how,
        "practitioner_id": place.practitioner.id,
        "practitioner_name": place.practitioner.name,
        "manage_url": tickets.manage_url(place),
        "manage_token": token,
        "ics_url": public_link("scheduler", f"/m/{token}/appointment.ics"),
    }
