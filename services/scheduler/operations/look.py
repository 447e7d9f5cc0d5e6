"""A look at the calendar: what was read to answer one question, and how each clinician fares.

Everything that decides whether a start is offered meets here, once: who fits, working time, what
is taken, caps, rooms. `offers` and `refusal` only ask.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.scheduler.domain import caps, rooms
from services.scheduler.domain.availability import ALWAYS, BusyTime, free_starts, roomless
from services.scheduler.domain.caps import Caps
from services.scheduler.domain.explanation import Closed, Explanation, Reason, explain
from services.scheduler.domain.interval import (
    Interval,
    Minute,
    instant,
    minute_at_or_before,
    whole_minutes,
)
from services.scheduler.domain.side_by_side import Theirs, free_of_each
from services.scheduler.domain.stated import unsuited
from services.scheduler.domain.timetable import (
    OpenSchedule,
    WorkingTime,
    closed_because,
    working_time,
)
from services.scheduler.operations import stated_times
from services.scheduler.operations.question import Needs, Question
from services.scheduler.operations.taken import TakenTimes, ahead_of, taken_times
from services.scheduler.operations.timetables import Timetables

_WEEK: Final = timedelta(days=8)
"""Longer than a week in any zone: a cap counts whole weeks, before and after what is asked."""

_LAST_DAY: Final = timedelta(hours=25)
"""The horizon's last day counts whole, in its own zone."""

_FREE: Final = BusyTime()
_DAY: Final = 24 * 60
_TELLING: Final[dict[Reason | None, int]] = {None: 0, Reason.CLOSED: 2, Reason.OUTSIDE_HOURS: 3}
"""Of several locations, the one that offers it speaks first, the one that is shut last."""


