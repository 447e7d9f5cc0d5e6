"""Weekly hours on the wall: what a clinician wrote is what is offered, each day of two years."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.domain.availability import Policy, each, free_starts
from services.scheduler.domain.hours import (
    ClockChange,
    Hours,
    WallRange,
    WeeklyRange,
    clock_changes,
    day_bounds,
    days,
    problems,
    weekly_total,
)
from services.scheduler.domain.interval import (
    Interval,
    instant,
    minute_at_or_after,
    minute_at_or_before,
)
from services.slot_words import stamp
from tests.unit.scheduler.cases import minutes

# Far to both sides, half hours, three quarters, two seasons, and clocks that change at midnight.
ZONES = [
    "America/Los_Angeles",
    "America/New_York",
    "America/St_Johns",
    "America/Vancouver",
    "America/Santiago",
    "Europe/London",
    "Africa/Cairo",
    "Asia/Beirut",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Auckland",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Midway",
]
CALL = Policy(duration=minutes(20), step=minutes(30), after=minutes(10))
EVERY_DAY = range(1, 8)


def at(text: str) -> int:
    return minute_at_or_before(datetime.fromisoformat(text))


def daily(zone: str, *ranges: tuple[str, str]) -> Hours:
    walls = [WallRange(time.fromisoformat(a), time.fromisoformat(b)) for a, b in ranges]
    return Hours(ZoneInfo(zone), tuple(WeeklyRange(d, wall) for d in EVERY_DAY for wall in walls))


@pytest.mark.parametrize("zone", ZONES)
def test_p4_p5_two_years_of_offers_lie_inside_the_hours_on_the_wall(zone):
    """P4, P5: shown in the clinician's zone, each start is inside the hours, none is missing."""
    tz = ZoneInfo(zone)
    hours = daily(zone, ("09:00", "12:00"), ("19:00", "23:30"))
    window = Interval(at("2026-01-01T00:00Z"), at("2028-01-01T00:00Z"))
    visit = timedelta(minutes=20)

    starts = list(each(free_starts(hours.during(window), [], CALL, within=window)))

    offered: dict[date, list[time]] = {}
    for start in starts:
        local = instant(start).astimezone(tz)
        end = (instant(start) + visit).astimezone(tz).time()
        morning = time(9) <= local.time() < end <= time(12)
        evening = time(19) <= local.time() < end <= time(23, 30)
        assert morning or evening
        offered.setdefault(local.date(), []).append(local.time())
    whole_days = list(days(date(2026, 1, 3), date(2027, 12, 29)))
    assert all(len(offered[day]) == 6 + 9 for day in whole_days)
    assert all(offered[day] == sorted(set(offered[day])) for day in whole_days)


def test_p4_the_lost_hour_is_not_offered_and_the_doubled_hour_once_per_instant():
    hours = daily("America/New_York", ("00:30", "04:00"))
    tz = ZoneInfo("America/New_York")

    def local_starts(day: date) -> list[str]:
        window = day_bounds(day, tz)
        found = each(free_starts(hours.during(window), [], CALL, within=window))
        return [instant(start).astimezone(tz).strftime("%H:%M%z")[:-2] for start in found]

    spring, autumn = local_starts(date(2026, 3, 8)), local_starts(date(2026, 11, 1))

    assert spring == ["00:30-05", "01:00-05", "01:30-05", "03:00-04", "03:30-04"]
    assert autumn[:6] == ["00:30-04", "01:00-04", "01:30-04", "01:00-05", "01:30-05", "02:00-05"]
    assert len(autumn) == len(set(autumn)) == 9


def test_p4_fault_8_hours_saved_in_january_are_the_same_hours_in_july():
    hours = daily("America/New_York", ("13:00", "18:00"))

    def first(day: str) -> str:
        window = Interval(at(f"{day}T05:00Z"), at(f"{day}T23:59Z"))
        return stamp(hours.during(window)[0].start)

    assert first("2026-01-14") == "2026-01-14T18:00:00Z"
    assert first("2026-07-15") == "2026-07-15T17:00:00Z"


