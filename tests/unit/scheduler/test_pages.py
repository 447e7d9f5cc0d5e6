"""What the pages are drawn from: words for times, the picker, the week and the form of hours."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from werkzeug.datastructures import MultiDict

from services.scheduler.domain.availability import Offer
from services.scheduler.domain.hours import (
    ClockChange,
    Hours,
    WallRange,
    WeeklyRange,
    day_bounds,
)
from services.scheduler.domain.interval import minute_at_or_before
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations.offers import Offers, Wanted
from services.scheduler.web import grid, words
from services.scheduler.web.picker import picker
from services.scheduler.web.week_form import WeekForm

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY = datetime(2027, 3, 9, 14, 14, tzinfo=UTC)  # 9:14 am in New York, before clocks change
DANA = OpenSchedule(1, uuid4(), "Dana Whitlock", False, frozenset({"NY"}), Hours(NEW_YORK))
MARCUS = OpenSchedule(2, uuid4(), "Marcus Oyelaran", True, frozenset({"NY"}), Hours(NEW_YORK))


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("2027-03-10T10:30", "2027-03-10T10:50", "10:30 to 10:50 am"),
        ("2027-03-10T11:50", "2027-03-10T12:10", "11:50 am to 12:10 pm"),
        ("2027-03-10T00:00", "2027-03-10T00:20", "12:00 to 12:20 am"),
        ("2027-03-10T23:50", "2027-03-11T00:10", "11:50 pm to 12:10 am"),
    ],
)
def test_a_span_is_said_as_people_say_it(start, end, said):
    assert words.span(local(start), local(end)) == said


def test_days_and_months_are_said_in_words():
    assert words.full_day(date(2027, 3, 10)) == "Wednesday, March 10, 2027"
    assert words.days(date(2027, 3, 8), date(2027, 3, 12)) == "March 8 to 12"
    assert words.days(date(2027, 3, 29), date(2027, 4, 2)) == "March 29 to April 2"
    assert words.month(date(2027, 3, 9), date(2027, 3, 27)) == "March 2027"
    assert words.month(date(2027, 3, 23), date(2027, 4, 10)) == "Mar and Apr 2027"
    assert words.month(date(2026, 12, 23), date(2027, 1, 9)) == "Dec 2026, Jan 2027"
    assert words.initials("Dana Whitlock") == "DW"
    assert words.initials("Ana María de la Cruz") == "AC"


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (timedelta(hours=1), "Clocks move forward one hour on Sunday, March 14."),
        (-timedelta(minutes=30), "Clocks move back half an hour on Sunday, March 14."),
    ],
)
def test_a_change_of_clocks_is_said_with_its_day(by, said):
    assert words.clock_change(ClockChange(date(2027, 3, 14), by)).startswith(said)


def an_offer(text: str, *hosts: int) -> Offer:
    return Offer(minute_at_or_before(local(text)), hosts or (1,))


def drawn(offers: list[Offer], **asked: date) -> object:
    return picker(
        Offers(offers, {1: DANA, 2: MARCUS}),
        zone=NEW_YORK,
        now=TUESDAY,
        link=lambda day=None, from_=None: f"?day={day}&from={from_}",
        **asked,
    )


def test_the_picker_opens_the_soonest_free_day_and_draws_three_weeks():
    page = drawn([an_offer("2027-03-10T09:00"), an_offer("2027-03-15T13:00", 2, 1)])

    assert page.day == "Wednesday, March 10"
    assert page.title == "March 2027"
    assert [len(week) for week in page.weeks] == [7, 7, 7]
    assert page.weeks[0][:2] == [None, None]
    assert page.weeks[0][2]["today"]
    assert page.weeks[0][3]["chosen"]
    assert (page.weeks[0][3]["free"], page.weeks[0][4]["free"]) == (1, 0)
    assert (page.earlier, page.later) == (None, None)
    assert [note[:12] for note in page.clock_notes] == ["Clocks move "]


def test_the_picker_turns_to_the_weeks_of_a_later_day_and_back():
    offers = [an_offer("2027-03-10T09:00"), an_offer("2027-04-06T09:00")]

    first, later = drawn(offers), drawn(offers, day=date(2027, 4, 6))

    assert first.later == "?day=None&from=2027-03-28"
    assert later.earlier == "?day=None&from=2027-03-07"
    assert later.day == "Tuesday, April 6"
    assert drawn(offers, first=date(2027, 3, 28)).day == "Tuesday, April 6"


def test_near_a_time_that_is_held_its_day_is_opened_or_the_next_one_with_times():
    """Whoever moves the only time of a day is not met by an empty page."""
    offers = [an_offer("2027-03-10T09:00"), an_offer("2027-03-15T13:00")]

    assert drawn(offers, near=date(2027, 3, 15)).day == "Monday, March 15"
    assert drawn(offers, near=date(2027, 3, 11)).day == "Monday, March 15"
    assert drawn(offers, near=date(2027, 3, 20)).day == "Saturday, March 20"
    assert drawn(offers, near=date(2027, 3, 15), day=date(2027, 3, 12)).day == "Friday, March 12"


def test_times_stand_under_the_parts_of_the_day_with_who_would_take_them():
    page = drawn(
        [
            an_offer("2027-03-10T09:00"),
            an_offer("2027-03-10T12:00", 2, 1),
            an_offer("2027-03-10T17:30", 2),
        ]
    )

    shown = {part["name"]: [(s["label"], s["with"]) for s in part["slots"]] for part in page.parts}
    assert shown == {
        "Morning": [("9:00 am", "Dana")],
        "Afternoon": [("12:00 pm", "Marcus")],
        "Evening": [("5:30 pm", "Marcus")],
    }
    assert page.parts[0]["slots"][0]["value"] == f"2027-03-10T14:00Z/{DANA.practitioner_id}"


def test_a_time_that_comes_twice_when_clocks_go_back_says_which_it_is():
    first = minute_at_or_before(datetime(2026, 11, 1, 5, 30, tzinfo=UTC))

    page = picker(
        Offers([Offer(first, (1,)), Offer(first + 60, (1,))], {1: DANA}),
        zone=NEW_YORK,
        now=datetime(2026, 10, 30, tzinfo=UTC),
        link=lambda **_: "?",
    )

    labels = [slot["label"] for slot in page.parts[0]["slots"]]
    assert labels == ["1:30 am", "1:30 am, the second time"]


def test_the_number_of_dots_grows_with_the_free_times():
    times = [
        f"2027-03-{day}T{hour:02d}:00"
        for day, n in ((10, 3), (11, 4), (12, 8))
        for hour in range(9, 9 + n)
    ]

    page = drawn([an_offer(text) for text in times])

    assert [cell["free"] for cell in page.weeks[0][3:6]] == [1, 2, 3]


def test_what_is_wanted_is_met_by_that_person_by_anyone_or_by_a_stand_in():
    who, other = uuid4(), uuid4()

    assert Wanted(TUESDAY, who).would_take(who)
    assert not Wanted(TUESDAY, who).would_take(other)
    assert Wanted(TUESDAY).would_take(other)
    assert Wanted(TUESDAY, who, fall_over=True).would_take(other)


def nine_until_noon(first: date, count: int) -> grid.Grid:
    """A table of days on which somebody works from nine until noon, and nobody comes."""
    week = Hours(NEW_YORK, tuple(WeeklyRange(d, WallRange(time(9), time(12))) for d in range(1, 8)))
    days = [first + timedelta(days=n) for n in range(count)]
    return grid.grid(
        [
            grid.column(
                grid.Head(f"{day:%a}", day.day, f"{day:%A}", today=day.day == 9),
                day,
                NEW_YORK,
                week.during(day_bounds(day, NEW_YORK)),
                [],
            )
            for day in days
        ]
    )


def test_a_week_has_a_row_for_each_half_hour_and_a_cell_for_each_day():
    drawn_week = nine_until_noon(date(2027, 3, 8), 5)

    assert [head.number for head in drawn_week.heads] == [8, 9, 10, 11, 12]
    assert [head.today for head in drawn_week.heads] == [False, True, False, False, False]
    assert [row["label"] for row in drawn_week.rows[:3]] == ["8 am", None, "9 am"]
    assert all(len(row["cells"]) == 5 for row in drawn_week.rows)
    opened = [n for n, row in enumerate(drawn_week.rows) if row["cells"][0]["open"]]
    assert opened == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("monday", [date(2026, 3, 2), date(2026, 10, 26)])
def test_nine_oclock_is_one_row_also_when_clocks_change(monday):
    drawn_week = nine_until_noon(monday, 7)

    for row in drawn_week.rows:
        assert len({cell["open"] for cell in row["cells"]}) == 1


def test_the_form_of_hours_reads_pairs_and_leaves_blank_ones_out():
    given = MultiDict(
        [
            ("from-1", "09:00"),
            ("until-1", "12:00"),
            ("from-1", ""),
            ("until-1", ""),
            ("from-1", "20:00"),
            ("until-1", "00:00"),
        ]
    )

    form = WeekForm.read(given)

    assert form.weekly() == [
        WeeklyRange(1, WallRange(time(9), time(12))),
        WeeklyRange(1, WallRange(time(20), time(0), overnight=True)),
    ]
    assert WeekForm.of(form.weekly()).rows == form.rows


@pytest.mark.parametrize(("starts", "ends"), [("nine", "12:00"), ("09:00", ""), ("25:00", "26:00")])
def test_what_is_no_time_is_said_beside_it(starts, ends):
    form = WeekForm.read(MultiDict([("from-3", starts), ("until-3", ends)]))

    assert form.weekly() == []
    assert list(form.errors) == ["from-3-0"]
