"""The JSON API and the internal routes: who may ask, what they get, and what every refusal says."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from services.scheduler.models import Participant, Practitioner
from services.scheduler.schemas import SlotsSchema
from shared.clock import utcnow
from shared.db import Database
from shared.tokens import new_token, service_token
from shared.web.context import floor
from tests.integration.scheduler.world import (
    NEW_YORK,
    SERVICE_KEY,
    a_clinician,
    an_invitation,
    live_rows,
    local,
    token_of,
)


@pytest.fixture
def token(scheduler_db: Database) -> str:
    with scheduler_db.begin() as session:
        a_clinician(session)
        return token_of(an_invitation(session).id)


@pytest.fixture
def api(app: Any) -> Any:
    return app.test_client()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def ten(days: int = 7) -> datetime:
    return local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=days), "10:00")


def post(api: Any, path: str, token: str, **body: Any) -> Any:
    if path != "/api/holds":
        body = {"location": "NY"} | body
    return api.post(path, json=body, headers=bearer(token))


def test_slots_are_listed_by_the_days_of_a_zone(api, token):
    day = (utcnow().astimezone(NEW_YORK).date() + timedelta(days=7)).isoformat()

    answer = api.get(
        f"/api/slots?from={day}&days=1&timezone=America/New_York", headers=bearer(token)
    )

    slots = answer.get_json()["slots"]
    assert answer.get_json()["timezone"] == "America/New_York"
    assert [slot["local"][11:16] for slot in slots][:3] == ["09:00", "09:30", "10:00"]
    assert len(slots) == 16
    assert all(slot["local"].startswith(day) for slot in slots)


def test_every_listed_slot_is_the_same_with_one_practitioner(api, token, scheduler_db):
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran", weekly=[])

    every = api.get("/api/slots?days=3", headers=bearer(token)).get_json()["slots"]
    his = api.get(f"/api/slots?days=3&practitioner_id={marcus.id}", headers=bearer(token))

    assert every
    assert his.get_json()["slots"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("from=9999-12-31", "from"),
        ("days=0", "days"),
        ("days=1000000", "days"),
        ("timezone=EST", "timezone"),
        ("timezone=" + "x" * 3000, "timezone"),
        ("practitioner_id=1", "practitioner_id"),
        ("limit=5", "limit"),
    ],
)
def test_a_bad_question_names_its_field(api, token, query, field):
    answer = api.get(f"/api/slots?{query}", headers=bearer(token))

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"
    assert [row["field"] for row in answer.get_json()["errors"]] == [field]


def test_a_time_is_held_booked_moved_and_cancelled(api, token, scheduler_db):
    held = post(api, "/api/holds", token, start=ten().isoformat())
    assert held.status_code == 201
    assert datetime.fromisoformat(held.get_json()["hold_until"]) > utcnow()

    booked = post(api, "/api/appointments", token, start=ten().isoformat(), how="phone")
    one = booked.get_json()
    assert (booked.status_code, one["status"], one["sequence"]) == (201, "booked", 0)
    assert one["manage_url"].endswith(f"/schedule/m/{one['manage_token']}")
    assert one["ics_url"] == one["manage_url"] + "/appointment.ics"
    own = one["manage_token"]

    assert api.get("/api/appointment", headers=bearer(own)).get_json()["id"] == one["id"]
    later = ten(14).isoformat()
    moved = post(api, "/api/appointment/move", own, start=later)
    assert (moved.status_code, moved.get_json()["sequence"]) == (200, 1)

    for _ in range(2):
        gone = api.post("/api/appointment/cancel", headers=bearer(own))
        assert (gone.status_code, gone.get_json()["status"]) == (200, "cancelled")
    assert live_rows(scheduler_db) == []


def test_a_taken_time_is_a_problem_with_alternatives(api, token, scheduler_db):
    with scheduler_db.begin() as session:
        rival = token_of(an_invitation(session).id)
    post(api, "/api/appointments", rival, start=ten().isoformat())

    for path in ("/api/holds", "/api/appointments"):
        answer = post(api, path, token, start=ten().isoformat())
        problem = answer.get_json()
        assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
        assert problem["type"] == "urn:softstart:problem:slot-taken"
        assert problem["reason"] == "nobody-free"
        starts = [datetime.fromisoformat(one["start"]) for one in problem["alternatives"]]
        assert starts == sorted(starts)
        assert ten() not in starts
        again = post(api, "/api/holds", token, start=starts[0].isoformat())
        assert again.status_code == 201


@pytest.mark.parametrize(
    ("clock", "reason"),
    [
        ("08:30", "outside-hours"),
        ("17:00", "outside-hours"),
        ("03:00", "outside-hours"),
        ("10:10", "off-grid"),
    ],
)
def test_p7_a_time_that_was_never_offered_is_refused_with_the_reason(
    api, token, scheduler_db, clock, reason
):
    start = local(ten().astimezone(NEW_YORK).date(), clock).isoformat()
    with scheduler_db.begin() as session:
        dana = session.scalars(select(Practitioner.id)).one()

    pool = post(api, "/api/appointments", token, start=start)
    one = post(api, "/api/appointments", token, start=start, practitioner_id=str(dana))

    assert (pool.status_code, pool.get_json()["reason"]) == (409, "nobody-free")
    assert (one.status_code, one.get_json()["reason"]) == (409, reason)


def test_p7_another_clocks_offset_is_another_instant(api, token):
    """rule-11: right on the wall, but with another zone's offset."""
    day = ten().astimezone(NEW_YORK).date()

    answer = post(api, "/api/appointments", token, start=f"{day}T10:00:00+09:00")

    assert answer.status_code == 409


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"start": None},
        {"start": "soon"},
        {"start": "2027-03-10T10:00"},
        {"start": "9999-12-31T23:59:59Z"},
        {"start": 5},
        {"start": "2027-03-10T15:00:00Z", "length": 60},  # rule-12: a length is the type's
        {"start": "2027-03-10T15:00:00Z", "practitioner_id": "Dana"},
        {"start": "2027-03-10T15:00:00Z", "how": "fax"},
        {"start": "2027-03-10T15:00:00Z", "location": None},
        {"start": "2027-03-10T15:00:00Z", "location": "New York"},
        {"start": "2027-03-10T15:00:00Z", "location": ["NY"]},
        {"start": "2027-03-10T15:00:00Z", "timezone": "PST"},
        {"start": "2027-03-10T15:00:00Z", "timezone": "\u0000"},
        [],
        "x",
    ],
)
def test_bad_input_is_never_a_breakdown(api, token, body):
    sent = {"location": "NY"} | body if isinstance(body, dict) else body
    answer = api.post("/api/appointments", json=sent, headers=bearer(token))

    assert answer.status_code == 422
    assert answer.mimetype == "application/problem+json"


