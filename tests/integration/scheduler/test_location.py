"""L43: where the person will be is asked anew at each booking and each move, of each of them."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from services.scheduler.models import Participant, Practitioner
from services.scheduler.operations import participants
from shared.clock import utcnow
from shared.crypto import destroy_key
from shared.db import Database
from tests.integration.scheduler.browsing import booked, day_in, held
from tests.integration.scheduler.world import (
    NEW_YORK,
    a_clinician,
    live_rows,
    local,
    slot_values,
    words,
)

CALM = "Let us check what we can offer"


def locations(database: Database) -> list[str]:
    with database.begin() as session:
        rows = session.scalars(select(Participant)).all()
        return list(participants.locations(session, rows).values())


def asked_where(page: Any) -> list[str]:
    """The answers that the page's question offers, the one that stands there now first."""
    html = page.get_data(as_text=True)
    select_ = re.search(r'<select [^>]*name="location".*?</select>', html, re.DOTALL)
    assert select_, words(page)
    options = re.findall(r'<option value="([^"]*)"( selected)?', select_[0])
    chosen = [value for value, selected in options if selected] or [options[0][0]]
    return chosen + [value for value, _ in options]


def test_l43_the_page_asks_where_they_will_be_and_knows_no_answer_beforehand(visitor, token):
    held(visitor, token)

    now, *offered = asked_where(visitor.open(f"/t/{token}/check"))

    assert now == ""
    assert {"NY", "NJ", "PR", "outside_us"} < set(offered)


@pytest.mark.parametrize("location", [None, "", "New York", "XX"])
def test_l43_nothing_is_booked_without_an_answer(visitor, token, scheduler_db, location):
    value = held(visitor, token)
    check = visitor.open(f"/t/{token}/check")
    sent = {"start": value, "how": "phone"} | ({"location": location} if location else {})

    answer = visitor.send(f"/t/{token}/book", check, **sent)

    assert answer.status_code == 422
    assert "Say where you will be when we meet." in words(answer)
    assert [row.status for row in live_rows(scheduler_db)] == ["proposed"]


@pytest.mark.parametrize("location", ["CA", "outside_us"])
def test_l43_where_nobody_is_licensed_the_hold_stays_and_nothing_is_booked(
    visitor, token, scheduler_db, location
):
    value = held(visitor, token)
    check = visitor.open(f"/t/{token}/check")

    answer = visitor.send(f"/t/{token}/book", check, start=value, how="phone", location=location)

    assert answer.status_code == 409
    assert CALM in words(answer)
    assert "914-555-0132" in words(answer)
    assert [row.status for row in live_rows(scheduler_db)] == ["proposed"]
    assert locations(scheduler_db) == []
    again = visitor.open(f"/t/{token}/check")
    booked_ = visitor.send(f"/t/{token}/book", again, start=value, how="phone", location="NY")
    assert booked_.status_code == 303


def test_l43_it_is_the_license_of_the_clinician_that_counts(visitor, token, scheduler_db):
    with scheduler_db.begin() as session:
        ada = a_clinician(session, "Ada Brandt")
        ada.states = ["CA"]
    page = visitor.open(f"/t/{token}?day={day_in(1)}&with={ada.id}")
    with_ada = slot_values(page)[0]
    visitor.send(f"/t/{token}/hold", page, start=with_ada)
    check = visitor.open(f"/t/{token}/check")

    refused = visitor.send(f"/t/{token}/book", check, start=with_ada, how="phone", location="NY")

    assert refused.status_code == 409
    assert "choose a time with Dana Whitlock" in words(refused)
    assert "choose a time with Ada Brandt" not in words(refused)
    fine = visitor.send(f"/t/{token}/book", check, start=with_ada, how="phone", location="CA")
    assert fine.status_code == 303


def test_l43_what_they_said_is_kept_sealed_for_each_and_goes_with_their_key(
    visitor, token, scheduler_db
):
    booked(visitor, token)

    assert locations(scheduler_db) == ["NY"]
    with scheduler_db.begin() as session:
        row = session.scalars(select(Participant)).one()
        assert b"NY" not in (row.location_sealed or b"")
        destroy_key(session, row.person_id)
    assert locations(scheduler_db) == []


def test_l43_a_move_asks_again_and_keeps_the_time_where_nobody_is_licensed(
    visitor, token, scheduler_db
):
    own = booked(visitor, token)
    page = visitor.open(f"{own}/times?day={day_in(2)}")
    assert asked_where(page)[0] == ""
    value = slot_values(page)[3]
    before = live_rows(scheduler_db)[0].starts_at

    without = visitor.send(f"{own}/move", page, start=value)
    elsewhere = visitor.send(f"{own}/move", page, start=value, location="TX")

    assert without.status_code == 422
    assert "Say where you will be when we meet." in words(without)
    assert re.search(rf'value="{value}" checked', without.get_data(as_text=True))
    assert (elsewhere.status_code, CALM in words(elsewhere)) == (409, True)
    assert "your other time stands" in words(elsewhere)
    assert live_rows(scheduler_db)[0].starts_at == before

    moved = visitor.send(f"{own}/move", page, start=value, location="NY")
    assert moved.status_code == 303
    assert live_rows(scheduler_db)[0].starts_at != before


# ---------------------------------------------------------------- programs


def ten(days: int) -> str:
    day = utcnow().astimezone(NEW_YORK).date() + timedelta(days=days)
    return local(day, "10:00").isoformat()


@pytest.fixture
def post(app: Any) -> Any:
    client = app.test_client()

    def send(path: str, token: str, **body: Any) -> Any:
        return client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})

    return send


def test_l43_a_program_has_to_say_it_too(post, token, scheduler_db):
    nothing = post("/api/appointments", token, start=ten(7))
    elsewhere = post("/api/appointments", token, start=ten(7), location="TX")

    assert nothing.status_code == 422
    assert [one["field"] for one in nothing.get_json()["errors"]] == ["location"]
    assert elsewhere.status_code == 409
    assert elsewhere.get_json()["type"] == "urn:softstart:problem:not-licensed-there"
    assert live_rows(scheduler_db) == []

    own = post("/api/appointments", token, start=ten(7), location="NY").get_json()["manage_token"]
    for body, status in (({}, 422), ({"location": "TX"}, 409), ({"location": "NY"}, 200)):
        answer = post("/api/appointment/move", own, start=ten(14), **body)
        assert answer.status_code == status
    (row,) = live_rows(scheduler_db)
    assert row.starts_at == datetime.fromisoformat(ten(14))


def test_l43_of_several_who_are_free_one_is_taken_who_may_work_there(post, token, scheduler_db):
    with scheduler_db.begin() as session:
        ada = a_clinician(session, "Ada Brandt")
        ada.states = ["VT"]
        nobody = a_clinician(session, "Aaron Nowhere")
        nobody.states = []

    answer = post("/api/appointments", token, start=ten(7), location="VT")

    assert (answer.status_code, answer.get_json()["practitioner_name"]) == (201, "Ada Brandt")


def test_l43_without_any_license_nothing_is_booked_anywhere(post, token, scheduler_db):
    with scheduler_db.begin() as session:
        session.scalars(select(Practitioner)).one().states = []

    assert post("/api/appointments", token, start=ten(7), location="NY").status_code == 409
    assert live_rows(scheduler_db) == []
