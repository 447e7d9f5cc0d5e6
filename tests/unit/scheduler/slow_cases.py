"""What a case offers, decided minute by minute by somebody who looks at a clock and a calendar.

It knows nothing of our engine: walls are read off, never computed, and two neighbours are
compared in pairs. Slow, and easy to believe.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

Case = dict[str, Any]

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
FARTHEST = timedelta(hours=15)  # no clock differs by more from that of Greenwich
MARGIN = 2  # days around the window whose hours count, since they may join those inside


def offered(case: Case) -> list[str]:
    """The starts, as UTC instants."""
    if case["duration_min"] <= 0 or case["increment_min"] <= 0:
        return []
    hosts = case.get("hosts") or [case]
    open_to = [opened(host, case) for host in hosts]
    busy_to = [
        [*blocking(host, case), *(blocking(case, case) if host is not case else [])]
        for host in hosts
    ]
    if case.get("host_mode") == "all":
        open_to = [set.intersection(*open_to)]
        busy_to = [[one for busy in busy_to for one in busy]]
    found: set[datetime] = set()
    for minutes, busy in zip(open_to, busy_to, strict=True):
        fits = {at for at in minutes if allowed(at, case) and free(at, minutes, busy, case)}
        found |= fits & grid(minutes, case)
    return [f"{at:%Y-%m-%dT%H:%M:%SZ}" for at in sorted(found)]


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def whole(at: datetime, *, up: bool) -> datetime:
    """The minute that has begun, or the one that comes next if it is past its beginning."""
    down = at.replace(second=0, microsecond=0)
    return down + MINUTE if up and down < at else down


def each_minute(start: datetime, end: datetime) -> Iterator[datetime]:
    while start < end:
        yield start
        start += MINUTE


# ---------------------------------------------------------------- the clock on the wall


@lru_cache(maxsize=100_000)
def reading(at: datetime, zone: ZoneInfo) -> datetime:
    """What the clock on the wall shows."""
    return at.astimezone(zone).replace(tzinfo=None)


@lru_cache(maxsize=10_000)
def first_time(shown: datetime, zone: ZoneInfo) -> datetime:
    """The first instant at which the clock shows that; where it jumps over it, what it would have
    been by the clock as it was before the jump.
    """
    about = shown.replace(tzinfo=UTC)
    before = reading(about - FARTHEST, zone)
    for at in each_minute(about - FARTHEST, about + FARTHEST):
        now = reading(at, zone)
        if now == shown:
            return at
        if before < shown < now:
            return at - MINUTE + (shown - before)
        before = now
    raise AssertionError(shown, zone)


def at_wall(day: date, clock: str, zone: ZoneInfo) -> datetime:
    hour, minute = map(int, clock.split(":"))
    shown = datetime.combine(day, time(0)) + timedelta(hours=hour, minutes=minute)
    return first_time(shown, zone)


# ---------------------------------------------------------------- open, and taken


def opened(host: Case, case: Case) -> set[datetime]:
    zone = ZoneInfo(host.get("timezone") or case["timezone"])
    minutes: set[datetime] = set()
    for one in host.get("availability", []):
        start, end = instant(one["start"]), instant(one["end"])
        minutes |= set(each_minute(whole(start, up=True), whole(end, up=False)))
    day = reading(whole(instant(case["window"]["start"]), up=True), zone).date() - MARGIN * DAY
    last = reading(whole(instant(case["window"]["end"]), up=True), zone).date() + MARGIN * DAY
    while day <= last:
        for start_clock, end_clock, ends_next_day in ranges_of(host, day):
            end_day = day + DAY if ends_next_day else day
            start = at_wall(day, start_clock, zone)
            minutes |= set(each_minute(start, at_wall(end_day, end_clock, zone)))
        day += DAY
    return minutes


def ranges_of(host: Case, day: date) -> Iterator[tuple[str, str, bool]]:
    written = day.isoformat()
    if written in host.get("days_off", []):
        return
    instead = [one for one in host.get("overrides", []) if one["date"] == written]
    for one in instead:
        yield from ((start, end, False) for start, end in one["intervals"])
    if instead:
        return
    for row in host.get("working_hours", []):
        if day.isoweekday() in row["days"]:
            yield (
                row["start"],
                row["end"],
                row.get("overnight", False) and row["end"] <= row["start"],
            )


def blocking(host: Case, case: Case) -> list[Case]:
    now = instant(case["now"]) if case.get("now") else None
    return [
        one
        for one in host.get("busy", [])
        if one.get("blocks", True)
        and not (one.get("expires") and now and instant(one["expires"]) <= now)
    ]


def free(at: datetime, minutes: set[datetime], busy: list[Case], case: Case) -> bool:
    """Open all the time, and far enough from each neighbour."""
    end = at + case["duration_min"] * MINUTE
    return all(one in minutes for one in each_minute(at, end)) and all(
        apart(at, end, one, case) for one in busy
    )


def apart(start: datetime, end: datetime, neighbour: Case, case: Case) -> bool:
    begins = whole(instant(neighbour["start"]), up=False)
    ends = whole(instant(neighbour["end"]), up=True)
    own = case.get("buffer_before_min", 0), case.get("buffer_after_min", 0)
    theirs = neighbour.get("buffer_before_min", 0), neighbour.get("buffer_after_min", 0)
    together = max if case.get("buffer_rule", "sum") == "max" else (lambda a, b: a + b)
    quiet_after_them = together(theirs[1], own[0]) * MINUTE
    quiet_before_them = together(theirs[0], own[1]) * MINUTE
    if begins == ends and not quiet_after_them and not quiet_before_them:
        return True  # an instant is in nobody's way
    return start >= ends + quiet_after_them or end <= begins - quiet_before_them


# ---------------------------------------------------------------- rules


def allowed(at: datetime, case: Case) -> bool:
    first, last = instant(case["window"]["start"]), instant(case["window"]["end"])
    if not first <= at < last:
        return False
    end = at + case["duration_min"] * MINUTE
    # The window's end is a whole minute, too: the first one that is outside.
    if case.get("slot_must_end_in_window") and end > whole(last, up=True):
        return False
    if case.get("now"):
        notice = case.get("minimum_notice_min", 0) * MINUTE
        if at < instant(case["now"]) + notice:
            return False
    zone = ZoneInfo(case["timezone"])
    today = reading(at, zone).date()
    horizon = case.get("horizon") or {}
    if today < date.fromisoformat(horizon.get("first_local_date") or "0001-01-01"):
        return False
    if today > date.fromisoformat(horizon.get("last_local_date") or "9999-12-31"):
        return False
    days = [reading(instant(one["start"]), zone).date() for one in case.get("counted", [])]
    limit = case.get("day_limit")
    return limit is None or today not in days or days.count(today) < limit


def grid(minutes: set[datetime], case: Case) -> set[datetime]:
    """From the first minute of each open stretch, moved by the offset, a step apart."""
    step = case["increment_min"] * MINUTE
    found: set[datetime] = set()
    for first in minutes:
        if first - MINUTE in minutes:
            continue
        at, end = first + case.get("grid_offset_min", 0) * MINUTE, first
        while end in minutes:
            end += MINUTE
        while at < end:
            found.add(at)
            at += step
    return found
