"""What can be booked now: hours and what is busy, read in two statements, swept by the domain.

The page, the API and the booking itself ask the same function with the same bounds, from now
through the horizon, so that a time is offered if and only if it can be booked.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from services.scheduler.domain.availability import (
    Busy,
    Offer,
    Reason,
    busy,
    by_day,
    by_load,
    free_starts,
    nearest,
    pooled,
    why_not,
)
from services.scheduler.domain.interval import instant, minute_at_or_before
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import Appointment
from services.scheduler.operations.question import Question
from services.scheduler.operations.schedules import open_schedules
from shared.vocabulary import LIVE_STATUSES, AppointmentStatus

# No appointment is longer than a day (see its table): what began two days ago is in nobody's way.
_MARGIN = timedelta(days=2)


@dataclass(frozen=True)
class Wanted:
    """A start, and with whom. `fall_over`: if that person is taken, anyone who is free will do."""

    start: datetime
    practitioner_id: UUID | None = None
    fall_over: bool = False

    def would_take(self, practitioner_id: UUID) -> bool:
        """Whether an appointment with that person is what was asked for."""
        return self.practitioner_id in (None, practitioner_id) or self.fall_over


@dataclass(frozen=True)
class Offers:
    """Every start that can be booked, ascending, and who has it."""

    starts: Sequence[Offer]
    schedules: dict[int, OpenSchedule] = field(default_factory=dict)

    def by_day(self, zone: ZoneInfo) -> dict[date, list[Offer]]:
        """Offers under the dates of the one who looks."""
        return by_day(self.starts, zone)

    def near(self, start: datetime, count: int) -> list[Offer]:
        """What else one could take, nearest to `start`, in order of time."""
        return nearest(self.starts, minute_at_or_before(start), count)

    def with_only(self, practitioner_id: UUID) -> "Offers":
        """The same with one practitioner alone."""
        hosts = {n for n, one in self.schedules.items() if one.practitioner_id == practitioner_id}
        kept = [Offer(one.start, tuple(hosts)) for one in self.starts if hosts & {*one.hosts}]
        return Offers(kept, self.schedules)

    def without(self, start: datetime) -> "Offers":
        """The same but for one start: nobody moves a time to where it is."""
        minute = minute_at_or_before(start)
        return Offers([one for one in self.starts if one.start != minute], self.schedules)

    def at(self, start: datetime) -> list[OpenSchedule]:
        """Who has that start, in the order in which they should be asked."""
        minute = minute_at_or_before(start)
        n = bisect_left(self.starts, minute, key=lambda one: one.start)
        if n == len(self.starts) or self.starts[n].start != minute:
            return []
        return [self.schedules[host] for host in self.starts[n].hosts]

    def first_host(self, offer: Offer) -> OpenSchedule:
        """Who would take the offer."""
        return self.schedules[offer.hosts[0]]


def offers(session: Session, question: Question) -> Offers:
    """What can be booked with anyone, from now through the horizon."""
    found = {one.id: one for one in open_schedules(session)}
    taken = _taken(session, list(found), question)
    free = {
        number: _free(schedule, taken.get(number, []), question)
        for number, schedule in found.items()
    }
    load = {number: len(taken.get(number, [])) for number in found}
    return Offers(pooled(free, by_load(load)), found)


def _free(schedule: OpenSchedule, taken: Sequence[Busy], question: Question) -> list[range]:
    policy = question.policy
    within = policy.bookable(question.now, schedule.hours.zone)
    return free_starts(schedule.hours.during(within), taken, policy, within=within)


def refusal(
    session: Session,
    schedule: OpenSchedule,
    start: datetime,
    question: Question,
) -> Reason | None:
    """Why one start can not be booked with one person, or None. Same bounds, same sweep."""
    if start != instant(minute_at_or_before(start)):
        return Reason.OFF_GRID
    policy = question.policy
    within = policy.bookable(question.now, schedule.hours.zone)
    taken = _taken(session, [schedule.id], question)
    return why_not(
        minute_at_or_before(start),
        schedule.hours.during(within),
        taken.get(schedule.id, []),
        policy,
        within=within,
    )


def _taken(
    session: Session, schedule_ids: Sequence[int], question: Question
) -> dict[int, list[Busy]]:
    """Live appointments and unexpired holds by schedule, in one statement.

    A hold ends by the database's clock alone: whether a worker runs makes no difference.
    """
    query = (
        select(
            Appointment.schedule_id,
            func.lower(Appointment.during),
            func.upper(Appointment.during),
            Appointment.buffer_before,
            Appointment.buffer_after,
        )
        .where(
            Appointment.schedule_id.in_(schedule_ids),
            Appointment.status.in_(LIVE_STATUSES),
            or_(
                Appointment.status != AppointmentStatus.PROPOSED,
                Appointment.hold_until > func.clock_timestamp(),
            ),
            ~Appointment.lapsed,
            func.lower(Appointment.during) > question.now - _MARGIN,
            func.lower(Appointment.during) < question.now + question.kind.horizon + _MARGIN,
        )
        .order_by(Appointment.schedule_id, func.lower(Appointment.during))
    )
    if question.besides_invitation is not None:
        query = query.where(Appointment.invitation_id.is_distinct_from(question.besides_invitation))
    if question.besides:
        query = query.where(Appointment.id.not_in(question.besides))
    found: dict[int, list[Busy]] = {}
    for schedule_id, start, end, before, after in session.execute(query):
        found.setdefault(schedule_id, []).append(busy(start, end, before, after))
    return found


def at(offer: Offer) -> datetime:
    """The instant at which an offer begins."""
    return instant(offer.start)
