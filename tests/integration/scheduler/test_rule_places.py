"""Staff write locations, rooms, holidays and closed days, and the times follow.

The pages write by the app's engine, and `starts` asks by another one, which has kept a copy of the
rules as they were before: what it finds is what another process would.
"""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from services.scheduler.models import Appointment
from services.scheduler.practice_models import Location, PracticeRules, Room, TimeOff
from tests.integration.scheduler.calendar_rules import (
    a_house,
    an_appointment,
    change_kind,
)
from tests.integration.scheduler.rules import CLOSURES, PLACES, SOON, TODAY, changes, press, starts
from tests.integration.scheduler.world import local, words

# ---------------------------------------------------------------- places


def test_a_visit_in_person_needs_a_room_and_rooms_come_and_go(owner, ada, scheduler_db):
    change_kind(scheduler_db, in_person=True)
    assert starts(scheduler_db, SOON) == []

    assert press(owner, PLACES, name="Maple House", address="1 Maple St").status_code == 303
    with scheduler_db.begin() as session:
        place = session.scalars(select(Location.id)).one()
    assert press(owner, PLACES, f"{PLACES}/{place}/rooms", name="Blue").status_code == 303
    assert starts(scheduler_db, SOON)
    with scheduler_db.begin() as session:
        room = session.scalars(select(Room.id)).one()
        an_appointment(session, ada, local(SOON, "10:00"), room_id=room)

    one = f"{PLACES}/rooms/{room}"
    closed = press(owner, one, f"{one}/close")
    assert "One appointment is still to come in it; it stands." in words(
        owner.open(closed.location)
    )
    assert starts(scheduler_db, SOON) == []
    press(owner, one, f"{one}/open")
    assert starts(scheduler_db, SOON)
    press(owner, f"{PLACES}/{place}", f"{PLACES}/{place}/close")
    assert starts(scheduler_db, SOON) == []
    press(owner, f"{PLACES}/{place}", f"{PLACES}/{place}/open")
    assert starts(scheduler_db, SOON)


def test_a_room_belongs_to_another_location_once_it_is_said(owner, ada, scheduler_db):
    _, rooms = a_house(scheduler_db, "Blue", name="Maple House")
    other, _ = a_house(scheduler_db, name="Elm House")
    one = f"{PLACES}/rooms/{rooms[0]}"

    moved = press(owner, one, location_id=str(other), name="Red")
    nowhere = press(owner, one, location_id="999999999")

    assert (moved.status_code, nowhere.status_code) == (303, 422)
    assert "Choose a location." in words(nowhere)
    with scheduler_db.begin() as session:
        room = session.get(Room, rooms[0])
        assert (room.location_id, room.name) == (other, "Red")
    assert "Location: Maple House → Elm House" in words(owner.open("/staff/rules"))


def test_two_of_one_name_are_refused_beside_the_field(owner, ada, scheduler_db):
    place, _ = a_house(scheduler_db, "Blue", "Red", name="Maple House")

    twice = press(owner, PLACES, name="Maple House")
    room = press(owner, PLACES, f"{PLACES}/{place}/rooms", name="Blue")

    assert (twice.status_code, room.status_code) == (422, 422)
    assert "There is a location of that name already." in words(twice)
    assert 'id="name-err"' in twice.get_data(as_text=True)
    assert f'id="room-{place}-err"' in room.get_data(as_text=True)
    assert changes(scheduler_db) == []


# ---------------------------------------------------------------- holidays and closures


def test_on_a_holiday_of_the_region_nobody_works_unless_it_is_worked(owner, ada, scheduler_db):
    change_kind(scheduler_db, horizon=timedelta(days=366))
    new_year = date(TODAY.year + 1, 1, 1)
    assert starts(scheduler_db, new_year)

    assert press(owner, CLOSURES, f"{CLOSURES}/holidays", region="US-NY").status_code == 303
    assert starts(scheduler_db, new_year) == []

    page = words(owner.open(CLOSURES))
    assert "In New York" in page
    assert "New Year" in page
    saved = press(owner, CLOSURES, f"{CLOSURES}/holidays", worked=["New Year's Day"])
    assert saved.status_code == 303
    assert starts(scheduler_db, new_year)
    # Elsewhere there is no such day: what was worked here is forgotten.
    press(owner, CLOSURES, f"{CLOSURES}/holidays", region="JP")
    with scheduler_db.begin() as session:
        rules = session.scalars(select(PracticeRules)).one()
        assert (rules.holidays, rules.worked) == ("JP", [])
    press(owner, CLOSURES, f"{CLOSURES}/holidays", region="")
    assert starts(scheduler_db, new_year)


