"""The neutral slot cases of `tests/cases/slots.json`, read into the values of our domain."""

import json
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.scheduler.domain.availability import (
    Busy,
    Policy,
    busy,
    each,
    free_starts,
    pooled,
)
from services.scheduler.domain.hours import Hours, WallRange, WeeklyRange, day_bounds, local_date
from services.scheduler.domain.interval import (
    Interval,
    instant,
    intersection,
    merged,
    minute_at_or_after,
    minute_at_or_before,
)

CASES = Path(__file__).parents[2] / "cases"

Case = dict[str, Any]


def slot_cases() -> list[Case]:
    cases: list[Case] = json.loads((CASES / "slots.json").read_text("utf-8"))["cases"]
    return cases


def timezone_cases() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CASES / "timezones.json").read_text("utf-8"))
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def stamp(minute: int) -> str:
    return instant(minute).strftime("%Y-%m-%dT%H:%M:%SZ")


def wall(start: str, end: str, overnight: bool = False) -> WallRange:
    if end.startswith("24"):
        return WallRange(time.fromisoformat(start), time(0), overnight=True)
    first, last = time.fromisoformat(start), time.fromisoformat(end)
    return WallRange(first, last, overnight=overnight and last <= first)


def hours(spec: Case, zone: str) -> Hours:
    weekly = [
        WeeklyRange(day, wall(row["start"], row["end"], row.get("overnight", False)))
        for row in spec.get("working_hours", [])
        for day in row["days"]
    ]
    overrides: dict[date, list[WallRange]] = {}
    for row in spec.get("overrides", []):
        ranges = overrides.setdefault(date.fromisoformat(row["date"]), [])
        ranges.extend(wall(start, end) for start, end in row["intervals"])
    overrides |= {date.fromisoformat(day): [] for day in spec.get("days_off", [])}
    return Hours(ZoneInfo(spec.get("timezone") or zone), tuple(weekly), overrides)


def opened(spec: Case, zone: str, within: Interval) -> list[Interval]:
    absolute = [
        Interval(minute_at_or_after(utc(one["start"])), minute_at_or_before(utc(one["end"])))
        for one in spec.get("availability", [])
    ]
    return merged([*absolute, *hours(spec, zone).during(within)])


def taken(spec: Case, now: datetime | None) -> Iterable[Busy]:
    for one in spec.get("busy", []):
        expires = one.get("expires")
        if one.get("blocks") is False or (expires and now and utc(expires) <= now):
            continue
        yield busy(
            utc(one["start"]),
            utc(one["end"]),
            minutes(one.get("buffer_before_min", 0)),
            minutes(one.get("buffer_after_min", 0)),
        )


def policy(case: Case) -> Policy:
    return Policy(
        duration=minutes(case["duration_min"]),
        step=minutes(case["increment_min"]),
        before=minutes(case.get("buffer_before_min", 0)),
        after=minutes(case.get("buffer_after_min", 0)),
        notice=minutes(case.get("minimum_notice_min", 0)),
        buffers=case.get("buffer_rule", "sum"),
    )


def bounds(case: Case, zone: ZoneInfo) -> Interval:
    """The starts that the case's window, notice and horizon leave."""
    window = case["window"]
    low = minute_at_or_after(utc(window["start"]))
    high = minute_at_or_after(utc(window["end"]))
    if case.get("slot_must_end_in_window"):
        high -= case["duration_min"] - 1
    if case.get("now"):
        low = max(low, minute_at_or_after(utc(case["now"]) + policy(case).notice))
    horizon = case.get("horizon") or {}
    if "first_local_date" in horizon:
        first = day_bounds(date.fromisoformat(horizon["first_local_date"]), zone)
        low = max(low, first.start)
    if "last_local_date" in horizon:
        high = min(high, day_bounds(date.fromisoformat(horizon["last_local_date"]), zone).end)
    return Interval(low, high)


def full_days(case: Case, zone: ZoneInfo) -> list[Interval]:
    """The local days whose limit the counted bookings have reached."""
    if case.get("day_limit") is None:
        return []
    starts = [minute_at_or_before(utc(one["start"])) for one in case.get("counted", [])]
    counted = [local_date(start, zone) for start in starts]
    full = {day for day in counted if counted.count(day) >= case["day_limit"]}
    return [day_bounds(day, zone) for day in full]


def slots(case: Case) -> list[str]:
    """What our engine offers for a case, as UTC instants."""
    zone = ZoneInfo(case.get("timezone", "UTC"))
    now = utc(case["now"]) if case.get("now") else None
    window = Interval(
        minute_at_or_after(utc(case["window"]["start"])),
        minute_at_or_after(utc(case["window"]["end"])),
    )
    hosts = case.get("hosts") or [case]
    open_by_host = [opened(host, case.get("timezone", "UTC"), window) for host in hosts]
    common = list(taken(case, now)) if case.get("hosts") else []
    taken_by_host = [[*taken(host, now), *common] for host in hosts]
    if case.get("host_mode") == "all":
        together = open_by_host[0]
        for other in open_by_host[1:]:
            together = intersection(together, other)
        open_by_host = [together]
        taken_by_host = [[one for host in taken_by_host for one in host]]
    free = {
        host: free_starts(
            opens,
            taken_by_host[host],
            policy(case),
            within=bounds(case, zone),
            full=full_days(case, zone),
        )
        for host, opens in enumerate(open_by_host)
    }
    return [stamp(offer.start) for offer in pooled(free, sorted(free))]


def all_starts(found: list[range]) -> list[int]:
    return list(each(found))
