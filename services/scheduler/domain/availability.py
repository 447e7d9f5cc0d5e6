"""Which starts are free: open hours, less what is busy, under the rules of the practice.

One sweep over two sorted lists decides for the page, the API and the booking itself, so what is
offered is exactly what can be booked. Starts lie on a grid from the beginning of each merged open
interval, `step` apart; busy time takes starts away and never moves the grid. Two neighbours keep
a gap of at least max(after of the earlier, before of the later).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from heapq import nsmallest
from operator import lt
from typing import Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from services.scheduler.domain.hours import day_bounds, local_date
from services.scheduler.domain.interval import (
    Interval,
    Minute,
    Minutes,
    OpenTime,
    intersection,
    merged,
    minute_at_or_after,
    minute_at_or_before,
    whole_minutes,
)

Host = TypeVar("Host")

NOTHING = timedelta(0)
ALWAYS = Interval(-(1 << 40), 1 << 40)


class Lengths(NamedTuple):
    """What a policy says in minutes."""

    duration: Minutes
    step: Minutes
    before: Minutes
    after: Minutes


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What the practice has decided about one type of appointment."""

    duration: timedelta
    step: timedelta
    before: timedelta = NOTHING
    after: timedelta = NOTHING
    notice: timedelta = NOTHING
    horizon: timedelta = timedelta(days=42)
    buffers: Literal["max", "sum"] = "max"

    @cached_property
    def minutes(self) -> "Lengths":
        """The lengths in whole minutes, rounded up; kept, since every sweep asks for them."""
        lengths = (self.duration, self.step, self.before, self.after)
        return Lengths(*map(whole_minutes, lengths))

    def bookable(self, now: datetime, zone: ZoneInfo) -> Interval:
        """The starts that are neither too soon nor too far ahead, in a zone's whole last day."""
        return Interval(minute_at_or_after(now + self.notice), self.last_minute(now, zone))

    def lead(self, before: Minutes) -> Minutes:
        """How long before something taken a visit has to be over, if it wants `before` itself."""
        after = self.minutes.after
        return before + after if self.buffers == "sum" else max(before, after)

    def tail(self, after: Minutes) -> Minutes:
        """How long after something taken a visit may begin, if it wants `after` itself."""
        before = self.minutes.before
        return after + before if self.buffers == "sum" else max(after, before)

    def last_minute(self, now: datetime, zone: ZoneInfo) -> Minute:
        """The end of the last local day on which something may begin."""
        return day_bounds((now + self.horizon).astimezone(zone).date(), zone).end


class Cause(StrEnum):
    """What takes the time. Of an outside event no more is known than when it is."""

    APPOINTMENT = "appointment"
    HOLD = "hold"
    OUTSIDE = "outside"
    UNREAD = "unread"  # kept back because a calendar elsewhere could not be read
    BLOCKED = "blocked"
    DAY_OFF = "day-off"


@dataclass(slots=True)
class Busy:
    """Taken time, with the quiet that it wants around itself, and what takes it.

    A value, never changed; not frozen, since that costs three times as much to make.
    """

    start: Minute
    end: Minute
    before: Minutes = 0
    after: Minutes = 0
    cause: Cause = Cause.APPOINTMENT


def busy(
    start: datetime,
    end: datetime,
    before: timedelta = NOTHING,
    after: timedelta = NOTHING,
    cause: Cause = Cause.APPOINTMENT,
) -> Busy:
    """Taken time from aware datetimes, rounded outwards to whole minutes."""
    return Busy(
        minute_at_or_before(start),
        minute_at_or_after(end),
        whole_minutes(before),
        whole_minutes(after),
        cause,
    )


class Columns(NamedTuple):
    """Taken times in columns, in any order."""

    starts: Sequence[Minute] = ()
    ends: Sequence[Minute] = ()
    before: Sequence[Minutes] = ()
    after: Sequence[Minutes] = ()
    causes: Sequence[Cause] = ()

    def part(self, rows: slice) -> "Columns":
        """Some of them."""
        return Columns(
            self.starts[rows],
            self.ends[rows],
            self.before[rows],
            self.after[rows],
            self.causes[rows],
        )

    @classmethod
    def of(cls, taken: Iterable[Busy]) -> "Columns":
        """The same times, in the same order."""
        rows = [*taken]
        return cls(
            [one.start for one in rows],
            [one.end for one in rows],
            [one.before for one in rows],
            [one.after for one in rows],
            [one.cause for one in rows],
        )


