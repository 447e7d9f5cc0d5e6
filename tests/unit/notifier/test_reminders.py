"""Which messages an appointment deserves, and when."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.message import Kind, kind_of, lead_of, reminder_purpose, title_of
from services.notifier.domain.reminders import (
    LAST_MINUTE,
    PlannedMessage,
    ReminderPlan,
    cancellation_notices,
    may_break_the_quiet,
    messages_for,
    useful_before_start,
)
from shared.quiet_hours import is_quiet, next_open
from shared.vocabulary import Channel

NEW_YORK = ZoneInfo("America/New_York")
BOOKED = datetime(2026, 3, 2, 15, tzinfo=UTC)
START = datetime(2026, 3, 10, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)
TIMEZONES = Path(__file__).parents[2] / "cases" / "timezones.json"
REMINDERS = json.loads(TIMEZONES.read_text("utf-8"))["reminders"]
PLAN = ReminderPlan(
    leads={Channel.EMAIL: (48 * HOUR, 24 * HOUR, 2 * HOUR), Channel.SMS: (24 * HOUR, 2 * HOUR)}
)


def planned(start: datetime = START, now: datetime = BOOKED, **kinds: Kind) -> list[PlannedMessage]:
    news = {Channel(channel): kind for channel, kind in kinds.items()}
    return list(
        messages_for(
            news=news, starts_at=start, announced_at=BOOKED, zone=NEW_YORK, plan=PLAN, now=now
        )
    )


def test_a_booking_is_confirmed_at_once_and_reminded_of_three_times_by_email():
    messages = planned(email=Kind.CONFIRMATION)

    assert [(message.purpose, message.due_at) for message in messages] == [
        ("confirmation", BOOKED),
        ("reminder-48h", START - 48 * HOUR),
        ("reminder-24h", START - 24 * HOUR),
        ("reminder-2h", START - 2 * HOUR),
    ]


@pytest.mark.parametrize("case", REMINDERS, ids=lambda case: case["appointment_local"])
def test_a_day_before_is_24_hours_before_whatever_the_clocks_do_f24(case):
    """Not the same time on the wall; what would come at night waits for the morning."""
    start, elapsed, same_wall_time = (
        datetime.fromisoformat(case[name])
        for name in (
            "appointment_utc",
            "elapsed_24h_before_utc",
            "same_wall_time_previous_day_utc",
        )
    )
    before = start - timedelta(days=7)

    due = next(
        message.due_at
        for message in messages_for(
            news={Channel.EMAIL: Kind.CONFIRMATION},
            starts_at=start,
            announced_at=before,
            zone=ZoneInfo(case["zone"]),
            plan=PLAN,
            now=before,
        )
        if message.purpose == "reminder-24h"
    )

    assert elapsed != same_wall_time
    assert due == next_open(elapsed, NEW_YORK)
    assert due == elapsed or is_quiet(elapsed, NEW_YORK)


def test_each_message_stops_being_of_use_when_delivery_md_says():
    messages = planned(email=Kind.CONFIRMATION)

    assert [message.not_after for message in messages] == [
        BOOKED + 24 * HOUR,
        START - 24 * HOUR,
        START - 4 * HOUR,
        START - 0.5 * HOUR,
    ]


def test_texts_keep_to_one_a_day_and_three_a_week_l24():
    messages = planned(sms=Kind.CONFIRMATION)
    days = {message.due_at.astimezone(NEW_YORK).date() for message in messages}

    assert len(messages) == 3
    assert len(days) == 3


def test_someone_already_told_hears_that_the_time_moved():
    assert planned(email=Kind.MOVED)[0].purpose == "moved"


def test_a_reminder_that_would_only_repeat_the_confirmation_is_left_out():
    soon = BOOKED + 24 * HOUR + timedelta(minutes=30)

    purposes = [message.purpose for message in planned(soon, email=Kind.CONFIRMATION)]

    assert purposes == ["confirmation", "reminder-2h"]


def test_a_reminder_due_at_night_waits_for_the_morning_while_it_is_of_use():
    start = datetime(2026, 3, 10, 13, 30, tzinfo=UTC)  # 9:30 am in New York

    reminder = planned(start, email=Kind.CONFIRMATION)[-1]

    assert reminder.purpose == "reminder-2h"
    assert reminder.due_at.astimezone(NEW_YORK).hour == 8
    assert reminder.due_at <= reminder.not_after


def test_a_reminder_that_the_night_would_make_useless_is_not_planned():
    start = datetime(2026, 3, 10, 12, 15, tzinfo=UTC)  # 8:15 am in New York

    purposes = [message.purpose for message in planned(start, email=Kind.CONFIRMATION)]

    assert "reminder-2h" not in purposes


def test_planning_late_leaves_out_what_is_no_longer_of_use():
    late = START - 3 * HOUR

    purposes = [message.purpose for message in planned(now=late, email=Kind.CONFIRMATION)]

    assert purposes == ["reminder-2h"]


@pytest.mark.parametrize("ahead", [timedelta(seconds=-2), timedelta(0), timedelta(seconds=1)])
def test_a_time_taken_in_the_last_minute_is_confirmed_although_it_has_begun(ahead):
    start = BOOKED + ahead
    messages = planned(start, now=BOOKED + timedelta(seconds=3), email=Kind.CONFIRMATION)

    assert [(message.purpose, message.due_at) for message in messages] == [("confirmation", BOOKED)]
    assert messages[0].not_after == min(start, BOOKED) + LAST_MINUTE


def test_a_time_taken_earlier_is_no_news_once_it_has_begun():
    start = BOOKED + LAST_MINUTE

    assert planned(start, now=start, email=Kind.CONFIRMATION)
    assert not planned(start, now=start + timedelta(seconds=1), email=Kind.CONFIRMATION)


def test_a_cancellation_is_told_on_the_channels_that_were_told_of_the_time():
    notices = list(
        cancellation_notices(
            channels=frozenset({Channel.SMS, Channel.EMAIL}),
            starts_at=START,
            announced_at=BOOKED,
            now=BOOKED,
        )
    )

    assert [(notice.channel, notice.due_at, notice.not_after) for notice in notices] == [
        (Channel.EMAIL, BOOKED, START),
        (Channel.SMS, BOOKED, START),
    ]


def test_a_cancellation_after_the_start_is_nobodys_news():
    channels = frozenset({Channel.EMAIL})

    assert not list(
        cancellation_notices(channels=channels, starts_at=START, announced_at=START, now=START)
    )


@given(
    ahead=st.timedeltas(min_value=timedelta(minutes=5), max_value=timedelta(days=60)),
    late=st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3)),
    zone=st.sampled_from(["America/New_York", "Pacific/Auckland", "Asia/Kolkata", "UTC"]),
)
def test_no_message_is_ever_planned_to_be_late_or_at_night(ahead, late, zone):
    messages = messages_for(
        news={Channel.EMAIL: Kind.CONFIRMATION, Channel.SMS: Kind.MOVED},
        starts_at=BOOKED + ahead,
        announced_at=BOOKED,
        zone=ZoneInfo(zone),
        plan=PLAN,
        now=BOOKED + late,
    )

    for message in messages:
        assert message.due_at <= message.not_after <= BOOKED + ahead
        assert BOOKED + late <= message.not_after
        if kind_of(message.purpose) is Kind.REMINDER:
            assert not is_quiet(message.due_at, ZoneInfo(zone))


def test_an_answer_to_an_act_of_just_now_may_come_at_night_but_a_late_one_may_not():
    soon, late = BOOKED + timedelta(minutes=10), BOOKED + timedelta(hours=3)

    assert may_break_the_quiet(Kind.CONFIRMATION, announced_at=BOOKED, now=soon)
    assert not may_break_the_quiet(Kind.CONFIRMATION, announced_at=BOOKED, now=late)
    assert not may_break_the_quiet(Kind.REMINDER, announced_at=BOOKED, now=soon)


@pytest.mark.parametrize("minutes", [30, 90, 120, 1440, 2880])
def test_a_reminders_name_and_its_lead_are_the_same_fact(minutes):
    lead = timedelta(minutes=minutes)

    assert lead_of(reminder_purpose(lead)) == lead
    assert kind_of(reminder_purpose(lead)) is Kind.REMINDER


@pytest.mark.parametrize("lead", [timedelta(0), timedelta(hours=-1), timedelta(seconds=90)])
def test_a_lead_that_has_no_name_is_refused(lead):
    with pytest.raises(ValueError, match="whole minutes"):
        reminder_purpose(lead)


def test_staff_read_a_purpose_in_words():
    assert [title_of(purpose) for purpose in ("confirmation", "reminder-24h", "reminder-90m")] == [
        "Time booked",
        "Reminder, 24 hours before",
        "Reminder, 90 minutes before",
    ]


def test_an_odd_lead_is_of_use_for_a_quarter_of_it():
    assert useful_before_start(timedelta(minutes=60)) == timedelta(minutes=15)
