"""When a clinician works, from everything that was said about it, for one type of appointment.

What was said more exactly wins: a day off over stretches that were opened, those over the usual
week; another day's hours over a holiday, a holiday over the usual week.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

from services.scheduler.domain import public_holidays
from services.scheduler.domain.availability import Busy, BusyTime, Cause
from services.scheduler.domain.caps import Caps
from services.scheduler.domain.explanation import Closed, Closing
from services.scheduler.domain.hours import (
    Hours,
    WallRange,
    WeeklyRange,
    day_bounds,
    days,
    local_date,
)
from services.scheduler.domain.interval import Interval, Minute, OpenTime, merged

_MARGIN: Final = timedelta(days=2)
"""A zone may be 14 hours ahead, hours may run overnight: as in `Hours.during`."""

_NO_CAPS: Final = Caps()
_COMPILED: Final = 8192

Overrides: TypeAlias = Mapping[date, Sequence[WallRange]]


class Way(StrEnum):
    """How a visit takes place: by phone or video, or in a room."""

    REMOTE = "remote"
    IN_PERSON = "in-person"


class Seat(NamedTuple):
    """A range of the usual week: for one type of appointment alone, or for any; and where."""

    weekly: WeeklyRange
    kind: int | None = None
    place: int | None = None


class DaysOff(NamedTuple):
    """Whole local days, first and last included, and why: for colleagues, never for clients."""

    first: date
    last: date
    reason: str = ""


class Stretch(NamedTuple):
    """Time that staff opened or blocked by the minute, and why."""

    during: Interval
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Practice:
    """What holds for everybody. Known by identity, as the copy of one version is."""

    version: int | None = None
    region: str | None = None
    worked: frozenset[str] = frozenset()
    days_off: tuple[DaysOff, ...] = ()
    rooms: Mapping[int, tuple[int, ...]] = field(default_factory=dict)

    def rooms_at(self, place: int | None) -> tuple[int, ...]:
        """The rooms of a location; without one, all there are."""
        if place is not None:
            return self.rooms.get(place, ())
        return tuple(sorted(room for rooms in self.rooms.values() for room in rooms))


@dataclass(frozen=True, eq=False)
class OpenSchedule:
    """A practitioner's bookable time as values: enough to compute with, and to put names to it.

    `hours` are the usual week and the dates that differ, as it was written down; `seats` say of
    each range what it is for and where. Known by identity, as the copy of one version is.
    """

    id: int
    practitioner_id: UUID
    name: str
    video: bool
    states: frozenset[str]
    hours: Hours
    seats: tuple[Seat, ...] = ()
    days_off: tuple[DaysOff, ...] = ()
    extra: tuple[Stretch, ...] = ()
    blocked: tuple[Stretch, ...] = ()
    sees_couples: bool = True
    languages: frozenset[str] = frozenset({"en"})
    meets: frozenset[str] = frozenset(Way)
    caps: Caps = _NO_CAPS
    not_given: frozenset[int] = frozenset()
    weights: Mapping[int, int] = field(default_factory=dict)
    version: int = 0

    @property
    def first_name(self) -> str:
        """What stands on a button: "with Marcus"."""
        return self.name.split()[0]

    @cached_property
    def own_kinds(self) -> frozenset[int]:
        """The types of appointment that have hours of their own."""
        return frozenset(seat.kind for seat in self.seats if seat.kind is not None)

    def weight(self, kind: int) -> int:
        """The share of that type's appointments, beside the others' (P24)."""
        return self.weights.get(kind, 1)


class Opened(NamedTuple):
    """Merged working time, and the location in which the clinician sits then."""

    place: int | None
    hours: OpenTime


class WorkingTime(NamedTuple):
    """What is open for one type, and what is shut within it: days off, blocked stretches."""

    opened: tuple[Opened, ...]
    shut: BusyTime


def working_time(
    schedule: OpenSchedule, practice: Practice, kind: int, *, placed: bool, first: date, last: date
) -> WorkingTime:
    """The working time from `first` through `last` (dates of the schedule's zone), uncut.

    Ranges of one type alone are all that type has. `placed`: hours in different locations are kept
    apart, since one visit can't be in both. Kept in the process for the same copies.
    """
    own = kind if kind in schedule.own_kinds else None
    return _compiled(schedule, practice, own, placed, first, last)


@lru_cache(maxsize=_COMPILED)
def _compiled(
    schedule: OpenSchedule,
    practice: Practice,
    kind: int | None,
    placed: bool,
    first: date,
    last: date,
) -> WorkingTime:
    zone = schedule.hours.zone
    within = Interval(day_bounds(first, zone).start, day_bounds(last, zone).end)
    seats = [seat for seat in schedule.seats if seat.kind == kind]
    away = (*practice.days_off, *schedule.days_off)
    overrides = _overrides(schedule, practice, away, first - _MARGIN, last + _MARGIN)
    if kind is not None:
        overrides = _in_common(overrides, seats)
    off = merged(
        day_bounds(day, zone)
        for one in away
        for day in _days_of(one, first - _MARGIN, last + _MARGIN)
    )
    blocked = [one.during for one in schedule.blocked if _touches(one.during, within)]
    return WorkingTime(
        tuple(_opened(schedule, seats, overrides, placed, within)),
        BusyTime.of(
            [
                *(Busy(*one, cause=Cause.DAY_OFF) for one in off),
                *(Busy(*one, cause=Cause.BLOCKED) for one in blocked),
            ]
        ),
    )


def _opened(
    schedule: OpenSchedule,
    seats: Sequence[Seat],
    overrides: Overrides,
    placed: bool,
    within: Interval,
) -> Iterable[Opened]:
    """The hours of each location. Where one is on another day's hours is where one always is."""
    weeks: dict[int | None, list[WeeklyRange]] = {}
    for seat in seats:
        weeks.setdefault(seat.place if placed else None, []).append(seat.weekly)
    home = next(iter(weeks)) if len(weeks) == 1 else None
    weeks.setdefault(home, [])
    closed: Overrides = dict.fromkeys(overrides, ())
    for place, weekly in weeks.items():
        hours = Hours(schedule.hours.zone, weekly, overrides if place == home else closed)
        found = hours.during(within)
        if place == home:
            extra = [one.during for one in schedule.extra if _touches(one.during, within)]
            found = merged([*found, *extra])
        yield Opened(place, OpenTime(found))


def _overrides(
    schedule: OpenSchedule,
    practice: Practice,
    away: Iterable[DaysOff],
    first: date,
    last: date,
) -> dict[date, Sequence[WallRange]]:
    found: dict[date, Sequence[WallRange]] = dict.fromkeys(
        public_holidays.closed(practice.region, practice.worked, first, last), ()
    )
    found.update(schedule.hours.overrides)
    for off in away:
        found.update(dict.fromkeys(_days_of(off, first, last), ()))
    return found


def _in_common(overrides: Overrides, seats: Sequence[Seat]) -> dict[date, Sequence[WallRange]]:
    """A type with hours of its own has no others: of another day's hours, those in both."""
    return {
        day: [
            both
            for wall in ranges
            for seat in seats
            if seat.weekly.holds_on(day) and (both := _common(wall, seat.weekly.wall))
        ]
        for day, ranges in overrides.items()
    }


def _common(one: WallRange, other: WallRange) -> WallRange | None:
    """The wall time in both of two ranges of one day."""
    (start, end), (begin, stop) = (
        (wall.start, (wall.overnight, wall.end)) for wall in (one, other)
    )
    start, end = max(start, begin), min(end, stop)
    return WallRange(start, end[1], end[0]) if (False, start) < end else None


def _days_of(off: DaysOff, first: date, last: date) -> Iterable[date]:
    return days(max(off.first, first), min(off.last, last))


def _touches(one: Interval, within: Interval) -> bool:
    return one.start < within.end and within.start < one.end


def closed_because(
    schedule: OpenSchedule, practice: Practice, minute: Minute
) -> tuple[Closed, str] | None:
    """What made the local day of that minute differ from the usual week, and what was said of it.

    The words are for colleagues, never for clients.
    """
    zone = schedule.hours.zone
    day = local_date(minute, zone)
    bounds = day_bounds(day, zone)
    for away, why in (
        (practice.days_off, Closing.CLOSURE),
        (schedule.days_off, Closing.TIME_OFF),
    ):
        for one in away:
            if one.first <= day <= one.last:
                return Closed(*bounds, why), one.reason
    if day in schedule.hours.overrides:
        return Closed(*bounds, Closing.OVERRIDE), ""
    name = public_holidays.closed(practice.region, practice.worked, day, day).get(day)
    return None if name is None else (Closed(*bounds, Closing.HOLIDAY), name)
