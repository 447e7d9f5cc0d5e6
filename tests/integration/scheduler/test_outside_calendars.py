"""The pages on which staff keep calendars from elsewhere, and read how each is doing (P11, N11)."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from services.scheduler.calendar_models import OutsideCalendar
from services.scheduler.domain.outside import Reading, Trouble, nothing
from services.scheduler.operations import outside
from services.scheduler.web.outside_words import TROUBLES
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.staff_programs import the_owner
from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.world import Visitor, words

HERE = "/staff/calendars"
SOUND = {
    "address": "webcal://calendar.example/private-4f7e/basic.ics",
    "name": "Home",
    "policy": "block",
    "stale_after": "240",
}


def known(database: Database) -> list[OutsideCalendar]:
    with database.begin() as session:
        return list(session.scalars(select(OutsideCalendar).order_by(OutsideCalendar.created_at)))


def add(owner: Visitor, **changes: str) -> Any:
    return owner.send(HERE, owner.open(HERE), **{**SOUND, **changes})


def heard(database: Database, reading: Reading) -> None:
    """As if the job had just read it."""
    (one,) = known(database)
    with database.begin() as session:
        session.execute(update(OutsideCalendar).values(tried_at=utcnow()))
        outside.keep(session, calendar_id=one.id, reading=reading)


def test_p11_a_calendar_is_added_and_its_address_is_shown_to_nobody_again(owner, scheduler_db):
    assert add(owner).status_code == 303

    page = owner.open(HERE)
    (one,) = known(scheduler_db)
    assert "Not read yet" in words(page)
    assert "From calendar.example." in words(page)
    assert "private-4f7e" not in page.get_data(as_text=True)
    assert b"private-4f7e" not in one.address_sealed
    assert (one.policy, one.stale_after) == ("block", timedelta(hours=4))


@pytest.mark.parametrize(
    ("field", "given", "sentence"),
    [
        ("address", "", "Write the whole address"),
        ("address", "calendar.example/x.ics", "Write the whole address"),
        ("address", "http://calendar.example/x.ics", "Write the whole address"),
        ("address", "file:///etc/passwd", "Write the whole address"),
        ("address", "https://", "Write the whole address"),
        ("address", "https://calendar.example:99999/", "Write the whole address"),
        ("address", "https://[calendar/", "Write the whole address"),
        ("address", "https://calendar.example/a b", "Write the whole address"),
        ("address", "https://calendar.example/" + "x" * 2000, "at most 2000 characters"),
        ("address", "https://calendar.example/\x00", "can not be"),
        ("name", "", "Write a name"),
        ("name", "x" * 61, "at most 60 characters"),
        ("policy", "anything", "Choose one of the answers."),
        ("stale_after", "7", "Choose one of the answers."),
        ("stale_after", "x", "Please write a whole number."),
    ],
)
def test_p11_what_can_not_be_kept_is_said_beside_its_field_and_the_rest_is_still_there(
    owner, scheduler_db, field, given, sentence
):
    answer = add(owner, **{field: given})
    html = answer.get_data(as_text=True)

    assert answer.status_code == 422
    beside = re.search(rf'id="{field}-err">.*?</p>', html, re.DOTALL)
    assert beside
    if sentence != "can not be":
        assert sentence in beside.group()
    assert field == "name" or 'value="Home"' in html
    assert known(scheduler_db) == []


def test_p11_a_calendar_that_can_not_be_read_says_why_what_follows_and_since_when(
    owner, scheduler_db
):
    add(owner)
    heard(scheduler_db, Reading(()))
    assert "Read" in words(owner.open(HERE))
    assert "can not be read" not in words(owner.open("/staff/"))

    heard(scheduler_db, nothing(Trouble.GONE))

    page = words(owner.open(HERE))
    assert "Can not be read" in page
    assert TROUBLES[Trouble.GONE] in page
    assert "No times are offered with Dana until it is read again." in page
    for place in ("/staff/", "/staff/calendar"):
        assert "A calendar that Dana Whitlock keeps elsewhere can not be read." in words(
            owner.open(place)
        )
    heard(scheduler_db, Reading(()))
    assert "can not be read" not in words(owner.open("/staff/"))


@pytest.mark.parametrize(
    ("policy", "consequence"),
    [
        ("use-last", "What was read last holds until"),
        ("staff-only", "Clients are offered no times with Dana; staff may still book."),
    ],
)
def test_p11_each_policy_says_what_it_means(owner, scheduler_db, policy, consequence):
    add(owner, policy=policy)
    heard(scheduler_db, Reading(()))
    heard(scheduler_db, nothing(Trouble.SERVER))

    assert consequence in words(owner.open(HERE))


def test_p11_what_was_read_the_safe_way_is_told_without_alarm(owner, scheduler_db):
    add(owner)
    heard(scheduler_db, Reading((), {Trouble.BACKWARDS: 1}))

    page = words(owner.open(HERE))
    assert TROUBLES[Trouble.BACKWARDS] in page
    assert "Can not be read" not in page


def test_every_trouble_has_its_words():
    assert set(TROUBLES) == set(Trouble)


def test_a_calendar_is_changed_read_at_once_and_removed(owner, scheduler_db):
    add(owner)
    heard(scheduler_db, Reading(()))
    (one,) = known(scheduler_db)
    page = owner.open(f"{HERE}/{one.id}")
    changed = {"name": "Clinic B", "policy": "use-last", "stale_after": "1440"}

    assert owner.send(f"{HERE}/{one.id}", page, **changed).status_code == 303
    (one,) = known(scheduler_db)
    assert (one.name, one.policy, one.stale_after) == ("Clinic B", "use-last", timedelta(days=1))
    assert one.due_at > utcnow()

    assert owner.send(f"{HERE}/{one.id}/read", owner.open(HERE)).status_code == 303
    assert known(scheduler_db)[0].due_at <= utcnow()

    refused = owner.send(f"{HERE}/{one.id}", page, **{**changed, "name": ""})
    assert refused.status_code == 422

    assert owner.send(f"{HERE}/{one.id}/remove", page).status_code == 303
    assert known(scheduler_db) == []
    assert owner.open(f"{HERE}/{one.id}").status_code == 404


def test_a_clinician_keeps_their_own_calendars_only(owner, app, scheduler_db):
    marcus = colleague(owner, app)
    add(owner)
    (one,) = known(scheduler_db)

    assert words(marcus.open(HERE)).count("None yet.") == 1
    for address in (f"{HERE}/{one.id}", f"{HERE}/{one.id}/read", f"{HERE}/{one.id}/remove"):
        answer = marcus.send(address, marcus.open(HERE), name="x", policy="block", stale_after="60")
        assert answer.status_code == 404
    assert len(known(scheduler_db)) == 1


# ---------------------------------------------------------------- for programs


def test_p11_a_program_keeps_reads_and_removes_calendars_by_the_same_rules(
    app, settings, scheduler_db
):
    program = the_owner(app, settings)
    sent = SOUND | {"stale_after": 240}

    added = program.post("/api/staff/calendars", json=sent)
    assert added.status_code == 201
    assert added.json["withheld"]
    assert (added.json["host"], added.json["stale_after"]) == ("calendar.example", 240)
    assert "private-4f7e" not in added.get_data(as_text=True)

    heard(scheduler_db, nothing(Trouble.SERVER))
    (one,) = program.get("/api/staff/calendars").json["calendars"]
    assert (one["troubles"], one["failing_since"] is None) == (["server"], False)

    address = f"/api/staff/calendars/{one['id']}"
    assert program.post(f"{address}/read").status_code == 204
    assert known(scheduler_db)[0].due_at <= utcnow()
    assert program.delete(address).status_code == 204
    assert program.delete(address).status_code == 404
    assert known(scheduler_db) == []


def test_p11_a_program_is_told_beside_the_field_what_can_not_be_kept(app, settings, scheduler_db):
    program = the_owner(app, settings)

    refused = program.post(
        "/api/staff/calendars", json=SOUND | {"address": "http://calendar.example/", "policy": "x"}
    )

    assert refused.status_code == 422
    assert {one["field"] for one in refused.json["errors"]} >= {"address", "policy"}
    assert known(scheduler_db) == []
