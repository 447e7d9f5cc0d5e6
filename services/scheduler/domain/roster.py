"""Who is at work when, of everybody: how far to look for the soonest times, and whom to ask there.

A thousand clinicians have fifty thousand stretches of hours in six weeks, and the ten soonest times
lie in a few of them. So the hours are sorted once, and found by bisection.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from services.scheduler.domain.interval import Interval, Minute, Minutes

_FEW: Final = 256
_MORE: Final = 16
"""How many stretches of hours the first piece of time holds, and how many times as many the next
one: one clinician's two months are one piece, those of a thousand are three."""


class Roster:
    """The hours of each host, by when they begin."""

    def __init__(self, hours: Mapping[int, Iterable[Interval]]) -> None:
        rows = sorted((one.start, one.end, host) for host, those in hours.items() for one in those)
        self._begins = [begin for begin, _, _ in rows]
        self._ends = [end for _, end, _ in rows]
        self._hosts = [host for _, _, host in rows]
        self._longest = max((end - begin for begin, end, _ in rows), default=0)

    def at_work(self, within: Interval, hosts: Collection[int]) -> set[int]:
        """Which of these hosts have hours that reach into `within`."""
        part = self._part(within)
        ends, there = self._ends[part], self._hosts[part]
        reaching = {host for end, host in zip(ends, there, strict=True) if end > within.start}
        return reaching.intersection(hosts)

    def pieces(
        self, hosts: Collection[int], within: Interval, *, least: Minutes
    ) -> Iterator[Interval]:
        """The time in which these hosts work, in ever longer pieces: all of it, if need be.

        No piece but the last is shorter than `least`.
        """
        since, enough = within.start, _FEW
        while (begins := self._first(hosts, Interval(since, within.end))) is not None:
            length = max(least, 1)
            while begins + length < within.end and self._count(begins, length, hosts) < enough:
                length *= 2
            since = min(begins + length, within.end)
            yield Interval(begins, since)
            enough *= _MORE

    def _first(self, hosts: Collection[int], within: Interval) -> Minute | None:
        """The first minute at which one of them works."""
        working = (
            max(self._begins[n], within.start)
            for n in range(len(self._hosts))[self._part(within)]
            if self._hosts[n] in hosts and within.start < min(self._ends[n], within.end)
        )
        return next(working, None)

    def _count(self, begins: Minute, length: Minutes, hosts: Collection[int]) -> int:
        part = self._part(Interval(begins, begins + length))
        return sum(map(hosts.__contains__, self._hosts[part]))

    def _part(self, within: Interval) -> slice:
        """Where those stand that may reach into `within`: none is longer than the longest."""
        first = bisect_left(self._begins, within.start - self._longest)
        return slice(first, bisect_left(self._begins, within.end, first))