class Look:
    """One question, about those who fit; what is taken is read once, when it is first needed.

    `tables` are those of who fit (see `fitting`); of them only the `hosts` that are named are
    asked. With `within`, starts outside of it are not judged, and nothing far from it is read.
    """

    def __init__(
        self,
        session: Session,
        tables: Timetables,
        question: Question,
        *,
        within: Interval | None = None,
        hosts: Collection[int] | None = None,
    ) -> None:
        self.session = session
        self.question = question
        self.policy = question.policy
        self.practice = tables.practice
        self.within = within and _reachable(within, question)
        self.weeks = question.weeks
        self.kind, self.placed = question.kind.id, question.kind.in_person
        self.duration = whole_minutes(self.policy.duration)
        self.tables = tables
        self.hosts = tables.by_number if hosts is None else hosts
        self.capped = [one for one in tables.capped if one.id in self.hosts]
        self._bounds: dict[ZoneInfo, Interval] = {}
        self._rooms: dict[int | None, list[Interval]] = {}

    @property
    def schedules(self) -> list[OpenSchedule]:
        """Those who are asked."""
        return [self.tables.by_number[host] for host in self.hosts]

    @cached_property
    def taken(self) -> TakenTimes:
        """Appointments, holds and what stands in other calendars: one statement."""
        since, until = self.question.now, self.question.now + self.policy.horizon + _LAST_DAY
        if self.within is not None:
            since, until = instant(self.within.start), instant(self.within.end)
        if self.kind_caps or self.capped:
            since, until = since - _WEEK, until + _WEEK
        return taken_times(self.session, self.hosts, self.question, since=since, until=until)

    @cached_property
    def unsuited(self) -> list[Interval]:
        """The starts that do not suit two people, by what each has said: one statement."""
        two, question = self.question.two, self.question
        if two is None:
            return []
        both = stated_times.of_both(self.session, two, at_once=question.by_staff)
        return unsuited(both, self.duration, self.within or _reachable(ALWAYS, question))

    @cached_property
    def kind_caps(self) -> Caps:
        """How many of this type each clinician takes."""
        return Caps(self.question.kind.cap_per_day, self.question.kind.cap_per_week)

    def bounds(self, zone: ZoneInfo) -> Interval:
        """The starts that may be asked for: within notice, and the horizon as that zone sees it."""
        found = self._bounds.get(zone)
        if found is None:
            found = self.policy.bookable(self.question.now, zone)
            if self.within is not None:
                found = Interval(
                    max(found.start, self.within.start), min(found.end, self.within.end)
                )
            self._bounds[zone] = found
        return found

    def working(self, schedule: OpenSchedule) -> WorkingTime:
        """When they work, by everything that was said about it."""
        first, last = self.weeks
        return working_time(
            schedule, self.practice, self.kind, placed=self.placed, first=first, last=last
        )

    def free(self, schedule: OpenSchedule) -> list[range]:
        """Every start that can be booked with them, as ascending ranges of minutes."""
        working = self.working(schedule)
        within = self.bounds(schedule.hours.zone)
        busy = self.busy(schedule, working)
        shut = [*self.full(schedule), *self.unsuited]
        found = [
            free_starts(
                opened.hours,
                busy,
                self.policy,
                within=within,
                full=shut,
                roomless=self.without_room(opened.place),
            )
            for opened in working.opened
        ]
        return found[0] if len(found) == 1 else _united(found)

    def free_of_each(
        self, hours: Mapping[int, Sequence[Interval]], shut: Mapping[int, BusyTime]
    ) -> dict[int, list[range]]:
        """As `free` says of each, for those who have any; in one sweep, where no room is needed.

        `hours` of all who are asked, merged and uncut, and what is `shut` within them.
        """
        if self.placed:
            return {one.id: starts for one in self.schedules if (starts := self.free(one))}
        taken = [Theirs(self.taken.schedules, self.taken.columns)]
        for host in hours.keys() & shut.keys():
            taken += (Theirs([host] * len(part.starts), part) for part in shut[host].parts)
        some = self.kind_caps or self.unsuited
        full = {
            one.id: [*self.full(one), *self.unsuited]
            for one in (self.schedules if some else self.capped)
        }
        zones = self.tables.zones
        bounds = {zone: self.bounds(zone) for zone in {*zones.values()}}
        within = {host: bounds[zones[host]] for host in hours}
        return free_of_each(hours, taken, self.policy, within=within, full=full)

    def busy(self, schedule: OpenSchedule, working: WorkingTime) -> BusyTime:
        """What keeps visits away, days off and blocked stretches among it."""
        taken = self.taken.busy.get(schedule.id, _FREE)
        return taken + working.shut if working.shut.parts else taken

    def full(self, schedule: OpenSchedule) -> list[Interval]:
        """The days and weeks on which they take no more, all in all or of this type (P9)."""
        if not self.kind_caps and not schedule.caps:
            return []
        zone = schedule.hours.zone
        return [
            *caps.full(self.taken.starts(schedule.id), schedule.caps, zone),
            *caps.full(self.taken.starts(schedule.id, self.kind), self.kind_caps, zone),
        ]

    def without_room(self, place: int | None) -> list[Interval]:
        """The starts at which no room of a location is free; none, where no room is needed."""
        if not self.placed:
            return []
        if place not in self._rooms:
            ours = rooms.among(self.taken.rooms, self.practice.rooms_at(place))
            self._rooms[place] = roomless(ours.values(), self.policy)
        return self._rooms[place]

    def ahead(self) -> Counter[int]:
        """How many of this type each of them has ahead, as far as this look goes."""
        return self.taken.count(self.kind, ahead_of(self.question))

    def explain(self, schedule: OpenSchedule, start: Minute) -> Explanation:
        """The rule by which that start is offered or not. The same values decide as for `free`."""
        bounds = self.bounds(schedule.hours.zone)
        near = bounds.start <= start < bounds.end
        closed = closed_because(schedule, self.practice, start) if near else None
        working = self.working(schedule)
        found = [
            explain(
                start,
                opened.hours,
                self.busy(schedule, working),
                self.policy,
                within=bounds,
                full=self.full(schedule),
                roomless=self.without_room(opened.place),
                closed=() if closed is None else (closed[0],),
            )
            for opened in working.opened
        ]
        best = min(found, key=lambda one: _TELLING.get(one.reason, 1))
        if best.reason is None and _within(start, self.unsuited):
            return Explanation(
                reason=Reason.NOT_BOTH, interval=Interval(start, start + self.duration)
            )
        return replace(best, because=self._because(schedule, start, best, closed))

    def _because(
        self,
        schedule: OpenSchedule,
        start: Minute,
        found: Explanation,
        closed: tuple[Closed, str] | None,
    ) -> str:
        if found.reason is Reason.CLOSED and closed is not None:
            return closed[1]
        if found.reason is Reason.FULL:
            return self._which_cap(schedule, start)
        if found.reason is Reason.BLOCKED:
            return next(
                (one.reason for one in schedule.blocked if one.during == found.interval), ""
            )
        return ""

    def _which_cap(self, schedule: OpenSchedule, start: Minute) -> str:
        """In words: whose cap, and whether of the day or of the week."""
        zone = schedule.hours.zone
        for words, counted, cap in (
            ("all types", self.taken.starts(schedule.id), schedule.caps),
            ("of this type", self.taken.starts(schedule.id, self.kind), self.kind_caps),
        ):
            if cap.per_day is not None and _within(
                start, caps.full(counted, Caps(cap.per_day), zone)
            ):
                return f"{cap.per_day} a day, {words}"
            if cap.per_week is not None and _within(
                start, caps.full(counted, Caps(None, cap.per_week), zone)
            ):
                return f"{cap.per_week} a week, {words}"
        return ""

    def free_room(self, schedule: OpenSchedule, start: Minute) -> int | None:
        """A room for a visit that begins then, of the location where they sit then."""
        for opened in self.working(schedule).opened:
            if any(one.start <= start and start + self.duration <= one.end for one in opened.hours):
                ours = rooms.among(self.taken.rooms, self.practice.rooms_at(opened.place))
                for room in rooms.free_rooms(ours, start, self.duration):
                    return room
        if self.question.against_rules:  # outside of the hours nobody has said where they sit
            ours = rooms.among(self.taken.rooms, self.practice.rooms_at(None))
            return next(iter(rooms.free_rooms(ours, start, self.duration)), None)
        return None


