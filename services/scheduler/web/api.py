"""The JSON API: what the pages do, for programs. The Bearer token is a link's token.

A booking token lists times, holds one and books one; a manage token shows, moves and cancels. The
same operations stand behind both doors, so the same times are offered and the same are refused.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime, time, timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Response, request
from flask_smorest import Blueprint
from marshmallow import RAISE
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Wish
from services.scheduler.domain.availability import Offer
from services.scheduler.domain.errors import NoSuchLink, Refused, SlotTaken
from services.scheduler.domain.interval import instant, minute_at_or_after
from services.scheduler.models import Appointment
from services.scheduler.operations import appointments, bookings, changes, holds, joint
from services.scheduler.operations.appointments import Place
from services.scheduler.operations.offers import Offers, Wanted, first_available, offers
from services.scheduler.schemas import (
    AcceptSchema,
    AppointmentSchema,
    BookSchema,
    HoldSchema,
    MoveSchema,
    SlotSchema,
    SlotsQuery,
    SlotsSchema,
    WantedSchema,
)
from services.scheduler.web import tickets
from services.scheduler.web.choosing import question_of
from services.scheduler.web.doors import (
    Guest,
    ask_again,
    guest_by_appointment,
    guest_by_permission,
    guest_who_looks,
    own_settings,
    shown_zone,
)
from services.scheduler.web.refusals import on_refused
from services.scheduler.web.repeated import RepeatSchema, once, said
from services.scheduler.web.slot_lines import slots_document
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
def participating() -> Iterator[tuple[Session, Guest]]:
    """Whose appointment the Bearer token manages. Raises Unauthorized."""
    try:
        with guest_by_appointment(bearer()) as (session, who):
            yield session, who
    except NoSuchLink as error:
        raise Unauthorized("This token opens nothing here.") from error


@contextmanager
def either() -> Iterator[tuple[Session, Guest]]:
    """With either token one may say what one wishes for. Raises Unauthorized."""
    with ExitStack() as stack:
        try:
            found = stack.enter_context(guest_by_appointment(bearer()))
        except NoSuchLink:
            found = stack.enter_context(_permitted())
        yield found


@contextmanager
def looking() -> Iterator[tuple[Session, Guest]]:
    """With either token one may look at free times: to book one, or to move to one.

    Raises Unauthorized.
    """
    try:
        with guest_who_looks(bearer()) as found:
            yield found
    except NoSuchLink as error:
        raise Unauthorized("This token opens nothing here.") from error


@api.get("/slots")
@api.arguments(SlotsQuery(), location="query", unknown=RAISE)
@api.response(HTTPStatus.OK, SlotsSchema)
def slots(query: dict[str, Any]) -> Response:
    """The times that can be booked, in order. Days are those of `timezone`."""
    with looking() as (session, who):
        question = question_of(session, who, language=query["language"])
        count = query["first"]
        free = (
            first_available(session, question, count=count, stamp=who.stamp)
            if count
            else offers(session, question, stamp=who.stamp)
        )
        shown = zone(query["timezone"]) if query["timezone"] else shown_zone(who).info
        length = question.kind.duration
    if query["practitioner_id"]:
        free = free.with_only(query["practitioner_id"])
    first = query["from_"] or utcnow().astimezone(shown).date()
    since = datetime.combine(first, time(0), shown)
    until = datetime.combine(first + timedelta(days=query["days"]), time(0), shown)
    within = range(minute_at_or_after(since), minute_at_or_after(until))
    # Written out as SlotsSchema says: its fields, one by one, take longer than finding the times.
    text = slots_document(free, length, shown, None if count else within)
    return Response(text, mimetype="application/json")


@api.post("/holds")
@api.arguments(RepeatSchema, location="headers")
@api.arguments(WantedSchema)
@api.response(HTTPStatus.CREATED, HoldSchema)
def hold(sent: dict[str, Any], wanted: dict[str, Any]) -> Response:
    """Keep a time for a quarter of an hour; 409 with what is still free if somebody was quicker."""
    with _permitted() as (session, who):

        def act() -> Response:
            held = holds.hold(
                session,
                invitation=who.permission,
                wanted=wanted_of(wanted),
                settings=own_settings(),
                now=utcnow(),
                address=request.remote_addr,
            )
            return said(HoldSchema(), _held(session, held), HTTPStatus.CREATED)

        return once(session, who, sent["key"], act, refusing(session, who, wanted))


@api.post("/holds/renew")
@api.response(HTTPStatus.OK, HoldSchema)
def renew() -> dict[str, Any]:
    """Keep the held time for another quarter of an hour, once; 409 if it is over or was renewed."""
    with _permitted() as (session, who):
        held = holds.renew(session, invitation=who.permission, settings=own_settings())
        return _held(session, held)


def _held(session: Session, held: Appointment) -> dict[str, Any]:
    return {
        "start": held.starts_at,
        "end": held.ends_at,
        "hold_until": held.hold_until,
        "renewable": held.renewed_at is None,
        "practitioner_id": holds.practitioner_of(session, held),
    }


@api.post("/appointments")
@api.arguments(RepeatSchema, location="headers")
@api.arguments(BookSchema)
@api.response(HTTPStatus.CREATED, AppointmentSchema)
def book(sent: dict[str, Any], wanted: dict[str, Any]) -> Response:
    """Book a time, held or not. One for two people is `pending` until the other says yes, one of
    a type that staff confirm until they do.

    Sent twice, the answer is the same appointment.
    """
    still_permitted("t")
    with _permitted() as (session, who):

        def act() -> Response:
            booked = bookings.book(
                session,
                invitation=who.permission,
                wanted=wanted_of(wanted),
                how=wanted["how"],
                timezone=wanted["timezone"] or shown_zone(who).info.key,
                location=wanted["location"],
                settings=own_settings(),
                now=utcnow(),
            )
            return _own(session, booked, who, HTTPStatus.CREATED)

        return once(session, who, sent["key"], act, refusing(session, who, wanted))


def still_permitted(door: str) -> None:
    """Ask intake once more about two people. Raises Unauthorized, NotBookable."""
    try:
        ask_again(door, bearer())
    except NoSuchLink as error:
        raise Unauthorized("This token opens nothing here.") from error


@api.post("/appointment/accept")
@api.arguments(AcceptSchema)
@api.response(HTTPStatus.OK, AppointmentSchema)
def accept(answer: dict[str, Any]) -> dict[str, Any]:
    """Say yes to a time for two that the other has chosen; said twice, the answer is the same."""
    still_permitted("m")
    with participating() as (session, who):
        place = _place(who)
        accepted = joint.accept(
            session,
            appointment_id=place.appointment.id,
            person_id=who.person_id,
            how=answer["how"],
            location=answer["location"],
            now=utcnow(),
        )
        return own_document(appointments.place_of(session, accepted, who.person_id))


@api.post("/appointment/decline")
@api.response(HTTPStatus.OK, AppointmentSchema)
def decline() -> dict[str, Any]:
    """Say no to it, without a reason: the time is given back."""
    with participating() as (session, who):
        place = _place(who)
        gone = joint.decline(session, appointment_id=place.appointment.id, person_id=who.person_id)
        return own_document(appointments.place_of(session, gone, who.person_id))


@api.get("/appointment")
@api.response(HTTPStatus.OK, AppointmentSchema)
def appointment() -> dict[str, Any]:
    """The appointment, as it is now."""
    with participating() as (_, who):
        return own_document(_place(who))


@api.post("/appointment/move")
@api.arguments(RepeatSchema, location="headers")
@api.arguments(MoveSchema)
@api.response(HTTPStatus.OK, AppointmentSchema)
def move(sent: dict[str, Any], wanted: dict[str, Any]) -> Response:
    """The same appointment at another time, with the same clinician unless another is named."""
    with participating() as (session, who):

        def act() -> Response:
            moved = bookings.move(
                session,
                appointment_id=_place(who).appointment.id,
                person_id=who.person_id,
                wanted=wanted_of(wanted),
                location=wanted["location"],
                settings=own_settings(),
                now=utcnow(),
            )
            return _own(session, moved, who)

        return once(session, who, sent["key"], act, refusing(session, who, wanted))


@api.post("/appointment/cancel")
@api.arguments(RepeatSchema, location="headers")
@api.response(HTTPStatus.OK, AppointmentSchema)
def cancel(sent: dict[str, Any]) -> Response:
    """Give the time back; cancelled already, the answer is the same."""
    with participating() as (session, who):

        def act() -> Response:
            cancelled = bookings.cancel(
                session,
                appointment_id=_place(who).appointment.id,
                person_id=who.person_id,
                settings=own_settings(),
                now=utcnow(),
            )
            return _own(session, cancelled, who)

        return once(session, who, sent["key"], act, on_refused)


def _own(
    session: Session, appointment: Appointment, who: Guest, status: int = HTTPStatus.OK
) -> Response:
    place = appointments.place_of(session, appointment, who.person_id)
    return said(AppointmentSchema(), own_document(place), status)


def wanted_of(wanted: dict[str, Any]) -> Wanted:
    """A start as a program names it."""
    return Wanted(wanted["start"], wanted["practitioner_id"], language=wanted.get("language"))


def _slot(offer: Offer, free: Offers, length: timedelta) -> dict[str, Any]:
    start = instant(offer.start)
    hosts: list[UUID] = [free.schedules[host].practitioner_id for host in offer.hosts]
    return {"start": start, "end": start + length, "practitioner_ids": hosts}


def refusing(session: Session, who: Guest, wanted: dict[str, Any]) -> Callable[[Refused], Response]:
    """How a refusal is answered; to a taken time belong those nearest to it that can be had."""

    def refused(refusal: Refused) -> Response:
        if not isinstance(refusal, SlotTaken):
            return on_refused(refusal)
        question = question_of(session, who, language=wanted.get("language"))
        free, length = offers(session, question), question.kind.duration
        near = [_slot(one, free, length) for one in free.near(wanted["start"], ALTERNATIVES)]
        return on_refused(refusal, alternatives=SlotSchema(many=True).dump(near))

    return refused


def _place(who: Guest) -> Place:
    assert who.place is not None
    return who.place


def own_document(place: Place) -> dict[str, Any]:
    """An appointment, as the one who has it may see it."""
    token, one = tickets.token_of(place), place.appointment
    until = {wish: changes.deadline(one, one.type, wish, own_settings()) for wish in Wish}
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
        "move_until": until[Wish.MOVE],
        "cancel_until": until[Wish.CANCEL],
        "location_asked": tickets.Ticket.of(place, now=utcnow(), settings=own_settings()).placing,
    }