def test_p6_an_override_is_the_local_date_of_the_clinician_from_wherever_one_looks():
    """P6: the closed day is one day in Auckland, and a viewer's zone changes no instant of it."""
    closed = date(2026, 7, 15)
    hours = Hours(
        ZoneInfo("Pacific/Auckland"),
        tuple(WeeklyRange(d, WallRange(time(9), time(17))) for d in EVERY_DAY),
        {closed: ()},
    )
    window = Interval(at("2026-07-12T00:00Z"), at("2026-07-18T00:00Z"))

    found = hours.during(window)

    local = [instant(one.start).astimezone(hours.zone).date() for one in found]
    assert closed not in local
    assert {closed - timedelta(1), closed + timedelta(1)} <= set(local)


def test_an_override_may_open_a_day_that_is_usually_closed():
    saturday = date(2026, 3, 7)
    hours = Hours(
        ZoneInfo("UTC"),
        (WeeklyRange(1, WallRange(time(9), time(12))),),
        {saturday: (WallRange(time(10), time(11)),)},
    )

    found = hours.during(Interval(at("2026-03-05T00:00Z"), at("2026-03-08T00:00Z")))

    assert [stamp(one.start) for one in found] == ["2026-03-07T10:00:00Z"]


def test_hours_hold_from_their_first_day_through_their_last():
    weekly = WeeklyRange(1, WallRange(time(9), time(12)), date(2026, 3, 9), date(2026, 3, 16))

    mondays = [day for day in days(date(2026, 3, 1), date(2026, 3, 31)) if weekly.holds_on(day)]

    assert mondays == [date(2026, 3, 9), date(2026, 3, 16)]


def test_hours_until_midnight_meet_the_next_morning_in_one_interval():
    hours = Hours(
        ZoneInfo("UTC"),
        (
            WeeklyRange(1, WallRange(time(20), time(0), overnight=True)),
            WeeklyRange(2, WallRange(time(0), time(2))),
        ),
    )

    found = hours.during(Interval(at("2026-03-09T12:00Z"), at("2026-03-10T12:00Z")))

    assert [(stamp(one.start), stamp(one.end)) for one in found] == [
        ("2026-03-09T20:00:00Z", "2026-03-10T02:00:00Z")
    ]


def test_a_change_of_the_clocks_is_told_with_its_day_and_its_length():
    spring = clock_changes(ZoneInfo("America/New_York"), date(2026, 3, 2), date(2026, 3, 22))
    autumn = clock_changes(ZoneInfo("Australia/Lord_Howe"), date(2026, 4, 1), date(2026, 4, 10))

    assert spring == [ClockChange(date(2026, 3, 8), timedelta(hours=1))]
    assert autumn == [ClockChange(date(2026, 4, 5), -timedelta(minutes=30))]
    assert clock_changes(ZoneInfo("Asia/Kolkata"), date(2026, 1, 1), date(2026, 12, 31)) == []


def wall(start: str, end: str) -> WallRange:
    last = time.fromisoformat(end)
    return WallRange(time.fromisoformat(start), last, overnight=last == time(0))


@pytest.mark.parametrize(
    ("ranges", "wrong"),
    [
        ([], []),  # rule-01
        ([wall("09:00", "10:00"), wall("10:00", "11:00")], []),  # rule-02
        ([wall("14:00", "15:00"), wall("09:00", "10:00"), wall("12:00", "13:00")], []),  # rule-03
        ([wall("09:00", "11:00"), wall("10:00", "12:00")], [1]),  # rule-04
        ([wall("09:00", "12:00"), wall("10:00", "11:00")], [1]),  # rule-05
        ([wall("14:00", "13:00")], [0]),  # rule-06
        ([wall("09:00", "09:15")], [0]),  # rule-07
        ([wall("17:00", "18:30"), wall("17:30", "19:00")], [1]),  # rule-10
        ([wall("22:00", "00:00")], []),
    ],
)
def test_hours_that_can_not_be_kept_are_pointed_out(ranges, wrong):
    assert [one.place for one in problems(ranges, timedelta(minutes=20))] == wrong


def test_a_week_is_as_long_as_the_clock_on_the_wall_says():
    weekly = [WeeklyRange(1, wall("09:00", "12:00")), WeeklyRange(2, wall("20:00", "00:00"))]

    assert weekly_total(weekly) == timedelta(hours=7)


def test_seconds_are_rounded_inwards_where_open_and_outwards_where_taken():
    odd = datetime(2026, 3, 2, 9, 0, 30, tzinfo=UTC)

    assert stamp(minute_at_or_before(odd)) == "2026-03-02T09:00:00Z"
    assert stamp(minute_at_or_after(odd)) == "2026-03-02T09:01:00Z"
