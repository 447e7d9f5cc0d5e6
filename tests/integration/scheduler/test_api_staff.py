"""The staff's way in by JSON API, and who may ask for what once there."""

import re
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.scheduler.operations import staff
from services.scheduler.settings import Settings
from services.scheduler.staff_models import StaffAccount, StaffSession
from shared.clock import utcnow
from shared.vocabulary import Role
from tests.integration.scheduler.staff_programs import (
    EMAIL,
    MORNING,
    OWNER,
    PASSWORD,
    a_colleague,
    first_run_token,
    kept_hours,
    named_fields,
    the_owner,
)

ROUTES = [
    ("DELETE", "/api/staff/session"),
    ("POST", "/api/staff/second-factor/new"),
    ("PUT", "/api/staff/second-factor"),
    ("GET", "/api/staff/hours"),
    ("PUT", "/api/staff/hours"),
    ("GET", "/api/staff/appointments"),
    ("GET", "/api/staff/why"),
    ("GET", "/api/staff/unsettled"),
    ("POST", "/api/staff/appointments/<uuid:appointment_id>/confirm"),
    ("POST", "/api/staff/appointments/<uuid:appointment_id>/decline"),
    ("POST", "/api/staff/wishes/<uuid:wish_id>/keep"),
    ("GET", "/api/staff/people"),
    ("POST", "/api/staff/people"),
    ("GET", "/api/staff/calendar"),
    ("GET", "/api/staff/appointments/<uuid:appointment_id>/moving"),
    ("GET", "/api/staff/calendars"),
    ("POST", "/api/staff/calendars"),
    ("POST", "/api/staff/calendars/<uuid:calendar_id>/read"),
    ("DELETE", "/api/staff/calendars/<uuid:calendar_id>"),
    ("GET", "/api/staff/bookable-people"),
    ("POST", "/api/staff/appointments"),
    ("GET", "/api/staff/appointments/<uuid:appointment_id>"),
    ("POST", "/api/staff/appointments/<uuid:appointment_id>/move"),
    ("POST", "/api/staff/appointments/<uuid:appointment_id>/cancel"),
    ("POST", "/api/staff/appointments/<uuid:appointment_id>/attendance"),
    ("GET", "/api/staff/time-changes"),
    ("POST", "/api/staff/time-changes"),
    ("DELETE", "/api/staff/time-changes/<int:change_id>"),
    ("POST", "/api/staff/days-off"),
    ("DELETE", "/api/staff/days-off/<int:off_id>"),
    ("POST", "/api/staff/absences"),
    ("GET", "/api/staff/absences/<uuid:absence_id>"),
    ("GET", "/api/staff/waitlist"),
    ("POST", "/api/staff/waitlist/<uuid:entry_id>/take-off"),
    ("POST", "/api/staff/waitlist/<uuid:entry_id>/offers"),
    ("GET", "/api/staff/appointment-types"),
    ("POST", "/api/staff/appointment-types"),
    ("GET", "/api/staff/appointment-types/<code>"),
    ("PUT", "/api/staff/appointment-types/<code>"),
    ("POST", "/api/staff/appointment-types/<code>/end"),
    ("POST", "/api/staff/appointment-types/<code>/begin"),
    ("GET", "/api/staff/locations"),
    ("POST", "/api/staff/locations"),
    ("PUT", "/api/staff/locations/<int:location_id>"),
    ("POST", "/api/staff/locations/<int:location_id>/close"),
    ("POST", "/api/staff/locations/<int:location_id>/open"),
    ("POST", "/api/staff/locations/<int:location_id>/rooms"),
    ("PUT", "/api/staff/rooms/<int:room_id>"),
    ("POST", "/api/staff/rooms/<int:room_id>/close"),
    ("POST", "/api/staff/rooms/<int:room_id>/open"),
    ("GET", "/api/staff/holidays"),
    ("PUT", "/api/staff/holidays"),
    ("GET", "/api/staff/closures"),
    ("POST", "/api/staff/closures"),
    ("DELETE", "/api/staff/closures/<int:closure_id>"),
    ("GET", "/api/staff/couples"),
    ("PUT", "/api/staff/couples"),
    ("GET", "/api/staff/rule-changes"),
    ("GET", "/api/staff/fit"),
    ("PUT", "/api/staff/fit"),
    ("GET", "/api/staff/shares"),
    ("PUT", "/api/staff/shares"),
]
ELSEWHERE = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}]


@pytest.fixture
def program(app: Flask) -> FlaskClient:
    """Somebody who has shown nothing yet."""
    return app.test_client()


@pytest.fixture
def link_token(app: Flask, settings: Settings) -> str:
    return first_run_token(settings)


@pytest.fixture
def signed_in(app: Flask, settings: Settings) -> FlaskClient:
    return the_owner(app, settings)


# ---------------------------------------------------------------- the way in


