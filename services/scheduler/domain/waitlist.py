"""Who is asked about a time that has become free, in which order, and how long they may think.

Whoever waits is offered a time when it suits them, is sooner than what they have, and sooner than
whatever suited them already when they began to wait and is free to this day: that they could have
taken like everybody (P27). Nothing that a person confided is asked. Who has no time at all comes
before who has one, then who let fewer offers lapse, then who has waited longest.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.availability import Offer
from services.scheduler.domain.hours import Hours, WeeklyRange
from services.scheduler.domain.interval import Interval, Minute, Minutes, instant
from shared.quiet_hours import closes, is_quiet

SHORTEST: Final = timedelta(minutes=30)
"""Nobody reads a message and decides in less."""


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One person who waits: what would suit them, and what they need not be asked about.

    Empty `times` suit at any hour; empty `practitioner_ids` are anyone who may work at `location`.
    `has` is the start of the time they have by now, which they may move until `change_by`.
    `free_before` suited and were free when they began to wait. `asked` they were offered before,
    or have given back themselves. `lapsed` counts offers that they let lapse.
    """

    entry_id: UUID
    since: datetime
    zone: ZoneInfo
    location: str
    times: tuple[WeeklyRange, ...] = ()
    practitioner_ids: frozenset[UUID] = frozenset()
    has: Minute | None = None
    change_by: datetime | None = None
    free_before: frozenset[Minute] = frozenset()
    asked: frozenset[Minute] = frozenset()
    lapsed: int = 0


class Host(NamedTuple):
    """Someone who sees clients: who it is, and in which states."""

    practitioner_id: UUID
    states: frozenset[str]


Hosts: TypeAlias = Mapping[int, Host]
"""By the number of the schedule, as offers name them."""


class Look(NamedTuple):
    """What a look at everything that is free has shown for one person.

    `still_free` is what is left of `free_before`; `sooner` is what they may be offered, ascending.
    """

    waiting: Waiting
    still_free: frozenset[Minute]
    sooner: Sequence[Offer]


class Match(NamedTuple):
    """A time for one who waits, with whom, and how long it is kept for them."""

    waiting: Waiting
    start: Minute
    host: int
    lasts: timedelta


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How the practice offers: for so long, and only what starts `notice` ahead at least."""

    within: timedelta
    notice: timedelta


def suiting(
    one: Waiting, free: Sequence[Offer], hosts: Hosts, duration: Minutes
) -> Iterator[Offer]:
    """Of ascending offers those that suit this person, each with only the hosts that do.

    A time suits when the whole of it lies within their weekly times, by the clock on their wall.
    """
    fitting = {
        number
        for number, host in hosts.items()
        if one.location in host.states
        and (not one.practitioner_ids or host.practitioner_id in one.practitioner_ids)
    }
    wished = _wished(one, free, duration)
    for offer in free:
        found = tuple(number for number in offer.hosts if number in fitting)
        if found and _holds(wished, Interval(offer.start, offer.start + duration)):
            yield Offer(offer.start, found)


def look(one: Waiting, free: Sequence[Offer], hosts: Hosts, duration: Minutes) -> Look:
    """Compare what is free now with what was, for one who waits."""
    suits = list(suiting(one, free, hosts, duration))
    still_free = one.free_before & {offer.start for offer in suits}
    limits = [*still_free, *([] if one.has is None else [one.has])]
    limit = min(limits, default=None)
    sooner = [
        offer
        for offer in suits
        if (limit is None or offer.start < limit) and offer.start not in one.asked
    ]
    return Look(one, still_free, sooner)


def matches(looks: Iterable[Look], terms: Terms, *, now: datetime) -> list[Match]:
    """One offer at most for each who waits: in turn, the soonest time that is left for them."""
    given: set[tuple[Minute, int]] = set()
    found: list[Match] = []
    for seen in sorted(looks, key=lambda one: _turn(one.waiting)):
        match = next(_possible(seen, terms, given, now), None)
        if match is not None:
            given.add((match.start, match.host))
            found.append(match)
    return found


def patience(one: Waiting, start: datetime, terms: Terms, *, now: datetime) -> timedelta | None:
    """How long an offer of that start would stand, made now; None when it had better not be made.

    Made by day only where the person is (L26), and not beyond that day's end: at night the time is
    free for everybody. Never beyond the notice, so that what is taken could also have been booked;
    nor beyond half of what is left until the start, nor until they may not move what they have.
    """
    if is_quiet(now, one.zone):
        return None
    ends = [
        now + terms.within,
        start - terms.notice,
        now + (start - now) / 2,
        closes(now, one.zone),
        *([] if one.change_by is None else [one.change_by]),
    ]
    lasts = min(ends) - now
    return lasts if lasts >= min(SHORTEST, terms.within) else None


def _turn(one: Waiting) -> tuple[bool, int, datetime, UUID]:
    return one.has is not None, one.lapsed, one.since, one.entry_id


def _possible(
    seen: Look, terms: Terms, given: set[tuple[Minute, int]], now: datetime
) -> Iterator[Match]:
    for offer in seen.sooner:
        lasts = patience(seen.waiting, instant(offer.start), terms, now=now)
        host = next((n for n in offer.hosts if (offer.start, n) not in given), None)
        if host is not None and lasts is not None:
            yield Match(seen.waiting, offer.start, host, lasts)


def _wished(one: Waiting, free: Sequence[Offer], duration: Minutes) -> list[Interval] | None:
    """Their weekly times as instants, over the days of the offers; None: any time."""
    if not one.times or not free:
        return None
    within = Interval(free[0].start, free[-1].start + duration)
    return Hours(one.zone, one.times).during(within)


def _holds(wished: Sequence[Interval] | None, visit: Interval) -> bool:
    if wished is None:
        return True
    n = bisect_right(wished, visit.start, key=lambda one: one.start) - 1
    return n >= 0 and visit.end <= wished[n].end