def test_by_video_only_with_someone_who_has_a_video_room(api, token, scheduler_db):
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran", video_room="https://video.example/m").id
        dana = session.scalars(select(Practitioner.id).where(Practitioner.id != marcus)).one()
    start = ten().isoformat()

    without, with_room = (
        post(api, "/api/appointments", token, start=start, practitioner_id=str(who), how="video")
        for who in (dana, marcus)
    )

    assert (without.status_code, without.get_json()["title"]) == (409, "By phone only")
    assert with_room.status_code == 201


def test_a_practitioner_who_is_not_here_has_no_time(api, token):
    answer = post(
        api, "/api/appointments", token, start=ten().isoformat(), practitioner_id=str(uuid4())
    )

    assert answer.status_code == 409


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer x", "Basic eDp5"])
def test_without_a_token_nobody_is_told_anything(api, token, given):
    headers = {"Authorization": given} if given is not None else {}

    answers = [api.get("/api/slots", headers=headers), api.get("/api/appointment", headers=headers)]

    assert {answer.status_code for answer in answers} == {401}


def test_a_token_that_nobody_gave_out_opens_nothing(api, token):
    assert api.get("/api/slots", headers=bearer(new_token())).status_code == 401
    assert api.post("/api/appointment/cancel", headers=bearer(token)).status_code == 401


