"""How many appointments somebody takes on one day, in one week, and which days are full by that."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from services.scheduler.domain.hours import day_bounds, local_date
from services.scheduler.domain.interval import Interval, Minute, merged

_WEEK: Final = timedelta(days=7)
_ALWAYS: Final = Interval(-(2**40), 2**40)


class Caps(NamedTuple):
    """At most that many begin on one local day, in one ISO week (Monday to Sunday); None: any."""

    per_day: int | None = None
    per_week: int | None = None

    def __bool__(self) -> bool:
        return self.per_day is not None or self.per_week is not None


def full(starts: Iterable[Minute], caps: Caps, zone: ZoneInfo) -> list[Interval]:
    """The local days and weeks of `zone` that hold as many starts as the caps allow (P9).

    What begins at 23:30 counts on that day, in whichever UTC day it lies. `starts` has to hold
    everything that begins in the weeks that are asked about.
    """
    if not caps:
        return []
    if 0 in caps:
        return [_ALWAYS]
    dates = [local_date(start, zone) for start in starts]
    found = []
    if caps.per_day is not None:
        found += [day_bounds(day, zone) for day, n in Counter(dates).items() if n >= caps.per_day]
    if caps.per_week is not None:
        weeks = Counter(monday(day) for day in dates)
        found += [week_bounds(day, zone) for day, n in weeks.items() if n >= caps.per_week]
    return merged(found)


def monday(day: date) -> date:
    """The first day of that ISO week, whichever year it lies in."""
    return day - timedelta(days=day.isoweekday() - 1)


def week_bounds(day: date, zone: ZoneInfo) -> Interval:
    """From Monday's midnight to the next Monday's, of the week that begins on `day`."""
    return Interval(day_bounds(day, zone).start, day_bounds(day + _WEEK, zone).start)