@dataclass(frozen=True)
class BusyTime:
    """Much taken time, as the database hands it over and the sweep reads it: no object for each.

    Iterated it gives each as a value, for those who ask why. `lasting`: each ends after it starts,
    as everything in the database does.
    """

    parts: tuple[Columns, ...] = ()
    lasting: bool = True

    @classmethod
    def of(cls, taken: Iterable[Busy]) -> "BusyTime":
        """The same times in columns."""
        if isinstance(taken, BusyTime):
            return taken
        columns = Columns.of(taken)
        return cls(
            (columns,) if columns.starts else (), lasting=all(map(lt, columns.starts, columns.ends))
        )

    def in_the_way(self, policy: Policy) -> tuple[Columns, ...]:
        """Without instants that want no quiet, nor get any from a visit: those are in nobody's."""
        if self.lasting:
            return self.parts
        return (
            Columns.of(
                one
                for one in self
                if one.start - policy.lead(one.before) < one.end + policy.tail(one.after)
            ),
        )

    def __iter__(self) -> Iterator[Busy]:
        for part in self.parts:
            yield from map(Busy, *part)

    def __add__(self, other: "BusyTime") -> "BusyTime":
        return BusyTime(self.parts + other.parts, self.lasting and other.lasting)


def free_starts(
    opened: Sequence[Interval],
    taken: Iterable[Busy],
    policy: Policy,
    *,
    within: Interval,
    full: Iterable[Interval] = (),
    roomless: Iterable[Interval] = (),
) -> list[range]:
    """Every start that can be booked, as ascending ranges of minutes.

    `opened` is merged (see `merged`); `within` bounds the starts; nothing may start during `full`
    (days and weeks whose cap is reached), nor during `roomless` (see there). Fastest with an
    `OpenTime` and a `BusyTime`; nothing else has to be in order.
    """
    duration, step, tail, lead = policy.minutes
    if duration <= 0 or step <= 0:
        return []
    # Whatever shuts is put as if it were an appointment, to which a visit keeps its distance: so
    # appointments, of which there are most, are taken as they are.
    early = lead + duration - 1
    hours = opened if isinstance(opened, OpenTime) else OpenTime(opened)
    begins, ends, waits = hours.edges(within, tail, lead, step)
    if not begins:
        return []
    begins[0] = max(begins[0], within.start - tail)
    ends[-1] = min(ends[-1], within.end + early)
    opens: list[Minute] = []
    shuts: list[Minute] = []
    busy = BusyTime.of(taken)
    for part in busy.parts if busy.lasting else busy.in_the_way(policy):
        shuts += _moved(part.starts, part.before, policy.lead, lead, -1)
        opens += _moved(part.ends, part.after, policy.tail, tail, 1)
    for start, end in (*full, *roomless):
        if start < end:
            shuts.append(start + early)
            opens.append(end - tail)
    opens += begins
    shuts += ends
    if waits is not None:
        return _gaps(opens, shuts, waits, tail, early)
    return [
        range(first, gap.stop, step)
        for gap in _gaps(opens, shuts, [tail], tail, early)
        if (first := hours.next_on_grid(gap.start, step)) < gap.stop
    ]


def _gaps(
    opens: list[Minute], shuts: list[Minute], waits: list[Minutes], tail: Minutes, early: Minutes
) -> list[range]:
    """The starts from `tail` after an opening until `early` before the next thing that shuts.

    At first all is shut, and whatever shuts opens again later. So from the nth opening on all is
    open if the nth shutting is still to come, and until then: two sorted lists are all it takes,
    however much overlaps. Starts lie on the grid that `waits` leads to (see `Edges`).
    """
    opens.sort()
    shuts.sort()
    least, step = tail + early, len(waits)
    found: list[range] = []
    for opened, shut in zip(opens, shuts, strict=True):
        if shut - opened > least:
            first, stop = opened + waits[opened % step], shut - early
            if first < stop:
                found.append(range(first, stop, step))
    return found


