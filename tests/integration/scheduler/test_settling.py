"""Staff answer requests and late wishes, on their pages and by program; who may read the words."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from services.scheduler.app import create_app
from services.scheduler.models import AppointmentType, Participant
from services.scheduler.request_models import ChangeRequest
from services.scheduler.settings import Settings
from shared.crypto import destroy_key
from shared.db import Database
from shared.tokens import service_token
from shared.vocabulary import Role
from tests.integration.scheduler.browsing import booked, held
from tests.integration.scheduler.staff_programs import a_colleague, the_owner
from tests.integration.scheduler.test_late_wishes import starts_in
from tests.integration.scheduler.world import (
    Visitor,
    an_invitation,
    events,
    live_rows,
    slot_values,
    token_of,
    words,
)

SECRET = "my sister drives me"


@pytest.fixture
def guest(app: Flask) -> Visitor:
    """A client, beside the staff's browser."""
    return Visitor(app.test_client())


def staff_confirm(database: Database) -> None:
    with database.begin() as session:
        session.execute(update(AppointmentType).values(confirm=True))


def asks_late(guest: Visitor, database: Database, token: str, wish: str = "cancel") -> str:
    own = booked(guest, token)
    starts_in(database, timedelta(minutes=90))
    page = guest.open(f"{own}/change")
    assert guest.send(f"{own}/wish", page, wish=wish, words=SECRET).status_code == 303
    return own


def the_appointment(database: Database) -> UUID:
    return live_rows(database)[0].id


# ---------------------------------------------------------------- asking for a time (P2)


def test_p2_a_request_stands_on_today_and_is_confirmed_there(owner, guest, token, scheduler_db):
    staff_confirm(scheduler_db)
    own = booked(guest, token)
    waiting = guest.open(own)

    today = owner.open("/staff/?who=everyone")
    there = f"/staff/appointments/{the_appointment(scheduler_db)}"
    done = owner.send(f"{there}/confirm", today, back="today", who="everyone")

    assert "It is booked when we have confirmed it" in words(waiting)
    assert "Rowan Teller" in words(today)
    assert "asks for this time" in words(today)
    assert done.status_code == 303
    assert "asks for this time" not in words(owner.open("/staff/?who=everyone"))
    assert "Your time is booked" in words(guest.open(own))
    assert events(scheduler_db)[-1] == "appointment.booked.v1"
    assert "Confirmed" in words(owner.open(there))


def test_p2_a_declined_request_is_free_again_and_can_not_be_confirmed(
    owner, guest, token, scheduler_db
):
    staff_confirm(scheduler_db)
    own = booked(guest, token)
    there = f"/staff/appointments/{the_appointment(scheduler_db)}"
    page = owner.open(there)

    declined = owner.send(f"{there}/decline", page)
    late = owner.send(f"{there}/confirm", page)

    assert (declined.status_code, late.status_code) == (303, 409)
    assert "can not be changed any more" in words(late)
    assert "Choose a new time" in words(guest.open(own))
    assert live_rows(scheduler_db) == []
    assert "appointment.booked.v1" not in events(scheduler_db)


def test_p2_the_note_to_the_person_is_void_once_the_request_is_answered(
    app, owner, guest, token, scheduler_db, settings
):
    staff_confirm(scheduler_db)
    booked(guest, token)
    with scheduler_db.begin() as session:
        number = session.scalars(select(Participant.communication_id)).one()
    service = internal(app, settings)
    before = service(f"/internal/communications/{number}")

    there = f"/staff/appointments/{the_appointment(scheduler_db)}"
    owner.send(f"{there}/confirm", owner.open(there))

    assert before.status_code == 200
    assert before.get_json()["purpose"] == "update"
    assert service(f"/internal/communications/{number}").status_code == 404


def internal(app: Flask, settings: Settings) -> Any:
    token = service_token(settings.service_key, issuer="notifier", audience="scheduler")
    return lambda path: app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})


