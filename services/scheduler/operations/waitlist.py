"""Waiting for a time: who would like a sooner one, or any, until they have it, leave or time is up.

Whatever somebody does here, and whatever is done for them, begins with the lock of their permission
as a booking does, and takes the lock of a kept time before that of its offer: sweeping a hold does
too. `waitlist_offers` is what comes of waiting.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import CLIENT, SYSTEM, Hand
from services.scheduler.domain.errors import NoSuchLink, NotLicensedThere, NoWaiting
from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.domain.interval import instant, whole_minutes
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.domain.waitlist import Host, Hosts, Waiting, suiting
from services.scheduler.models import Appointment, Invitation
from services.scheduler.operations import holds
from services.scheduler.operations.offers import Offers, offers
from services.scheduler.operations.question import Question
from services.scheduler.operations.schedules import open_schedules, refuse_bad_hours
from services.scheduler.settings import Settings
from services.scheduler.waitlist_models import WaitlistEntry, WaitlistOffer
from shared.crypto import SubjectErased, seal, unseal_if_readable
from shared.db import database_now
from shared.tokens import derived_token
from shared.vocabulary import AppointmentStatus
from shared.zones import zone

logger = structlog.get_logger(__name__)

# How waiting ends, and how an offer does.
BOOKED: Final = "booked"
LEFT: Final = "left"
EXPIRED: Final = "expired"
REMOVED: Final = "removed"

ACCEPTED: Final = "accepted"
DECLINED: Final = "declined"
LAPSED: Final = "lapsed"
WITHDRAWN: Final = "withdrawn"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody would like: any of these clinicians, or anyone; at these hours, or any."""

    location: str
    timezone: str
    lasts: timedelta
    practitioner_ids: Sequence[UUID] = ()
    times: Sequence[WeeklyRange] = ()


def join(
    session: Session, *, invitation: Invitation, wish: Wish, settings: Settings, now: datetime
) -> WaitlistEntry:
    """Wait for a time. Who waits already keeps their place, and has other wishes from now on.

    Raises NoWaiting for a time for two, NotLicensedThere when none of those who are wished for may
    work where the person will be (L43), BadHours for hours that hold no visit.
    """
    holds.one_at_a_time(session, invitation)
    if invitation.couple_id is not None or invitation.type.for_two:
        raise NoWaiting
    _refuse_elsewhere(open_schedules(session), wish)
    refuse_bad_hours(wish.times, invitation.type.duration)
    entry = entry_of(session, invitation.id)
    if entry is None:
        entry = WaitlistEntry(
            id=uuid4(),
            invitation_id=invitation.id,
            person_id=invitation.person_id,
            appointment_type_id=invitation.appointment_type_id,
        )
    entry.practitioner_ids = list(wish.practitioner_ids)
    entry.times = [_as_list(one) for one in wish.times]
    entry.timezone = zone(wish.timezone).key
    entry.until = database_now(session) + wish.lasts
    try:
        entry.location_sealed = seal(
            session, subject_id=entry.person_id, place=_place(entry), value=wish.location
        )
    except SubjectErased as error:
        raise NoSuchLink from error
    # As every look is taken: what they have or hold themselves is not free.
    question = Question.open_to(invitation, settings=settings, now=now)
    entry.free_before = _free_already(offers(session, question), entry, wish, question)
    session.add(entry)
    session.flush()
    return entry


def entry_of(session: Session, invitation_id: UUID) -> WaitlistEntry | None:
    """What this permission waits for now; None when its time is up, too."""
    return session.scalar(
        select(WaitlistEntry)
        .where(
            WaitlistEntry.invitation_id == invitation_id,
            WaitlistEntry.ended_at.is_(None),
            WaitlistEntry.until > func.clock_timestamp(),
        )
        .execution_options(populate_existing=True)
    )


def leave(
    session: Session, *, invitation: Invitation, outcome: str = LEFT, by: Hand = CLIENT
) -> None:
    """Wait no more, and let go of what is being kept. Where nobody waits, nothing happens."""
    holds.one_at_a_time(session, invitation)
    entry = session.scalar(_open.where(WaitlistEntry.invitation_id == invitation.id))
    if entry is not None:
        end(session, entry, outcome, by=by)


def end(session: Session, entry: WaitlistEntry, outcome: str, *, by: Hand) -> None:
    """It is over, and so is an offer that nobody has answered. After the permission's lock."""
    offered = open_offer(session, entry.id)
    if offered is not None:
        close(session, offered, WITHDRAWN)
    entry.ended_at = database_now(session)
    entry.outcome, entry.ended_by, entry.reason = outcome, str(by), by.reason
    session.flush()
    logger.info("waiting ended", entry_id=str(entry.id), outcome=outcome, by=str(by))


def end_overdue(session: Session) -> int:
    """End what has waited as long as was wished; returns how many. An open offer still counts."""
    offered = select(WaitlistOffer.entry_id).where(WaitlistOffer.answered_at.is_(None))
    ended = session.execute(
        update(WaitlistEntry)
        .where(
            WaitlistEntry.ended_at.is_(None),
            WaitlistEntry.until <= func.clock_timestamp(),
            WaitlistEntry.id.not_in(offered),
        )
        .values(ended_at=func.clock_timestamp(), outcome=EXPIRED, ended_by=str(SYSTEM))
        .returning(WaitlistEntry.id)
    )
    return len(ended.all())


