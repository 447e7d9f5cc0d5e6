"""The staff's pages: today, the week, hours and people."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.scheduler.models import Availability, DateOverride
from services.scheduler.operations import bookings, holds
from services.scheduler.operations.offers import Wanted
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.desk import OWNER, path, signing_in
from tests.integration.scheduler.world import (
    NEW_YORK,
    Visitor,
    a_clinician,
    an_invitation,
    local,
    words,
)


def test_hours_are_kept_as_they_were_typed(owner, scheduler_db):
    page = owner.open("/staff/hours")
    form = {"from-1": ["09:00", "13:00", ""], "until-1": ["12:00", "00:00", ""]}

    answer = owner.send("/staff/hours", page, **form)

    assert answer.status_code == 303
    with scheduler_db.begin() as session:
        rows = session.scalars(select(Availability).order_by(Availability.starts)).all()
    assert [(f"{row.starts:%H:%M}", f"{row.ends:%H:%M}", row.overnight) for row in rows] == [
        ("09:00", "12:00", False),
        ("13:00", "00:00", True),
    ]
    assert "14 hours a week" in words(owner.open("/staff/hours"))


@pytest.mark.parametrize(
    ("starts", "ends", "said"),
    [
        (["09:00", "11:00"], ["12:00", "13:00"], "These hours overlap with the ones above."),
        (["14:00"], ["13:00"], "The end has to be later than the start."),
        (["09:00"], [""], "Write both times, or leave both blank."),
        (["nine"], ["ten"], "Write the times like this: 09:30."),
        (["09:00"], ["09:10"], "One visit takes 20 minutes; these hours are shorter."),
    ],
)
def test_hours_that_can_not_be_kept_come_back_with_what_to_do(
    owner, scheduler_db, starts, ends, said
):
    page = owner.open("/staff/hours")

    answer = owner.send("/staff/hours", page, **{"from-2": starts, "until-2": ends})

    assert answer.status_code == 422
    assert said in words(answer)
    for typed in (*starts, *ends):
        assert f'value="{typed}"' in answer.get_data(as_text=True)
    with scheduler_db.begin() as session:
        assert session.scalars(select(Availability)).all() == []


def test_one_more_row_is_asked_for_without_saving(owner, scheduler_db):
    page = owner.open("/staff/hours")

    more = owner.send("/staff/hours", page, **{"from-1": "09:00", "until-1": "12:00", "add": "1"})
    none = owner.send("/staff/hours", more, **{"from-1": "09:00", "until-1": "12:00", "clear": "1"})

    html = more.get_data(as_text=True)
    assert html.count('name="from-1"') == 2
    assert 'value="09:00"' in html
    assert none.get_data(as_text=True).count('name="from-1"') == 0
    with scheduler_db.begin() as session:
        assert session.scalars(select(Availability)).all() == []


def test_a_day_is_closed_and_opened_again(owner, scheduler_db):
    day = (utcnow().date() + timedelta(days=30)).isoformat()
    page = owner.open("/staff/hours")

    closed = owner.send("/staff/hours/days-off", page, day=day)
    assert closed.status_code == 303
    with scheduler_db.begin() as session:
        assert session.scalars(select(DateOverride.day)).all() == [date.fromisoformat(day)]

    opened = owner.send(f"/staff/hours/days-off/{day}/open", owner.open("/staff/hours"))
    assert opened.status_code == 303
    with scheduler_db.begin() as session:
        assert session.scalars(select(DateOverride.day)).all() == []


@pytest.mark.parametrize("day", ["", "soon", "9999-12-31"])
def test_a_day_that_is_none_is_refused_beside_the_field(owner, day):
    answer = owner.send("/staff/hours/days-off", owner.open("/staff/hours"), day=day)

    assert answer.status_code == 422


def colleague(owner: Visitor, app: Any) -> Visitor:
    """Marcus, added by Dana, signed in by his link."""
    page = owner.open("/staff/people/new")
    added = owner.send(
        "/staff/people/new",
        page,
        name="Marcus Oyelaran",
        email="marcus@harborlane.example",
        role="clinician",
    )
    link = re.search(r'value="([^"]+/staff/welcome/[^"]+)"', added.get_data(as_text=True))
    assert link
    browser = Visitor(app.test_client())
    welcome = path(link.group(1))
    answer = browser.send(welcome, browser.open(welcome), password="nine slow trains to Utica")
    assert answer.status_code == 303
    return browser


def test_a_new_clinician_chooses_a_password_by_a_link_and_sets_hours(owner, app):
    marcus = colleague(owner, app)

    page = marcus.open("/staff/hours")

    assert "Marcus Oyelaran" in words(page)
    assert "Marcus Oyelaran" in words(owner.open("/staff/people"))
    again = signing_in(
        Visitor(app.test_client()),
        email="marcus@harborlane.example",
        password="nine slow trains to Utica",
    )
    assert again.status_code == 303


def test_a_clinician_sets_own_hours_only_and_adds_nobody(owner, app):
    dana = re.search(r"who=([0-9a-f-]{36})", owner.open("/staff/hours").get_data(as_text=True))
    marcus = colleague(owner, app)
    assert dana

    assert marcus.open(f"/staff/hours?who={dana.group(1)}").status_code == 403
    page = marcus.open("/staff/hours")
    form = {"from-1": "09:00", "until-1": "12:00"}
    assert marcus.send(f"/staff/hours?who={dana.group(1)}", page, **form).status_code == 403
    assert marcus.open("/staff/people/new").status_code == 403
    assert marcus.send("/staff/people/new", page, name="X", email="x@y.example").status_code == 403


def test_an_address_that_somebody_uses_is_refused_beside_the_field(owner):
    page = owner.open("/staff/people/new")

    answer = owner.send(
        "/staff/people/new",
        page,
        name="Dana Two",
        email=OWNER["email"].upper(),
        role="clinician",
    )

    assert answer.status_code == 422
    assert "Someone here uses that e-mail address already." in words(answer)


def test_today_without_hours_says_what_to_do_first(owner):
    page = owner.open("/staff/")

    assert "Nobody can book yet." in words(page)
    assert "Nobody is booked today" in words(page)


def test_people_says_of_each_clinician_what_is_free_next_and_how_full_the_week_is(
    owner, scheduler_db, settings
):
    before = words(owner.open("/staff/people"))
    hours = {"from": "09:00", "until": "17:00"}
    every_day = {f"{name}-{day}": at for day in range(1, 8) for name, at in hours.items()}
    page = owner.open("/staff/hours")
    assert owner.send("/staff/hours", page, **every_day).status_code == 303
    a_booking(scheduler_db, settings)

    after = words(owner.open("/staff/people"))

    assert "No free time for a first call. Nothing booked in the next seven days." in before
    assert "Speaks English, meets by phone or video and in person" in after
    assert re.search(r"Next free for a first call: \w+day, \w+ \d+, .+ [ap]m, Eastern Time", after)
    assert "1 booked in the next seven days." in after


def test_the_day_sheet_is_of_any_day_and_says_whose_it_is_and_in_which_zone(
    owner, scheduler_db, settings
):
    with scheduler_db.begin() as session:
        a_clinician(session, "Ada Brandt")
    a_booking(scheduler_db, settings)
    day = utcnow().astimezone(NEW_YORK).date() + timedelta(days=2)

    sheet = owner.open(f"/staff/?day={day}&who=everyone")

    assert "Rowan Teller" in words(sheet)
    assert "everyone. Times in Eastern Time (New York). Printed" in words(sheet)
    assert "Rowan Teller" not in words(owner.open("/staff/?who=everyone"))


def a_booking(database: Database, settings: Settings, **contact: Any) -> None:
    """Somebody comes to the first clinician at ten in two days."""
    day = utcnow().astimezone(NEW_YORK).date() + timedelta(days=2)
    with database.begin() as session:
        bookings.book(
            session,
            invitation=an_invitation(session, **contact),
            wanted=Wanted(local(day, "10:00")),
            how="phone",
            timezone="America/New_York",
            location="NY",
            settings=settings,
            now=utcnow(),
        )


def test_the_week_shows_the_person_at_the_hour_with_a_short_name(owner, settings, scheduler_db):
    with scheduler_db.begin() as session:
        who = a_clinician(session, "Ada Brandt")
    a_booking(scheduler_db, settings)
    day = utcnow().astimezone(NEW_YORK).date() + timedelta(days=2)

    page = owner.open(f"/staff/calendar?who={who.id}&week={day}")

    assert "10:00 Rowan T., call" in words(page)
    assert "Ada Brandt, Eastern Time (New York)" in words(page)


def test_a_held_time_stands_in_the_week_without_a_name(owner, settings, scheduler_db):
    day = utcnow().astimezone(NEW_YORK).date() + timedelta(days=2)
    with scheduler_db.begin() as session:
        who = a_clinician(session, "Ada Brandt")
    with scheduler_db.begin() as session:
        holds.hold(
            session,
            invitation=an_invitation(session),
            wanted=Wanted(local(day, "11:00")),
            settings=settings,
            now=utcnow(),
        )

    page = owner.open(f"/staff/calendar?who={who.id}&week={day}")

    assert "11:00 Held until" in words(page)
    assert "Rowan" not in words(page)


def test_today_shows_each_person_with_the_contact_plan_beside_the_name(
    owner, settings, scheduler_db
):
    with scheduler_db.begin() as session:
        a_clinician(session, "Ada Brandt")
    a_booking(scheduler_db, settings)
    with scheduler_db.begin() as session:
        now = utcnow()
        session.connection().exec_driver_sql(
            "UPDATE appointment SET during = tstzrange(%s, %s)",
            (now + timedelta(seconds=1), now + timedelta(minutes=20)),
        )

    page = owner.open("/staff/?who=everyone")

    assert "Rowan Teller" in words(page)
    assert "Call is fine. First name only. No voice message, no texts. 914-555-0177" in words(page)
    assert "with Ada Brandt" in words(page)


@pytest.mark.parametrize(
    "query", ["week=x", "week=9999-12-31", "who=1", "who=00000000-0000-0000-0000-000000000000"]
)
def test_a_mistyped_calendar_address_still_shows_a_week(owner, query):
    assert owner.open(f"/staff/calendar?{query}").status_code == 200
