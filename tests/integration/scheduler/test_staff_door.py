"""The way in for staff: the first account, links that work once, signing in and out."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from services.scheduler.app import first_run_link, new_owner_link
from services.scheduler.staff_models import StaffAccount, StaffLink
from shared.clock import utcnow
from shared.tokens import service_token
from tests.integration.scheduler.desk import OWNER, PASSWORD, path, signing_in, unsigned
from tests.integration.scheduler.world import (
    SERVICE_KEY,
    Visitor,
    words,
)


def test_the_first_run_link_makes_the_owner_and_signs_them_in(visitor, door, scheduler_db):
    assert "Make your account" in words(visitor.open(door))

    answer = visitor.send(door, visitor.open(door), **OWNER)

    assert (answer.status_code, answer.location) == (303, "/staff/set-up")
    assert "This is what there is to set up" in words(visitor.open("/staff/set-up"))
    with scheduler_db.begin() as session:
        account = session.scalars(select(StaffAccount)).one()
    assert account.role == "owner"
    assert (account.password_hash or "").startswith("$argon2id$")


def test_a_link_works_once_and_looking_does_not_use_it(visitor, app, door, settings):
    for _ in range(3):
        assert visitor.open(door).status_code == 200
    visitor.send(door, visitor.open(door), **OWNER)

    stranger = Visitor(app.test_client())
    assert stranger.open(door).status_code == 410
    assert stranger.send(door, **OWNER).status_code == 410
    assert first_run_link(settings) is None


def test_a_new_first_run_link_takes_the_place_of_the_old(visitor, door, settings):
    newer = path(first_run_link(settings))

    assert (visitor.open(door).status_code, visitor.open(newer).status_code) == (410, 200)


def test_a_link_that_has_run_out_does_not_work(visitor, door, scheduler_db):
    with scheduler_db.begin() as session:
        session.execute(update(StaffLink).values(expires_at=utcnow() - timedelta(seconds=1)))

    assert visitor.open(door).status_code == 410


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "Write the name that clients will see."),
        ("email", "dana", "Write the whole address"),
        ("password", "short", "Use at least 15 characters."),
        ("password", "password password", "Others use this too."),
        ("video_room", "javascript:alert(1)", "beginning with https://"),
        ("name", "Dana\x00", "leave out the characters"),
    ],
)
def test_a_bad_field_is_said_beside_it_and_the_link_still_works(visitor, door, field, value, said):
    answer = visitor.send(door, visitor.open(door), **{**OWNER, field: value})

    assert answer.status_code == 422
    assert said in words(answer)
    assert PASSWORD not in answer.get_data(as_text=True)
    assert visitor.send(door, answer, **OWNER).status_code == 303


def test_signing_out_ends_the_session_everywhere(owner, app):
    page = owner.open("/staff/")
    cookie = owner.client.get_cookie("staff")
    assert page.status_code == 200
    assert cookie

    left = owner.send("/staff/sign-out", page)

    assert left.location == "/staff/sign-in"
    assert left.headers["Clear-Site-Data"] == '"cache", "storage"'
    thief = app.test_client()
    thief.set_cookie("staff", cookie.value)
    session_id = re.search(r'"s":"([^"]+)"', unsigned(cookie.value))
    assert session_id
    pass_ = service_token(SERVICE_KEY, issuer="intake", audience="scheduler")
    answer = thief.get(
        f"/internal/staff-sessions/{session_id.group(1)}",
        headers={"Authorization": f"Bearer {pass_}"},
    )
    assert answer.status_code == 404


def test_another_service_learns_whose_session_it_is(owner, app):
    cookie = owner.client.get_cookie("staff")
    assert cookie
    session_id = re.search(r'"s":"([^"]+)"', unsigned(cookie.value))
    assert session_id
    pass_ = service_token(SERVICE_KEY, issuer="intake", audience="scheduler")

    answer = app.test_client().get(
        f"/internal/staff-sessions/{session_id.group(1)}",
        headers={"Authorization": f"Bearer {pass_}"},
    )

    assert answer.get_json()["name"] == "Dana Whitlock"
    assert answer.get_json()["role"] == "owner"


def test_signing_in_leads_to_the_page_that_was_asked_for(owner, app):
    back = Visitor(app.test_client())
    asked = back.open("/staff/calendar")
    assert asked.location.startswith("/schedule/staff/sign-in?next=")

    answer = signing_in(back, next="/schedule/staff/calendar", email=" DANA@harborlane.example ")

    assert (answer.status_code, answer.location) == (303, "/schedule/staff/calendar")


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org", "/\\example.org"])
def test_signing_in_leads_to_no_other_site(owner, app, elsewhere):
    answer = signing_in(Visitor(app.test_client()), next=elsewhere)

    assert answer.location == "/schedule/staff/"


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(owner, app):
    wrong = signing_in(Visitor(app.test_client()), password="seven quiet herons at dawn")
    unknown = signing_in(Visitor(app.test_client()), email="nobody@example.org")

    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert words(wrong) == words(unknown)


def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(owner, app):
    stranger = Visitor(app.test_client())

    statuses = [signing_in(stranger, password="wrong " * 4).status_code for _ in range(6)]
    right = signing_in(stranger)

    assert statuses == [401] * 5 + [429]
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 0


def test_whoever_runs_the_suite_can_print_a_link_that_signs_the_owner_in(owner, app, settings):
    link = path(new_owner_link(settings))
    browser = Visitor(app.test_client())

    page = browser.open(link)
    assert page.status_code == 200
    assert browser.open("/staff/").status_code == 303

    assert browser.send(link, page).status_code == 303
    assert browser.open("/staff/").status_code == 200
    assert browser.open(link).status_code == 410


def test_before_the_first_account_that_link_is_the_first_run_link(visitor, settings):
    assert path(new_owner_link(settings)).startswith("/staff/first-run/")
