"""Inquiries for programs of the staff: by role, with reasons, and with a record of what is read."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.intake.audit_models import AuditEntry
from services.intake.domain.questionnaire import Item
from services.intake.operations import bookings, inquiries, questionnaires, responses
from services.intake.operations.readers import Reader
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import AFRAID, ALONE, COUPLE, NOW, fill_in, send, sent

SignIn = Callable[..., Browser]
QUEUE = "/api/staff/inquiries"
NOBODY = f"{QUEUE}/00000000-0000-4000-8000-000000000001"
NOTES = "Never when the canary sings"
TO_PREPARE = {"part": "between_you", "reason": "prepare-call"}
FRONT_DESK_MAY_KNOW = {"id", "status", "came_in", "booked", "closed", "contact"}


@pytest.fixture
def clinician(app: Flask, signed_in: SignIn) -> FlaskClient:
    client: FlaskClient = signed_in(app).client
    return client


@pytest.fixture
def front_desk(app: Flask, signed_in: SignIn) -> FlaskClient:
    client: FlaskClient = signed_in(app, Role.FRONT_DESK).client
    return client


def inquiry(
    database: Database, answers: dict[str, Any], *, name: str = "Rowan Teller", at: datetime = NOW
) -> str:
    response_id, _ = sent(database, {**answers, "name_used": name}, token=name, at=at)
    return f"{QUEUE}/{response_id}"


def queue(client: FlaskClient, query: str = "") -> list[dict[str, Any]]:
    answer = client.get(f"{QUEUE}{query}")
    assert answer.status_code == 200, answer.json
    found: list[dict[str, Any]] = answer.json["inquiries"]  # type: ignore[index]
    return found


def names(found: list[dict[str, Any]]) -> list[str]:
    return [one["contact"]["name"] for one in found]


def openings(database: Database) -> list[tuple[str, str, str]]:
    with database.begin() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
        return [(row.account_name, row.part, row.reason) for row in rows]


# ---------------------------------------------------------------- the queue


def test_the_most_pressing_come_first_with_their_priority(
    intake_db: Database, clinician: FlaskClient
) -> None:
    inquiry(intake_db, COUPLE, name="Routine Reyes")
    inquiry(intake_db, AFRAID, name="Sameday Brandt")
    inquiry(intake_db, {**AFRAID, "s_danger": "worried"}, name="Urgent Teller")

    found = queue(clinician)

    assert [(one["contact"]["name"], one["priority"]) for one in found] == [
        ("Urgent Teller", "urgent"),
        ("Sameday Brandt", "same_day"),
        ("Routine Reyes", "routine"),
    ]
    assert datetime.fromisoformat(found[0]["came_in"]) == NOW
    assert found[0]["contact"]["plan"].startswith("Call 212-555-0100")


def test_l01_the_front_desk_sees_arrivals_a_status_word_and_the_contact_plan(
    intake_db: Database, front_desk: FlaskClient
) -> None:
    inquiry(intake_db, COUPLE, name="Routine Reyes")
    later = NOW + timedelta(minutes=1)
    inquiry(intake_db, {**ALONE, "h_now": "yes"}, name="Crisis Idowu", at=later)

    found = queue(front_desk)

    assert names(found) == ["Routine Reyes", "Crisis Idowu"]
    assert [one["status"] for one in found] == ["Book private call", "Clinician is handling"]
    assert [set(one) for one in found] == [FRONT_DESK_MAY_KNOW] * 2
    assert openings(intake_db) == []


def test_a_half_finished_form_that_calls_for_a_clinician_is_there_for_them_alone(
    intake_db: Database, clinician: FlaskClient, front_desk: FlaskClient
) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "1", {**ALONE, "name_used": "Crisis Idowu", "h_now": "yes"})

    (found,) = queue(clinician)

    assert (found["contact"]["name"], found["finished"]) == ("Crisis Idowu", False)
    assert queue(front_desk) == []
    assert front_desk.get(f"{QUEUE}/{form.response.id}").status_code == 404


def test_a_booked_call_shows_in_the_queue(intake_db: Database, clinician: FlaskClient) -> None:
    _, person_id = sent(intake_db, COUPLE)
    assert [one["booked"] for one in queue(clinician)] == [False]

    with intake_db.begin() as session:
        bookings.note(
            session, appointment_id=UUID(int=1), person_id=person_id, sequence=0, state="booked"
        )

    assert [one["booked"] for one in queue(clinician)] == [True]


def test_closed_inquiries_are_listed_apart(intake_db: Database, clinician: FlaskClient) -> None:
    response_id, _ = sent(intake_db, {**COUPLE, "name_used": "Rowan Teller"})
    dana = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.CLINICIAN)
    with intake_db.begin() as session:
        found = inquiries.find(session, response_id=response_id, reader=dana)
        assert found is not None
        inquiries.close(session, inquiry=found, reader=dana, now=NOW)

    assert queue(clinician) == queue(clinician, "?closed=false") == []
    (closed,) = queue(clinician, "?closed=true")
    assert (closed["contact"]["name"], closed["closed"]) == ("Rowan Teller", True)


@pytest.mark.parametrize(("query", "field"), [("closed=perhaps", "closed"), ("all=1", "all")])
def test_a_question_that_makes_no_sense_is_refused_by_its_field(
    clinician: FlaskClient, query: str, field: str
) -> None:
    refused = clinician.get(f"{QUEUE}?{query}")

    assert refused.status_code == 422
    assert [error["field"] for error in refused.json["errors"]] == [field]  # type: ignore[index]


# ---------------------------------------------------------------- one inquiry


def test_a_clinician_reads_track_rule_reasons_and_the_way_through_the_table(
    intake_db: Database, clinician: FlaskClient
) -> None:
    path = inquiry(intake_db, AFRAID)

    found = clinician.get(path).json

    assert found is not None
    assert (found["track"], found["track_word"]) == ("staff-review", "Staff review")
    assert (found["rule"], found["priority"]) == ("R04", "same_day")
    assert found["reason"].startswith("Safety concern. Meet this person alone first.")
    assert any("Fear, control, threats, violence" in one["reason"] for one in found["flags"])
    assert found["trail"] == [
        {"rule": "R01", "matched": False},
        {"rule": "R02", "matched": False},
        {"rule": "R03", "matched": False},
        {"rule": "R04", "matched": True},
    ]
    assert found["partner_invite"] == "hold"
    assert found["public_key"] == "couples_call"
    assert found["pattern"] is None, "pursue-withdraw language is on hold"
    assert found["appointments"] is None, "the scheduler does not answer here"
    assert openings(intake_db) == [("Dana Whitlock", "decision", "to read the inquiry")]


def test_visible_answers_come_page_by_page_and_sealed_ones_not_at_all(
    intake_db: Database, clinician: FlaskClient
) -> None:
    path = inquiry(intake_db, {**AFRAID, "contact_notes": NOTES})
    sealed = {item.id for item in questionnaires.shipped().items.values() if item.sealed}

    answer = clinician.get(path)

    assert answer.json is not None
    given = {one["id"]: one for page in answer.json["answers"] for one in page["answers"]}
    assert given["main_concern"]["words"] == "The same arguments, over and over"
    assert given["main_concern"]["value"] == AFRAID["main_concern"]
    assert given["main_concern"]["question"]
    assert not sealed & set(given)
    assert NOTES not in answer.text
    assert "have you been afraid of a partner" not in answer.text
    assert {"part": "between_you", "title": "Private questions"} in answer.json["sealed"]


def test_l04_opening_a_part_gives_that_part_and_is_recorded_with_name_and_reason(
    intake_db: Database, clinician: FlaskClient
) -> None:
    path = inquiry(intake_db, AFRAID)

    opened = clinician.post(f"{path}/sealed", json=TO_PREPARE)

    assert opened.status_code == 200
    assert opened.json is not None
    assert opened.json["part"] == "between_you"
    afraid = next(one for one in opened.json["answers"] if one["id"] == "s_afraid")
    assert "have you been afraid of a partner" in afraid["question"]
    assert (afraid["value"], afraid["before"]) == (AFRAID["s_afraid"], [])
    assert "Are you thinking about ending your life" not in opened.text
    assert openings(intake_db) == [("Dana Whitlock", "between_you", "To prepare the call")]
    readings = clinician.get(path).json["readings"]  # type: ignore[index]
    assert [(row["part"], row["by"], row["reason"]) for row in readings] == [
        ("decision", "Dana Whitlock", "to read the inquiry"),
        ("between_you", "Dana Whitlock", "To prepare the call"),
    ]


def test_a_disclosure_that_was_changed_comes_with_what_it_said_before(
    intake_db: Database, clinician: FlaskClient
) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "1", AFRAID)
        page = form.screener.section("between_you")
        assert page is not None
        responses.answer(session, form, section=page, given={**AFRAID, "s_afraid": "no"}, now=NOW)
        send(session, "1")

    opened = clinician.post(f"{QUEUE}/{form.response.id}/sealed", json=TO_PREPARE).json

    assert opened is not None
    afraid = next(one for one in opened["answers"] if one["id"] == "s_afraid")
    assert (afraid["words"], afraid["before"]) == ("No", ["Yes"])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": None}, "reason"),
        ({"reason": "curiosity"}, "reason"),
        ({"reason": ["prepare-call"]}, "reason"),
        ({"part": None}, "part"),
        ({"part": "between_you\x00"}, "part"),
        ({"also": ["wellbeing"]}, "also"),
        ({"role": "owner"}, "role"),
    ],
)
def test_without_a_reason_nothing_is_opened(
    intake_db: Database, clinician: FlaskClient, change: dict[str, Any], field: str
) -> None:
    path = inquiry(intake_db, AFRAID)

    refused = clinician.post(f"{path}/sealed", json=TO_PREPARE | change)

    assert refused.status_code == 422
    assert [error["field"] for error in refused.json["errors"]] == [field]  # type: ignore[index]
    assert openings(intake_db) == []


def test_a_part_or_an_inquiry_that_is_not_there_is_not_found(
    intake_db: Database, clinician: FlaskClient
) -> None:
    path = inquiry(intake_db, AFRAID)
    asked = [
        clinician.post(f"{path}/sealed", json=TO_PREPARE | {"part": "x" * 50}),
        clinician.post(f"{NOBODY}/sealed", json=TO_PREPARE),
        clinician.get(NOBODY),
        clinician.get(f"{QUEUE}/x"),
    ]

    assert [answer.status_code for answer in asked] == [404] * 4
    assert {answer.content_type for answer in asked} == {"application/problem+json"}
    assert openings(intake_db) == []


def test_l01_the_front_desk_gets_nothing_private_or_sealed(
    intake_db: Database, front_desk: FlaskClient
) -> None:
    answers = {**AFRAID, "contact_notes": NOTES, "hope_text": NOTES, "goals": ["heal"]}
    path = inquiry(intake_db, answers)
    hidden = [item for item in questionnaires.shipped().items.values() if item.level != "open"]

    one = front_desk.get(path)
    refused = front_desk.post(f"{path}/sealed", json=TO_PREPARE)
    said = [one.text, front_desk.get(QUEUE).text, refused.text]

    assert one.json is not None
    assert set(one.json) == FRONT_DESK_MAY_KNOW
    assert one.json["status"] == "Clinician will call"
    assert "ask a clinician before you call" in one.json["contact"]["plan"]
    assert refused.status_code == 403
    assert openings(intake_db) == []
    for text in said:
        for item in hidden:
            assert item.text not in text
            assert not _chosen(item, answers) or _chosen(item, answers) not in text
        for word in (NOTES, "R04", "Safety concern", "ipv", "same_day", "couple"):
            assert word not in text


def _chosen(item: Item, answers: dict[str, Any]) -> str:
    """The answer's own words, where they are long enough to be told from others."""
    if item.id not in answers:
        return ""
    value = answers[item.id]
    words = item.label(tuple(value) if isinstance(value, list) else value)
    return words if len(words) > 12 else ""


