"""Many people's time in one sweep: each has a lane of one long line.

Setting a sweep up takes longer than three hours of one calendar do, and the soonest times lie in
three hours of a thousand calendars. So these are laid one after another and swept once, by the
very function that judges one person alone.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import add
from typing import NamedTuple

from services.scheduler.domain.availability import BusyTime, Columns, Policy, free_starts
from services.scheduler.domain.interval import Interval, Minutes, OpenTime


class Theirs(NamedTuple):
    """Taken times in any order, and whose each is. Each ends after it starts."""

    hosts: Sequence[int]
    taken: Columns


def free_of_each(
    hours: Mapping[int, Sequence[Interval]],
    taken: Iterable[Theirs],
    policy: Policy,
    *,
    within: Mapping[int, Interval],
    full: Mapping[int, Iterable[Interval]],
) -> dict[int, list[range]]:
    """What `free_starts` gives for each host with `hours` (merged, uncut), if it gives any.

    `within` as there, for each of these hosts, and `full`, if there is something; `taken` is theirs
    alone.
    """
    duration, step, _, _ = policy.minutes
    parts = [one for one in taken if one.hosts]
    if not hours or duration <= 0 or step <= 0:
        return {}
    start, end = _reach(parts, policy, [within[host] for host in hours])
    lane = -(-(end - start) // step) * step
    by = {host: n * lane - start for n, host in enumerate(hours)}
    line = OpenTime(_lined_up(hours, within, by, duration, step))
    shut = [
        Interval(max(begins, start) + by[host], min(ends, end) + by[host])
        for host, those in full.items()
        for begins, ends in those
    ]
    busy = BusyTime(tuple(_laid(one, by) for one in parts))
    whole = Interval(0, lane * len(hours))
    found: dict[int, list[range]] = {}
    hosts = [*hours]
    for one in free_starts(line, busy, policy, within=whole, full=shut):
        host = hosts[one.start // lane]
        back = by[host]
        found.setdefault(host, []).append(range(one.start - back, one.stop - back, step))
    return found


def _reach(taken: Sequence[Theirs], policy: Policy, within: Sequence[Interval]) -> Interval:
    """From when until when a lane goes: nothing in it reaches into the next one's starts."""
    starts = [min(one.start for one in within), *(min(part.starts) for _, part in taken)]
    ends = [max(one.end for one in within), *(max(part.ends) for _, part in taken)]
    before = max((max(part.before) for _, part in taken), default=0)
    after = max((max(part.after) for _, part in taken), default=0)
    lead, tail = policy.lead(before), policy.tail(after)
    return Interval(min(starts) - tail, max(ends) + policy.minutes.duration + lead)


def _lined_up(
    hours: Mapping[int, Sequence[Interval]],
    within: Mapping[int, Interval],
    by: Mapping[int, Minutes],
    duration: Minutes,
    step: Minutes,
) -> Iterator[Interval]:
    """What of the hours visits that begin `within` can lie in, each moved into its lane.

    They keep their grid.
    """
    for host, those in hours.items():
        (first, last), moved = within[host], by[host]
        last += duration - 1
        for start, end in those:
            begins = start if start >= first else first + (start - first) % step
            ends = min(end, last)
            if ends - begins >= duration:
                yield Interval(begins + moved, ends + moved)


def _laid(one: Theirs, by: Mapping[int, Minutes]) -> Columns:
    """The times of all, each moved into its lane."""
    moved = [by[host] for host in one.hosts]
    taken = one.taken
    starts, ends = [*map(add, taken.starts, moved)], [*map(add, taken.ends, moved)]
    return taken._replace(starts=starts, ends=ends)