def test_p2_who_asks_for_an_hour_that_is_asked_for_gets_alternatives_by_program_too(
    app, token, scheduler_db
):
    staff_confirm(scheduler_db)
    with scheduler_db.begin() as session:
        loser = token_of(an_invitation(session).id)
    api = app.test_client()
    free = api.get("/api/slots", headers=bearer(token)).get_json()["slots"][0]["start"]
    body = {"start": free, "location": "NY"}

    first = api.post("/api/appointments", json=body, headers=bearer(token))
    second = api.post("/api/appointments", json=body, headers=bearer(loser))

    assert (first.status_code, first.get_json()["status"]) == (201, "pending")
    assert second.status_code == 409
    assert second.get_json()["alternatives"]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_p2_programs_of_the_staff_see_confirm_and_decline(
    app, settings, guest, token, scheduler_db
):
    staff = the_owner(app, settings)
    staff_confirm(scheduler_db)
    booked(guest, token)
    there = f"/api/staff/appointments/{the_appointment(scheduler_db)}"

    found = staff.get("/api/staff/unsettled").get_json()["waiting"]
    yes = staff.post(f"{there}/confirm", json={"reason": "spoke with them"})
    no = staff.post(f"{there}/decline", json={})
    story = staff.get(there).get_json()["history"]

    assert [one["appointment"]["status"] for one in found] == ["pending"]
    assert found[0]["reply_by"] is not None
    assert (yes.status_code, yes.get_json()["status"]) == (200, "booked")
    assert (no.status_code, no.content_type) == (409, "application/problem+json")
    assert [one["act"] for one in story] == ["request", "confirm"]
    assert story[1]["actor"].startswith("staff:")
    assert story[1]["reason"] == "spoke with them"
    assert staff.get("/api/staff/unsettled").get_json()["waiting"] == []


@pytest.mark.parametrize("act", ["confirm", "decline"])
def test_what_is_not_there_is_not_found(app, settings, scheduler_db, act):
    staff = the_owner(app, settings)

    assert staff.post(f"/api/staff/appointments/{uuid4()}/{act}", json={}).status_code == 404
    assert staff.post(f"/api/staff/wishes/{uuid4()}/keep").status_code == 404
    assert staff.get(f"/api/staff/appointments/{uuid4()}").status_code == 404


# ---------------------------------------------------------------- wishing late (P22)


def test_p22_staff_see_a_late_wish_read_it_and_say_that_the_time_stays(
    owner, guest, token, scheduler_db
):
    own = asks_late(guest, scheduler_db, token)
    there = f"/staff/appointments/{the_appointment(scheduler_db)}"

    today = owner.open("/staff/?who=everyone")
    page = owner.open(there)
    with scheduler_db.begin() as session:
        wish = session.scalars(select(ChangeRequest.id)).one()
    kept = owner.send(f"{there}/wishes/{wish}/keep", page)

    assert "Rowan Teller asks to cancel" in words(today)
    assert SECRET not in words(today)
    assert SECRET in words(page)
    assert kept.status_code == 303
    assert "The time stays" in words(owner.open(there))
    assert "so your time stays as it is" in words(guest.open(f"{own}/change"))
    assert "asks to cancel" not in words(owner.open("/staff/?who=everyone"))


def test_p22_staff_grant_a_late_wish_by_cancelling_and_the_page_says_so(
    owner, guest, token, scheduler_db
):
    own = asks_late(guest, scheduler_db, token)
    there = f"/staff/appointments/{the_appointment(scheduler_db)}"

    done = owner.send(f"{there}/cancel", owner.open(there), reason="called back")
    page = words(owner.open(there))

    assert done.status_code == 303
    assert "asked for late; called back" in page
    assert "Done" in page
    assert "Your time is cancelled" in words(guest.open(own))
    assert events(scheduler_db)[-1] == "appointment.cancelled.v1"


def test_p22_the_front_desk_sees_that_something_was_added_and_never_what(
    app, settings, guest, token, scheduler_db
):
    asks_late(guest, scheduler_db, token)
    the_owner(app, settings)
    desk = a_colleague(app, scheduler_db, settings, Role.FRONT_DESK)
    number = the_appointment(scheduler_db)

    page = desk.get(f"/staff/appointments/{number}").get_data(as_text=True)
    story = desk.get(f"/api/staff/appointments/{number}")
    listed = desk.get("/api/staff/unsettled")

    assert "They added a few words. A clinician can read them." in page
    for answer in (page, story.get_data(as_text=True), listed.get_data(as_text=True)):
        assert SECRET not in answer
    assert story.get_json()["wishes"][0]["words"] is None
    assert listed.get_json()["waiting"][0]["wish"]["wish"] == "cancel"


