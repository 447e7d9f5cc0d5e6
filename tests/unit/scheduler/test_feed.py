"""What a calendar says of somebody's time, and what is refused rather than guessed (P10)."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.feed import MAX_BYTES
from services.scheduler.domain.feed_lines import rule_trouble
from services.scheduler.domain.outside import Trouble
from tests.unit.scheduler.feeds import NEW_YORK, calendar, event, read, said

WINTER = ("2026-11-25T00:00Z", "2026-12-25T00:00Z")
TENTH = "DTSTART:20261210T150000Z"
HOUR = "DURATION:PT1H"
SYDNEY = ZoneInfo("Australia/Sydney")


def busy(*parts: str, owner: ZoneInfo = NEW_YORK) -> list[str]:
    found = read(calendar(*parts), *WINTER, owner)
    assert found.whole, found.troubles
    return said(found)


def test_p10_a_day_long_entry_takes_the_day_of_its_owner():
    day = event("DTSTART;VALUE=DATE:20261210")

    assert busy(day) == ["2026-12-10T05:00Z/2026-12-11T05:00Z"]
    assert busy(day, owner=SYDNEY) == ["2026-12-09T13:00Z/2026-12-10T13:00Z"]


def test_p10_a_floating_time_is_one_of_its_owner_unless_the_calendar_names_its_zone():
    floating = event("DTSTART:20261210T090000", "DTEND:20261210T100000")

    assert busy(floating) == ["2026-12-10T14:00Z/15:00Z"]
    assert busy("X-WR-TIMEZONE:Europe/Brussels", floating) == ["2026-12-10T08:00Z/09:00Z"]


def test_p10_free_and_cancelled_take_no_time_and_tentative_does():
    assert busy(event(TENTH, HOUR, "TRANSP:TRANSPARENT")) == []
    assert busy(event(TENTH, HOUR, "STATUS:CANCELLED")) == []
    assert busy(event(TENTH, HOUR, "STATUS:TENTATIVE")) == ["2026-12-10T15:00Z/16:00Z"]


def test_p10_windows_zone_names_and_own_definitions_are_understood():
    assert busy(event("DTSTART;TZID=W. Europe Standard Time:20261210T100000", HOUR)) == [
        "2026-12-10T09:00Z/10:00Z"
    ]


def test_p10_a_truncated_definition_does_not_change_a_zone_that_everybody_knows():
    stale = (
        "BEGIN:VTIMEZONE\r\nTZID:America/New_York\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:-0400\r\nTZOFFSETTO:-0400\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )

    assert busy(stale, event("DTSTART;TZID=America/New_York:20261210T100000", HOUR)) == [
        "2026-12-10T15:00Z/16:00Z"
    ]


def test_p10_a_zone_of_one_calendar_is_forgotten_before_the_next():
    own = (
        "BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\n"
        "TZOFFSETFROM:+0300\r\nTZOFFSETTO:+0300\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
    )
    entry = event("DTSTART;TZID=Ours:20261210T100000", HOUR)

    assert busy(own, entry) == ["2026-12-10T07:00Z/08:00Z"]
    assert read(calendar(entry), *WINTER).troubles == {Trouble.UNKNOWN_ZONE: 1}


def test_p10_a_series_keeps_its_place_on_the_wall_and_loses_what_was_taken_out():
    series = event(
        "UID:series",
        "DTSTART;TZID=America/New_York:20261020T190000",
        "DTEND;TZID=America/New_York:20261020T200000",
        "RRULE:FREQ=WEEKLY",
        "EXDATE:20261202T000000Z",  # in UTC, of a series by the wall
    )
    moved = event(
        "UID:series",
        "RECURRENCE-ID;TZID=America/New_York:20261208T190000",
        "DTSTART;TZID=America/New_York:20261209T080000",
        "DTEND;TZID=America/New_York:20261209T083000",
    )

    assert busy(series, moved) == [
        "2026-11-25T00:00Z/01:00Z",
        "2026-12-09T13:00Z/13:30Z",
        "2026-12-16T00:00Z/01:00Z",
        "2026-12-23T00:00Z/01:00Z",
    ]


@pytest.mark.parametrize("until", ["20261202T200000", "20261202"])
def test_p10_an_end_without_a_zone_is_one_by_the_clock_of_the_series(until: str):
    """By UTC the 2nd would end at 7 pm in New York, and that evening would be free."""
    series = event(
        "DTSTART;TZID=America/New_York:20261201T200000", HOUR, f"RRULE:FREQ=DAILY;UNTIL={until}"
    )

    assert busy(series) == ["2026-12-02T01:00Z/02:00Z", "2026-12-03T01:00Z/02:00Z"]


def test_p10_of_two_versions_the_later_one_counts():
    old = event("UID:one", "SEQUENCE:1", TENTH, HOUR)
    new = event("UID:one", "SEQUENCE:2", "DTSTART:20261211T150000Z", HOUR)

    assert busy(old, new) == busy(new, old) == ["2026-12-11T15:00Z/16:00Z"]


def test_p10_two_entries_under_one_uid_are_both_busy_and_staff_are_told():
    found = read(
        calendar(event("UID:one", TENTH, HOUR), event("UID:one", "DTSTART:20261211T150000Z", HOUR)),
        *WINTER,
    )

    assert said(found) == ["2026-12-10T15:00Z/16:00Z", "2026-12-11T15:00Z/16:00Z"]
    assert found.troubles == {Trouble.SAME_UID: 1}
    assert found.whole


def test_p10_an_end_before_its_start_is_busy_in_between_and_staff_are_told():
    found = read(calendar(event(TENTH, "DTEND:20261210T140000Z")), *WINTER)

    assert said(found) == ["2026-12-10T14:00Z/15:00Z"]
    assert found.troubles == {Trouble.BACKWARDS: 1}
    assert found.whole


def test_p10_busy_periods_count_whatever_their_type_but_free():
    periods = (
        "BEGIN:VFREEBUSY\r\nUID:f\r\nFREEBUSY:20261210T150000Z/PT1H,20261210T170000Z/PT1H\r\n"
        "FREEBUSY;FBTYPE=FREE:20261211T150000Z/PT1H\r\n"
        "FREEBUSY;FBTYPE=X-AWAY:20261212T150000Z/20261212T160000Z\r\nEND:VFREEBUSY\r\n"
    )

    assert busy(periods) == [
        "2026-12-10T15:00Z/16:00Z",
        "2026-12-10T17:00Z/18:00Z",
        "2026-12-12T15:00Z/16:00Z",
    ]


def test_p10_our_own_appointments_are_not_busy_elsewhere():
    taken_over = calendar(event("UID:7@harborlane.example", TENTH, HOUR))

    assert said(read(taken_over, *WINTER, ours={"7@harborlane.example"})) == []
    assert said(read(taken_over, *WINTER, ours={"8@harborlane.example"})) != []


SOUND = event(TENTH, HOUR)


@pytest.mark.parametrize(
    ("feed", "trouble"),
    [
        (b"", Trouble.NOT_A_CALENDAR),
        (b"<!doctype html><title>Sign in</title>", Trouble.NOT_A_CALENDAR),
        (b"x" * (MAX_BYTES + 1), Trouble.TOO_LARGE),
        (calendar(SOUND)[:-20], Trouble.CUT_OFF),
        (calendar(SOUND, SOUND)[:-90], Trouble.CUT_OFF),
        (SOUND.encode(), Trouble.CUT_OFF),
        (calendar("a line without a colon"), Trouble.BAD_LINE),
        (calendar(event("DTSTART:tomorrow", HOUR)), Trouble.BAD_VALUE),
        (calendar(event(TENTH, "DURATION:1 hour")), Trouble.BAD_VALUE),
        (calendar(event(TENTH, TENTH, HOUR)), Trouble.BAD_VALUE),
        (calendar(event(HOUR)), Trouble.NO_START),
        (calendar(event("DTSTART;TZID=Middle-earth:20261210T100000", HOUR)), Trouble.UNKNOWN_ZONE),
        (calendar(event(TENTH, HOUR, "RRULE:FREQ=WEEKLY;UNTL=20271010")), Trouble.BAD_RULE),
        (calendar(event(TENTH, HOUR, "RRULE:FREQ=FORTNIGHTLY")), Trouble.BAD_RULE),
        (calendar("CALSCALE:HEBREW", SOUND), Trouble.UNKNOWN_KIND),
    ],
)
def test_p11_a_feed_that_is_not_whole_is_named_for_what_is_wrong(feed: bytes, trouble: Trouble):
    found = read(feed, *WINTER)

    assert trouble in found.troubles
    assert not found.whole


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=999999999",
        "FREQ=YEARLY;BYHOUR=0,6,12,18;BYMINUTE=0,10,20,30;BYSECOND=0,7,14,21,28,35,42",
    ],
)
def test_p10_a_rule_that_would_never_come_to_an_end_is_not_begun(rule: str):
    found = read(calendar(event(TENTH, HOUR, f"RRULE:{rule}")), *WINTER)

    assert found.troubles == {Trouble.TOO_MUCH: 1}
    assert found.busy is None


def test_p10_many_rules_that_begin_in_antiquity_are_not_begun():
    old = [event(f"DTSTART:0{n:03d}0101T000000Z", HOUR, "RRULE:FREQ=DAILY") for n in range(1, 9)]

    assert read(calendar(*old), *WINTER).troubles == {Trouble.TOO_MUCH: 1}


def test_p10_an_endless_count_costs_no_more_than_the_window():
    series = event(TENTH, HOUR, "RRULE:FREQ=DAILY;COUNT=999999999")

    assert len(busy(series)) == 15


@given(st.binary(max_size=300))
def test_p11_whatever_is_sent_is_read_whole_or_named(junk: bytes):
    found = read(b"BEGIN:VCALENDAR\r\n" + junk, *WINTER)

    assert not found.whole or found.busy is not None


@given(cut=st.integers(1, 400))
def test_p11_a_feed_that_was_cut_off_anywhere_is_never_whole(cut: int):
    whole = calendar(*(event(f"DTSTART:202612{n:02d}T150000Z", HOUR) for n in range(1, 6)))

    assert not read(whole[: len(whole) - cut - 2], *WINTER).whole


@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 99),
    st.lists(st.sampled_from(["MO", "2TU", "-1FR", "SU"]), max_size=3, unique=True),
)
def test_p10_a_rule_as_the_standard_writes_it_is_a_rule(freq: str, interval: int, days: list[str]):
    rule = f"FREQ={freq};INTERVAL={interval}" + (f";BYDAY={','.join(days)}" if days else "")

    assert rule_trouble(rule) is None