def _moved(
    edges: Sequence[Minute],
    quiet: Sequence[Minutes],
    kept: Callable[[Minutes], Minutes],
    anyway: Minutes,
    sign: Literal[-1, 1],
) -> Sequence[Minute]:
    """The edges, moved by what is kept from each beyond what is kept anyway; mostly nothing."""
    if quiet and quiet.count(quiet[0]) == len(quiet) and kept(quiet[0]) == anyway:
        return edges
    lengths = {one: sign * (kept(one) - anyway) for one in set(quiet)}
    if not any(lengths.values()):
        return edges
    return [edge + lengths[one] for edge, one in zip(edges, quiet, strict=True)]


def shut_starts(taken: Iterable[Busy], policy: Policy) -> list[Interval]:
    """The starts at which a visit would come too close to something taken, merged."""
    early = policy.minutes.duration - 1
    return merged(
        Interval(one.start - policy.lead(one.before) - early, one.end + policy.tail(one.after))
        for part in BusyTime.of(taken).in_the_way(policy)
        for one in map(Busy, *part)
    )


def roomless(rooms: Iterable[Iterable[Busy]], policy: Policy) -> list[Interval]:
    """The starts for which no room is free for the whole visit: merged, from what fills each room.

    Quiet between visits is the clinician's; a room only has to be empty. No room at all: always.
    """
    bare = replace(policy, before=NOTHING, after=NOTHING)
    none = [ALWAYS]
    for taken in rooms:
        none = intersection(none, shut_starts(taken, bare))
    return none


def either(alternatives: Iterable[Iterable[range]]) -> list[range]:
    """The starts that at least one alternative has, ascending, of starts on one and the same grid.

    Ranges of one grid that overlap have the same step and phase, so they join into one.
    """
    found: list[range] = []
    for one in sorted(
        (one for starts in alternatives for one in starts if one),
        key=lambda one: (one.start, one.stop),
    ):
        if found and one.start <= found[-1][-1]:
            last = found[-1]
            found[-1] = range(last.start, max(last.stop, one.stop), last.step)
        else:
            found.append(one)
    return found


def is_free(starts: Sequence[range], start: Minute) -> bool:
    """Whether `start` is among the ascending ranges that `free_starts` gave."""
    n = bisect_right(starts, start, key=lambda one: one.start) - 1
    return n >= 0 and start in starts[n]


class Offer(NamedTuple):
    """A start, and who could take it, in the order in which they should be asked."""

    start: Minute
    hosts: tuple[int, ...]


def pooled(free: Mapping[int, Sequence[range]], order: Sequence[int]) -> list[Offer]:
    """One offer per start that anyone has, ascending; `order` says who is asked first."""
    hosts: dict[Minute, list[int]] = {}
    for host in order:
        for starts in free.get(host, ()):
            for start in starts:
                hosts.setdefault(start, []).append(host)
    return [Offer(start, tuple(hosts[start])) for start in sorted(hosts)]


def first_of(free: Mapping[int, Iterable[range]], count: int) -> dict[int, list[range]]:
    """Of all their starts the first so many, however many hosts have each; who has none is out."""
    starts = set[Minute]()
    for those in free.values():
        starts.update(*those)
    end = max(nsmallest(count, starts), default=0) + 1
    cut = {
        host: [range(one.start, min(one.stop, end), one.step) for one in those if one.start < end]
        for host, those in free.items()
    }
    return {host: those for host, those in cut.items() if those}


def by_day(offers: Iterable[Offer], zone: ZoneInfo) -> dict[date, list[Offer]]:
    """Offers under the dates of a viewer's zone, in order."""
    found: dict[date, list[Offer]] = {}
    for offer in offers:
        found.setdefault(local_date(offer.start, zone), []).append(offer)
    return found


def nearest(offers: Sequence[Offer], start: Minute, count: int) -> list[Offer]:
    """Up to `count` offers closest to `start`, in order of time: what else one could take."""
    middle = bisect_left(offers, start, key=lambda offer: offer.start)
    near = sorted(
        offers[max(0, middle - count) : middle + count], key=lambda one: abs(one.start - start)
    )
    return sorted(near[:count])


def each(starts: Iterable[range]) -> Iterator[Minute]:
    """The starts one by one."""
    for one in starts:
        yield from one
