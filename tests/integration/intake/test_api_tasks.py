"""Tasks for programs of the staff: the same verbs, the same roles, refusals as problems."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import AFRAID, COUPLE, sent
from tests.integration.intake.task_acts import CANARY, DANA, MARCUS, STAFF, read

TASKS = "/api/staff/tasks"
SignIn = Callable[..., Browser]


@pytest.fixture
def app(make_app: Callable[..., Flask], scheduler: Callable[..., str]) -> Flask:
    return make_app(SCHEDULER_URL=scheduler({"/internal/staff": STAFF}))


@pytest.fixture
def clinician(app: Flask, signed_in: SignIn) -> FlaskClient:
    client: FlaskClient = signed_in(app).client
    return client


def document(answer: Any) -> dict[str, Any]:
    assert answer.status_code in (200, 201), answer.json
    found: dict[str, Any] = answer.json
    return found


def listed(client: FlaskClient, which: str) -> list[str]:
    return [one["id"] for one in document(client.get(f"{TASKS}?which={which}"))["tasks"]]


def test_a_task_goes_from_nobody_to_me_to_a_colleague_and_is_done(
    intake_db: Database, clinician: FlaskClient
) -> None:
    response_id, _ = sent(intake_db, {**AFRAID, "name_used": "Rowan Teller"})
    path, it = f"{TASKS}/{response_id}", str(response_id)
    assert listed(clinician, "open") == listed(clinician, "nobodys") == [it]

    taken = document(clinician.post(f"{path}/acknowledge", json={}))
    assert (taken["state"], taken["owner"]["account_id"]) == ("acknowledged", str(DANA))
    assert taken["contact"]["plan"].startswith("Call 212-555-0100")
    assert listed(clinician, "mine") == [it]

    over = {"to": str(MARCUS), "reason": "not-there", "seen": str(DANA)}
    handed = document(clinician.post(f"{path}/hand-over", json=over))
    assert (handed["state"], handed["owner"]["name"]) == ("open", "Marcus Oyelaran")
    assert handed["acknowledge_by"] is not None

    called = document(clinician.post(f"{path}/call-done", json={}))
    assert (called["state"], called["call_done_at"] is None) == ("done", False)
    assert listed(clinician, "done") == [it]
    history = document(clinician.get(path))["history"]
    assert [one["act"] for one in history] == ["done", "call-done", "handed-over", "taken"]


def test_who_comes_too_late_is_told_who_has_it(
    intake_db: Database, app: Flask, signed_in: SignIn, clinician: FlaskClient
) -> None:
    response_id, _ = sent(intake_db, AFRAID)
    marcus = signed_in(app, Role.OWNER, MARCUS).client
    clinician.post(f"{TASKS}/{response_id}/acknowledge", json={})

    late = marcus.post(f"{TASKS}/{response_id}/acknowledge", json={})

    assert late.status_code == 409
    assert late.json["owner"] == "Dana Whitlock"  # type: ignore[index]


def test_a_note_is_written_and_read_and_the_reading_recorded(
    intake_db: Database, clinician: FlaskClient
) -> None:
    response_id, _ = sent(intake_db, COUPLE)
    path = f"{TASKS}/{response_id}/notes"
    assert clinician.post(path, json={"text": " "}).status_code == 422

    assert clinician.post(path, json={"text": CANARY}).status_code == 201
    (note,) = document(clinician.get(path))["notes"]

    assert (note["text"], note["by"]) == (CANARY, "Dana Whitlock")
    assert [part for part, _ in read(intake_db)] == ["notes", "notes"]


@pytest.mark.parametrize(
    ("verb", "body", "status"),
    [
        ("reopen", {}, 200),
        ("lift-hold", {"reason": "short"}, 422),
        ("lift-hold", {}, 422),
        ("lift-hold", {"reason": "We met alone, and it is safe."}, 200),
        ("hand-over", {"to": "00000000-0000-4000-8000-000000000001"}, 409),
        ("hand-over", {"to": "x"}, 422),
        ("escalate", {"reason": "curiosity"}, 422),
        ("escalate", {"role": "owner"}, 422),
    ],
)
def test_what_is_not_possible_is_refused_in_words(
    intake_db: Database, clinician: FlaskClient, verb: str, body: dict[str, Any], status: int
) -> None:
    response_id, _ = sent(intake_db, AFRAID)

    assert clinician.post(f"{TASKS}/{response_id}/{verb}", json=body).status_code == status


def test_an_unknown_inquiry_has_no_task(intake_db: Database, clinician: FlaskClient) -> None:
    nobody = f"{TASKS}/{UUID(int=1)}"

    asked = [clinician.get(nobody), clinician.post(f"{nobody}/done", json={})]

    assert [answer.status_code for answer in asked] == [404, 404]