def fitting(tables: Timetables, question: Question) -> Timetables:
    """Those alone who fit, by name."""
    return _fitting(tables, question.needs)


@lru_cache(maxsize=16)
def _fitting(tables: Timetables, needs: Needs) -> Timetables:
    """Kept for the same copy of everybody's hours: as long as it lasts, so does who fits."""
    return Timetables(
        tables.practice, [one for one in tables.schedules if _unfit(one, needs) is None]
    )


def unfit(schedule: OpenSchedule, question: Question) -> Reason | None:
    """Why a clinician is not asked at all, whatever the time; None: they fit."""
    return _unfit(schedule, question.needs)


def _unfit(schedule: OpenSchedule, needs: Needs) -> Reason | None:
    if needs.refused is not None:
        return needs.refused
    if needs.kind in schedule.not_given or (needs.for_two and not schedule.sees_couples):
        return Reason.NOT_GIVEN
    if needs.way not in schedule.meets:
        return Reason.NOT_THIS_WAY
    if needs.location is not None and needs.location not in schedule.states:
        return Reason.NOT_LICENSED
    if needs.language is not None and needs.language not in schedule.languages:
        return Reason.OTHER_LANGUAGE
    return None


def _reachable(within: Interval, question: Question) -> Interval:
    """What of it lies near now and the horizon: beyond, calendars have no more years."""
    earliest = minute_at_or_before(question.now) - _DAY
    latest = minute_at_or_before(question.now + question.kind.horizon) + 2 * _DAY
    return Interval(*(min(max(one, earliest), latest) for one in within))


def _within(start: Minute, shut: Iterable[Interval]) -> bool:
    return any(one.start <= start < one.end for one in shut)


def _united(found: Iterable[Iterable[range]]) -> list[range]:
    """The same starts once each: two locations may be open at one time."""
    starts = {start for ranges in found for one in ranges for start in one}
    return [range(start, start + 1) for start in sorted(starts)]
