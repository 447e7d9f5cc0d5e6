"""Which starts are free: open hours, less what is busy, under the rules of the practice.

One sweep over two sorted lists decides for the page, the API and the booking itself, so what is
offered is exactly what can be booked. Starts lie on a grid from the beginning of each merged open
interval, `step` apart; busy time takes starts away and never moves the grid. Two neighbours keep
a gap of at least max(after of the earlier, before of the later).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from services.scheduler.domain.hours import day_bounds, local_date
from services.scheduler.domain.interval import (
    Interval,
    Minute,
    Minutes,
    intersection,
    merged,
    minute_at_or_after,
    minute_at_or_before,
    whole_minutes,
)

Host = TypeVar("Host")

NOTHING = timedelta(0)
ALWAYS = Interval(-(1 << 40), 1 << 40)


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

    def bookable(self, now: datetime, zone: ZoneInfo) -> Interval:
        """The starts that are neither too soon nor too far ahead, in a zone's whole last day."""
        return Interval(minute_at_or_after(now + self.notice), self.last_minute(now, zone))

    def lead(self, busy: "Busy") -> Minutes:
        """How long before something taken a visit has to be over."""
        after = whole_minutes(self.after)
        return busy.before + after if self.buffers == "sum" else max(busy.before, after)

    def tail(self, busy: "Busy") -> Minutes:
        """How long after something taken a visit may begin."""
        before = whole_minutes(self.before)
        return busy.after + before if self.buffers == "sum" else max(busy.after, before)

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

    A value, never changed. Neither frozen nor a named tuple: a booking page makes thousands, and
    the sweep reads each field from a slot at half the price.
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
    (days and weeks whose cap is reached), nor during `roomless` (see there). Linear in the lists,
    whatever the number of starts.
    """
    duration, step = whole_minutes(policy.duration), whole_minutes(policy.step)
    if duration <= 0 or step <= 0:
        return []
    shut = merged([*shut_starts(taken, policy), *full, *roomless])
    found: list[range] = []
    n = 0
    for begins, ends in opened:
        cursor = max(begins, within.start)
        last = min(ends - duration, within.end - 1)
        while n < len(shut) and shut[n].end <= cursor:
            n += 1
        k = n
        while cursor <= last:
            stop = shut[k].start if k < len(shut) else last + 1
            first = begins + -(-(cursor - begins) // step) * step
            if first < min(stop, last + 1):
                found.append(range(first, min(stop, last + 1), step))
            if k == len(shut):
                break
            cursor = max(cursor, shut[k].end)
            k += 1
    return found


def shut_starts(taken: Iterable[Busy], policy: Policy) -> list[Interval]:
    """The starts at which a visit would come too close to something taken, merged."""
    duration = whole_minutes(policy.duration)
    shut: list[Interval] = []
    for one in taken:
        begins, ends = one.start - policy.lead(one), one.end + policy.tail(one)
        # An instant without length or buffers is in nobody's way.
        if begins < ends:
            shut.append(Interval(begins - duration + 1, ends))
    return merged(shut)


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
