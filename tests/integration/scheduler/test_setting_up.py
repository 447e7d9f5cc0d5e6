"""The page that says what there is to set up, and the word about it on the page of today."""

import re

import pytest

from services.scheduler.models import Appointment
from tests.integration.scheduler.desk import path
from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.test_usual_weeks import SOON, an_appointment, local
from tests.integration.scheduler.world import words

NINE_TO_FIVE = {"from-1": "09:00", "until-1": "17:00"}


def test_it_is_computed_from_what_stands_and_today_says_so(owner):
    assert "Clients can come once Hours is set." in words(owner.open("/staff/set-up"))
    assert "Before clients can come: Hours" in words(owner.open("/staff/"))

    page = owner.open("/staff/hours")
    assert owner.send("/staff/hours", page, **NINE_TO_FIVE).status_code == 303

    assert "Clients can come." in words(owner.open("/staff/set-up"))
    assert "Before clients can come" not in words(owner.open("/staff/"))


def test_each_step_is_a_page_that_changes_it_or_leads_there_and_can_be_left(owner):
    listed = owner.open("/staff/set-up").get_data(as_text=True).split('main class="desk"')[1]
    steps = dict.fromkeys(re.findall(r'href="[^"]*(/staff/set-up/[a-z]+)"', listed))

    assert len(steps) == 11
    found = []
    for step in steps:
        page = owner.open(step)
        assert page.status_code == 200
        main = page.get_data(as_text=True).split('main class="desk"')[1]
        found += re.findall(r'href="([^"]+)"', main.split('aria-label="Steps"')[0])
    assert all(owner.open(path(one)).status_code == 200 for one in found if "/schedule/" in one)
    for elsewhere in ("/begin/staff/settings/safety", "/notify/staff/test-message"):
        assert any(one.endswith(elsewhere) for one in found)
    assert owner.open("/staff/set-up/nothing").status_code == 404


def version(page):
    return re.search(r'name="version" value="([^"]+)"', page.get_data(as_text=True))[1]


NAMES = {"name": "Alder Therapy", "neutral_sender": "Alder Row", "phone": "914-555-0177"}


def test_the_owner_names_the_practice_and_every_page_says_it(owner, visitor):
    page = owner.open("/staff/set-up/practice")

    answer = owner.send("/staff/set-up/practice", page, version=version(page), **NAMES)

    assert answer.status_code == 303
    assert "Set up Alder Therapy" in words(owner.open("/staff/set-up"))
    everyone = visitor.open("/m/" + "x" * 43).get_data(as_text=True)
    assert "Alder Row" in everyone
    assert "914-555-0177" in everyone
    assert "Name: Harbor Lane → Alder Therapy" in words(owner.open("/staff/rules"))


def test_l07_the_name_in_messages_may_not_tell_what_the_practice_does(owner):
    page = owner.open("/staff/set-up/practice")
    told = NAMES | {"neutral_sender": "Alder Therapy", "phone": "12"}

    answer = owner.send("/staff/set-up/practice", page, version=version(page), **told)

    assert answer.status_code == 422
    assert "may not say “Therapy”" in words(answer)
    assert "Write it with the area code" in words(answer)
    assert 'value="Alder Therapy"' in answer.get_data(as_text=True)


def test_what_somebody_else_changed_meanwhile_is_not_written_over(owner):
    page = owner.open("/staff/set-up/practice")
    owner.send("/staff/set-up/practice", page, version=version(page), **NAMES)

    late = NAMES | {"name": "Birch"}
    answer = owner.send("/staff/set-up/practice", page, version=version(page), **late)

    assert answer.status_code == 409
    assert "Somebody changed this since you opened it" in words(answer)
    assert "Set up Alder Therapy" in words(owner.open("/staff/set-up"))


@pytest.mark.parametrize("along", [True, False])
def test_p4_another_zone_takes_hours_along_or_leaves_them_and_moves_nobody(
    owner, ada, scheduler_db, along
):
    with scheduler_db.begin() as session:
        booked = an_appointment(session, ada, local(SOON, "09:00"))
        number, during = booked.id, booked.during
    page = owner.open("/staff/set-up/zone")
    form = {"version": version(page), "timezone": "America/Los_Angeles"}

    answer = owner.send("/staff/set-up/zone", page, **form, **({"along": "true"} if along else {}))

    said = words(owner.open(answer.location))
    assert ("The hours of 2 people are in Pacific Time" in said) is along
    assert ("One appointment lies outside the hours now" in said) is along
    with scheduler_db.begin() as session:
        assert session.get_one(Appointment, number).during == during
    zones = words(owner.open("/staff/hours"))
    assert ("Pacific Time (Los Angeles)" in zones) is along
    assert "Pacific Time (Los Angeles)" in words(owner.open("/staff/set-up"))


def test_the_owner_alone_sets_up(owner, app):
    marcus = colleague(owner, app)

    assert marcus.open("/staff/set-up").status_code == 403
    assert "Before clients can come" not in words(marcus.open("/staff/"))
