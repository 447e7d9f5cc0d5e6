"""Our engine against what other schedulers' tests and the standards say."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.domain.hours import resolve
from services.slot_words import stamp
from tests.unit.scheduler.cases import Case, slot_cases, slots, timezone_cases, utc


@pytest.mark.parametrize("case", slot_cases(), ids=lambda case: case["id"])
def test_a_slot_case_comes_out_as_its_reference_says(case: Case):
    assert slots(case) == case["expected_by_policy"]["working"]


@pytest.mark.parametrize("case", slot_cases(), ids=lambda case: case["id"])
def test_nothing_is_offered_outside_the_feasible_starts_of_a_case(case: Case):
    ranges = [(utc(first), utc(last)) for first, last in case["feasible_start_ranges"]]

    outside = [slot for slot in slots(case) if not any(a <= utc(slot) <= b for a, b in ranges)]

    assert outside == []


@pytest.mark.parametrize(
    "case", timezone_cases()["resolve"], ids=lambda case: f"{case['zone']}-{case['local']}"
)
def test_a_wall_time_is_pushed_out_of_a_gap_and_is_the_first_of_a_fold(case: Case):
    local = datetime.fromisoformat(case["local"])

    found = resolve(local.date(), local.time(), ZoneInfo(case["zone"]))

    assert stamp(found) == case.get("compatible_utc", case.get("utc"))


@pytest.mark.parametrize("case", timezone_cases()["weekly_series"], ids=lambda case: case["zone"])
def test_a_weekly_time_keeps_its_place_on_the_wall(case: Case):
    first = datetime.fromisoformat(case["first_local"])
    zone = ZoneInfo(case["zone"])

    found = [
        stamp(resolve(first.date() + timedelta(weeks=n), first.time(), zone))
        for n in range(len(case["occurrences_utc"]))
    ]

    assert found == case["occurrences_utc"]


def test_a_day_has_as_many_hours_as_the_zone_gives_it():
    zone = ZoneInfo("America/New_York")

    lengths = [
        resolve(day + timedelta(days=1), datetime.min.time(), zone)
        - resolve(day, datetime.min.time(), zone)
        for day in (date(2026, 3, 8), date(2026, 3, 9), date(2026, 11, 1))
    ]

    assert lengths == [23 * 60, 24 * 60, 25 * 60]