def test_the_first_run_link_makes_the_owner_and_signs_them_in(program, link_token, scheduler_db):
    answer = program.post("/api/staff/first-run", json=OWNER | {"token": link_token})

    assert answer.status_code == 201
    with scheduler_db.begin() as session:
        account = session.scalars(select(StaffAccount)).one()
    assert answer.get_json() == {
        "account_id": str(account.id),
        "name": "Dana Whitlock",
        "role": "owner",
        "second_factor": False,
    }
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("staff=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert program.get("/api/staff/hours").status_code == 200
    assert program.get("/staff/").status_code == 200, "the pages know the same session"


def test_the_link_works_once(program, app, link_token):
    assert (
        program.post("/api/staff/first-run", json=OWNER | {"token": link_token}).status_code == 201
    )

    again = app.test_client().post("/api/staff/first-run", json=OWNER | {"token": link_token})

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
def test_a_bad_field_is_named_and_the_link_still_works(program, link_token, change, field):
    refused = program.post("/api/staff/first-run", json=OWNER | {"token": link_token} | change)

    assert refused.status_code == 422
    assert named_fields(refused) == [field]
    assert PASSWORD not in refused.get_data(as_text=True)
    assert (
        program.post("/api/staff/first-run", json=OWNER | {"token": link_token}).status_code == 201
    )


def test_an_empty_body_names_everything_that_is_missing(program):
    refused = program.post("/api/staff/first-run", json={})

    assert refused.status_code == 422
    assert sorted(named_fields(refused)) == ["email", "name", "password", "token"]


def test_signing_in_begins_a_session_of_its_own(signed_in, app):
    other = app.test_client()

    answer = other.post("/api/staff/session", json={"email": EMAIL, "password": PASSWORD})

    assert answer.status_code == 200
    assert answer.get_json()["role"] == "owner"
    assert other.get("/api/staff/appointments").status_code == 200
    assert other.get_cookie("staff").value != signed_in.get_cookie("staff").value


@pytest.mark.parametrize(
    "sent",
    [
        {"email": EMAIL, "password": "seven quiet herons at dawn"},
        {"email": "nobody@harborlane.example", "password": PASSWORD},
    ],
)
def test_whichever_of_the_two_is_wrong_the_answer_is_the_same(signed_in, app, sent):
    refused = app.test_client().post("/api/staff/session", json=sent)

    assert refused.status_code == 401
    assert refused.content_type == "application/problem+json"
    assert refused.get_json()["detail"] == "That e-mail address and password do not go together."
    assert "Set-Cookie" not in refused.headers


def test_tries_are_counted_together_with_those_on_the_page(signed_in, app, visitor):
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


def test_signing_out_ends_the_session_in_the_browser_and_in_the_table(signed_in, scheduler_db):
    left = signed_in.delete("/api/staff/session")

    assert (left.status_code, left.data) == (204, b"")
    assert signed_in.get_cookie("staff") is None
    assert signed_in.get("/api/staff/appointments").status_code == 401
    with scheduler_db.begin() as session:
        (row,) = session.scalars(select(StaffSession))
        assert staff.confirm(session, session_id=row.id, now=utcnow()) is None


# ---------------------------------------------------------------- who may ask


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_stranger_is_told_to_sign_in(program, method, path):
    address = re.sub("<int:[^>]+>", "1", re.sub("<uuid:[^>]+>", str(uuid4()), path))
    address = address.replace("<code>", "private-call")
    refused = program.open(address, method=method, json={"weekly": []} if method == "PUT" else None)

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
def test_another_site_changes_nothing_with_our_cookie(link_token, signed_in, scheduler_db, headers):
    refusals = [
        signed_in.put("/api/staff/hours", json={"weekly": [MORNING]}, headers=headers),
        signed_in.delete("/api/staff/session", headers=headers),
        signed_in.post(
            "/api/staff/session", json={"email": EMAIL, "password": PASSWORD}, headers=headers
        ),
        signed_in.post("/api/staff/first-run", json=OWNER | {"token": link_token}, headers=headers),
    ]

    assert [refused.status_code for refused in refusals] == [403] * 4
    assert kept_hours(scheduler_db) == []
    assert signed_in.get("/api/staff/hours").status_code == 200


def test_a_form_is_not_json(signed_in, program):
    assert signed_in.put("/api/staff/hours", data={"weekly": "[]"}).status_code == 415
    assert program.post("/api/staff/session", data={"email": EMAIL}).status_code == 415


def test_the_front_desk_sees_who_comes_and_sets_no_hours(signed_in, app, scheduler_db, settings):
    desk = a_colleague(app, scheduler_db, settings, Role.FRONT_DESK)

    assert desk.get("/api/staff/appointments").status_code == 200
    assert desk.get("/api/staff/hours").status_code == 403
    refused = desk.put("/api/staff/hours", json={"weekly": [MORNING]})
    assert refused.status_code == 403
    assert refused.content_type == "application/problem+json"
    assert kept_hours(scheduler_db) == []
