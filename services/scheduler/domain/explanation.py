"""Why a time is offered or not: the rule that decided, and the stretch of time that it looked at.

Staff ask it of a Tuesday at three, a refused booking answers with it, and `softstart slots
--explain` puts it in words (N12). It never knows what an outside event is about, only when it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from services.scheduler.domain.availability import Busy, Cause, Policy
from services.scheduler.domain.interval import Interval, Minute


class Reason(StrEnum):
    """Why a time is not offered."""

    TOO_SOON = "too-soon"
    TOO_FAR = "too-far"
    CLOSED = "closed"
    OUTSIDE_HOURS = "outside-hours"
    OFF_GRID = "off-grid"
    FULL = "full"
    TAKEN = "taken"
    BLOCKED = "blocked"
    OUTSIDE_EVENT = "outside-event"
    OUTSIDE_UNREAD = "outside-unread"
    HELD = "held"
    BUFFER = "buffer"
    NO_ROOM = "no-room"
    NOT_BOTH = "not-both"
    NOT_GIVEN = "not-given"
    NOT_LICENSED = "not-licensed"
    NOT_THIS_WAY = "not-this-way"
    OTHER_LANGUAGE = "other-language"
    STAFF_ONLY = "staff-only"

    @property
    def to_clients(self) -> "Reason":
        """The same without what is nobody else's business: who or what takes the time."""
        return _TO_CLIENTS.get(self, self)


_TO_CLIENTS: Final = {
    Reason.CLOSED: Reason.OUTSIDE_HOURS,
    Reason.BLOCKED: Reason.TAKEN,
    Reason.OUTSIDE_EVENT: Reason.TAKEN,
    Reason.OUTSIDE_UNREAD: Reason.TAKEN,
    Reason.HELD: Reason.TAKEN,
    Reason.BUFFER: Reason.TAKEN,
    Reason.NO_ROOM: Reason.TAKEN,
    Reason.NOT_BOTH: Reason.TAKEN,
}


class Closing(StrEnum):
    """What made a local date differ from the usual week."""

    OVERRIDE = "override"
    TIME_OFF = "time-off"
    CLOSURE = "closure"
    HOLIDAY = "holiday"


class Closed(NamedTuple):
    """A stretch that has no hours, or other ones than the usual week, and why."""

    start: Minute
    end: Minute
    why: Closing = Closing.OVERRIDE


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """The rule that decided, or no reason: offered.

    `interval`: what the rule looked at, in UTC minutes: the bookable time (too soon, too far), the
    day or week that is full, the open hours, the closed stretch, or what is busy. `cause` and `gap`
    (minutes of quiet wanted between that and the visit) only with something busy, `why` only with
    something closed. `because`: what colleagues wrote about it, or which cap; never for clients.
    """

    reason: Reason | None
    interval: Interval | None = None
    cause: Cause | None = None
    gap: int = 0
    why: Closing | None = None
    because: str = ""


_IN_THE_WAY: Final = {
    Cause.APPOINTMENT: Reason.TAKEN,
    Cause.BLOCKED: Reason.BLOCKED,
    Cause.DAY_OFF: Reason.CLOSED,
    Cause.OUTSIDE: Reason.OUTSIDE_EVENT,
    Cause.UNREAD: Reason.OUTSIDE_UNREAD,
    Cause.HOLD: Reason.HELD,
}
_LASTING: Final = list(_IN_THE_WAY)
"""Of several in the way the one is named that is likely to stay: a hold may be gone in a minute."""


def explain(
    start: Minute,
    opened: Sequence[Interval],
    taken: Iterable[Busy],
    policy: Policy,
    *,
    within: Interval,
    full: Iterable[Interval] = (),
    roomless: Iterable[Interval] = (),
    closed: Iterable[Closed] = (),
) -> Explanation:
    """Why a visit from `start` is offered or not, from what `free_starts` is given.

    `closed` only tells a day that differs from one without hours; it takes nothing away.
    """
    if start < within.start:
        return Explanation(reason=Reason.TOO_SOON, interval=within)
    if start >= within.end:
        return Explanation(reason=Reason.TOO_FAR, interval=within)
    visit = Interval(start, start + policy.minutes.duration)
    home = next((one for one in opened if one.start <= start and visit.end <= one.end), None)
    if home is None or visit.end <= start:
        return _outside(start, opened, closed)
    step = policy.minutes.step
    if step <= 0 or (start - home.start) % step:
        return Explanation(reason=Reason.OFF_GRID, interval=home)
    for day in full:
        if day.start <= start < day.end:
            return Explanation(reason=Reason.FULL, interval=day)
    return _in_the_way(visit, taken, policy) or _room_for(visit, home, roomless)


def _outside(start: Minute, opened: Iterable[Interval], closed: Iterable[Closed]) -> Explanation:
    hours = next((one for one in opened if one.start <= start < one.end), None)
    differs = next((one for one in closed if one.start <= start < one.end), None)
    if differs is None or hours is not None:
        return Explanation(reason=Reason.OUTSIDE_HOURS, interval=hours)
    interval = Interval(differs.start, differs.end)
    return Explanation(reason=Reason.CLOSED, interval=interval, why=differs.why)


def _in_the_way(visit: Interval, taken: Iterable[Busy], policy: Policy) -> Explanation | None:
    """The busy time that overlaps, else the one whose quiet does; the lasting ones first."""
    found: list[tuple[bool, int, Minute, Explanation]] = []
    for one in taken:
        lead, tail = policy.lead(one.before), policy.tail(one.after)
        if not (one.start - lead < visit.end and visit.start < one.end + tail):
            continue
        if one.start - lead >= one.end + tail:
            continue
        quiet = not (one.start < visit.end and visit.start < one.end)
        reason = Reason.BUFFER if quiet else _IN_THE_WAY[one.cause]
        gap = lead if visit.end <= one.start else tail
        explanation = Explanation(
            reason=reason,
            interval=Interval(one.start, one.end),
            cause=one.cause,
            gap=gap if quiet else 0,
        )
        found.append((quiet, _LASTING.index(one.cause), one.start, explanation))
    return min(found, key=lambda one: one[:3])[3] if found else None


def _room_for(visit: Interval, home: Interval, roomless: Iterable[Interval]) -> Explanation:
    if any(one.start <= visit.start < one.end for one in roomless):
        return Explanation(reason=Reason.NO_ROOM, interval=visit)
    return Explanation(reason=None, interval=home)
