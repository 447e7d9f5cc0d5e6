"""Sessions listed and ended, a password changed, invitations, and a second step lost and reset."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from services.scheduler.app import reset_sign_in
from services.scheduler.models import Practitioner
from services.scheduler.operations import schedules
from services.scheduler.staff_models import (
    SignInEvent,
    StaffSession,
)
from shared.clock import utcnow
from shared.db import Database
from shared.settings import BadSetting
from tests.integration.scheduler.calendar_rules import an_appointment
from tests.integration.scheduler.desk import PASSWORD, path, signing_in
from tests.integration.scheduler.second_steps import (
    YOURS,
    a_colleague,
    ended,
    half_in,
    invited,
    link_in,
    of,
    sent_setup,
    set_up,
    signed_in_elsewhere,
)
from tests.integration.scheduler.world import Visitor, words
from tests.phone import Phone


@pytest.fixture
def app(strict_app: Flask, scheduler_db: Database) -> Flask:
    return strict_app


@pytest.fixture
def phone(owner: Visitor) -> Phone:
    """Dana has set up a code app."""
    return set_up(owner)[0]


# ---------------------------------------------------------------- changing it, sessions


@pytest.mark.parametrize("change", ["app", "remove", "password"])
def test_changing_how_one_signs_in_ends_the_others_and_keeps_this_one(
    owner, phone, app, scheduler_db, change: str
):
    other = signed_in_elsewhere(app, phone)
    page = owner.open(YOURS)

    if change == "app":
        square = owner.open(f"{YOURS}/app")
        new = Phone()
        new.reads(square.get_data(as_text=True))
        answer = sent_setup(owner, square, new.code())
    elif change == "password":
        answer = owner.send(
            f"{YOURS}/password", page, current=PASSWORD, password="nine loud magpies at noon"
        )
    else:
        answer = owner.send(
            f"{YOURS}/{'recovery-codes' if change == 'codes' else 'app/remove'}", page
        )

    assert answer.status_code in {200, 303}
    assert ended(other, scheduler_db)
    assert not ended(owner, scheduler_db)
    assert owner.open(YOURS).status_code == 200


def test_new_recovery_codes_take_the_place_of_the_old(owner, phone, app):
    shown = owner.send(f"{YOURS}/recovery-codes", owner.open(YOURS))
    new = Phone()
    new.keeps(shown.get_data(as_text=True))
    browser, page = half_in(app)

    old = browser.send("/staff/sign-in/second-step", page, code=phone.paper[0])

    assert old.status_code == 401
    assert browser.send("/staff/sign-in/second-step", page, code=new.paper[0]).status_code == 303


def test_without_its_app_an_account_is_led_to_set_up_once_more(owner, phone):
    owner.send(f"{YOURS}/app/remove", owner.open(YOURS))

    assert "needed=1" in owner.open("/staff/calendar").location


def test_the_wrong_password_of_now_changes_nothing_and_is_counted(owner, phone, app):
    page = owner.open(YOURS)
    sent = {"current": "wrong " * 4, "password": "nine loud magpies at noon"}

    answers = [owner.send(f"{YOURS}/password", page, **sent) for _ in range(6)]

    assert [one.status_code for one in answers] == [422] * 6
    assert "That is not the password that you have now" in words(answers[0])
    assert "wait" in words(answers[5]).lower()
    half_in(app)


def test_a_session_of_more_than_ten_minutes_signs_in_again_before_it_changes_anything(
    owner, phone, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("shared.web.sessions.FRESH", timedelta(seconds=-1))
    page = owner.open(YOURS)

    looked = owner.open(f"{YOURS}/app")
    removed = owner.send(f"{YOURS}/app/remove", page)

    for answer in (looked, removed):
        assert answer.location.startswith("/staff/sign-in?again=1&next=%2F")
    assert "sign in once more" in words(owner.open("/staff/sign-in?again=1"))
    assert "Remove the code app" in words(owner.open(YOURS))


def test_sessions_are_listed_and_one_and_all_others_are_ended(owner, phone, app, scheduler_db):
    first, second, third = (signed_in_elsewhere(app, phone) for _ in range(3))
    page = owner.open(YOURS)
    assert words(page).count("Signed in with a password and a recovery code") >= 3
    ends = re.findall(r"/staff/your-sign-in(/sessions/[^\"/]+/end)\"", page.get_data(as_text=True))
    assert len(ends) == 3

    owner.send(YOURS + ends[0], page)
    assert sum(ended(one, scheduler_db) for one in (first, second, third)) == 1
    owner.send(f"{YOURS}/sessions/end-others", page)

    assert all(ended(one, scheduler_db) for one in (first, second, third))
    assert not ended(owner, scheduler_db)
    assert "Sign out everywhere else" not in words(owner.open(YOURS))


def test_nobody_ends_another_s_session(owner, phone, app, scheduler_db):
    with scheduler_db.begin() as session:
        mine = session.scalars(select(StaffSession.id).where(StaffSession.ended_at.is_(None))).all()
    colleague = a_colleague(owner, app)

    answers = [colleague.send(f"{YOURS}/sessions/{one}/end", colleague.open(YOURS)) for one in mine]

    assert {one.status_code for one in answers} == {404}
    assert not ended(owner, scheduler_db)


# ---------------------------------------------------------------- somebody else's


def test_an_owner_resets_another_s_second_step_with_a_reason(owner, phone, app, scheduler_db):
    marcus = a_colleague(owner, app)
    set_up(marcus)
    theirs = of("Marcus Oyelaran", scheduler_db)
    page = owner.open(theirs)

    blank = owner.send(f"{theirs}/reset", page, reason="")
    done = owner.send(f"{theirs}/reset", page, reason="Phone lost. I saw him.")

    assert blank.status_code == 422
    assert "Write why, in a few words." in words(blank)
    assert done.status_code == 303
    assert ended(marcus, scheduler_db)
    said = words(owner.open(theirs))
    assert "Second step reset, by Dana Whitlock. “Phone lost. I saw him.”" in said
    again = Visitor(app.test_client())
    assert signing_in(again, email="marcus@harborlane.example").location == "/schedule/staff/"
    assert "needed=1" in again.open("/staff/calendar").location
    assert "“Phone lost. I saw him.”" in words(again.open(YOURS))


def test_nobody_but_the_owner_resets_and_nobody_their_own(owner, phone, app, scheduler_db):
    marcus = a_colleague(owner, app)
    set_up(marcus)
    danas = of("Dana Whitlock", scheduler_db)

    by_marcus = marcus.send(f"{danas}/reset", marcus.open(YOURS), reason="because")
    by_herself = owner.send(f"{danas}/reset", owner.open(danas), reason="because")

    assert (by_marcus.status_code, by_herself.status_code) == (403, 404)
    assert marcus.open(danas).status_code == 403
    assert not ended(owner, scheduler_db)


def test_an_invitation_is_made_anew_and_the_link_before_ends(owner, phone, app, scheduler_db):
    first = invited(owner)
    theirs = of("Noor Haddad", scheduler_db)
    page = owner.open(theirs)
    assert "Their link works once, until" in words(page)

    second = link_in(owner.send(f"{theirs}/invitation", page))

    noor = Visitor(app.test_client())
    assert noor.open(first).status_code == 410
    assert noor.send(second, noor.open(second), password=PASSWORD).status_code == 303
    assert owner.send(f"{theirs}/invitation", page).status_code == 404, "she has come"
    assert owner.send(f"{theirs}/invitation/take-back", page).status_code == 404


def test_an_invitation_is_taken_back_and_the_address_can_be_invited_anew(
    owner, phone, app, scheduler_db
):
    link = invited(owner)
    theirs = of("Noor Haddad", scheduler_db)

    done = owner.send(f"{theirs}/invitation/take-back", owner.open(theirs))

    assert done.location == "/staff/people"
    assert app.test_client().get(link).status_code == 410
    assert "Noor Haddad" not in words(owner.open("/staff/people"))
    with scheduler_db.begin() as session:
        shown = [one.name for one in schedules.practitioners(session)]
    assert shown == ["Dana Whitlock"]
    assert app.test_client().get(invited(owner)).status_code == 200


def test_who_has_times_with_clients_is_not_taken_back(owner, phone, scheduler_db):
    invited(owner)
    theirs = of("Noor Haddad", scheduler_db)
    with scheduler_db.begin() as session:
        noor = session.scalars(select(Practitioner).where(Practitioner.name == "Noor Haddad")).one()
        an_appointment(session, noor, utcnow() + timedelta(days=3))

    refused = owner.send(f"{theirs}/invitation/take-back", owner.open(theirs))

    assert refused.location == theirs
    assert "Clients have times with them" in words(owner.open(theirs))


# ---------------------------------------------------------------- all is lost


def test_at_the_server_a_lost_second_step_is_reset_and_kept_in_the_record(
    owner, phone, app, settings, scheduler_db
):
    link = reset_sign_in(settings, address=" DANA@harborlane.example", reason="phone lost")

    assert link
    assert ended(owner, scheduler_db)
    browser = Visitor(app.test_client())
    door = path(link)
    assert browser.send(door, browser.open(door)).location == "/schedule/staff/"
    assert "needed=1" in browser.open("/staff/calendar").location
    with scheduler_db.begin() as session:
        kept = session.scalars(
            select(SignInEvent).where(SignInEvent.what == "second-step-reset")
        ).one()
    assert (kept.actor, kept.reason) == ("server", "phone lost")
    assert reset_sign_in(settings, address="nobody@example.org", reason="x") is None


def test_a_practice_that_sends_messages_can_not_go_without(settings_for: Callable[..., Any]):
    with pytest.raises(BadSetting, match="SECOND_FACTOR: offered is for practice runs alone"):
        settings_for("scheduler", SECOND_FACTOR="offered", DELIVERY="live")
    with pytest.raises(BadSetting, match="SECOND_FACTOR"):
        settings_for("scheduler", SECOND_FACTOR="none")
    assert settings_for("scheduler").second_factor == "required"
