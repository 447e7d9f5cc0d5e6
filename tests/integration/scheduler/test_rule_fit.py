"""Staff write whom each clinician fits and what they give; who may write what.

The pages write by the app's engine, and `starts` asks by another one, which has kept a copy of the
rules as they were before: what it finds is what another process would.
"""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from services.scheduler.models import Practitioner
from shared.db import Database
from tests.integration.scheduler.calendar_rules import (
    a_house,
    an_appointment,
    ask,
    kind_of,
)
from tests.integration.scheduler.rules import CALL, CLOSURES, PLACES, SOON, changes, press, starts
from tests.integration.scheduler.test_front_desk import NOOR, welcome_link
from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.world import Visitor, local, words

# ---------------------------------------------------------------- fit, caps, shares


def test_p9_caps_of_a_clinician_are_written_and_the_times_follow(owner, ada, scheduler_db):
    with scheduler_db.begin() as session:
        an_appointment(session, ada, local(SOON, "10:00"))
    assert starts(scheduler_db, SOON)

    assert press(owner, f"/staff/rules/fit?who={ada.id}", cap_per_day="1").status_code == 303

    assert starts(scheduler_db, SOON) == []
    assert starts(scheduler_db, SOON + timedelta(days=1))


def test_fit_is_written_and_who_does_not_fit_is_not_offered(owner, ada, scheduler_db):
    address = f"/staff/rules/fit?who={ada.id}"
    assert starts(scheduler_db, SOON, "couple-session")
    assert starts(scheduler_db, SOON, language="es") == []

    press(owner, address, languages=["es", "en"], sees_couples=[])

    assert starts(scheduler_db, SOON, "couple-session") == []
    assert starts(scheduler_db, SOON, language="es")
    press(owner, address, meets=["in-person"])
    assert starts(scheduler_db, SOON) == []
    with scheduler_db.begin() as session:
        assert session.get(Practitioner, ada.id).languages == ["en", "es"]


def test_p24_shares_are_written_and_a_type_can_be_given_no_more(owner, ada, scheduler_db):
    address, action = f"/staff/rules/fit?who={ada.id}", f"/staff/rules/fit/shares?who={ada.id}"
    with scheduler_db.begin() as session:
        an_appointment(session, ada, local(SOON, "10:00"))
    press(owner, address, action, **{"share-private-call": "3"})
    assert starts(scheduler_db, SOON)
    assert ask(scheduler_db).schedules.popitem()[1].weight(_id(scheduler_db)) in (1, 3)

    ended = press(owner, address, action, **{"share-private-call": "0"})

    assert starts(scheduler_db, SOON) == []
    assert "One appointment is of a type that is not given any more; it stands." in words(
        owner.open(ended.location)
    )
    assert "Private call: share 3 → not given" in words(owner.open("/staff/rules"))


def _id(database: Database) -> int:
    with database.begin() as session:
        return kind_of(session).id


@pytest.mark.parametrize(
    ("form", "change", "field"),
    [
        ("fit", {"languages": []}, "languages"),
        ("fit", {"languages": ["Klingon"]}, "languages"),
        ("fit", {"meets": []}, "meets"),
        ("fit", {"meets": ["by-telepathy"]}, "meets"),
        ("fit", {"cap_per_week": "many"}, "cap_per_week"),
        ("shares", {"share-private-call": "101"}, "share-private-call"),
        ("shares", {"share-private-call": "a lot"}, "share-private-call"),
    ],
)
def test_fit_that_is_none_comes_back_beside_its_field(
    owner, ada, scheduler_db, form, change, field
):
    address = f"/staff/rules/fit?who={ada.id}"
    action = address if form == "fit" else f"/staff/rules/fit/shares?who={ada.id}"

    answer = press(owner, address, action, **change)

    assert answer.status_code == 422
    assert f'id="{field}-err"' in answer.get_data(as_text=True)
    assert changes(scheduler_db) == []


# ---------------------------------------------------------------- who may


def test_everyone_says_whom_they_fit_and_only_the_owner_decides_the_rest(
    owner: Visitor, app: Flask, ada: Practitioner, scheduler_db: Database
) -> None:
    marcus = colleague(owner, app)
    place, rooms = a_house(scheduler_db, "Blue")
    own = "/staff/rules/fit"

    with scheduler_db.begin() as session:
        who = session.scalars(
            select(Practitioner.id).where(Practitioner.name == "Marcus Oyelaran")
        ).one()
    assert press(marcus, own, f"{own}?who={who}", cap_per_day="4").status_code == 303
    page = marcus.open("/staff/rules")
    assert page.status_code == 200
    assert marcus.open(f"{own}?who={ada.id}").status_code == 403
    before = changes(scheduler_db)
    for address in (
        CALL, f"{CALL}/end", f"{CALL}/begin", "/staff/rules/types/new", PLACES,
        f"{PLACES}/{place}", f"{PLACES}/{place}/rooms", f"{PLACES}/{place}/close",
        f"{PLACES}/{place}/open", f"{PLACES}/rooms/{rooms[0]}", f"{PLACES}/rooms/{rooms[0]}/close",
        f"{PLACES}/rooms/{rooms[0]}/open", f"{CLOSURES}/holidays", f"{CLOSURES}/days",
        f"{CLOSURES}/days/1/open", f"{own}/shares?who={who}", f"{own}?who={ada.id}",
    ):  # fmt: skip
        assert marcus.send(address, marcus.open("/staff/hours")).status_code == 403, address
    assert changes(scheduler_db) == before
    for address in (CALL, PLACES, f"{PLACES}/{place}", f"{PLACES}/rooms/{rooms[0]}", CLOSURES, own):
        shown = marcus.open(address)
        assert shown.status_code == 200
        assert "nly the owner" in words(shown) or address == PLACES


def test_the_front_desk_has_no_rules_to_write(owner, app, ada):
    added = owner.send("/staff/people/new", owner.open("/staff/people/new"), **NOOR)
    noor, link = Visitor(app.test_client()), welcome_link(added)
    noor.send(link, noor.open(link), password="nine slow trains to Utica")

    for address in ("/staff/rules", CALL, PLACES, CLOSURES, "/staff/rules/fit"):
        assert noor.open(address).status_code == 403


@pytest.mark.parametrize(
    "address",
    [
        "/staff/rules/types/nothing",
        "/staff/rules/types/not%20one",
        f"{PLACES}/{10**30}",
        f"{PLACES}/rooms/7",
        f"{PLACES}/rooms/{10**30}",
    ],
)
def test_what_is_not_there_is_not_found(owner, ada, address):
    assert owner.open(address).status_code == 404
    assert owner.send(address, name="X", version="x", location_id="1").status_code in (404, 422)
    assert owner.send(f"{address}/close").status_code == 404
    assert owner.send(f"/staff/time/{10**30}/remove").status_code == 404
