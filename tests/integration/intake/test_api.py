"""The form as a JSON API, and what the other services ask of intake."""

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.intake.models import Person, QuestionnaireResponse, Tally
from services.intake.operations import responses
from shared.db import Database
from shared.messaging.tables import Outbox
from shared.tokens import service_token, token_sha256
from tests.integration.intake.people import AFRAID, ALONE, COUPLE, sent


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


class Caller:
    """A program with a form's token."""

    def __init__(self, client: FlaskClient, answers: dict[str, Any] | None = None) -> None:
        self.client = client
        begun = client.post("/api/responses", json={"answers": answers or {}})
        assert begun.status_code == 201, begun.json
        self.id, self.token = begun.json["id"], begun.json["token"]  # type: ignore[index]
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def get(self) -> Any:
        return self.client.get("/api/response", headers=self.headers)

    def patch(self, answers: Any) -> Any:
        return self.client.patch("/api/response", json={"answers": answers}, headers=self.headers)

    def complete(self) -> Any:
        return self.client.post("/api/response/completion", headers=self.headers)


def test_a_program_walks_the_whole_way(client: FlaskClient, intake_db: Database) -> None:
    form = client.get("/api/questionnaire").json
    caller = Caller(client)
    for section in form["sections"]:  # type: ignore[index]
        here = {i["id"]: COUPLE[i["id"]] for i in section["items"] if i["id"] in COUPLE}
        assert caller.patch(here).status_code == 200

    end = caller.complete()

    assert end.status_code == 200
    assert end.json["public_key"] == "couples_call"
    assert end.json["heading"] == "Thank you for telling us about this"
    assert end.json["pattern_text"].startswith("You told us that when you feel distance")
    token = end.json["booking"]["permission_token"]
    assert end.json["booking"]["url"] == f"http://127.0.0.1:8000/schedule/t/{token}"
    with intake_db.begin() as session:
        kept = session.scalars(select(QuestionnaireResponse.booking_sha256)).one()
    assert kept == token_sha256(token)


def test_completing_twice_is_completing_once(client: FlaskClient, intake_db: Database) -> None:
    caller = Caller(client, ALONE)

    assert caller.complete().json == caller.complete().json
    with intake_db.begin() as session:
        assert len(session.scalars(select(Outbox)).all()) == 1


def test_what_is_wrong_is_named_by_field_and_all_else_is_kept(client: FlaskClient) -> None:
    caller = Caller(client, {"age_group": "18_plus"})

    answer = caller.patch({"name_used": "Rowan", "email": "rowan@", "pur_reach": 9, "nonsense": 1})

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert {error["field"] for error in answer.json["errors"]} == {
        "answers.email",
        "answers.pur_reach",
        "answers.nonsense",
    }
    assert caller.get().json["answers"]["name_used"] == "Rowan"


def test_answers_may_come_in_any_order(client: FlaskClient) -> None:
    caller = Caller(client)
    for name, value in reversed(COUPLE.items()):
        assert caller.patch({name: value}).status_code == 200, name

    assert caller.complete().json["public_key"] == "couples_call"


def test_what_is_lacking_is_named_by_field(client: FlaskClient) -> None:
    answer = Caller(client, {"age_group": "18_plus"}).complete()

    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json["errors"]] == [
        "#/answers/private_now",
        "#/answers/session_state",
        "#/answers/residence_state",
    ]


def test_l38_sealed_answers_are_never_given_back(client: FlaskClient) -> None:
    caller = Caller(client, {**AFRAID, "hope_text": "the canary sings"})

    found = caller.get()

    assert found.json["answers"]["who_for"] == "couple"
    assert "s_afraid" not in found.json["answers"]
    assert "canary" not in found.text


def test_l05_a_program_learns_no_more_than_a_person(client: FlaskClient) -> None:
    plain, confided = Caller(client, COUPLE), Caller(client, AFRAID)
    mine = {"id", "booking"}

    def seen(caller: Caller) -> list[dict[str, Any]]:
        return [
            {key: value for key, value in answer.json.items() if key not in mine}
            for answer in (caller.get(), caller.complete())
        ]

    assert seen(plain) == seen(confided)


def test_null_takes_a_visible_answer_back_and_never_a_sealed_one(client: FlaskClient) -> None:
    caller = Caller(client, {**COUPLE, "pronouns": "they", "h_now": "yes"})

    assert caller.patch({"pronouns": None, "h_now": None}).status_code == 200

    assert "pronouns" not in caller.get().json["answers"]
    assert caller.complete().json["public_key"] == "support_now"


