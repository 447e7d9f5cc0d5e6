"""Offered if and only if bookable, on every day of two years in thirty-three zones (P4, P5, P6)."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.domain.availability import (
    Busy,
    Offer,
    Policy,
    by_day,
    each,
    free_starts,
)
from services.scheduler.domain.explanation import explain
from services.scheduler.domain.hours import Hours, WallRange, clock_changes, day_bounds, days
from services.scheduler.domain.interval import Interval, instant
from tests.unit.scheduler.cases import minutes
from tests.unit.scheduler.zones import ZONES, hours_in, is_open, walls

FIRST, LAST = date(2026, 1, 1), date(2027, 12, 31)
CALL = Policy(duration=minutes(20), step=minutes(30), before=minutes(5), after=minutes(10))
DAY = timedelta(days=1)

VIEWERS = ["Pacific/Midway", "America/New_York", "UTC", "Asia/Kolkata", "Pacific/Kiritimati"]
"""From eleven hours behind UTC to fourteen ahead."""


def taken() -> list[Busy]:
    """Somebody has UTC's midnight, every third day."""
    utc = ZoneInfo("UTC")
    first, last = day_bounds(FIRST, utc).start, day_bounds(LAST, utc).end
    return [Busy(at, at + 20, 5, 10) for at in range(first, last, 3 * 24 * 60)]


TAKEN = taken()


def offered(hours: Hours, within: Interval) -> list[int]:
    return list(each(free_starts(hours.during(within), TAKEN, CALL, within=within)))


@cache
def of_two_years(name: str) -> dict[date, list[int]]:
    """What is offered, under the dates of the clinician; one sweep for all of it."""
    hours = hours_in(name)
    within = Interval(day_bounds(FIRST, hours.zone).start, day_bounds(LAST, hours.zone).end)
    found: dict[date, list[int]] = {day: [] for day in days(FIRST, LAST)}
    for start in offered(hours, within):
        found[instant(start).astimezone(hours.zone).date()].append(start)
    return found


@pytest.mark.parametrize("name", ZONES)
def test_p4_p5_p7_a_start_is_bookable_if_and_only_if_it_is_offered(name: str) -> None:
    """The check under the lock sees one day alone; on days of a change, each minute is asked."""
    hours = hours_in(name)
    near_a_change = {
        change.day + n * DAY
        for change in clock_changes(hours.zone, FIRST, LAST)
        for n in (-1, 0, 1)
    }
    asked = 0
    for day, starts in of_two_years(name).items():
        bounds, here = day_bounds(day, hours.zone), set(starts)
        around = {start + n for start in starts for n in (-30, -1, 0, 1)}
        opened = hours.during(bounds)
        near = Interval(bounds.start - 60, bounds.end + 60)
        nearby = [one for one in TAKEN if near.start < one.end and one.start < near.end]
        for minute in range(*bounds) if day in near_a_change else around:
            if bounds.start <= minute < bounds.end:
                answer = explain(minute, opened, nearby, CALL, within=bounds)
                assert (answer.reason is None) == (minute in here), instant(minute)
                asked += 1

    assert asked > 730 * 30


@pytest.mark.parametrize("name", ZONES)
def test_p4_p5_every_offer_lies_in_the_hours_on_the_wall_and_every_hour_is_offered(
    name: str,
) -> None:
    """P4: the wall says what is open; a lost hour is not there, a doubled one once per instant."""
    zone = ZoneInfo(name)
    changes = {change.day for change in clock_changes(zone, FIRST, LAST)}
    for day, starts in list(of_two_years(name).items())[1:-1]:
        assert starts == sorted(set(starts))
        for start in starts:
            for minute in (start, start + 19):
                shown = instant(minute).astimezone(zone)
                # A range that begins in a doubled hour begins with its first pass, and goes on
                # through the second (RFC 5545 and the neutral cases): there the wall goes back.
                assert is_open(zone, shown) or shown.fold, shown
        if not {day - DAY, day, day + DAY} & changes:
            assert _on_the_wall(starts, zone) == _expected(zone, day), day


def _on_the_wall(starts: list[int], zone: ZoneInfo) -> list[datetime]:
    return [instant(start).astimezone(zone).replace(tzinfo=None) for start in starts]


def _expected(zone: ZoneInfo, day: date) -> list[datetime]:
    """What a day without any change should offer, counted on the wall alone."""
    spans: list[tuple[datetime, datetime]] = []
    for start, end in sorted(_spans(zone, day - DAY) + _spans(zone, day) + _spans(zone, day + DAY)):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    grid = [
        start + timedelta(minutes=30 * n)
        for start, end in spans
        for n in range((end - start - timedelta(minutes=20)) // timedelta(minutes=30) + 1)
    ]
    return [at for at in grid if at.date() == day and _quiet(at.replace(tzinfo=zone))]


def _spans(zone: ZoneInfo, day: date) -> list[tuple[datetime, datetime]]:
    return [
        (
            datetime.combine(day, wall.start),
            datetime.combine(day + DAY if wall.overnight else day, wall.end),
        )
        for wall in walls(zone)
    ]


def _quiet(at: datetime) -> bool:
    """Ten minutes after the one who has UTC's midnight, and ten before."""
    minute = int(at.timestamp()) // 60
    for midnight in (minute // 1440 * 1440, minute // 1440 * 1440 + 1440):
        every_third = (midnight - TAKEN[0].start) % (3 * 1440) == 0
        if every_third and midnight - 30 < minute < midnight + 30:
            return False
    return True


@pytest.mark.parametrize("name", ZONES)
def test_p6_another_day_is_a_date_of_the_clinician_whoever_looks_from_wherever(name: str) -> None:
    """P6: closed on one local date, with other hours on the next; every viewer sees one list."""
    usual = hours_in(name)
    closed, other = date(2026, 7, 15), date(2026, 7, 16)
    hours = Hours(usual.zone, usual.weekly, {closed: (), other: (WallRange(*_NOON),)})
    within = Interval(
        day_bounds(closed - 3 * DAY, hours.zone).start, day_bounds(other + 3 * DAY, hours.zone).end
    )
    starts = list(each(free_starts(hours.during(within), [], CALL, within=within)))

    local = [instant(start).astimezone(hours.zone).replace(tzinfo=None) for start in starts]
    overnight = [wall.end for wall in walls(hours.zone) if wall.overnight]
    until = (
        datetime.combine(closed, max(overnight)) if overnight else datetime.combine(closed, _MIN)
    )
    assert not [at for at in local if at.date() == closed and at >= until]
    assert [at.time().hour for at in local if at.date() == other] == [12, 12]
    for viewer in VIEWERS:
        shown = by_day([Offer(start, (1,)) for start in starts], ZoneInfo(viewer))
        assert [one.start for day in sorted(shown) for one in shown[day]] == starts
        for day, offers in shown.items():
            assert {instant(one.start).astimezone(ZoneInfo(viewer)).date() for one in offers} == {
                day
            }


_MIN = time(0)
_NOON = (time(12), time(13))
