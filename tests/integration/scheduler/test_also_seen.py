"""What users of other calendars saw besides, a line each.

LibreBooking 1224 and 913, Easy!Appointments 1789, cal.com 21171.
"""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from services.scheduler.domain.interval import instant
from services.scheduler.models import Schedule
from tests.integration.scheduler.browsing import booked, day_in
from tests.integration.scheduler.calendar_rules import ask, change_kind, off, starts, stretch
from tests.integration.scheduler.world import (
    Visitor,
    a_clinician,
    events,
    hours,
    live_rows,
    local,
    slot_values,
)

DAY = timedelta(days=1)
SATURDAY = date(2027, 3, 13)  # the clocks of New York change in the night that follows it
WHOLE = ["09:00", "09:30", "10:00", "10:30", "11:00", "11:30"]


@pytest.fixture
def who(scheduler_db):
    """Nine until noon, in half hours without quiet between them."""
    half = timedelta(minutes=30)
    change_kind(scheduler_db, duration=half, step=half, buffer_after=timedelta(0))
    with scheduler_db.begin() as session:
        return a_clinician(session, weekly=hours(("09:00", "12:00")))


@pytest.mark.parametrize(
    ("first", "last", "gone_first", "gone_last"),
    [
        ("09:00", "10:00", ["09:00", "09:30"], ["09:00", "09:30"]),  # at a start, from a start
        ("11:40", "09:10", ["11:30"], ["09:00"]),  # in the middle of a visit
        ("12:00", "09:00", [], []),  # where hours end, until they begin
        ("00:00", "00:00", WHOLE, []),  # midnight to midnight, 71 hours apart
    ],
)
def test_times_on_both_sides_of_a_block_are_offered_wherever_it_begins_and_ends(
    scheduler_db, who, first, last, gone_first, gone_last
):
    """A block from Saturday until Tuesday, over a change of the clocks, is no end of anything."""
    end = SATURDAY + 3 * DAY
    if first < last:  # two blocks, each within its day
        for day in (SATURDAY, end):
            stretch(scheduler_db, who, local(day, first), local(day, last), opens=False)
        between = WHOLE
    else:
        stretch(scheduler_db, who, local(SATURDAY, first), local(end, last), opens=False)
        between = []

    week = {n: starts(scheduler_db, SATURDAY + n * DAY) for n in range(-3, 8)}

    assert week[0] == [at for at in WHOLE if at not in gone_first]
    assert week[3] == [at for at in WHOLE if at not in gone_last]
    assert week[1] == week[2] == between
    assert all(week[n] == WHOLE for n in week if n not in (0, 1, 2, 3))


def test_days_off_end_with_their_last_day(scheduler_db, who):
    off(scheduler_db, who, SATURDAY, SATURDAY + DAY)

    week = [starts(scheduler_db, SATURDAY + n * DAY) for n in range(-1, 3)]

    assert week == [WHOLE, [], [], WHOLE]


@pytest.mark.parametrize("name", ["America/New_York", "Pacific/Auckland", "America/St_Johns"])
def test_the_weekday_that_is_free_is_the_same_one_all_year(scheduler_db, name):
    """Closed on Wednesdays, open until the very midnight on both sides of them."""
    change_kind(scheduler_db, horizon=timedelta(days=365))
    zone = ZoneInfo(name)
    with scheduler_db.begin() as session:
        open_days = hours(("00:00", "02:00"), ("22:00", "23:59"), days=[1, 2, 4, 5, 6, 7])
        a_clinician(session, timezone=name, weekly=open_days)

    found = {instant(one.start).astimezone(zone).date() for one in ask(scheduler_db).starts}

    first, last = min(found), max(found)
    every = {first + n * DAY for n in range((last - first).days + 1)}
    assert len(every) > 360
    assert found == {day for day in every if day.isoweekday() != 3}


def test_what_is_booked_can_be_changed_after_the_clinicians_zone_was(
    app, visitor, owner, token, scheduler_db
):
    """The instant stays, the hours follow the new wall, and person and staff change it as ever."""
    person = Visitor(app.test_client())
    own = booked(person, token)
    (row,) = live_rows(scheduler_db)
    with scheduler_db.begin() as session:
        session.execute(update(Schedule).values(timezone="Pacific/Auckland"))

    assert live_rows(scheduler_db)[0].during == row.during
    page = person.open(f"{own}/times?day={day_in(2)}")
    value = slot_values(page)[0]
    there = datetime.fromisoformat(value.split("/")[0]).astimezone(ZoneInfo("Pacific/Auckland"))
    assert 9 <= there.hour < 17
    assert person.send(f"{own}/move", page, start=value, location="NY").status_code == 303
    address = f"/staff/appointments/{row.id}"
    page = owner.open(f"{address}/move?day={day_in(3)}")
    moved = owner.send(f"{address}/move", page, start=slot_values(page)[0], reason="Asked by phone")
    assert moved.status_code == 303
    assert person.send(f"{own}/cancel", person.open(f"{own}/change")).status_code == 303
    assert live_rows(scheduler_db) == []


def test_what_is_done_by_the_link_of_a_mail_is_told_like_anything_else(
    visitor, token, scheduler_db
):
    own = booked(visitor, token)
    page = visitor.open(f"{own}/times?day={day_in(2)}")
    visitor.send(f"{own}/move", page, start=slot_values(page)[0], location="NY")
    visitor.send(f"{own}/cancel", visitor.open(f"{own}/change"))

    told = [one for one in events(scheduler_db) if one.startswith("appointment.")]

    assert told == [f"appointment.{what}.v1" for what in ("booked", "moved", "cancelled")]
