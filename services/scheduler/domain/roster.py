"""Who is at work when, of everybody: how far to look for the soonest times, and whom to ask there.

A thousand clinicians have fifty thousand stretches of hours in six weeks, and the ten soonest times
lie in a few of them. So the hours are sorted once, and found by bisection.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from services.scheduler.domain.availability import BusyTime
from services.scheduler.domain.interval import Interval, Minute, Minutes

_MUCH: Final[Minutes] = 50_000
_MORE: Final = 16
"""How much work the first piece of time holds, of all together, and how many times as much the next
one: one clinician's two months are one piece, those of a thousand are four."""


class Roster:
    """The hours of each host, by when they begin; and what is shut within them, of whom that is."""

    def __init__(
        self,
        hours: Mapping[int, Iterable[Interval]],
        shut: Mapping[int, BusyTime] | None = None,
    ) -> None:
        rows = sorted((one, host) for host, those in hours.items() for one in those)
        self._begins = [one.start for one, _ in rows]
        self._hours = [one for one, _ in rows]
        self._hosts = [host for _, host in rows]
        self._longest = max((one.end - one.start for one, _ in rows), default=0)
        self.shut = {host: those for host, those in (shut or {}).items() if those.parts}

    def at_work(self, within: Interval, hosts: Collection[int]) -> dict[int, list[Interval]]:
        """Which of these hosts have hours that reach into `within`, and those hours, uncut."""
        found: dict[int, list[Interval]] = {}
        for n in self._rows(within, hosts):
            found.setdefault(self._hosts[n], []).append(self._hours[n])
        return found

    def pieces(
        self, hosts: Collection[int], within: Interval, *, least: Minutes
    ) -> Iterator[Interval]:
        """The time in which these hosts work, in ever longer pieces: all of it, if need be.

        In each but the last, somebody is at work for `least` minutes or more.
        """
        since, much = within.start, _MUCH
        while since < within.end:
            row = next(self._rows(Interval(since, within.end), hosts), None)
            if row is None:
                return
            begins = max(self._begins[row], since)
            since = self._until(Interval(begins, within.end), hosts, least, much)
            yield Interval(begins, since)
            much *= _MORE

    def _until(
        self, within: Interval, hosts: Collection[int], least: Minutes, much: Minutes
    ) -> Minute:
        """When somebody has been at work for `least`, and all who began by then have `much` to do.

        What is over before `within` counts for nothing: late in a day there is little left of it.
        """
        shared = total = 0
        reached, until = within.start, within.start
        for begin, end in (self._hours[n] for n in self._rows(within, hosts)):
            if shared >= least and total >= much:
                return min(until, within.end)
            begins = max(begin, within.start)
            total += end - begins
            if shared < least and end > reached:
                shared += end - max(begins, reached)
                reached = end
                until = end - max(shared - least, 0)
            until = max(until, begins + 1)
        return within.end

    def _rows(self, within: Interval, hosts: Collection[int]) -> Iterator[int]:
        """Where their hours stand that reach into `within`."""
        start, stop = within
        # None is longer than the longest: what began before cannot reach in.
        first = bisect_left(self._begins, start - self._longest)
        last = bisect_left(self._begins, stop, first)
        hours, theirs = self._hours, self._hosts
        return (n for n in range(first, last) if hours[n].end > start and theirs[n] in hosts)