@pytest.mark.parametrize("at_once", [True, False])
def test_l44_nothing_of_somebody_under_13_is_kept(
    client: FlaskClient, intake_db: Database, at_once: bool
) -> None:
    young = {"age_group": "under_13", "name_used": "Sky"}
    if at_once:
        answer = client.post("/api/responses", json={"answers": young})
    else:
        answer = Caller(client, {"session_state": "NY"}).patch(young)

    assert answer.status_code == 403
    assert answer.json["detail"].startswith("We see adults")
    with intake_db.begin() as session:
        assert session.scalars(select(Person)).all() == []
        assert session.get_one(Tally, "under_13").total == 1


def test_a_form_that_was_sent_does_not_change(client: FlaskClient) -> None:
    caller = Caller(client, ALONE)
    caller.complete()

    answer = caller.patch({"name_used": "Someone else"})

    assert answer.status_code == 409
    assert caller.get().json["answers"]["name_used"] == "Test Person"


@pytest.mark.parametrize(
    "body",
    [
        '{"answers": 3}',
        '{"answers": ["a"]}',
        '{"surprise": 1}',
        "[]",
        "nonsense",
        '{"answers": {"hope_text": "a\\u0000b"}}',
        '{"answers": {"name_used": "\\ud800"}}',
        '{"answers": {"name_used": {"a": 1}}}',
        '{"answers": {"goals": [1, {}]}}',
    ],
)
def test_a_body_of_the_wrong_kind_is_a_problem_and_never_a_failure(
    client: FlaskClient, body: str
) -> None:
    caller = Caller(client)

    answer = client.patch(
        "/api/response", data=body, content_type="application/json", headers=caller.headers
    )

    assert answer.status_code in (400, 422)
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("said", ["", "Bearer ", "Basic x"])
def test_without_a_token_nobody_is_let_in(client: FlaskClient, said: str) -> None:
    assert client.get("/api/response", headers={"Authorization": said}).status_code == 401


def test_l09_a_wrong_token_opens_nothing_and_says_no_more(client: FlaskClient) -> None:
    answers = {
        client.get("/api/response", headers={"Authorization": f"Bearer {token}"}).data
        for token in ("x", "y" * 43, uuid4().hex)
    }

    assert len(answers) == 1
    assert b"opens no form" in answers.pop()


# ---------------------------------------------------------------- for the other services


def test_the_scheduler_learns_what_a_booking_token_permits(
    client: FlaskClient, intake_db: Database, service_headers: dict[str, str]
) -> None:
    response_id, person_id = sent(intake_db, {**ALONE, "text_safe": "no"})
    with intake_db.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        token = responses.booking_token("a-secret-for-tests-that-is-long-enough", response)

    answer = client.post(
        "/internal/booking-permissions",
        json={"token_sha256": token_sha256(token).hex()},
        headers=service_headers,
    )

    assert answer.status_code == 200
    assert answer.json == {
        "permission_id": str(response_id),
        "person_id": str(person_id),
        "contact_version": 1,
        "appointment_type": "private-call",
        "timezone": None,
        "unproven": False,
        "joint": None,
        "contact": {
            "person_id": str(person_id),
            "version": 1,
            "name": "Test Person",
            "pronouns": None,
            "email": "p@example.test",
            "phone": "+12125550100",
            "channels": {"email": True, "sms": False, "call": True, "voicemail": True},
            "call_as": None,
            "contact_notes_present": False,
            "locale": "en-US",
            "timezone": None,
        },
    }
    again = client.get(f"/internal/contacts/{person_id}", headers=service_headers)
    assert again.json == answer.json["contact"]


@pytest.mark.parametrize("body", [{}, {"token_sha256": "xyz"}, {"token_sha256": "A" * 64}, []])
def test_a_question_about_no_token_is_not_understood(
    client: FlaskClient, service_headers: dict[str, str], body: Any
) -> None:
    answer = client.post("/internal/booking-permissions", json=body, headers=service_headers)

    assert answer.status_code == 422


def test_an_unknown_token_or_person_is_not_found(
    client: FlaskClient, service_headers: dict[str, str]
) -> None:
    asked = client.post(
        "/internal/booking-permissions", json={"token_sha256": "0" * 64}, headers=service_headers
    )

    assert asked.status_code == 404
    missing = client.get(f"/internal/contacts/{uuid4()}", headers=service_headers)
    assert missing.status_code == 404


def test_only_a_service_may_ask_and_only_with_a_pass_for_intake(
    app: Flask, client: FlaskClient, intake_db: Database
) -> None:
    _, person_id = sent(intake_db, ALONE)
    key = "a-service-key-for-tests-that-is-long"
    other = service_token(key, issuer="scheduler", audience="notifier")

    for headers in ({}, {"Authorization": f"Bearer {other}"}):
        for path in (f"/internal/contacts/{person_id}", f"/internal/contacts/{uuid4()}"):
            assert client.get(path, headers=headers).status_code == 401