def test_a_wrong_method_says_which_are_right(api, token):
    answer = api.delete("/api/appointment", headers=bearer(token))

    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def statements(app: Any, ask: Any) -> int:
    """How many SQL statements the app sends for one request."""
    sent: list[str] = []
    engine = floor(app).database.engine

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "practice_facts" not in statement:  # read every few seconds, whoever asks
            sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert ask().status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(sent)


def test_p25_a_slot_request_takes_as_many_statements_for_one_clinician_as_for_twenty(
    app, api, token, scheduler_db
):
    def ask() -> Any:
        return api.get("/api/slots?days=42", headers=bearer(token))

    ask()
    one = statements(app, ask)
    with scheduler_db.begin() as session:
        for number in range(20):
            a_clinician(session, f"Clinician {number}")
    cold = statements(app, ask)
    many = statements(app, ask)

    # One finds who is asking and which hours hold, one what is taken; one more what has changed.
    assert one == many == 2
    assert cold == 3


def test_p25_a_slot_request_of_who_moves_takes_three_statements(app, api, token):
    booked = post(api, "/api/appointments", token, start=ten().isoformat(), how="phone").get_json()

    def ask() -> Any:
        return api.get("/api/slots?days=42", headers=bearer(booked["manage_token"]))

    ask()
    assert statements(app, ask) == 3


# ---------------------------------------------------------------- internal


def internal(api: Any, path: str, **claims: Any) -> Any:
    pass_ = service_token(SERVICE_KEY, **({"issuer": "notifier", "audience": "scheduler"} | claims))
    return api.get(f"/internal{path}", headers=bearer(pass_))


def booked(api: Any, token: str) -> dict[str, Any]:
    answer: dict[str, Any] = post(
        api, "/api/appointments", token, start=ten().isoformat()
    ).get_json()
    return answer


def person_of(database: Database) -> UUID:
    with database.begin() as session:
        return session.scalars(select(Participant.person_id)).one()


def test_another_service_learns_one_persons_part_of_an_appointment(api, token, scheduler_db):
    one = booked(api, token)
    person = person_of(scheduler_db)

    answer = internal(api, f"/appointments/{one['id']}/for/{person}").get_json()

    assert answer == {
        "appointment_id": one["id"],
        "sequence": 0,
        "status": "booked",
        "start": ten().isoformat(),
        "end": (ten() + timedelta(minutes=20)).isoformat(),
        "timezone": "America/New_York",
        "how": "phone",
        "type": "private-call",
        "uid": answer["uid"],
        "manage_url": one["manage_url"],
        "practitioner_name": "Dana Whitlock",
    }
    assert answer["uid"] == f"{one['id']}@harborlane.example"


def test_somebody_elses_part_is_not_found(api, token):
    one = booked(api, token)

    assert internal(api, f"/appointments/{one['id']}/for/{uuid4()}").status_code == 404
    assert internal(api, f"/appointments/{uuid4()}/for/{uuid4()}").status_code == 404


def test_a_persons_appointments_are_listed_for_the_inquiry(api, token, scheduler_db):
    booked(api, token)

    found = internal(api, f"/people/{person_of(scheduler_db)}/appointments").get_json()

    assert [one["status"] for one in found] == ["booked"]
    assert internal(api, f"/people/{uuid4()}/appointments").get_json() == []


def test_the_practices_page_learns_who_sees_clients(api, token):
    (dana,) = internal(api, "/practitioners").get_json()

    assert (dana["name"], dana["credentials"], dana["initials"]) == ("Dana Whitlock", "LMFT", "DW")


def test_only_services_with_a_pass_for_us_may_ask(api, token):
    bare = api.get("/internal/practitioners")
    other = internal(api, "/practitioners", audience="intake")
    client = api.get("/internal/practitioners", headers=bearer(token))

    assert [answer.status_code for answer in (bare, other, client)] == [401, 401, 401]
    assert bare.mimetype == "application/problem+json"


def test_a_list_of_slots_reads_as_its_schema_says(api, token):
    answer = api.get("/api/slots?days=30&timezone=Asia/Kathmandu", headers=bearer(token))

    said = answer.get_json()
    assert len(said["slots"]) > 16
    assert SlotsSchema().dump(SlotsSchema().load(said)) == said
