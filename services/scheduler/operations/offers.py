"""What can be booked now: hours and what is busy, swept by the domain.

The page, the API and the booking itself ask the same question of the same look, from now through
the horizon, so that a time is offered if and only if it can be booked (P7). It takes two
statements, three where hours have changed, whatever the number of clinicians (P25).
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Final, NamedTuple, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.scheduler.domain import pool
from services.scheduler.domain.availability import (
    Offer,
    by_day,
    first_of,
    nearest,
    pooled,
)
from services.scheduler.domain.explanation import Explanation, Reason
from services.scheduler.domain.interval import (
    Interval,
    Minutes,
    instant,
    minute_at_or_after,
    minute_at_or_before,
    whole_minutes,
)
from services.scheduler.domain.roster import Roster
from services.scheduler.domain.timetable import OpenSchedule, working_time
from services.scheduler.operations.look import Look, fitting, unfit
from services.scheduler.operations.question import Question, Weeks
from services.scheduler.operations.taken import ahead, ahead_of
from services.scheduler.operations.timetables import Stamp, Timetables, timetables

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


def offers(session: Session, question: Question, *, stamp: Stamp | None = None) -> Offers:
    """What can be booked with anyone who fits, from now through the horizon."""
    tables = fitting(timetables(session, stamp=stamp), question)
    look, schedules = Look(session, tables, question), tables.by_number
    free = {number: starts for number, one in schedules.items() if (starts := look.free(one))}
    return Offers(pooled(free, _order(free, look.ahead(), tables, question)), schedules)


def _order(
    hosts: Iterable[int], ahead: Mapping[int, int], tables: Timetables, question: Question
) -> list[int]:
    counts = {host: ahead.get(host, 0) for host in hosts}
    return pool.order(counts, _weights(tables, question.kind.id))


@lru_cache(maxsize=16)
def _weights(tables: Timetables, kind: int) -> dict[int, int]:
    """Whose share of that type is not the usual one."""
    return {one.id: weight for one in tables.schedules if (weight := one.weight(kind)) != 1}


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
    everyone = _Everyone.now(session, question)
    _, free = everyone.look(session, Interval(minute, minute + 1))
    hosts = list(free)
    if len(hosts) > 1:
        hosts = _order(hosts, ahead(session, hosts, question), everyone.fit, question)
    return [everyone.fit.by_number[host] for host in hosts]


def first_available(
    session: Session, question: Question, *, count: int = 10, stamp: Stamp | None = None
) -> Offers:
    """The `count` soonest times with anyone who fits.

    Each with everybody who has it: who is asked may choose. Reads what is taken in one short piece
    of time, and in a much longer one where that holds too few. Who is asked first is judged by what
    was read.
    """
    everyone, policy = _Everyone.now(session, question, stamp), question.policy
    within = Interval(
        minute_at_or_after(question.now + policy.notice), ahead_of(question).stop + _LAST_DAY
    )
    least = count * whole_minutes(policy.step) + whole_minutes(policy.duration)
    found: list[Offer] = []
    for piece in everyone.roster.pieces(everyone.fit.by_number, within, least=least):
        look, free = everyone.look(session, piece)
        soonest = first_of(free, count - len(found))
        found += pooled(soonest, _order(soonest, look.ahead(), everyone.fit, question))
        if len(found) == count:
            break
    return Offers(found, everyone.fit.by_number)


@dataclass(frozen=True)
class _Everyone:
    """Those who fit a question, and who of them is at work when: a look need not be at them all."""

    question: Question
    fit: Timetables
    roster: Roster

    @classmethod
    def now(cls, session: Session, question: Question, stamp: Stamp | None = None) -> Self:
        tables = timetables(session, stamp=stamp)
        kind = question.kind
        roster = _roster(tables, kind.id, kind.in_person, question.weeks)
        return cls(question, fitting(tables, question), roster)

    def look(self, session: Session, within: Interval) -> tuple[Look, dict[int, list[range]]]:
        """A look at that piece of time alone, at those who are at work then; who is free when."""
        hours = self.roster.at_work(within, self.fit.by_number)
        look = Look(session, self.fit, self.question, within=within, hosts=hours)
        return look, look.free_of_each(hours, self.roster.shut)


@lru_cache(maxsize=8)
def _roster(tables: Timetables, kind: int, placed: bool, weeks: Weeks) -> Roster:
    """Everybody's hours for that type, kept as long as nothing about them changes."""
    first, last = weeks
    working = {
        one.id: working_time(one, tables.practice, kind, placed=placed, first=first, last=last)
        for one in tables.schedules
    }
    return Roster(
        {
            host: [one for opened in of.opened for one in opened.hours]
            for host, of in working.items()
        },
        {host: of.shut for host, of in working.items()},
    )


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
    session: Session,
    schedule: OpenSchedule,
    start: datetime,
    question: Question,
    *,
    known: Timetables | None = None,
) -> Answer:
    """Whether one start can be booked with one person now, and in which room.

    `known`: when that one works, where it was read a moment ago.
    """
    minute = minute_at_or_before(start)
    tables = known or timetables(session, only=schedule.id)
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
