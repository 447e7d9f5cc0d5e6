"""A case: calendars and rules given outright, without a practice around them.

What another scheduler's tests say, or somebody's question "what would be offered if", comes in as
such a case; which starts it has is decided by the engine behind the booking page.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import reduce
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from services.scheduler.domain import caps
from services.scheduler.domain.availability import NOTHING, Busy, Policy, each, free_starts
from services.scheduler.domain.hours import (
    Hours,
    WallRange,
    WeeklyRange,
    day_bounds,
    days,
    local_date,
)
from services.scheduler.domain.interval import (
    Interval,
    Minute,
    Minutes,
    intersection,
    merged,
    minute_at_or_after,
    minute_at_or_before,
    whole_minutes,
)

_MARGIN: Final = timedelta(days=2)
"""A zone may be 14 hours ahead, hours may run overnight: as in `Hours.during`."""


class Weekly(NamedTuple):
    """One range on several weekdays (ISO: Monday is 1)."""

    days: Collection[int]
    wall: WallRange


class Override(NamedTuple):
    """The ranges that replace a local date's usual ones; none: closed."""

    day: date
    walls: Sequence[WallRange]


class Taken(NamedTuple):
    """Something in a calendar: it may leave the time free, or let go of it at an instant."""

    busy: Busy
    blocks: bool = True
    expires: datetime | None = None

    def counts(self, now: datetime | None) -> bool:
        """Whether it takes its time at `now`; without a `now` nothing has run out."""
        ran_out = self.expires is not None and now is not None and self.expires <= now
        return self.blocks and not ran_out


@dataclass(frozen=True, kw_only=True)
class Host:
    """Whose calendar it is: open by the week, by the date, by the minute; and what fills it."""

    zone: ZoneInfo
    weekly: Sequence[Weekly] = ()
    overrides: Sequence[Override] = ()
    days_off: Sequence[date] = ()
    availability: Sequence[Interval] = ()
    taken: Sequence[Taken] = ()

    def hours(self) -> Hours:
        """The usual week, and the dates that differ: a day off over an override of its date."""
        differing: dict[date, list[WallRange]] = {}
        for day, walls in self.overrides:
            differing.setdefault(day, []).extend(walls)
        weekly = [WeeklyRange(day, wall) for on, wall in self.weekly for day in on]
        return Hours(self.zone, weekly, differing | {day: [] for day in self.days_off})

    def opened(self, within: Interval) -> list[Interval]:
        """Merged and uncut. A grid begins where a stretch does, so what it joins counts, too."""
        hours = self.hours()
        by_clock = (one for day in self.dates(within) for one in hours.on(day))
        return merged([*self.availability, *by_clock])

    def dates(self, within: Interval) -> Iterator[date]:
        """The local dates whose hours may matter within that time."""
        first, last = (local_date(minute, self.zone) for minute in within)
        return days(first - _MARGIN, last + _MARGIN)


class Bound(NamedTuple):
    """The first minute that a rule allows, or the first that it doesn't any more.

    `rule` names it, `interval` is what it looks at: the notice, the window, a local day.
    """

    minute: Minute
    rule: str
    interval: Interval


class Calendar(NamedTuple):
    """What is asked for starts as one: a host, or all of them together. By what, by where."""

    opened: Sequence[Interval]
    taken: Sequence[tuple[str, Busy]]


