"""Which starts are free: open hours, less what is busy, under the rules of the practice.

One sweep over two sorted lists decides for the page, the API and the booking itself, so what is
offered is exactly what can be booked. Starts lie on a grid from the beginning of each merged open
interval, `step` apart; busy time takes starts away and never moves the grid. Two neighbours keep
a gap of at least max(after of the earlier, before of the later).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from services.scheduler.domain.hours import day_bounds, local_date
from services.scheduler.domain.interval import (
    Interval,
    Minute,
    Minutes,
    merged,
    minute_at_or_after,
    minute_at_or_before,
    whole_minutes,
)

Host = TypeVar("Host")

NOTHING = timedelta(0)


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

    def last_minute(self, now: datetime, zone: ZoneInfo) -> Minute:
        """The end of the last local day on which something may begin."""
        return day_bounds((now + self.horizon).astimezone(zone).date(), zone).end


class Cause(StrEnum):
    """What takes a time, in a word for staff; never what it is about."""

    APPOINTMENT = "appointment"
    HOLD = "hold"
    BLOCKED = "blocked"
    DAY_OFF = "day-off"
    ELSEWHERE = "elsewhere"
    UNREAD = "calendar-unread"


class Busy(NamedTuple):
    """Taken time, with the quiet that it wants around itself, and what takes it."""

    start: Minute
    end: Minute
    before: Minutes = 0
    after: Minutes = 0
    cause: str = Cause.APPOINTMENT


def busy(start: datetime, end: datetime, before: timedelta, after: timedelta) -> Busy:
    """Taken time from aware datetimes, rounded outwards to whole minutes."""
    return Busy(
        minute_at_or_before(start),
        minute_at_or_after(end),
        whole_minutes(before),
        whole_minutes(after),
    )


class Reason(StrEnum):
    """Why a time is not offered."""

    TOO_SOON = "too-soon"
    TOO_FAR = "too-far"
    OUTSIDE_HOURS = "outside-hours"
    OFF_GRID = "off-grid"
    TAKEN = "taken"
    FULL = "full"
    NO_ROOM = "no-room"
    NOT_GIVEN = "not-given"
    NOT_LICENSED = "not-licensed"
    STAFF_ONLY = "staff-only"


def free_starts(
    opened: Sequence[Interval],
    taken: Iterable[Busy],
    policy: Policy,
    *,
    within: Interval,
    full: Iterable[Interval] = (),
) -> list[range]:
    """Every start that can be booked, as ascending ranges of minutes.

    `opened` is merged (see `merged`); `within` bounds the starts; nothing may start during `full`
    (days whose cap is reached). Linear in the three lists, whatever the number of starts.
    """
    duration, step = whole_minutes(policy.duration), whole_minutes(policy.step)
    if duration <= 0 or step <= 0:
        return []
    shut = _shut(taken, policy, full)
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


def _shut(taken: Iterable[Busy], policy: Policy, full: Iterable[Interval]) -> list[Interval]:
    """The starts at which a visit would come too close to something taken, or on a full day."""
    duration = whole_minutes(policy.duration)
    before, after = whole_minutes(policy.before), whole_minutes(policy.after)
    shut = list(full)
    for one in taken:
        if policy.buffers == "max":
            lead, tail = max(one.before, after), max(one.after, before)
        else:
            lead, tail = one.before + after, one.after + before
        # An instant without length or buffers is in nobody's way.
        if one.start - lead < one.end + tail:
            shut.append(Interval(one.start - lead - duration + 1, one.end + tail))
    return merged(shut)


def is_free(starts: Sequence[range], start: Minute) -> bool:
    """Whether `start` is among the ascending ranges that `free_starts` gave."""
    n = bisect_right(starts, start, key=lambda one: one.start) - 1
    return n >= 0 and start in starts[n]


def why_not(
    start: Minute,
    opened: Sequence[Interval],
    taken: Iterable[Busy],
    policy: Policy,
    *,
    within: Interval,
    full: Iterable[Interval] = (),
) -> Reason | None:
    """Why that start is not offered, or None when it is. Agrees with `free_starts` by asking it."""
    if is_free(free_starts(opened, taken, policy, within=within, full=full), start):
        return None
    if start < within.start:
        return Reason.TOO_SOON
    if start >= within.end:
        return Reason.TOO_FAR
    if any(day.start <= start < day.end for day in full):
        return Reason.FULL
    duration, step = whole_minutes(policy.duration), whole_minutes(policy.step)
    home = next((one for one in opened if one.start <= start and start + duration <= one.end), None)
    if home is None:
        return Reason.OUTSIDE_HOURS
    return Reason.OFF_GRID if (start - home.start) % step else Reason.TAKEN


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


def by_load(load: Mapping[int, int]) -> list[int]:
    """Hosts with the fewest appointments ahead first, the lower id on a tie: even, repeatable."""
    return sorted(load, key=lambda host: (load[host], host))


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