def forget(session: Session, *, person_id: UUID) -> None:
    """A person was erased: they wait for nothing, and nothing is kept for them."""
    for entry in session.scalars(_open.where(WaitlistEntry.person_id == person_id)).all():
        end(session, entry, REMOVED, by=SYSTEM)
    session.execute(
        update(WaitlistEntry)
        .where(WaitlistEntry.person_id == person_id)
        .values(location_sealed=None)
    )


_open = select(WaitlistEntry).where(WaitlistEntry.ended_at.is_(None))


# ---------------------------------------------------------------- an offer's end


def open_offer(session: Session, entry_id: UUID) -> WaitlistOffer | None:
    """What is being kept for somebody, unless its time is over."""
    return session.scalar(
        select(WaitlistOffer)
        .where(
            WaitlistOffer.entry_id == entry_id,
            WaitlistOffer.answered_at.is_(None),
            WaitlistOffer.expires_at > func.clock_timestamp(),
        )
        .execution_options(populate_existing=True)
    )


def offer_token(settings: Settings, offered: WaitlistOffer) -> str:
    """The link to an offer: written again for its message, kept nowhere."""
    return derived_token(settings.secret_key, "offer", offered.id)


def locked(session: Session, offered: WaitlistOffer) -> tuple[WaitlistOffer, Appointment | None]:
    """The offer as it is now, and the time that is kept for it; in the order of the locks."""
    held = session.scalar(
        select(Appointment)
        .where(
            Appointment.id == offered.held_id,
            Appointment.status == AppointmentStatus.PROPOSED,
            Appointment.hold_until > func.clock_timestamp(),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    now = session.get_one(WaitlistOffer, offered.id, with_for_update=True, populate_existing=True)
    return now, held


def close(session: Session, offered: WaitlistOffer, answer: str) -> None:
    """The offer has its answer, and the time is free for others. Answered already: it stays."""
    offered, held = locked(session, offered)
    if offered.answered_at is not None:
        return
    offered.answer, offered.answered_at = answer, database_now(session)
    offered.held_id = None
    session.flush()
    if held is not None:
        session.delete(held)
        session.flush()


# ---------------------------------------------------------------- wishes as values


def as_waiting(entry: WaitlistEntry, location: str, **known: Any) -> Waiting:
    """The entry as the rule takes it; `known` is what has become of it so far."""
    return Waiting(
        entry_id=entry.id,
        since=entry.created_at,
        zone=zone(entry.timezone),
        location=location,
        times=weekly(entry),
        practitioner_ids=frozenset(entry.practitioner_ids),
        **known,
    )


def weekly(entry: WaitlistEntry) -> tuple[WeeklyRange, ...]:
    """The hours that would suit; none: any."""
    return tuple(weekly_range(*one) for one in entry.times)


def weekly_range(weekday: int, starts: str, ends: str) -> WeeklyRange:
    """A range that was written down; one until midnight ends with the day, not as it begins."""
    start, end = time.fromisoformat(starts), time.fromisoformat(ends)
    return WeeklyRange(weekday, WallRange(start, end, overnight=end <= start))


def hosts(free: Offers) -> Hosts:
    """Those who have what is free, as the rule takes them."""
    return {number: Host(one.practitioner_id, one.states) for number, one in free.schedules.items()}


def locations(session: Session, entries: Iterable[WaitlistEntry]) -> dict[UUID, str]:
    """Where people said they will be, by entry. Whoever was erased is left out."""
    read = {
        one.id: unseal_if_readable(
            session, subject_id=one.person_id, place=_place(one), sealed=one.location_sealed
        )
        for one in entries
    }
    return {entry_id: location for entry_id, location in read.items() if location is not None}


def _as_list(one: WeeklyRange) -> list[Any]:
    return [one.weekday, f"{one.wall.start:%H:%M}", f"{one.wall.end:%H:%M}"]


def _free_already(
    free: Offers, entry: WaitlistEntry, wish: Wish, question: Question
) -> list[datetime]:
    """What would suit and can be had without waiting."""
    one = Waiting(
        entry_id=entry.id,
        since=question.now,
        zone=zone(wish.timezone),
        location=wish.location,
        times=tuple(wish.times),
        practitioner_ids=frozenset(wish.practitioner_ids),
    )
    length = whole_minutes(question.kind.duration)
    return [instant(offer.start) for offer in suiting(one, free.starts, hosts(free), length)]


def _refuse_elsewhere(everyone: Iterable[OpenSchedule], wish: Wish) -> None:
    asked = [
        one
        for one in everyone
        if not wish.practitioner_ids or one.practitioner_id in wish.practitioner_ids
    ]
    if asked and not any(wish.location in one.states for one in asked):
        raise NotLicensedThere


def _place(entry: WaitlistEntry) -> str:
    return f"waitlist_entry.location_sealed:{entry.id}"
