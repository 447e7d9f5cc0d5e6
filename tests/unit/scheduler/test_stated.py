"""N6: which starts suit two people, each by the clock on their own wall."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.availability import Policy, each, free_starts
from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.domain.interval import Interval, instant, minute_at_or_before
from services.scheduler.domain.stated import ALWAYS, Stated, last_midnight, unsuited

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Havana",
    "America/Santiago",
    "America/Sao_Paulo",
    "Europe/London",
    "Europe/Lisbon",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
)
# Hours at which no clock of these zones changes, but for midnight itself.
PARTS = (
    WallRange(time(0), time(6)),
    WallRange(time(6), time(12)),
    WallRange(time(12), time(17)),
    WallRange(time(17), time(0), overnight=True),
)
WEEK = tuple(WeeklyRange(day, part) for day, part in product(range(1, 8), PARTS))

weeks = st.lists(st.sampled_from(WEEK), unique=True, max_size=20).map(tuple)
people = st.builds(Stated, st.sampled_from(ZONES).map(ZoneInfo), weeks)
# Every clock change of a year is near one of these days or another.
days = st.dates(date(2026, 1, 1), date(2027, 12, 31))


def at(day: date, hour: int = 0) -> int:
    return minute_at_or_before(datetime.combine(day, time(hour), UTC))


def can(one: Stated, minute: int) -> bool:
    """The oracle: what the wall shows in that very minute, and whether it was ticked."""
    wall = instant(minute).astimezone(one.zone)
    return not one.weekly or any(
        wall.isoweekday() == weekly.weekday
        and weekly.wall.start <= wall.time()
        and (weekly.wall.overnight or wall.time() < weekly.wall.end)
        for weekly in one.weekly
    )


def starts(both: list[Stated], length: int, within: Interval, step: int = 15) -> list[int]:
    shut = unsuited(both, length, within)
    return [
        start
        for start in range(within.start, within.end, step)
        if not any(one.start <= start < one.end for one in shut)
    ]


@settings(max_examples=150, deadline=None)
@given(
    both=st.lists(people, min_size=2, max_size=2), day=days, length=st.sampled_from([20, 50, 80])
)
def test_n6_a_start_suits_if_and_only_if_each_can_in_every_minute_of_the_visit(both, day, length):
    within = Interval(at(day), at(day + timedelta(days=2)))
    good = [
        all(can(one, minute) for one in both) for minute in range(within.start, within.end + length)
    ]

    expected = [
        start
        for start in range(within.start, within.end, 15)
        if all(good[start - within.start : start - within.start + length])
    ]

    assert starts(both, length, within) == expected


@given(day=days, name=st.sampled_from(ZONES))
def test_n6_nothing_said_is_any_time_on_days_of_any_length(day, name):
    within = Interval(at(day), at(day + timedelta(days=3)))

    assert unsuited([Stated(ZoneInfo(name))] * 2, 80, within) == []
    assert unsuited([Stated(ZoneInfo(name), ALWAYS)], 80, within) == []


@given(both=st.lists(people, min_size=2, max_size=2), day=days)
def test_p18_whose_limits_they_are_makes_no_difference(both, day):
    within = Interval(at(day), at(day + timedelta(days=7)))

    assert unsuited(both, 80, within) == unsuited(both[::-1], 80, within)


@given(both=st.lists(people, min_size=2, max_size=2), day=days, begins=st.integers(6, 12))
def test_n6_what_is_said_takes_starts_away_and_never_moves_the_grid(both, day, begins):
    policy = Policy(duration=timedelta(minutes=80), step=timedelta(minutes=30))
    opened = [Interval(at(day, begins) + 10, at(day, begins + 10))]
    within = Interval(at(day), at(day + timedelta(days=1)))
    shut = unsuited(both, 80, within)

    free = set(each(free_starts(opened, [], policy, within=within)))
    suited = set(each(free_starts(opened, [], policy, within=within, full=shut)))

    assert suited == {
        start for start in free if not any(one.start <= start < one.end for one in shut)
    }


def test_n6_a_visit_may_go_from_one_part_of_a_day_into_the_next():
    zone = ZoneInfo("America/New_York")
    morning, noon = WallRange(time(0), time(12)), WallRange(time(12), time(17))
    within = Interval(at(date(2026, 6, 1), 4), at(date(2026, 6, 2), 4))  # a Monday there

    apart = starts([Stated(zone, (WeeklyRange(1, morning),))], 80, within, 5)
    joined = starts([Stated(zone, (WeeklyRange(1, morning), WeeklyRange(1, noon)))], 80, within, 5)

    assert instant(apart[-1]).astimezone(zone).time() == time(10, 40)
    assert instant(joined[-1]).astimezone(zone).time() == time(15, 40)


@pytest.mark.parametrize(
    ("now", "name", "midnight"),
    [
        ("2026-03-08T17:00:00+00:00", "America/New_York", "2026-03-08T05:00:00+00:00"),
        ("2026-03-09T03:59:59+00:00", "America/New_York", "2026-03-08T05:00:00+00:00"),
        ("2026-03-09T04:00:00+00:00", "America/New_York", "2026-03-09T04:00:00+00:00"),
        ("2026-11-25T10:59:00+00:00", "Pacific/Auckland", "2026-11-24T11:00:00+00:00"),
    ],
)
def test_today_begins_at_the_practices_own_midnight(now, name, midnight):
    found = last_midnight(datetime.fromisoformat(now), ZoneInfo(name))

    assert found == datetime.fromisoformat(midnight)