def test_the_inquiry_comes_with_the_appointment_that_the_scheduler_knows(
    intake_db: Database,
    make_app: Callable[..., Flask],
    signed_in: SignIn,
    scheduler: Callable[[dict[str, Any]], str],
) -> None:
    response_id, person_id = sent(intake_db, COUPLE)
    booked = {
        "status": "booked",
        "start": "2027-03-15T14:30:00+00:00",
        "practitioner_name": "Marcus Oyelaran",
        "how": "phone",
    }
    url = scheduler({f"/internal/people/{person_id}/appointments": [booked]})

    found = signed_in(make_app(SCHEDULER_URL=url)).client.get(f"{QUEUE}/{response_id}").json

    assert found["appointments"] == [booked]


# ---------------------------------------------------------------- who may ask


@pytest.mark.parametrize(
    ("method", "path"), [("GET", QUEUE), ("GET", NOBODY), ("POST", f"{NOBODY}/sealed")]
)
def test_a_stranger_is_told_to_sign_in(app: Flask, method: str, path: str) -> None:
    refused = app.test_client().open(path, method=method)

    assert refused.status_code == 401
    assert refused.content_type == "application/problem+json"


def test_another_site_opens_nothing_with_our_cookie(
    intake_db: Database, clinician: FlaskClient
) -> None:
    path = inquiry(intake_db, AFRAID)

    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        refused = clinician.post(f"{path}/sealed", json=TO_PREPARE, headers=headers)
        assert refused.status_code == 403

    form = clinician.post(f"{path}/sealed", data=TO_PREPARE)
    assert form.status_code == 415
    assert openings(intake_db) == []
