"""When a time is open at all: weeks, other days, days off, holidays, opened and blocked time."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.domain.interval import instant
from services.scheduler.operations import schedules
from tests.integration.scheduler.acts import MONDAY
from tests.integration.scheduler.calendar_rules import (
    a_house,
    ask,
    change_kind,
    gives,
    kind_of,
    off,
    practice,
    starts,
    stretch,
    wall,
    weekly,
)
from tests.integration.scheduler.world import a_clinician, local, schedule_of

TUESDAY = MONDAY + timedelta(days=1)
COUPLES = schedules.COUPLE_SESSION


@pytest.fixture(autouse=True)
def plain_calls(scheduler_db):
    """Half an hour every hour, without quiet around: what is offered can be counted."""
    change_kind(
        scheduler_db, duration=timedelta(minutes=30), step=timedelta(hours=1),
        buffer_after=timedelta(0),
    )  # fmt: skip


@pytest.fixture
def who(scheduler_db):
    """Dana, from nine to noon on every day."""
    with scheduler_db.begin() as session:
        return a_clinician(
            session, weekly=[WeeklyRange(d, wall("09:00-12:00")) for d in range(1, 8)]
        )


def test_a_range_of_the_week_holds_from_its_first_day_through_its_last(scheduler_db, who):
    with scheduler_db.begin() as session:
        weekly(session, who, [WeeklyRange(1, wall("18:00-19:00"), since=MONDAY + timedelta(7))])
        weekly(session, who, [WeeklyRange(1, wall("20:00-21:00"), until=MONDAY)])

    assert starts(scheduler_db, MONDAY) == ["09:00", "10:00", "11:00", "20:00"]
    assert starts(scheduler_db, MONDAY + timedelta(7)) == ["09:00", "10:00", "11:00", "18:00"]


def test_a_type_with_hours_of_its_own_has_no_others_and_others_do_not_have_them(scheduler_db, who):
    with scheduler_db.begin() as session:
        weekly(
            session, who, [WeeklyRange(3, wall("17:00-19:00"))], kind=kind_of(session, COUPLES).id
        )
    wednesday = MONDAY + timedelta(days=2)

    assert starts(scheduler_db, wednesday) == ["09:00", "10:00", "11:00"]
    assert starts(scheduler_db, wednesday, COUPLES) == ["17:00", "17:30"]
    assert starts(scheduler_db, wednesday + timedelta(days=1), COUPLES) == []


def test_another_days_hours_leave_a_type_with_its_own_what_is_in_both(scheduler_db, who):
    wednesday = MONDAY + timedelta(days=2)
    with scheduler_db.begin() as session:
        weekly(
            session, who, [WeeklyRange(3, wall("17:00-19:00"))], kind=kind_of(session, COUPLES).id
        )
        schedules.override_day(
            session, schedule_of(session, who).id, day=wednesday, ranges=[wall("13:00-18:30")]
        )

    assert starts(scheduler_db, wednesday)[:2] == ["13:00", "14:00"]
    assert starts(scheduler_db, wednesday, COUPLES) == ["17:00"]


@pytest.mark.parametrize(
    "zone", ["Pacific/Auckland", "America/Los_Angeles", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
)
def test_p6_another_day_is_the_date_where_the_clinician_is(scheduler_db, zone):
    there = ZoneInfo(zone)
    with scheduler_db.begin() as session:
        who = a_clinician(session, timezone=zone, weekly=[
            WeeklyRange(d, wall("00:00-00:00")) for d in range(1, 8)
        ])  # fmt: skip
        number = schedule_of(session, who).id
    day = date(2027, 3, 17)
    before = {instant(one.start) for one in ask(scheduler_db).starts}
    with scheduler_db.begin() as session:
        schedules.override_day(session, number, day=day, ranges=[])
    gone = before - {instant(one.start) for one in ask(scheduler_db).starts}

    assert {at.astimezone(there).date() for at in gone} == {day}
    assert len(gone) == 24


def test_days_off_are_off_for_one_and_a_closure_for_all(scheduler_db, who):
    with scheduler_db.begin() as session:
        a_clinician(session, "Marcus Oyelaran")
    off(scheduler_db, who, MONDAY, TUESDAY)
    off(scheduler_db, None, TUESDAY)

    names = {
        found.schedules[host].name
        for found in [ask(scheduler_db)]
        for one in found.starts
        if instant(one.start) < local(TUESDAY, "00:00")
        for host in one.hosts
    }

    assert names == {"Marcus Oyelaran"}
    assert starts(scheduler_db, TUESDAY) == []
    assert starts(scheduler_db, TUESDAY + timedelta(days=1))


def test_a_night_that_begins_on_a_day_off_is_off_and_so_is_one_that_runs_into_it(scheduler_db):
    with scheduler_db.begin() as session:
        who = a_clinician(session, weekly=[
            WeeklyRange(d, wall("22:00-02:00")) for d in range(1, 8)
        ])  # fmt: skip
    off(scheduler_db, who, TUESDAY)

    assert starts(scheduler_db, MONDAY) == ["22:00", "23:00"]
    assert starts(scheduler_db, TUESDAY) == []
    assert starts(scheduler_db, TUESDAY + timedelta(days=1)) == ["22:00", "23:00"]


def test_a_public_holiday_is_closed_unless_it_is_worked_or_has_hours_of_its_own(scheduler_db, who):
    good_friday = date(2027, 3, 26)
    practice(scheduler_db, holidays="US-TX", worked=[])
    assert starts(scheduler_db, good_friday) == []

    practice(scheduler_db, holidays="US-TX", worked=["Good Friday"])
    assert starts(scheduler_db, good_friday) == ["09:00", "10:00", "11:00"]

    practice(scheduler_db, holidays="US-TX", worked=[])
    with scheduler_db.begin() as session:
        schedules.override_day(
            session, schedule_of(session, who).id, day=good_friday, ranges=[wall("15:00-16:00")]
        )
    assert starts(scheduler_db, good_friday) == ["15:00"]


@pytest.mark.parametrize("region", ["US-ZZ", "XX", "", "-", "nonsense", "US-NY-X", "datetime"])
def test_a_region_that_nobody_knows_has_no_holidays(scheduler_db, who, region):
    practice(scheduler_db, holidays=region)

    assert starts(scheduler_db, date(2027, 3, 26)) == ["09:00", "10:00", "11:00"]


def test_opened_time_joins_the_hours_before_the_grid_is_laid(scheduler_db, who):
    stretch(scheduler_db, who, local(MONDAY, "08:30"), local(MONDAY, "09:00"), opens=True)
    stretch(scheduler_db, who, local(MONDAY, "19:00"), local(MONDAY, "20:00"), opens=True)

    assert starts(scheduler_db, MONDAY) == ["08:30", "09:30", "10:30", "11:30", "19:00"]


def test_a_day_off_wins_over_opened_time(scheduler_db, who):
    stretch(scheduler_db, who, local(MONDAY, "19:00"), local(MONDAY, "20:00"), opens=True)
    off(scheduler_db, who, MONDAY)

    assert starts(scheduler_db, MONDAY) == []


def test_blocked_time_wants_no_quiet_around_it_and_does_not_move_the_grid(scheduler_db, who):
    change_kind(scheduler_db, buffer_before=timedelta(0), buffer_after=timedelta(0))
    stretch(scheduler_db, who, local(MONDAY, "09:30"), local(MONDAY, "10:00"), opens=False)
    assert starts(scheduler_db, MONDAY) == ["09:00", "10:00", "11:00"]

    stretch(scheduler_db, who, local(MONDAY, "10:15"), local(MONDAY, "10:20"), opens=False)
    assert starts(scheduler_db, MONDAY) == ["09:00", "11:00"]


def test_only_who_gives_the_type_and_fits_is_asked(scheduler_db, who):
    gives(scheduler_db, who, offered=False)
    assert ask(scheduler_db).starts == []
    assert ask(scheduler_db, COUPLES).starts

    with scheduler_db.begin() as session:
        session.merge(who).sees_couples = False
    assert ask(scheduler_db, COUPLES).starts == []
    assert ask(scheduler_db, schedules.INDIVIDUAL_SESSION).starts == []
    assert ask(scheduler_db, schedules.INDIVIDUAL_SESSION, by_staff=True).starts
    assert ask(scheduler_db, schedules.INDIVIDUAL_SESSION, given=True).starts


def test_only_clinicians_licensed_where_the_person_is_are_asked(scheduler_db, who):
    assert ask(scheduler_db, location="NY").starts
    assert ask(scheduler_db, location="CA").starts == []


def test_a_type_that_has_ended_is_not_offered(scheduler_db, who):
    change_kind(scheduler_db, ended_at=datetime.fromisoformat("2027-01-01T00:00Z"))

    assert ask(scheduler_db).starts == []


def test_hours_that_are_changed_in_this_very_transaction_are_read_as_they_are_now(
    scheduler_db, who
):
    assert starts(scheduler_db, MONDAY)
    with scheduler_db.begin() as session:
        number = schedule_of(session, who).id
        schedules.override_day(session, number, day=MONDAY, ranges=[])
        inside = [one.hours.overrides for one in schedules.open_schedules(session)]
        session.rollback()

    assert inside == [{MONDAY: []}]
    assert starts(scheduler_db, MONDAY) == ["09:00", "10:00", "11:00"]


def test_each_writer_of_rules_is_noticed_by_a_process_that_has_read_them(scheduler_db, who):
    """Whatever changes what can be booked gives a new version: nobody has to think of it."""
    change_kind(scheduler_db, in_person=True)
    assert starts(scheduler_db, MONDAY) == []
    place, _ = a_house(scheduler_db, "Blue")
    assert starts(scheduler_db, MONDAY) == ["09:00", "10:00", "11:00"]
    with scheduler_db.begin() as session:
        weekly(session, who, [WeeklyRange(1, wall("14:00-15:00"))], place=place)
    assert starts(scheduler_db, MONDAY) == ["09:00", "10:00", "11:00", "14:00"]
    practice(scheduler_db, holidays="US-TX")
    off(scheduler_db, None, MONDAY)
    assert starts(scheduler_db, MONDAY) == []