@dataclass(frozen=True, kw_only=True)
class Case:
    """Everything that decides. Where no `hosts` are told apart (`alone`), there is one.

    `common` fills everybody's calendar. `together`: all hosts at once, or else any of them.
    `first`, `last`: local dates of `zone`. `counted`: what counts for `day_limit`, by its starts.
    `offset` moves the grid by so many minutes, also back.
    """

    zone: ZoneInfo
    window: Interval
    policy: Policy
    hosts: Sequence[Host]
    alone: bool = True
    together: bool = False
    common: Sequence[Taken] = ()
    now: datetime | None = None
    first: date | None = None
    last: date | None = None
    ends_inside: bool = False
    day_limit: int | None = None
    counted: Sequence[Minute] = ()
    offset: Minutes = 0

    def place(self, host: int, part: str) -> str:
        """Where a part of a host stands in the case's document."""
        return part if self.alone else f"hosts[{host}].{part}"

    def not_before(self) -> Iterator[Bound]:
        """What keeps starts from being too early: the rules of the practice, then the window."""
        if self.now is not None:
            notice = whole_minutes(self.policy.notice)
            earliest = minute_at_or_after(self.now) + notice
            during = Interval(minute_at_or_before(self.now), earliest)
            yield Bound(earliest, "minimum_notice_min" if notice else "now", during)
        if self.first is not None:
            day = day_bounds(self.first, self.zone)
            yield Bound(day.start, "horizon.first_local_date", day)
        yield Bound(self.window.start, "window.start", self.window)

    def before(self) -> Iterator[Bound]:
        """What keeps starts from being too late, in the same order."""
        if self.last is not None:
            day = day_bounds(self.last, self.zone)
            yield Bound(day.end, "horizon.last_local_date", day)
        if self.ends_inside:
            visit = whole_minutes(self.policy.duration)
            yield Bound(self.window.end - visit + 1, "slot_must_end_in_window", self.window)
        yield Bound(self.window.end, "window.end", self.window)

    def within(self) -> Interval:
        """The time in which visits may start."""
        return Interval(
            max(bound.minute for bound in self.not_before()),
            min(bound.minute for bound in self.before()),
        )

    def full(self) -> list[Interval]:
        """The local days that hold as many as the limit allows. One without any is never full."""
        if self.day_limit is None:
            return []
        return caps.full(self.counted, caps.Caps(per_day=max(1, self.day_limit)), self.zone)

    def calendars(self) -> list[Calendar]:
        """What is looked at one by one: each host, or everybody at once."""
        each_one = [
            Calendar(host.opened(self.window), self._taken(n)) for n, host in enumerate(self.hosts)
        ]
        if not self.together:
            return each_one
        taken = [one for calendar in each_one for one in calendar.taken]
        return [Calendar(reduce(intersection, (one.opened for one in each_one)), taken)]

    def _taken(self, host: int) -> list[tuple[str, Busy]]:
        own = self.hosts[host].taken
        return [
            *((self.place(host, f"busy[{n}]"), one.busy) for n, one in self._counting(own)),
            *((f"busy[{n}]", one.busy) for n, one in self._counting(self.common)),
        ]

    def _counting(self, taken: Iterable[Taken]) -> Iterator[tuple[int, Taken]]:
        return ((n, one) for n, one in enumerate(taken) if one.counts(self.now))

    def grids(self, opened: Sequence[Interval]) -> list[list[Interval]]:
        """The stretches, each from the first start that the grid has in it.

        Moved forward, a grid has nothing earlier, even if that is longer than a step. Moved back,
        the grid of one stretch may reach into those before it: then there is a list for each.
        """
        if self.offset >= 0 or self.policy.step <= NOTHING:
            moved = [Interval(start + self.offset, end) for start, end in opened]
            return [[one for one in moved if one.start < one.end]]
        return [self._moved_back(opened[: n + 1]) for n in range(len(opened))] or [[]]

    def _moved_back(self, opened: Sequence[Interval]) -> list[Interval]:
        """The grid of the last of these stretches, in all of them that it reaches."""
        step = whole_minutes(self.policy.step)
        begins = opened[-1].start + self.offset
        moved = [
            Interval(begins + -(-max(0, start - begins) // step) * step, end)
            for start, end in opened
        ]
        return [one for one in moved if one.start < one.end]


def starts(case: Case) -> list[Minute]:
    """Every start that the case offers with anyone, ascending."""
    found: set[Minute] = set()
    within, full = case.within(), case.full()
    for opened, taken in case.calendars():
        busy = [one for _, one in taken]
        for grid in case.grids(opened):
            found.update(each(free_starts(grid, busy, case.policy, within=within, full=full)))
    return sorted(found)
