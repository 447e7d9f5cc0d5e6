"""The staff's JSON API of the scheduler: the way in, weekly hours, and who comes when."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.scheduler.app import first_run_link
from services.scheduler.models import Availability, Schedule, StaffAccount
from services.scheduler.operations import bookings, holds, staff
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.staff import NewColleague
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.scheduler.world import NEW_YORK, a_clinician, an_invitation, local

PASSWORD = "seven quiet herons at dusk"
EMAIL = "dana@harborlane.example"
OWNER = {"name": "Dana Whitlock", "email": EMAIL, "password": PASSWORD, "credentials": "LMFT"}
MORNING = {"weekday": 1, "start": "09:00", "end": "12:00"}
ROUTES = [
    ("DELETE", "/api/staff/session"),
    ("GET", "/api/staff/hours"),
    ("PUT", "/api/staff/hours"),
    ("GET", "/api/staff/appointments"),
]
ELSEWHERE = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}]


@pytest.fixture
def token(app: Flask, settings: Settings) -> str:
    """What comes last in the first-run link."""
    return (first_run_link(settings) or "").rpartition("/")[2]


@pytest.fixture
def program(app: Flask) -> FlaskClient:
    """Somebody who has shown nothing yet."""
    return app.test_client()


@pytest.fixture
def owner(program: FlaskClient, token: str) -> FlaskClient:
    """Dana, signed in by the first-run link."""
    assert program.post("/api/staff/first-run", json=OWNER | {"token": token}).status_code == 201
    return program


@pytest.fixture
def signed_in(
    app: Flask, owner: FlaskClient, scheduler_db: Database, settings: Settings
) -> Callable[[Role], FlaskClient]:
    """Another member of staff, signed in with their password."""

    def sign_in(role: Role) -> FlaskClient:
        email = f"{role}@harborlane.example"
        with scheduler_db.begin() as session:
            account, welcome = staff.add_clinician(
                session,
                person=NewColleague(name="Marcus Oyelaran", email=email),
                settings=settings,
                now=utcnow(),
            )
            staff.welcome(
                session, token=welcome, password=PASSWORD, settings=settings, now=utcnow()
            )
            account.role = role
            if role is Role.FRONT_DESK:
                account.practitioner_id = None
        client = app.test_client()
        answer = client.post("/api/staff/session", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.get_json()
        return client

    return sign_in


def fields(answer: Any) -> list[str]:
    """The fields that a problem names."""
    assert answer.content_type == "application/problem+json"
    return [error["field"] for error in answer.get_json()["errors"]]


def kept(database: Database) -> list[tuple[int, str, str]]:
    with database.begin() as session:
        rows = session.scalars(select(Availability).order_by(Availability.weekday))
        return [(row.weekday, f"{row.starts:%H:%M}", f"{row.ends:%H:%M}") for row in rows]


# ---------------------------------------------------------------- the way in


def test_the_first_run_link_makes_the_owner_and_signs_them_in(program, token, scheduler_db):
    answer = program.post("/api/staff/first-run", json=OWNER | {"token": token})

    assert answer.status_code == 201
    with scheduler_db.begin() as session:
        account = session.scalars(select(StaffAccount)).one()
    assert answer.get_json() == {
        "account_id": str(account.id),
        "name": "Dana Whitlock",
        "role": "owner",
    }
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("staff=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert program.get("/api/staff/hours").status_code == 200
    assert program.get("/staff/").status_code == 200, "the pages know the same session"


def test_the_link_works_once(owner, app, token):
    again = app.test_client().post("/api/staff/first-run", json=OWNER | {"token": token})

    assert again.status_code == 410
    assert again.content_type == "application/problem+json"
    assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "  "}, "name"),
        ({"name": "D" * 81}, "name"),
        ({"name": "Dana\x00"}, "name"),
        ({"email": "dana"}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "password password"}, "password"),
        ({"password": 15}, "password"),
        ({"video_room": "javascript:alert(1)"}, "video_room"),
        ({"role": "owner"}, "role"),
        ({"token": "x" * 101}, "token"),
    ],
)
def test_a_bad_field_is_named_and_the_link_still_works(program, token, change, field):
    refused = program.post("/api/staff/first-run", json=OWNER | {"token": token} | change)

    assert refused.status_code == 422
    assert fields(refused) == [field]
    assert PASSWORD not in refused.get_data(as_text=True)
    assert program.post("/api/staff/first-run", json=OWNER | {"token": token}).status_code == 201


def test_an_empty_body_names_everything_that_is_missing(program):
    refused = program.post("/api/staff/first-run", json={})

    assert refused.status_code == 422
    assert sorted(fields(refused)) == ["email", "name", "password", "token"]


def test_signing_in_begins_a_session_of_its_own(owner, app):
    other = app.test_client()

    answer = other.post("/api/staff/session", json={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 200
    assert answer.get_json()["role"] == "owner"
    assert other.get("/api/staff/appointments").status_code == 200
    assert other.get_cookie("staff").value != owner.get_cookie("staff").value


@pytest.mark.parametrize(
    "sent",
    [
        {"email": EMAIL, "password": "seven quiet herons at dawn"},
        {"email": "nobody@harborlane.example", "password": PASSWORD},
    ],
)
def test_whichever_of_the_two_is_wrong_the_answer_is_the_same(owner, app, sent):
    refused = app.test_client().post("/api/staff/session", json=sent)

    assert refused.status_code == 401
    assert refused.content_type == "application/problem+json"
    assert refused.get_json()["detail"] == "That e-mail address and password do not go together."
    assert "Set-Cookie" not in refused.headers


def test_tries_are_counted_together_with_those_on_the_page(owner, app, visitor):
    wrong = {"email": EMAIL, "password": "seven quiet herons at dawn"}
    stranger = app.test_client()
    for _ in range(5):
        assert stranger.post("/api/staff/session", json=wrong).status_code == 401

    slowed = stranger.post("/api/staff/session", json=wrong | {"password": PASSWORD})

    assert slowed.status_code == 429
    assert 0 < int(slowed.headers["Retry-After"]) <= 31
    assert slowed.content_type == "application/problem+json"
    on_the_page = visitor.send("/staff/sign-in", **(wrong | {"password": PASSWORD}))
    assert on_the_page.status_code == 429


@pytest.mark.parametrize("sent", [{}, {"email": EMAIL}, {"email": EMAIL, "password": ["x"]}, []])
def test_a_sign_in_of_another_shape_is_refused_by_its_fields(program, sent):
    refused = program.post("/api/staff/session", json=sent)

    assert refused.status_code == 422
    assert refused.get_json()["errors"]


def test_signing_out_ends_the_session_everywhere(owner, app):
    thief = app.test_client()
    thief.set_cookie("staff", owner.get_cookie("staff").value)
    now = utcnow() + timedelta(seconds=61)

    left = owner.delete("/api/staff/session")

    assert (left.status_code, left.data) == (204, b"")
    assert owner.get_cookie("staff") is None
    assert owner.get("/api/staff/appointments").status_code == 401
    with pytest.MonkeyPatch.context() as later:
        later.setattr("shared.web.audiences.utcnow", lambda: now)  # a cookie is asked about once
        assert thief.get("/api/staff/appointments").status_code == 401  # a minute


# ---------------------------------------------------------------- who may ask


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_is_told_to_sign_in(program, method, path):
    refused = program.open(path, method=method, json={"weekly": []} if method == "PUT" else None)

    assert refused.status_code == 401
    assert refused.content_type == "application/problem+json"


def test_every_guarded_route_is_in_that_list(app):
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/staff/")]
    found = {
        (method, rule.rule)
        for rule in rules
        if not rule.endpoint.startswith("staff_door_api.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert found == set(ROUTES)


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_another_site_changes_nothing_with_our_cookie(owner, token, scheduler_db, headers):
    refusals = [
        owner.put("/api/staff/hours", json={"weekly": [MORNING]}, headers=headers),
        owner.delete("/api/staff/session", headers=headers),
        owner.post(
            "/api/staff/session", json={"email": EMAIL, "password": PASSWORD}, headers=headers
        ),
        owner.post("/api/staff/first-run", json=OWNER | {"token": token}, headers=headers),
    ]

    assert [refused.status_code for refused in refusals] == [403] * 4
    assert kept(scheduler_db) == []
    assert owner.get("/api/staff/hours").status_code == 200


def test_a_form_is_not_json(owner, program):
    assert owner.put("/api/staff/hours", data={"weekly": "[]"}).status_code == 415
    assert program.post("/api/staff/session", data={"email": EMAIL}).status_code == 415


def test_the_front_desk_sees_who_comes_and_sets_no_hours(signed_in, scheduler_db):
    desk = signed_in(Role.FRONT_DESK)

    assert desk.get("/api/staff/appointments").status_code == 200
    assert desk.get("/api/staff/hours").status_code == 403
    refused = desk.put("/api/staff/hours", json={"weekly": [MORNING]})
    assert refused.status_code == 403
    assert refused.content_type == "application/problem+json"
    assert kept(scheduler_db) == []


# ---------------------------------------------------------------- hours


def test_hours_are_kept_as_wall_time_and_given_back_in_order(owner, scheduler_db):
    week = [
        {"weekday": 3, "start": "13:30", "end": "17:00"},
        {"weekday": 1, "start": "09:00", "end": "12:00"},
        {"weekday": 1, "start": "18:00", "end": "00:00"},
    ]

    answer = owner.put("/api/staff/hours", json={"weekly": week})

    assert answer.status_code == 200
    document = answer.get_json()
    assert document["practitioner_name"] == "Dana Whitlock"
    assert document["timezone"] == "America/New_York"
    assert document["weekly"] == [week[1], week[2], week[0]]
    assert owner.get("/api/staff/hours").get_json() == document
    with scheduler_db.begin() as session:
        overnight = session.scalars(select(Availability.ends).where(Availability.overnight)).all()
    assert [f"{end:%H:%M}" for end in overnight] == ["00:00"]


def test_a_new_week_takes_the_place_of_the_old_and_an_empty_one_closes_it(owner, scheduler_db):
    owner.put("/api/staff/hours", json={"weekly": [MORNING]})
    owner.put("/api/staff/hours", json={"weekly": [MORNING | {"weekday": 7}]})
    assert kept(scheduler_db) == [(7, "09:00", "12:00")]

    assert owner.put("/api/staff/hours", json={"weekly": []}).get_json()["weekly"] == []
    assert kept(scheduler_db) == []


LATER = {"weekday": 1, "start": "13:00", "end": "15:00"}
BAD_WEEKS = {
    "the end before the start": ([MORNING | {"end": "08:00"}], "weekly.0"),
    "no length": ([MORNING | {"end": "09:00"}], "weekly.0"),
    "shorter than a visit": ([MORNING | {"end": "09:10"}], "weekly.0"),
    "an overlap": ([MORNING, LATER, MORNING | {"start": "11:00"}], "weekly.2"),
    "an overlap after another day": (
        [MORNING | {"weekday": 5}, MORNING, MORNING | {"start": "11:00"}],
        "weekly.2",
    ),
    "a weekday 9": ([LATER, MORNING | {"weekday": 9}], "weekly.1.weekday"),
    "a weekday 0": ([MORNING | {"weekday": 0}], "weekly.0.weekday"),
    "a weekday in words": ([MORNING | {"weekday": "Monday"}], "weekly.0.weekday"),
    "half a weekday": ([MORNING | {"weekday": 1.5}], "weekly.0.weekday"),
    "a weekday that is true": ([MORNING | {"weekday": True}], "weekly.0.weekday"),
    "an unknown field": ([MORNING | {"room": 2}], "weekly.0.room"),
    "a NUL": ([MORNING | {"start": "09:00\x00"}], "weekly.0.start"),
    "half a surrogate pair": ([MORNING | {"end": "\ud800"}], "weekly.0.end"),
    "hour 25": ([MORNING | {"end": "25:00"}], "weekly.0.end"),
    "seconds": ([MORNING | {"end": "12:00:30"}], "weekly.0.end"),
    "an offset": ([MORNING | {"end": "12:00+02:00"}], "weekly.0.end"),
    "a number for a time": ([MORNING | {"start": 9}], "weekly.0.start"),
    "no end": ([{"weekday": 1, "start": "09:00"}], "weekly.0.end"),
    "null": (None, "weekly"),
    "text": ("9 to 5", "weekly"),
    "a range that is text": (["9 to 5"], "weekly.0"),
    "seven ranges on a day": (
        [MORNING | {"start": f"{n:02}:00", "end": f"{n:02}:30"} for n in range(7)],
        "weekly",
    ),
}


@pytest.mark.parametrize(("weekly", "field"), BAD_WEEKS.values(), ids=BAD_WEEKS.keys())
def test_bad_hours_are_named_by_their_field_and_nothing_is_saved(
    owner, scheduler_db, weekly, field
):
    owner.put("/api/staff/hours", json={"weekly": [LATER]})

    refused = owner.put("/api/staff/hours", json={"weekly": weekly})

    assert refused.status_code == 422
    assert field in fields(refused) or {one.rsplit(".", 1)[0] for one in fields(refused)} == {field}
    assert kept(scheduler_db) == [(1, "13:00", "15:00")]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "weekly"),
        ({"weekly": [MORNING], "timezone": "Europe/Berlin"}, "timezone"),
        ({"weekly": [MORNING], "practitioner_id": "Dana"}, "practitioner_id"),
    ],
)
def test_what_else_is_wrong_with_the_request_is_named_too(owner, scheduler_db, sent, field):
    refused = owner.put("/api/staff/hours", json=sent)

    assert refused.status_code == 422
    assert fields(refused) == [field]
    assert kept(scheduler_db) == []


def test_every_bad_range_is_named_at_once(owner):
    bad = [MORNING | {"end": "08:00"}, LATER, LATER | {"weekday": 2, "end": "13:05"}]

    refused = owner.put("/api/staff/hours", json={"weekly": bad})

    errors = {error["pointer"]: error["detail"] for error in refused.get_json()["errors"]}
    assert errors == {
        "#/weekly/0": "The end has to be later than the start.",
        "#/weekly/2": "One visit takes 20 minutes; these hours are shorter.",
    }


def test_the_owner_sets_everybodys_hours_and_a_clinician_their_own(
    owner, signed_in, scheduler_db, settings
):
    marcus = signed_in(Role.CLINICIAN)
    his = marcus.get("/api/staff/hours").get_json()["practitioner_id"]
    hers = owner.get("/api/staff/hours").get_json()["practitioner_id"]

    answer = owner.put("/api/staff/hours", json={"weekly": [MORNING], "practitioner_id": his})
    assert answer.get_json()["practitioner_name"] == "Marcus Oyelaran"
    assert marcus.get("/api/staff/hours").get_json()["weekly"] == [MORNING]
    assert owner.get("/api/staff/hours").get_json()["weekly"] == []

    refused = marcus.put("/api/staff/hours", json={"weekly": [LATER], "practitioner_id": hers})
    assert refused.status_code == 403
    assert marcus.get(f"/api/staff/hours?practitioner_id={hers}").status_code == 403
    assert kept(scheduler_db) == [(1, "09:00", "12:00")]


def test_hours_of_nobody_are_not_found(owner):
    nobody = str(uuid4())

    asked = owner.get(f"/api/staff/hours?practitioner_id={nobody}")
    sent = owner.put("/api/staff/hours", json={"weekly": [], "practitioner_id": nobody})

    assert (asked.status_code, sent.status_code) == (404, 404)
    assert sent.content_type == "application/problem+json"


def test_the_page_shows_the_hours_that_a_program_has_set(owner):
    owner.put("/api/staff/hours", json={"weekly": [MORNING | {"weekday": 4}]})

    page = owner.get("/staff/hours").get_data(as_text=True)

    assert 'value="09:00"' in page
    assert "3 hours" in page


# ---------------------------------------------------------------- appointments


def ten_in(days: int) -> datetime:
    return local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=days), "10:00")


def booked(
    database: Database, settings: Settings, at: datetime, who: UUID, how: str = "phone", **told: Any
) -> tuple[UUID, UUID]:
    """Somebody with that contact plan has that time; the ids of appointment and inquiry."""
    with database.begin() as session:
        invitation = an_invitation(session, **told)
        made = bookings.book(
            session,
            invitation=invitation,
            wanted=Wanted(at, who),
            how=how,
            timezone="America/New_York",
            settings=settings,
            now=utcnow(),
        )
        return made.id, invitation.id


@pytest.fixture
def dana(scheduler_db: Database) -> UUID:
    with scheduler_db.begin() as session:
        return a_clinician(session, "Dana Marsh", video_room="https://video.example/dana").id


def test_an_appointment_comes_with_the_person_and_how_to_reach_them(
    owner, scheduler_db, settings, dana
):
    at = ten_in(3)
    appointment, inquiry = booked(scheduler_db, settings, at, dana, how="video")

    (shown,) = owner.get("/api/staff/appointments").get_json()["appointments"]

    assert datetime.fromisoformat(shown.pop("start")) == at
    assert datetime.fromisoformat(shown.pop("end")) == at + timedelta(minutes=20)
    assert shown == {
        "id": str(appointment),
        "status": "booked",
        "status_word": "Expected",
        "what": "Private call, by video",
        "how": "video",
        "practitioner_id": str(dana),
        "practitioner_name": "Dana Marsh",
        "people": [
            {
                "name": "Rowan Teller",
                "pronouns": None,
                "plan": "Call is fine. First name only. No voice message, no texts.",
                "phone": "914-555-0177",
            }
        ],
        "inquiry_id": str(inquiry),
    }


def test_a_number_that_may_not_be_called_is_not_given(owner, scheduler_db, settings, dana):
    ways = {"email": True, "sms": False, "call": False, "voicemail": False}
    booked(scheduler_db, settings, ten_in(1), dana, channels=ways)

    (shown,) = owner.get("/api/staff/appointments").get_json()["appointments"]

    assert shown["people"][0]["phone"] is None
    assert shown["people"][0]["plan"].startswith("Email only. Do not call.")


def test_days_are_those_of_the_practice_and_holds_are_left_out(owner, scheduler_db, settings, dana):
    day = utcnow().astimezone(NEW_YORK).date()
    for days in (2, 3, 9):
        booked(scheduler_db, settings, ten_in(days), dana)
    with scheduler_db.begin() as session:
        holds.hold(
            session,
            invitation=an_invitation(session),
            wanted=Wanted(ten_in(2) + timedelta(hours=1), dana),
            settings=settings,
            now=utcnow(),
        )

    def starts(query: str) -> list[datetime]:
        answer = owner.get(f"/api/staff/appointments{query}")
        assert answer.status_code == 200, answer.get_json()
        assert answer.get_json()["timezone"] == "America/New_York"
        found = answer.get_json()["appointments"]
        return [datetime.fromisoformat(one["start"]) for one in found]

    assert starts("") == [ten_in(2), ten_in(3)]
    assert starts("?days=14") == [ten_in(2), ten_in(3), ten_in(9)]
    assert starts(f"?from={day + timedelta(days=3)}&days=1") == [ten_in(3)]
    assert starts(f"?from={day + timedelta(days=4)}&days=1") == []


def test_the_appointments_of_one_clinician(owner, scheduler_db, settings, dana):
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran").id
    for who in (dana, marcus):
        booked(scheduler_db, settings, ten_in(2), who)

    answer = owner.get(f"/api/staff/appointments?practitioner_id={marcus}").get_json()

    assert [one["practitioner_name"] for one in answer["appointments"]] == ["Marcus Oyelaran"]
    assert len(owner.get("/api/staff/appointments").get_json()["appointments"]) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("from=9999-12-31", "from"),
        ("days=0", "days"),
        ("days=63", "days"),
        ("practitioner_id=dana", "practitioner_id"),
        ("who=everyone", "who"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_its_field(owner, query, field):
    refused = owner.get(f"/api/staff/appointments?{query}")

    assert refused.status_code == 422
    assert fields(refused) == [field]


def test_the_last_day_that_can_be_asked_for_is_answered(owner):
    answer = owner.get("/api/staff/appointments?from=2199-12-31&days=62")

    assert answer.get_json()["appointments"] == []


def test_saving_hours_tells_the_schedule_s_version(owner, scheduler_db):
    owner.put("/api/staff/hours", json={"weekly": [MORNING]})

    with scheduler_db.begin() as session:
        (version,) = session.scalars(select(Schedule.version))
    owner.put("/api/staff/hours", json={"weekly": [MORNING | {"end": "08:00"}]})
    with scheduler_db.begin() as session:
        assert session.scalars(select(Schedule.version)).one() == version
