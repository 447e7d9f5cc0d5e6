"""What a practice may read from its counts: shares with their doubt, and no small number.

A count below `FEWEST` could point to a person, so it is only ever shown as being below. What
could be subtracted from a total to find such a count is not shown beside it either.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, floor, sqrt
from typing import Final, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from services.scheduler.domain.hours import day_bounds
from services.scheduler.domain.interval import Interval, instant

FEWEST: Final = 5
FEW: Final = f"fewer than {FEWEST}"
LONGEST_WAIT: Final = 14
_Z: Final = 1.96
"""Of the normal distribution: 95 of 100."""

Cell: TypeAlias = tuple[int, int]
"""An ISO weekday, and an hour of the day by the clock on the wall."""


@dataclass(frozen=True)
class Period:
    """Whole weeks before this one, from a Monday until the next Monday that is not included."""

    first: date
    until: date
    zone: ZoneInfo

    @classmethod
    def before(cls, today: date, weeks: int, zone: ZoneInfo) -> "Period":
        """The last whole weeks: a week that is under way would look emptier than it is."""
        monday = today - timedelta(days=today.weekday())
        return cls(monday - timedelta(weeks=weeks), monday, zone)

    @property
    def last(self) -> date:
        """The last day in it."""
        return self.until - timedelta(days=1)

    @property
    def mondays(self) -> list[date]:
        """The weeks, by their first day."""
        weeks = (self.until - self.first).days // 7
        return [self.first + timedelta(weeks=n) for n in range(weeks)]

    @property
    def within(self) -> Interval:
        """The same as minutes."""
        return Interval(
            day_bounds(self.first, self.zone).start, day_bounds(self.until, self.zone).start
        )

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The same as instants."""
        return instant(self.within.start), instant(self.within.end)


class Share(NamedTuple):
    """Whole percent, and between which it lies in 95 of 100 such samples."""

    percent: int
    low: int
    high: int


def shown(count: int) -> str:
    """A count of people or of their times, in words where it is small. Nobody is nobody."""
    return str(count) if count >= FEWEST or count == 0 else FEW


def share(part: int, of: int) -> Share | None:
    """How large a part is, by Wilson's interval; None where one of the counts would be told by it.

    Raises ValueError for a part that is larger than the whole.
    """
    if not 0 <= part <= of:
        raise ValueError(f"{part} is no part of {of}")
    if part < FEWEST or of - part < FEWEST:
        return None
    p, z2 = part / of, _Z**2
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    reach = _Z * sqrt(p * (1 - p) / of + z2 / (4 * of**2)) / (1 + z2 / of)
    low, high = middle - reach, middle + reach
    return Share(round(100 * p), floor(100 * low), ceil(100 * high))


def apart(one: Share, other: Share) -> bool:
    """Whether the two intervals have nothing in common: less may well be chance."""
    return one.high < other.low or other.high < one.low


def waits(days: Mapping[int, int]) -> list[int]:
    """How many waited 0, 1, 2 ... days, the last for all that waited longer."""
    found = [0] * (LONGEST_WAIT + 1)
    for day, count in days.items():
        found[min(max(day, 0), LONGEST_WAIT)] += count
    return found


def middle(counts: Iterable[int]) -> int | None:
    """The place below or at which half of all are; None of nothing."""
    every = list(counts)
    half, seen = sum(every) / 2, 0
    for place, count in enumerate(every):
        seen += count
        if count and seen >= half:
            return place
    return None


def minutes_by_cell(intervals: Iterable[Interval], period: Period) -> Counter[Cell]:
    """Minutes of merged intervals in each hour of the week, cut to the period."""
    found: Counter[Cell] = Counter()
    for start, end in intervals:
        at, stop = max(start, period.within.start), min(end, period.within.end)
        while at < stop:
            here = instant(at).astimezone(period.zone)
            until = min(stop, at + 60 - here.minute)
            found[here.isoweekday(), here.hour] += until - at
            at = until
    return found


def minutes_by_week(intervals: Iterable[Interval], period: Period) -> Counter[date]:
    """Minutes of merged intervals in each week of the period, by its Monday."""
    found: Counter[date] = Counter(dict.fromkeys(period.mondays, 0))
    every = list(intervals)
    for monday in period.mondays:
        week = Period(monday, monday + timedelta(weeks=1), period.zone).within
        found[monday] = sum(
            max(0, min(end, week.end) - max(start, week.start)) for start, end in every
        )
    return found
