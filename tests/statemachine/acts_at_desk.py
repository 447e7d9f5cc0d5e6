"""What staff do for those who wait, and what comes of calendars that are kept elsewhere."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from services.scheduler.domain.interval import (
    Interval,
    minute_at_or_after,
    minute_at_or_before,
)
from services.scheduler.domain.outside import Policy, Reading, Trouble, nothing
from services.scheduler.operations import outside, waitlist_desk
from tests.statemachine.moment import STAFF, At, wanted_of


def desk_offer(at: At, *, entry: str, **wanted: Any) -> UUID:
    return waitlist_desk.offer(
        at.session, entry_id=UUID(entry), wanted=wanted_of(**wanted), by=STAFF, **at.usual
    ).id


def desk_remove(at: At, *, entry: str) -> None:
    waitlist_desk.take_off(at.session, entry_id=UUID(entry), by=STAFF)


def keep_calendar(at: At, *, schedule: int, policy: str, hours: int) -> UUID:
    return outside.add(
        at.session,
        schedule,
        name="Own",
        address="https://calendar.example/own.ics",
        policy=Policy(policy),
        stale_after=timedelta(hours=hours),
    ).id


def drop_calendar(at: At, *, schedule: int, number: str) -> None:
    outside.remove(at.session, schedule, UUID(number))


def read_calendars(at: At, *, busy: Sequence[tuple[str, str]] | None) -> None:
    """What is due is read: that, or nothing at all for the server is down."""
    reading = nothing(Trouble.SERVER) if busy is None else Reading(tuple(map(_interval, busy)))
    for asked in outside.claim_due(at.session):
        outside.keep(at.session, calendar_id=asked.calendar_id, reading=reading)


def _interval(one: tuple[str, str]) -> Interval:
    start, end = map(datetime.fromisoformat, one)
    return Interval(minute_at_or_before(start), minute_at_or_after(end))


ACTS: Final[tuple[Callable[..., Any], ...]] = (
    desk_offer, desk_remove, keep_calendar, drop_calendar, read_calendars,
)  # fmt: skip
