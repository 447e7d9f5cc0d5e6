"""Half-open stretches of time in whole UTC minutes, and the algebra on sorted lists of them.

A minute is counted from 1970-01-01T00:00Z. Comparing and stepping machine integers costs a
quarter of what aware datetimes cost, and a booking page sweeps thousands of them; datetimes come
back at the edge (`instant`). Nobody books half a minute: what is open is rounded inwards, what is
taken outwards.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, TypeAlias

Minute: TypeAlias = int
"""A whole minute of UTC since 1970."""

Minutes: TypeAlias = int
"""A length of time in whole minutes."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_LONGEST_TABLE = 24 * 60


class Interval(NamedTuple):
    """From `start` until just before `end`."""

    start: Minute
    end: Minute


def minute_at_or_before(at: datetime) -> Minute:
    """The minute that has begun by `at` (aware)."""
    return (at - _EPOCH) // _MINUTE


def minute_at_or_after(at: datetime) -> Minute:
    """The first minute that begins at `at` (aware) or later: 09:00:01 gives 09:01."""
    return -((_EPOCH - at) // _MINUTE)


def instant(minute: Minute) -> datetime:
    """The aware UTC datetime at which `minute` begins."""
    return _EPOCH + timedelta(minutes=minute)


def whole_minutes(length: timedelta) -> Minutes:
    """A length in minutes, rounded up so that nothing is ever cut short."""
    return -(-length // _MINUTE)


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same minutes as sorted intervals that neither touch nor overlap. Drops empty ones."""
    result: list[Interval] = []
    start = end = None
    for interval in sorted(intervals):
        if interval.end <= interval.start:
            continue
        if start is None or end is None:
            start, end = interval
        elif interval.start <= end:
            end = max(end, interval.end)
        else:
            result.append(Interval(start, end))
            start, end = interval
    if start is not None and end is not None:
        result.append(Interval(start, end))
    return result


def intersection(ours: Sequence[Interval], theirs: Sequence[Interval]) -> list[Interval]:
    """The minutes in both of two merged lists."""
    result: list[Interval] = []
    i = j = 0
    while i < len(ours) and j < len(theirs):
        start = max(ours[i].start, theirs[j].start)
        end = min(ours[i].end, theirs[j].end)
        if start < end:
            result.append(Interval(start, end))
        if ours[i].end < theirs[j].end:
            i += 1
        else:
            j += 1
    return result


class Edges(NamedTuple):
    """When something opens and when it shuts, pairwise, each in order; and the grid of all.

    `waits` says how long to wait, and no less than the openings were moved back, for the next
    minute on the grid: read at a minute's remainder by the grid's step. None: the grids differ, or
    it would be too long.
    """

    opens: list[Minute]
    shuts: list[Minute]
    waits: list[Minutes] | None


class OpenTime(tuple[Interval, ...]):  # noqa: SLOT001  it keeps things
    """Merged open intervals with their edges in columns, which is how a sweep reads them.

    Made once for each version of a schedule, and swept for every question about it.
    """

    def __init__(self, _: Iterable[Interval]) -> None:
        self.begins = [one.start for one in self]
        self.ends = [one.end for one in self]
        self._edges: dict[tuple[Minutes, Minutes, Minutes], Edges] = {}

    def edges(
        self, within: Interval, back: Minutes, on: Minutes, step: Minutes
    ) -> tuple[list[Minute], list[Minute], list[Minutes] | None]:
        """The `Edges` of what touches `within`: openings moved back, shuttings moved on."""
        moved = self._edges.get((back, on, step))
        if moved is None:
            opens, shuts = [one - back for one in self.begins], [one + on for one in self.ends]
            moved = self._edges[back, on, step] = Edges(opens, shuts, self._table(step, back))
        opens, shuts, waits = moved
        start, end = within
        first, last = bisect_right(self.ends, start), bisect_left(self.begins, end)
        return opens[first:last], shuts[first:last], waits

    def _table(self, step: Minutes, least: Minutes) -> list[Minutes] | None:
        grids = {one % step for one in self.begins}
        if len(grids) != 1 or step > _LONGEST_TABLE:
            return None
        (grid,) = grids
        return [least + (grid - least - one) % step for one in range(step)]

    def next_on_grid(self, minute: Minute, step: Minutes) -> Minute:
        """The first from `minute` on, within some interval, that lies on that interval's grid."""
        begins = self.begins[bisect_right(self.begins, minute) - 1]
        return minute + (begins - minute) % step
