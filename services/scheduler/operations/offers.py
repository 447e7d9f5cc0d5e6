"""What can be booked now: hours and what is busy, swept by the domain.

The page, the API and the booking itself ask the same question of the same look, from now through
the horizon, so that a time is offered if and only if it can be booked (P7). It takes two
statements, three where hours have changed, whatever the number of clinicians (P25).
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.scheduler.domain import pool
from services.scheduler.domain.availability import (
    Offer,
    by_day,
    is_free,
    nearest,
    pooled,
)
from services.scheduler.domain.explanation import Explanation, Reason
from services.scheduler.domain.interval import Interval, Minutes, instant, minute_at_or_before
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations.look import Look, unfit
from services.scheduler.operations.question import Question
from services.scheduler.operations.taken import ahead, ahead_of
from services.scheduler.operations.timetables import timetables

_SOON: Final[Minutes] = 12 * 60
_WIDER: Final = 4
_LAST_DAY: Final[Minutes] = 25 * 60
"""The horizon's last day counts whole, in its own zone."""


@dataclass(frozen=True)
class Wanted:
    """A start, and with whom. `fall_over`: if that person is taken, anyone who is free will do.

    `language`: whoever it is has to speak it. `against_rules`: staff give it, with a reason, though
    the page would not offer it.
    """

    start: datetime
    practitioner_id: UUID | None = None
    fall_over: bool = False
    language: str | None = None
    against_rules: bool = False

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
    """What can be booked with anyone who fits, from now through the horizon."""
    return _offers(Look(session, timetables(session), question))


def _offers(look: Look) -> Offers:
    free = {one.id: look.free(one) for one in look.schedules}
    order = _order(
        {one.id: look.ahead(one) for one in look.schedules}, look.schedules, look.question
    )
    return Offers(pooled(free, order), {one.id: one for one in look.schedules})


def _order(
    counts: Mapping[int, int], schedules: Iterable[OpenSchedule], question: Question
) -> list[int]:
    weights = {one.id: one.weight(question.kind.id) for one in schedules}
    return pool.order(counts, weights)


def languages(session: Session, question: Question) -> list[str]:
    """The languages of those who fit whatever language is asked for, in the order of their codes.

    Reads what `offers` reads first, and nothing else.
    """
    anyone = replace(question, language=None)
    fit = (one for one in timetables(session).schedules if unfit(one, anyone) is None)
    return sorted({language for one in fit for language in one.languages})


def hosts_at(session: Session, start: datetime, question: Question) -> list[OpenSchedule]:
    """Who has that start, in the order in which they should be asked: as `offers` would say.

    Reads what lies around the start, and of those who have it what they have ahead.
    """
    minute = minute_at_or_before(start)
    if start != instant(minute):
        return []
    tables = timetables(session)
    look = Look(session, tables, question, within=Interval(minute, minute + 1))
    free = {one.id: one for one in look.schedules if is_free(look.free(one), minute)}
    if len(free) > 1:
        counts = ahead(session, list(free), question)
        return [free[number] for number in _order(counts, look.schedules, question)]
    return list(free.values())


def first_available(session: Session, question: Question, *, count: int = 10) -> Offers:
    """The `count` soonest times with anyone who fits.

    Looks at half a day from the first working minute on, and at four times as much while that
    holds too few: of a thousand clinicians, half a day is all that is read. Who is asked first is
    judged by that half day alone.
    """
    tables = timetables(session)
    begins = Look(session, tables, question).first_open()
    until = ahead_of(question).stop + _LAST_DAY
    length = _SOON
    found: list[Offer] = []
    hosts: dict[int, OpenSchedule] = {}
    while begins is not None and begins < until and len(found) < count:
        within = Interval(begins, min(begins + length, until))
        some = _offers(Look(session, tables, question, within=within))
        found += some.starts[: count - len(found)]
        hosts |= some.schedules
        begins, length = within.end, length * _WIDER
    return Offers(found, hosts)


def refusal(
    session: Session, schedule: OpenSchedule, start: datetime, question: Question
) -> Reason | None:
    """Why one start can not be booked with one person, or None. Same bounds, same sweep."""
    return room_or_refusal(session, schedule, start, question).reason


def explain(
    session: Session, schedule: OpenSchedule, start: datetime, question: Question
) -> Explanation:
    """Why one start is offered with one person or not, by the same values (N12)."""
    minute = minute_at_or_before(start)
    tables = timetables(session, only=schedule.id)
    reason = unfit(tables.schedules[0], question) if tables.schedules else Reason.NOT_GIVEN
    if reason is None and start != instant(minute):
        reason = Reason.OFF_GRID
    if reason is not None:
        return Explanation(reason=reason)
    look = Look(session, tables, question, within=Interval(minute, minute + 1))
    return look.explain(tables.schedules[0], minute)


class Answer(NamedTuple):
    """Why not; or in which room, for a visit that takes place in one."""

    reason: Reason | None
    room_id: int | None = None


def room_or_refusal(
    session: Session, schedule: OpenSchedule, start: datetime, question: Question
) -> Answer:
    """Whether one start can be booked with one person now, and in which room."""
    minute = minute_at_or_before(start)
    tables = timetables(session, only=schedule.id)
    if not tables.schedules:
        return Answer(Reason.NOT_GIVEN)
    present = tables.schedules[0]
    reason = unfit(present, question)
    if reason is not None:
        return Answer(reason)
    if start != instant(minute):
        return Answer(Reason.OFF_GRID)
    look = Look(session, tables, question, within=Interval(minute, minute + 1))
    # Against the rules: that nobody else has it, the constraint says.
    reason = None if question.against_rules else look.explain(present, minute).reason
    if reason is not None or not question.kind.in_person:
        return Answer(reason)
    room_id = look.free_room(present, minute)
    return Answer(Reason.NO_ROOM if room_id is None else None, room_id)


def at(offer: Offer) -> datetime:
    """The instant at which an offer begins."""
    return instant(offer.start)
