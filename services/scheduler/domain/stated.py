"""When two people can meet, as each has said for themselves: which starts suit both (N6).

What is said is the usual week by the clock on the person's own wall, so it is computed day by day
like hours are. The calendar's grid is not touched by it: it only takes starts away.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from services.scheduler.domain.hours import Hours, WallRange, WeeklyRange, day_bounds
from services.scheduler.domain.interval import Interval, Minutes, instant, intersection, merged

_MIDNIGHT: Final = time(0)
ALWAYS: Final = tuple(
    WeeklyRange(weekday, WallRange(_MIDNIGHT, _MIDNIGHT, overnight=True)) for weekday in range(1, 8)
)
"""Every day from midnight to midnight."""


@dataclass(frozen=True)
class Stated:
    """One person's usual week, in their own zone. Nothing said is any time."""

    zone: ZoneInfo
    weekly: tuple[WeeklyRange, ...] = ()

    def during(self, within: Interval) -> list[Interval]:
        """When they can, merged; the intervals that touch `within`, uncut."""
        return Hours(self.zone, self.weekly or ALWAYS).during(within)


def unsuited(both: Iterable[Stated], length: Minutes, within: Interval) -> list[Interval]:
    """The starts in `within` at which a visit of that length would leave what somebody said.

    Merged. The whole visit has to lie in the times of each.
    """
    whole = Interval(within.start, within.end + length)
    common = [whole]
    for one in both:
        common = intersection(common, one.during(whole))
    shut: list[Interval] = []
    cursor = within.start
    for begins, ends in common:
        last = ends - length
        if begins <= last:
            shut.append(Interval(cursor, begins))
            cursor = last + 1
    return merged([*shut, Interval(cursor, within.end)])


def last_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """When today began in that zone."""
    return instant(day_bounds(now.astimezone(zone).date(), zone).start)
