"""Our reading of calendars against what other projects' tests and RFC 5545 say (P10)."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.domain.outside import Reading, Trouble
from tests.unit.scheduler.feeds import (
    FOLDER,
    case_file,
    other_peoples,
    read,
    stretches,
)

FILES: list[dict[str, Any]] = case_file("expected_busy.json")["files"]
RIGHT = {one["file"]: one for one in case_file("adjudication.json")}

with_the_files = pytest.mark.skipif(
    FOLDER is None, reason="CONFORMANCE_DIR is not set: other people's files are not at hand"
)


def windows(status: str) -> list[Any]:
    return [
        pytest.param(case, window, id=f"{case['file']}-{window['start'][:10]}")
        for case in FILES
        for window in case["windows"]
        if window["status"] == status
    ]


def reading_of(case: dict[str, Any], window: dict[str, Any]) -> Reading:
    return read(
        other_peoples(case["file"]),
        window["start"],
        window["end"],
        ZoneInfo(case["default_timezone"]),
    )


@pytest.mark.parametrize(
    "case", case_file("freebusy_cases.json")["cases"], ids=lambda case: case["id"]
)
def test_p10_a_recurrence_of_the_standard_is_busy_exactly_when_it_says(case: dict[str, Any]):
    found = read(case["ics"].encode(), *case["window"], ZoneInfo(case["default_timezone"]))

    assert found.busy == stretches(case["busy"])
    assert found.troubles == {}


@with_the_files
@pytest.mark.parametrize(("case", "window"), windows("agree"))
def test_p10_where_two_libraries_agree_we_agree(case: dict[str, Any], window: dict[str, Any]):
    assert reading_of(case, window).busy == stretches(window["busy"])


@with_the_files
@pytest.mark.parametrize(("case", "window"), windows("disagree"))
def test_p10_where_libraries_disagree_we_are_right_or_say_that_it_is_not_whole(
    case: dict[str, Any], window: dict[str, Any]
):
    found = reading_of(case, window)
    side = RIGHT[case["file"]]["right"]

    if found.whole:
        # "policy" and "undetermined": the wider reading of the two, which is icalendar's in each.
        assert found.busy == stretches(window["ical_js" if side == "ical_js" else "icalendar"])
    else:
        assert {*found.troubles} <= {Trouble.UNKNOWN_ZONE, Trouble.BAD_RULE, Trouble.BAD_VALUE}


@with_the_files
@pytest.mark.parametrize(("case", "window"), [*windows("one-sided"), *windows("none")])
def test_p11_what_only_one_library_reads_is_never_silently_free(
    case: dict[str, Any], window: dict[str, Any]
):
    assert not reading_of(case, window).whole


@with_the_files
def test_p10_a_sound_file_is_not_called_broken():
    """Fail closed is no excuse for refusing what everybody can read."""
    sound = [
        case
        for case in FILES
        if case["verdict"] == "agree"
        and not case["recovered_errors"]
        and not case["notes"]
        and case["file"].startswith(("recurring-ical-events/", "icaljs/"))
    ]
    broken = {
        case["file"].partition("/")[2]
        for case in sound
        if not reading_of(case, case["windows"][0]).whole
    }

    # Looked at one by one: rules without words, a line that was broken in the middle, END:VTOOD.
    assert broken == {
        "recurring_ical_events__Germany_Holidays.ics",
        "recurring_ical_events__issue_61_time_zone_error.ics",
        "recurring_ical_events__issue_201_test_matrix.ics",
    }
