"""Someone at the front desk: how they get in, what they see, and what only clinical roles may."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from services.scheduler.models import Practitioner
from services.scheduler.operations import bookings
from services.scheduler.operations.offers import Wanted
from services.scheduler.settings import Settings
from services.scheduler.staff_models import StaffAccount
from shared.clock import utcnow
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.scheduler.desk import OWNER, path
from tests.integration.scheduler.staff_programs import (
    PASSWORD,
    a_colleague,
    named_fields,
    the_owner,
)
from tests.integration.scheduler.world import Visitor, a_clinician, an_invitation, local, words

NOOR = {"name": "Noor Haddad", "email": "noor@harborlane.example", "role": "front_desk"}


def welcome_link(page: Any) -> str:
    link = re.search(r'value="([^"]+/staff/welcome/[^"]+)"', page.get_data(as_text=True))
    assert link, words(page)
    return path(link.group(1))


@pytest.fixture
def added(owner: Visitor) -> Any:
    return owner.send("/staff/people/new", owner.open("/staff/people/new"), **NOOR)


@pytest.fixture
def noor(added: Any, app: Flask) -> Visitor:
    """Noor, signed in by her link."""
    browser, link = Visitor(app.test_client()), welcome_link(added)
    answer = browser.send(link, browser.open(link), password="nine slow trains to Utica")
    assert (answer.status_code, answer.location) == (303, "/staff/")
    return browser


def test_the_front_desk_has_an_account_and_no_hours(noor, owner, scheduler_db):
    with scheduler_db.begin() as session:
        account = session.scalars(select(StaffAccount).where(StaffAccount.name == "Noor Haddad"))
        assert [(one.role, one.practitioner_id) for one in account] == [("front_desk", None)]
        assert session.scalars(select(Practitioner.name)).all() == ["Dana Whitlock"]
    assert "Noor Haddad Front desk" in words(owner.open("/staff/people"))


def test_the_page_that_adds_someone_says_what_is_missing(owner, scheduler_db):
    blank = {key: value for key, value in NOOR.items() if key != "role"}

    for sent in (blank, NOOR | {"role": "owner"}, NOOR | {"role": "x"}):
        answer = owner.send("/staff/people/new", owner.open("/staff/people/new"), **sent)

        assert answer.status_code == 422
        assert "Say what they do here." in words(answer)
        assert 'value="Noor Haddad"' in answer.get_data(as_text=True)
    with scheduler_db.begin() as session:
        assert session.scalars(select(StaffAccount.role)).all() == ["owner"]


def test_no_hours_are_offered_for_somebody_who_has_none(added):
    assert "Set their hours" not in words(added)


@pytest.mark.parametrize("page", ["hours", "people", "people/new"])
def test_the_front_desk_opens_no_page_of_the_practices_own(noor, page):
    assert noor.open(f"/staff/{page}").status_code == 403


def test_the_front_desk_changes_nothing_of_the_practices_own(noor, scheduler_db):
    page = noor.open("/staff/")

    hours = noor.send("/staff/hours", page, **{"from-1": "09:00", "until-1": "12:00"})
    person = noor.send("/staff/people/new", page, **NOOR | {"email": "eve@harborlane.example"})

    assert (hours.status_code, person.status_code) == (403, 403)
    with scheduler_db.begin() as session:
        assert len(session.scalars(select(StaffAccount)).all()) == 2


def test_the_front_desks_pages_lead_to_none_that_is_closed_to_it(noor, scheduler_db):
    with scheduler_db.begin() as session:
        a_clinician(session, "Ada Brandt", weekly=[])

    for page in ("/staff/", "/staff/calendar"):
        opened = noor.open(page)
        assert opened.status_code == 200
        assert not re.findall(r'href="[^"]*/staff/(?:hours|people)', opened.get_data(as_text=True))


def a_call_in_a_moment(database: Database, settings: Settings) -> None:
    """Somebody who may be called is booked with Ada, as good as now."""
    with database.begin() as session:
        a_clinician(session, "Ada Brandt")
        bookings.book(
            session,
            invitation=an_invitation(session),
            wanted=Wanted(local(utcnow().date() + timedelta(days=2), "10:00")),
            how="phone",
            timezone="America/New_York",
            location="NY",
            settings=settings,
            now=utcnow(),
        )
        start = utcnow() + timedelta(seconds=1)
        session.connection().exec_driver_sql(
            "UPDATE appointment SET during = tstzrange(%s, %s)",
            (start, start + timedelta(minutes=20)),
        )


def test_l33_the_front_desk_sees_the_contact_plan_beside_each_name(noor, scheduler_db, settings):
    a_call_in_a_moment(scheduler_db, settings)

    page = noor.open("/staff/")

    assert "Rowan Teller" in words(page)
    assert "Call is fine. First name only. No voice message, no texts. 914-555-0177" in words(page)


def test_by_json_the_owner_adds_someone_and_gets_the_link_once(app, settings, scheduler_db):
    owner = the_owner(app, settings)

    added = owner.post("/api/staff/people", json=NOOR)

    assert added.status_code == 201
    one = added.get_json()
    assert (one["role"], one["practitioner_id"], one["signed_up"]) == ("front_desk", None, False)
    listed = owner.get("/api/staff/people").get_json()["people"]
    assert [who["name"] for who in listed] == [OWNER["name"], "Noor Haddad"]
    assert "@" not in owner.get("/api/staff/people").get_data(as_text=True)
    browser, link = Visitor(app.test_client()), path(one["welcome_url"])
    assert browser.send(link, browser.open(link), password=PASSWORD).location == "/staff/"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"role": "owner"}, "role"),
        ({"role": None}, "role"),
        ({"name": "  "}, "name"),
        ({"email": OWNER["email"].upper()}, "email"),
        ({"states": ["NY"]}, "states"),
    ],
)
def test_by_json_a_bad_field_is_named_and_nobody_is_added(
    app, settings, scheduler_db, change, field
):
    refused = the_owner(app, settings).post("/api/staff/people", json=NOOR | change)

    assert refused.status_code == 422
    assert named_fields(refused) == [field]
    with scheduler_db.begin() as session:
        assert len(session.scalars(select(StaffAccount)).all()) == 1


@pytest.mark.parametrize(("role", "sees"), [(Role.CLINICIAN, 200), (Role.FRONT_DESK, 403)])
def test_by_json_nobody_but_the_owner_adds_people(app, settings, scheduler_db, role, sees):
    the_owner(app, settings)
    colleague = a_colleague(app, scheduler_db, settings, role)

    assert colleague.get("/api/staff/people").status_code == sees
    assert colleague.post("/api/staff/people", json=NOOR).status_code == 403


def test_l01_today_has_no_tasks_for_the_front_desk(noor, owner):
    seen = noor.open("/staff/").get_data(as_text=True).split("<main")[1].split("</main>")[0]

    assert "Your tasks" in words(owner.open("/staff/"))
    assert "tasks" not in seen
    assert "Did not go out" in seen
