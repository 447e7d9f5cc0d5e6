"""A time kept for one person while they make up their mind, and given back by the clock alone.

A hold is an appointment with status `proposed`. It is exclusive, it stands under the same guard as
everything else, and each permission has one at most. Locks are taken in one order (the person's
invitation, then one schedule), so nobody waits in a circle.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from services.scheduler.domain import pool
from services.scheduler.domain.errors import (
    AlreadyBooked,
    HoldOver,
    HoldRenewed,
    NotBookable,
    SlotTaken,
    TooManyHolds,
)
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import Appointment, Invitation, Schedule
from services.scheduler.operations import guard, throttle
from services.scheduler.operations.offers import Wanted, hosts_at
from services.scheduler.operations.question import Question
from services.scheduler.operations.schedules import open_schedules
from services.scheduler.operations.statuses import LIVE
from services.scheduler.operations.timetables import Timetables, timetables
from services.scheduler.settings import Settings
from shared.db import ask, database_now
from shared.vocabulary import AppointmentStatus


def live_appointment(
    session: Session, invitation_id: UUID, *, lock: bool = False
) -> Appointment | None:
    """What this permission has now: a hold that has not run out, or a time for one alone."""
    return session.scalar(_LIVE_LOCKED if lock else _LIVE, {"invitation_id": invitation_id})


_LIVE: Final = select(Appointment).where(
    Appointment.invitation_id == bindparam("invitation_id"),
    Appointment.couple_id.is_(None),
    Appointment.status.in_(LIVE),
    Appointment.hold_until.is_(None) | (Appointment.hold_until > func.clock_timestamp()),
    ~Appointment.lapsed,
)
_LIVE_LOCKED: Final = _LIVE.with_for_update().execution_options(populate_existing=True)


def standing_of_couple(session: Session, couple_id: UUID) -> Appointment | None:
    """The time that two people have ahead of them, or that one of them has asked for.

    Once it has begun they may ask for their next, whether staff have said yet that they came.
    """
    return session.scalar(
        select(Appointment)
        .where(
            Appointment.couple_id == couple_id,
            Appointment.status.in_((AppointmentStatus.PENDING, AppointmentStatus.BOOKED)),
            ~Appointment.lapsed,
            func.lower(Appointment.during) > func.clock_timestamp(),
        )
        .execution_options(populate_existing=True)
    )


def hold(
    session: Session,
    *,
    invitation: Invitation,
    wanted: Wanted,
    settings: Settings,
    now: datetime,
    address: str | None = None,
) -> Appointment:
    """Keep a time for this person alone, for `settings.hold`; an earlier hold of theirs is let go.

    Asked for twice, the same hold is the answer, and its end does not move. `address` is the
    network address they come from. Raises SlotTaken, AlreadyBooked or TooManyHolds; an earlier
    hold stands then.
    """
    one_at_a_time(session, invitation)
    present = live_appointment(session, invitation.id)
    if present is not None and present.status != AppointmentStatus.PROPOSED:
        raise AlreadyBooked
    if invitation.couple_id and standing_of_couple(session, invitation.couple_id):
        raise AlreadyBooked
    if present is not None and is_wanted(session, present, wanted):
        return present
    held_from = throttle.from_address(session, address) if address else None
    if held_from is not None:
        _refuse_hoard(session, held_from, besides=invitation, settings=settings)
    return place(
        session,
        invitation=invitation,
        wanted=wanted,
        settings=settings,
        now=now,
        held_from=held_from,
    )


def _refuse_hoard(
    session: Session, held_from: bytes, *, besides: Invitation, settings: Settings
) -> None:
    """Raises TooManyHolds. Counted without a lock: requests that run side by side may pass it by
    as many as there are of them, which a flood does not gain from and neighbours don't wait for.
    """
    held = session.scalars(
        select(func.count()).where(
            Appointment.status == AppointmentStatus.PROPOSED,
            Appointment.held_from == held_from,
            Appointment.hold_until > func.clock_timestamp(),
            Appointment.invitation_id.is_distinct_from(besides.id),
        )
    ).one()
    if held >= settings.holds_per_address:
        raise TooManyHolds


def renew(session: Session, *, invitation: Invitation, settings: Settings) -> Appointment:
    """Keep the held time for `settings.hold` more, once. Raises HoldOver or HoldRenewed (P3)."""
    one_at_a_time(session, invitation)
    held = live_appointment(session, invitation.id, lock=True)
    if held is None or held.hold_until is None:
        raise HoldOver
    if held.renewed_at is not None:
        raise HoldRenewed
    held.renewed_at = database_now(session)
    held.hold_until += settings.hold
    session.flush()
    return held


def release_expired_holds(session: Session) -> int:
    """Housekeeping; returns how many. Nobody waits for it: reading ignores them already (P3)."""
    return guard.sweep_holds(session)


def one_at_a_time(session: Session, invitation: Invitation) -> None:
    """Wait for whatever else this person is sending: a form that was sent twice acts once.

    Raises NotBookable when the permission has ended, a moment ago perhaps: see `endings`.
    """
    if ask(session, _TURN, {"id": invitation.id}).scalar() is not None:
        raise NotBookable


_TURN: Final = (
    select(Invitation.ended_at)
    .where(Invitation.id == bindparam("id"))
    # A row that names the permission holds a share of its key: it need not wait for us.
    .with_for_update(key_share=True)
)


def is_wanted(session: Session, appointment: Appointment, wanted: Wanted) -> bool:
    """Whether the person has already what they ask for."""
    return appointment.starts_at == wanted.start and (
        wanted.practitioner_id is None or wanted.would_take(practitioner_of(session, appointment))
    )


def practitioner_of(session: Session, appointment: Appointment) -> UUID:
    """With whom an appointment is."""
    return session.scalars(
        select(Schedule.practitioner_id).where(Schedule.id == appointment.schedule_id)
    ).one()


def place(
    session: Session,
    *,
    invitation: Invitation,
    wanted: Wanted,
    settings: Settings,
    now: datetime,
    location: str | None = None,
    by_staff: bool = False,
    held_from: bytes | None = None,
    outright: bool = False,
    known: Timetables | None = None,
) -> Appointment:
    """A hold on the wanted time with the first of those asked who has it. Raises SlotTaken.

    With a `location`, only those who may work there are asked. `outright`: no hold, it is booked.
    `known`: when those who are asked work, read a moment ago.
    """
    question = replace(
        Question.of(
            invitation, settings=settings, now=now, location=location, language=wanted.language
        ),
        by_staff=by_staff,
        against_rules=wanted.against_rules,
    )
    take = partial(
        keep,
        session,
        start=wanted.start,
        question=question,
        until=None if outright else settings.hold,
        settings=settings,
        invitation_id=invitation.id,
        held_from=held_from,
    )
    if wanted.practitioner_id is not None and not wanted.fall_over:
        known = known or timetables(session, practitioner_id=wanted.practitioner_id)
        for schedule in known.schedules:
            at_once = guard.enter_for(session, schedule, wanted.start, question)
            return take(schedule, known=known if at_once else None)
        raise SlotTaken  # they do not work here
    reason = SlotTaken().reason
    for schedule, why in _candidates(session, wanted, question):
        try:
            # Leaving a savepoint by an error gives its lock back: never two schedules at once.
            with session.begin_nested():
                guard.enter_for(session, schedule, wanted.start, question)
                return take(schedule, assigned=why)
        except SlotTaken as taken:
            reason = taken.reason
    raise SlotTaken(reason)


def _candidates(
    session: Session, wanted: Wanted, question: Question
) -> Iterator[tuple[OpenSchedule, str | None]]:
    """Who to ask, in order, and why: the one who is wanted, then those who seem free then."""
    asked = wanted.practitioner_id
    if asked is not None:
        yield from ((one, pool.FURTHEST_BELOW) for one in open_schedules(session, asked))
    others = [
        one for one in hosts_at(session, wanted.start, question) if one.practitioner_id != asked
    ]
    for n, one in enumerate(others):
        first = asked is None and n == 0
        yield one, pool.FURTHEST_BELOW if first else pool.NEXT_FREE


def keep(
    session: Session,
    schedule: OpenSchedule,
    start: datetime,
    question: Question,
    *,
    until: datetime | timedelta | None,
    settings: Settings,
    invitation_id: UUID | None = None,
    assigned: str | None = None,
    held_from: bytes | None = None,
    known: Timetables | None = None,
) -> Appointment:
    """A hold until `until`, for a permission or for somebody who is asked first (P27).

    A length counts from now, by the database's clock; None: it is booked. `assigned`: why it is
    with this clinician, where that was ours to choose; `held_from`: see `throttle`; `known`: see
    `guard.refuse_taken`. What else that permission holds goes only once this one is found free.
    After `guard.enter`. Raises SlotTaken.
    """
    room_id = guard.refuse_taken(session, schedule, start, question, known=known)
    now = guard.make_way(session, schedule.id, invitation_id=invitation_id)
    number, kind = uuid4(), question.kind
    appointment = Appointment(
        id=number,
        schedule_id=schedule.id,
        appointment_type_id=kind.id,
        invitation_id=invitation_id,
        during=guard.span(start, kind),
        buffer_before=kind.buffer_before,
        buffer_after=kind.buffer_after,
        room_id=room_id,
        assigned=assigned,
        status=AppointmentStatus.BOOKED if until is None else AppointmentStatus.PROPOSED,
        sequence=0,
        uid=f"{number}@{settings.uid_domain}",
        hold_until=now + until if isinstance(until, timedelta) else until,
        held_from=held_from,
        changed_at=question.now,
    )
    session.add(appointment)
    guard.flush(session)
    return appointment