@pytest.mark.parametrize("change", [{"region": "US-XX"}, {"region": "Mars"}, {"worked": ["Purim"]}])
def test_a_region_or_holiday_that_is_none_is_refused(owner, ada, scheduler_db, change):
    press(owner, CLOSURES, f"{CLOSURES}/holidays", region="US")
    before = changes(scheduler_db)

    answer = press(owner, CLOSURES, f"{CLOSURES}/holidays", **change)

    assert answer.status_code == 422
    assert f'id="{next(iter(change))}-err"' in answer.get_data(as_text=True)
    assert changes(scheduler_db) == before


def test_closed_days_shut_the_practice_and_say_who_stands(owner, ada, scheduler_db):
    with scheduler_db.begin() as session:
        for at in ("10:00", "11:00"):
            an_appointment(session, ada, local(SOON, at))
        an_appointment(session, ada, local(SOON, "13:00"), status="cancelled")
    days = {"first_day": SOON.isoformat(), "last_day": SOON.isoformat(), "reason": "Retreat"}

    for _ in range(2):  # sent twice, they are closed once
        closed = press(owner, CLOSURES, f"{CLOSURES}/days", **days)

    assert starts(scheduler_db, SOON) == []
    page = owner.open(closed.location)
    assert "2 appointments lie outside the hours now; they stand." in words(page)
    assert "Retreat" in words(page)
    with scheduler_db.begin() as session:
        number = session.scalars(select(TimeOff.id)).one()
        statuses = session.scalars(select(Appointment.status).order_by(Appointment.status)).all()
        assert statuses == ["booked", "booked", "cancelled"]
    for _ in range(2):
        assert owner.send(f"{CLOSURES}/days/{number}/open", page).status_code == 303
    assert starts(scheduler_db, SOON)
    assert "Open again: " in words(owner.open("/staff/rules"))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ({"first_day": "", "last_day": ""}, "Choose the first day."),
        ({"last_day": (TODAY - timedelta(days=3)).isoformat()}, "has to come after the first"),
        ({"first_day": "2020-01-01", "last_day": "2020-01-02"}, "Those days are over."),
        ({"last_day": (TODAY + timedelta(days=900)).isoformat()}, "At most a year at a time."),
        ({"reason": "x" * 301}, "at most 300"),
        ({"first_day": "soon"}, "Write the date like this"),
    ],
)
def test_closed_days_that_are_none_come_back(owner, ada, scheduler_db, days, said):
    form = {"first_day": SOON.isoformat(), "last_day": SOON.isoformat(), "reason": "Retreat"}

    answer = press(owner, CLOSURES, f"{CLOSURES}/days", **{**form, **days})

    assert answer.status_code == 422
    assert said in words(answer)
    assert changes(scheduler_db) == []


# ---------------------------------------------------------------- hours


def test_after_a_change_of_hours_the_page_says_who_stands_outside_of_them(owner, ada, scheduler_db):
    with scheduler_db.begin() as session:
        for at in ("09:30", "11:40", "14:00"):
            an_appointment(session, ada, local(SOON, at))
    address = f"/staff/hours?who={ada.id}"
    mornings = {f"from-{day}": "09:00" for day in range(1, 8)}
    mornings |= {f"until-{day}": "11:50" for day in range(1, 8)}

    saved = owner.send(address, owner.open(address), **mornings)

    # The second begins within them and ends after.
    assert "Saved. 2 appointments lie outside the hours now; they stand." in words(
        owner.open(saved.location)
    )
    closed = owner.send(
        f"/staff/hours/days-off?who={ada.id}", owner.open(address), day=SOON.isoformat()
    )
    assert "is closed. 3 appointments lie outside the hours now; they stand." in words(
        owner.open(closed.location)
    )
    with scheduler_db.begin() as session:
        assert set(session.scalars(select(Appointment.status))) == {"booked"}
