"""When somebody sees people: wall time in an IANA zone, turned into instants day by day.

Hours are never stored as UTC: nine o'clock stays nine o'clock when clocks change and when a
country changes its mind. A wall time that a change skips is pushed forward by the gap, one that
happens twice means the first (RFC 5545, 3.3.5).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from services.scheduler.domain.interval import (
    Interval,
    Minute,
    instant,
    merged,
    minute_at_or_before,
)

_DAY = timedelta(days=1)
_MIDNIGHT = time(0)


class WallRange(NamedTuple):
    """Open from `start` until `end` by the clock on the wall.

    `overnight` puts the end on the following date; a range until midnight ends at 00:00 overnight.
    """

    start: time
    end: time
    overnight: bool = False


@dataclass(frozen=True, slots=True)
class WeeklyRange:
    """A range on one weekday (ISO: Monday is 1), from `since` through `until`, both included."""

    weekday: int
    wall: WallRange
    since: date | None = None
    until: date | None = None

    def holds_on(self, day: date) -> bool:
        """Whether this range is part of that day's hours."""
        return (
            day.isoweekday() == self.weekday
            and (self.since is None or self.since <= day)
            and (self.until is None or day <= self.until)
        )


@dataclass(frozen=True)
class Hours:
    """A usual week, and the dates that differ. An override replaces its date; empty means closed.

    Dates are those of `zone`, the place where the hours are kept, whoever looks from wherever.
    """

    zone: ZoneInfo
    weekly: Sequence[WeeklyRange] = ()
    overrides: Mapping[date, Sequence[WallRange]] = field(default_factory=dict)

    def on(self, day: date) -> Iterator[Interval]:
        """That local day's ranges as instants, unmerged. A range that a gap swallows is dropped."""
        override = self.overrides.get(day)
        ranges = (
            [weekly.wall for weekly in self.weekly if weekly.holds_on(day)]
            if override is None
            else override
        )
        for wall in ranges:
            interval = Interval(
                resolve(day, wall.start, self.zone),
                resolve(day + _DAY if wall.overnight else day, wall.end, self.zone),
            )
            if interval.start < interval.end:
                yield interval

    def during(self, within: Interval) -> list[Interval]:
        """The merged open intervals that touch `within`, uncut: a grid begins where the hours do.

        Days are read two to each side, since a zone may be 14 hours ahead, hours may run overnight,
        and an interval may go on from the day before.
        """
        first = instant(within.start).astimezone(self.zone).date() - 2 * _DAY
        last = instant(within.end).astimezone(self.zone).date() + 2 * _DAY
        found = merged(interval for day in days(first, last) for interval in self.on(day))
        return [one for one in found if one.start < within.end and within.start < one.end]


def resolve(day: date, at: time, zone: ZoneInfo) -> Minute:
    """The instant of a wall time. Skipped: pushed forward by the gap. Repeated: the first.

    Both are what PEP 495 means by fold=0: inside a gap it uses the offset from before the change.
    """
    return minute_at_or_before(datetime.combine(day, at.replace(fold=0), zone))


def day_bounds(day: date, zone: ZoneInfo) -> Interval:
    """From that local day's midnight to the next one: 23, 24 or 25 hours."""
    return Interval(resolve(day, _MIDNIGHT, zone), resolve(day + _DAY, _MIDNIGHT, zone))


def days(first: date, last: date) -> Iterator[date]:
    """Every date from `first` through `last`."""
    for n in range((last - first).days + 1):
        yield first + timedelta(days=n)


def local_date(minute: Minute, zone: ZoneInfo) -> date:
    """The date that the calendar on the wall shows."""
    return instant(minute).astimezone(zone).date()


class ClockChange(NamedTuple):
    """Clocks in a zone jump by `by` during `day`; positive is forward."""

    day: date
    by: timedelta


def clock_changes(zone: ZoneInfo, first: date, last: date) -> list[ClockChange]:
    """The days from `first` through `last` that are longer or shorter than 24 hours."""
    return [
        ClockChange(day, _DAY - timedelta(minutes=end - start))
        for day in days(first, last)
        for start, end in [day_bounds(day, zone)]
        if end - start != _DAY // timedelta(minutes=1)
    ]


class BadRange(NamedTuple):
    """What is wrong with the range at `place`, in words for the person who typed it."""

    place: int
    problem: str


def problems(ranges: Sequence[WallRange], shortest: timedelta) -> Iterator[BadRange]:
    """What keeps one day's ranges from being a day's hours; judged on the wall clock alone.

    Touching ranges are fine, overlapping ones are a slip of the finger that is better pointed out
    than merged. A range shorter than one visit could never be booked.
    """
    for index, wall in enumerate(ranges):
        length = _wall_length(wall)
        if length <= timedelta(0):
            yield BadRange(index, "The end has to be later than the start.")
        elif length < shortest:
            minutes = shortest // timedelta(minutes=1)
            yield BadRange(index, f"One visit takes {minutes} minutes; these hours are shorter.")
        elif any(_overlap(wall, other) for other in ranges[:index]):
            yield BadRange(index, "These hours overlap with the ones above.")


def weekly_total(ranges: Iterable[WeeklyRange]) -> timedelta:
    """How long the usual week is by the wall clock."""
    return sum((_wall_length(one.wall) for one in ranges), timedelta(0))


def _wall_length(wall: WallRange) -> timedelta:
    start, end = _wall_span(wall)
    return end - start


def _wall_span(wall: WallRange) -> tuple[datetime, datetime]:
    """Start and end on a made-up day without clock changes, for comparing only."""
    day = date(2000, 1, 3)
    return (
        datetime.combine(day, wall.start),
        datetime.combine(day + _DAY if wall.overnight else day, wall.end),
    )


def at_once(one: WeeklyRange, other: WeeklyRange) -> bool:
    """Whether two ranges have time in common on some day on which both hold."""
    first = max(one.since or date.min, other.since or date.min)
    last = min(one.until or date.max, other.until or date.max)
    return one.weekday == other.weekday and first <= last and _overlap(one.wall, other.wall)


def _overlap(one: WallRange, other: WallRange) -> bool:
    (a, b), (c, d) = _wall_span(one), _wall_span(other)
    return a < d and c < b