def test_p22_a_program_asks_late_and_hears_what_became_of_it(
    app, settings, guest, token, scheduler_db
):
    own = booked(guest, token).rpartition("/")[2]
    api, staff = app.test_client(), the_owner(app, settings)
    early = api.post("/api/appointment/wishes", json={"wish": "move"}, headers=bearer(own))
    starts_in(scheduler_db, timedelta(minutes=90))

    late = api.post("/api/appointment/cancel", headers=bearer(own))
    asked = api.post(
        "/api/appointment/wishes", json={"wish": "move", "words": SECRET}, headers=bearer(own)
    )
    bad = api.post("/api/appointment/wishes", json={"wish": "shout"}, headers=bearer(own))
    with scheduler_db.begin() as session:
        wish = session.scalars(select(ChangeRequest.id)).one()
    kept = staff.post(f"/api/staff/wishes/{wish}/keep")
    heard = api.get("/api/appointment/wishes", headers=bearer(own)).get_json()

    assert (early.status_code, early.get_json()["type"]) == (409, "urn:softstart:problem:in-time")
    assert (late.status_code, late.get_json()["type"]) == (409, "urn:softstart:problem:too-late")
    assert asked.status_code == 201
    assert asked.get_json()["may_ask"] == ["move", "cancel"]
    assert asked.get_json()["wishes"][0]["outcome"] is None
    assert SECRET not in asked.get_data(as_text=True)
    assert (bad.status_code, bad.get_json()["errors"][0]["field"]) == (422, "wish")
    assert (kept.status_code, kept.get_json()["outcome"]) == (200, "kept")
    assert [one["outcome"] for one in heard["wishes"]] == ["kept"]


def test_p22_what_was_added_can_not_be_read_once_the_person_is_erased(
    app, settings, guest, token, scheduler_db
):
    asks_late(guest, scheduler_db, token)
    staff = the_owner(app, settings)
    with scheduler_db.begin() as session:
        row = session.scalars(select(ChangeRequest)).one()
        destroy_key(session, row.person_id)

    page = staff.get(f"/staff/appointments/{the_appointment(scheduler_db)}")

    assert page.status_code == 200
    assert SECRET not in page.get_data(as_text=True)


# ---------------------------------------------------------------- a hold, by program (P3)


def test_p3_a_program_keeps_a_hold_longer_once(app, token, scheduler_db):
    api = app.test_client()
    nothing = api.post("/api/holds/renew", headers=bearer(token))
    free = api.get("/api/slots", headers=bearer(token)).get_json()["slots"][0]["start"]
    held = api.post("/api/holds", json={"start": free}, headers=bearer(token)).get_json()

    longer = api.post("/api/holds/renew", headers=bearer(token))
    again = api.post("/api/holds/renew", headers=bearer(token))

    assert (nothing.status_code, nothing.get_json()["type"]) == (
        409,
        "urn:softstart:problem:hold-over",
    )
    assert held["renewable"] is True
    assert (longer.status_code, longer.get_json()["renewable"]) == (200, False)
    assert (again.status_code, again.get_json()["type"]) == (
        409,
        "urn:softstart:problem:hold-renewed",
    )


def test_p3_whoever_holds_too_much_is_told_so_on_the_page_and_by_program(
    settings, token, scheduler_db
):
    few = create_app(replace(settings, holds_per_address=1))
    with scheduler_db.begin() as session:
        other = token_of(an_invitation(session).id)
    held(Visitor(few.test_client()), token)
    guest = Visitor(few.test_client())
    page = guest.open(f"/t/{other}")
    free = slot_values(page)[0]

    shown = guest.send(f"/t/{other}/hold", page, start=free)
    api = few.test_client()
    start = free.partition("/")[0]
    answer = api.post("/api/holds", json={"start": start}, headers=bearer(other))

    assert shown.status_code == 429
    assert "Many times are being held from here just now." in words(shown)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")
    assert answer.get_json()["type"] == "urn:softstart:problem:too-many-holds"
