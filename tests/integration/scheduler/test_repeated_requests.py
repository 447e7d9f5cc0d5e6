"""A program that never saw the answer sends its request again: it acts once (Idempotency-Key)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Event
from typing import Any

import pytest
import requests
from sqlalchemy import func, select, text, update

from services.scheduler import jobs
from services.scheduler.app import create_app
from services.scheduler.models import Appointment, AppointmentHistory
from services.scheduler.operations import bookings, idempotency
from services.scheduler.request_models import IdempotencyKey
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.crypto import destroy_key
from shared.db import Database
from tests.integration.scheduler.world import (
    NEW_YORK,
    a_clinician,
    an_invitation,
    events,
    live_rows,
    local,
    serving,
    token_of,
)

KEY = '"8e03978e-40d5-43e8-bc93-6894a57f9324"'


@pytest.fixture
def token(scheduler_db: Database) -> str:
    with scheduler_db.begin() as session:
        a_clinician(session)
        return token_of(an_invitation(session).id)


@pytest.fixture
def api(app: Any) -> Any:
    return app.test_client()


def at(clock: str, days: int = 7) -> str:
    return local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=days), clock).isoformat()


def send(api: Any, path: str, token: str, key: str | None = KEY, **body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    return api.post(f"/api{path}", json=body, headers=headers)


def kept(database: Database) -> int:
    with database.begin() as session:
        return session.scalars(select(func.count()).select_from(IdempotencyKey)).one()


def told(database: Database) -> list[str]:
    with database.begin() as session:
        return list(session.scalars(select(AppointmentHistory.act)))


def test_the_first_answer_is_given_again_whatever_has_become_of_the_time(api, token, scheduler_db):
    body = {"start": at("10:00"), "location": "NY"}
    first = send(api, "/appointments", token, **body)
    own = first.get_json()["manage_token"]
    send(api, "/appointment/cancel", own, key=None)

    again = send(api, "/appointments", token, **body)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert again.mimetype == "application/json"
    assert live_rows(scheduler_db) == []
    anew = send(api, "/appointments", token, key="another", **body)
    assert anew.get_json()["id"] != first.get_json()["id"]


def test_every_act_may_be_sent_again(api, token, scheduler_db):
    held = [send(api, "/holds", token, key="h", start=at("10:00")) for _ in range(2)]
    body = {"start": at("10:00"), "location": "NY"}
    booked = [send(api, "/appointments", token, key="b", **body) for _ in range(2)]
    own = booked[0].get_json()["manage_token"]
    to = {"start": at("11:00"), "location": "NY"}
    moved = [send(api, "/appointment/move", own, key="m", **to) for _ in range(2)]
    gone = [send(api, "/appointment/cancel", own, key="c") for _ in range(2)]

    for first, again in (held, booked, moved, gone):
        assert again.status_code == first.status_code < 300
        assert again.get_json() == first.get_json()
    assert told(scheduler_db) == ["book", "move", "cancel"]
    assert kept(scheduler_db) == 4


def test_a_refusal_is_an_answer_too_and_leaves_nothing_half_done(api, token, scheduler_db):
    with scheduler_db.begin() as session:
        rival = token_of(an_invitation(session).id)
    theirs = send(api, "/appointments", rival, start=at("10:00"), location="NY").get_json()
    refused = send(api, "/holds", token, start=at("10:00"))
    send(api, "/appointment/cancel", theirs["manage_token"])

    again = send(api, "/holds", token, start=at("10:00"))

    assert (refused.status_code, again.status_code) == (409, 409)
    assert again.mimetype == "application/problem+json"
    assert again.get_json() == refused.get_json()
    assert refused.get_json()["alternatives"]
    assert send(api, "/holds", token, key="new", start=at("10:00")).status_code == 201


def test_one_key_is_not_for_two_requests(api, token, scheduler_db):
    send(api, "/holds", token, start=at("10:00"))

    for path, body in (
        ("/holds", {"start": at("11:00")}),
        ("/appointments", {"start": at("10:00"), "location": "NY"}),
    ):
        answer = send(api, path, token, **body)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
        assert answer.get_json()["type"] == "urn:softstart:problem:idempotency-key-used"
    assert [row.starts_at.isoformat() for row in live_rows(scheduler_db)] == [at("10:00")]


def test_the_same_said_with_other_spaces_is_the_same(api, token):
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": KEY}
    sent = [f'{{"start":"{at("10:00")}"}}', f'{{ "start" :  "{at("10:00")}" }}']

    answers = [
        api.post("/api/holds", data=one, content_type="application/json", headers=headers)
        for one in sent
    ]

    assert answers[0].get_json() == answers[1].get_json()


def test_two_people_may_choose_the_same_key(api, token, scheduler_db):
    with scheduler_db.begin() as session:
        other = token_of(an_invitation(session).id)

    first = send(api, "/holds", token, start=at("10:00"))
    second = send(api, "/holds", other, start=at("11:00"))

    assert (first.status_code, second.status_code) == (201, 201)


@pytest.mark.parametrize("key", ['""', "", "ä", 'a"b', "x" * 256, "two words"])
def test_a_key_that_is_none_is_said_beside_its_header(api, token, scheduler_db, key):
    answer = send(api, "/holds", token, key=None, start=at("10:00"))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": key}
    answer = api.post("/api/holds", json={"start": at("11:00")}, headers=headers)

    assert answer.status_code == 422
    assert [one["field"] for one in answer.get_json()["errors"]] == ["Idempotency-Key"]
    assert [row.starts_at.isoformat() for row in live_rows(scheduler_db)] == [at("10:00")]


def test_of_two_at_once_one_acts_and_the_other_waits_or_gets_the_same(
    settings: Settings, token, scheduler_db
):
    """Over HTTP, through two apps: the database alone settles it."""
    together = Barrier(8)
    with serving(create_app(settings)) as one, serving(create_app(settings)) as two:

        def book(number: int) -> Any:
            together.wait()
            return requests.post(
                f"{(one, two)[number % 2]}/api/appointments",
                json={"start": at("10:00"), "location": "NY"},
                headers={"Authorization": f"Bearer {token}", "Idempotency-Key": KEY},
                timeout=20,
            )

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(book, range(8)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    acted = [answer.json() for answer in answers if answer.status_code == 201]
    waiting = [answer.json()["type"] for answer in answers if answer.status_code == 409]
    assert acted
    assert all(one == acted[0] for one in acted)
    assert set(waiting) <= {"urn:softstart:problem:idempotency-key-in-use"}
    assert told(scheduler_db) == ["book"]
    assert events(scheduler_db) == ["appointment.booked.v1"]


def test_while_the_first_is_being_answered_the_second_is_told_so(
    api, app, token, scheduler_db, monkeypatch
):
    inside, go_on = Event(), Event()
    truly = bookings.book

    def slowly(*args: Any, **facts: Any) -> Appointment:
        inside.set()
        assert go_on.wait(10)
        return truly(*args, **facts)

    monkeypatch.setattr(bookings, "book", slowly)
    body = {"start": at("10:00"), "location": "NY"}
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(send, app.test_client(), "/appointments", token, **body)
        assert inside.wait(10)
        second = send(api, "/appointments", token, **body)
        go_on.set()
        answered = first.result(10)

    assert (second.status_code, answered.status_code) == (409, 201)
    assert second.get_json()["type"] == "urn:softstart:problem:idempotency-key-in-use"
    assert send(api, "/appointments", token, **body).get_json() == answered.get_json()


def test_after_a_breakdown_the_key_is_free(api, token, scheduler_db, monkeypatch):
    def breaks(*args: Any, **facts: Any) -> Appointment:
        raise RuntimeError

    truly = bookings.book
    monkeypatch.setattr(bookings, "book", breaks)
    body = {"start": at("10:00"), "location": "NY"}
    api.application.config["PROPAGATE_EXCEPTIONS"] = False
    assert send(api, "/appointments", token, **body).status_code == 500
    monkeypatch.setattr(bookings, "book", truly)

    assert send(api, "/appointments", token, **body).status_code == 201


def test_an_answer_is_kept_for_a_day_sealed_and_dropped_by_a_job(api, token, scheduler_db):
    first = send(api, "/holds", token, start=at("10:00")).get_json()
    with scheduler_db.begin() as session:
        raw = session.scalars(select(IdempotencyKey)).one()
        assert first["hold_until"].encode() not in raw.answer_sealed
        assert token.encode() not in raw.key_sha256
        past = func.now() - idempotency.LIFE - timedelta(seconds=1)
        session.execute(update(IdempotencyKey).values(created_at=past))

    jobs.forget_answers(scheduler_db)

    assert kept(scheduler_db) == 0


def test_a_key_is_new_again_after_a_day_even_if_no_job_ran(api, token, scheduler_db):
    send(api, "/holds", token, start=at("10:00"))
    with scheduler_db.begin() as session:
        session.execute(text("UPDATE idempotency_key SET created_at = now() - interval '25 hours'"))

    answer = send(api, "/holds", token, start=at("11:00"))

    assert answer.status_code == 201
    assert datetime.fromisoformat(answer.get_json()["start"]) == datetime.fromisoformat(at("11:00"))


def test_what_was_answered_to_someone_erased_can_not_be_read_any_more(api, token, scheduler_db):
    body = {"start": at("10:00"), "location": "NY"}
    send(api, "/appointments", token, **body)
    with scheduler_db.begin() as session:
        person = session.scalars(text("SELECT person_id FROM participant")).one()
        destroy_key(session, person)

    assert send(api, "/appointments", token, **body).status_code in (401, 404)
