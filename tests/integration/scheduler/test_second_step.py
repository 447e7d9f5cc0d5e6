"""The second step: set up with a first code, asked for at sign-in, and used once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from services.scheduler.domain.code_app import STEP_SECONDS
from services.scheduler.domain.errors import OldCode, WrongCode
from services.scheduler.operations import second_factor
from services.scheduler.staff_models import (
    StaffAccount,
    StaffRecoveryCode,
    StaffSession,
    StaffTotp,
)
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.desk import OWNER, PASSWORD
from tests.integration.scheduler.second_steps import (
    YOURS,
    half_in,
    sent_setup,
    set_up,
)
from tests.integration.scheduler.world import Visitor, words
from tests.phone import Phone

STEP = timedelta(seconds=STEP_SECONDS)


@pytest.fixture
def app(strict_app: Flask, scheduler_db: Database) -> Flask:
    return strict_app


@pytest.fixture
def phone(owner: Visitor) -> Phone:
    """Dana has set up a code app."""
    return set_up(owner)[0]


# ---------------------------------------------------------------- setting up


def test_before_a_second_step_nothing_sealed_is_shown_and_setting_up_goes_on(owner):
    asked = owner.open("/staff/calendar")

    assert (asked.status_code, asked.location) == (
        303,
        "/schedule/staff/your-sign-in?needed=1&next=%2Fstaff%2Fcalendar",
    )
    assert "Before anything about clients is shown" in words(owner.open(f"{YOURS}?needed=1"))
    assert owner.open("/staff/set-up").status_code == 200
    assert owner.client.get("/api/staff/hours").status_code == 200
    refused = owner.client.get("/api/staff/appointments")
    assert refused.status_code == 403
    assert refused.get_json()["type"] == "urn:softstart:problem:second-factor-needed"


def test_a_code_app_is_set_up_with_a_first_code_and_ten_codes_are_shown_once(owner, scheduler_db):
    phone, shown = set_up(owner)

    assert "They are not shown again" in words(shown)
    assert owner.open("/staff/calendar").status_code == 200
    with scheduler_db.begin() as session:
        kept = session.scalars(select(StaffTotp)).one()
        hashes = [one.code_index for one in session.scalars(select(StaffRecoveryCode))]
    assert phone.secret.encode() not in kept.secret_sealed
    assert len(hashes) == 10
    assert all(code.encode() not in digest for code in phone.paper for digest in hashes)
    assert phone.paper[0] not in owner.open(YOURS).get_data(as_text=True)


def test_looking_at_the_square_keeps_nothing(owner, scheduler_db):
    owner.open(f"{YOURS}/app")

    with scheduler_db.begin() as session:
        assert session.scalars(select(StaffTotp)).all() == []


def test_a_wrong_first_code_is_said_beside_it_and_the_square_stays(owner):
    page = owner.open(f"{YOURS}/app")
    phone = Phone()
    phone.reads(page.get_data(as_text=True))
    wrong = f"{(int(phone.code()) + 1) % 1_000_000:06}"

    answer = sent_setup(owner, page, wrong)

    assert answer.status_code == 422
    assert "That code is not right" in words(answer)
    assert f"secret={phone.secret}" in answer.get_data(as_text=True)
    assert sent_setup(owner, answer, phone.code()).status_code == 200


def test_a_square_that_we_did_not_draw_is_not_taken(owner, scheduler_db):
    answer = owner.send(f"{YOURS}/app", owner.open(f"{YOURS}/app"), setup="x.y.z", code="123456")

    assert answer.status_code == 303
    with scheduler_db.begin() as session:
        assert session.scalars(select(StaffTotp)).all() == []


def test_whoever_asked_for_a_page_is_led_there_and_to_no_other_site(owner):
    there = owner.open(f"{YOURS}/app?next=/schedule/staff/calendar").get_data(as_text=True)
    elsewhere = owner.open(f"{YOURS}/app?next=https://example.org/").get_data(as_text=True)

    assert "next=/schedule/staff/calendar" in there
    assert "example.org" not in elsewhere.split("</title>")[1].split("otpauth")[0]


# ---------------------------------------------------------------- at the door


def test_a_code_lets_in_once_and_a_replay_is_refused(owner, phone, app, scheduler_db):
    with scheduler_db.begin() as session:
        session.execute(update(StaffTotp).values(last_step=0))
    first, page = half_in(app)
    code = phone.code()
    assert first.open("/staff/").status_code == 303

    inside = first.send("/staff/sign-in/second-step", page, code=code)
    other, page = half_in(app)
    replayed = other.send("/staff/sign-in/second-step", page, code=code)

    assert (inside.status_code, inside.location) == (303, "/schedule/staff/")
    assert first.open("/staff/").status_code == 200
    assert replayed.status_code == 401
    assert "has just run out, or was used already" in words(replayed)
    assert other.open("/staff/").status_code == 303


def test_the_first_code_of_the_set_up_lets_nobody_in_either(owner, app):
    page = owner.open(f"{YOURS}/app")
    phone = Phone()
    phone.reads(page.get_data(as_text=True))
    code = phone.code()
    assert sent_setup(owner, page, code).status_code == 200

    browser, page = half_in(app)

    assert browser.send("/staff/sign-in/second-step", page, code=code).status_code == 401


def account_of(database: Database) -> StaffAccount:
    with database.begin() as session:
        return session.scalars(select(StaffAccount)).one()


@pytest.mark.parametrize(("early", "refusal"), [(-1, OldCode), (1, OldCode), (-2, WrongCode)])
def test_a_code_is_taken_in_its_own_thirty_seconds_alone(
    owner, scheduler_db, early: int, refusal: type[WrongCode]
):
    """ASVS 6.5.5: no step before or after, in either direction of the clock."""
    account, secret, now = account_of(scheduler_db), second_factor.new_secret(), utcnow()
    with scheduler_db.begin() as session:
        second_factor.set_up_app(
            session, account_id=account.id, secret=secret, typed=code_at(secret, now), now=now
        )
        later = now + 5 * STEP
        typed = code_at(secret, later + early * STEP)
        found = second_factor.check(session, account_id=account.id, typed=typed, now=later)
        right = second_factor.check(
            session, account_id=account.id, typed=code_at(secret, later), now=later
        )

    assert type(found) is refusal
    assert right == "code"


def code_at(secret: str, now: Any) -> str:
    return second_factor.pyotp.TOTP(secret).at(now)


def test_of_two_who_send_one_code_at_once_one_gets_in(owner, phone, scheduler_db):
    account, later = account_of(scheduler_db), utcnow() + 10 * STEP
    typed = code_at(phone.secret, later)

    def attempt(_: int) -> object:
        with scheduler_db.begin() as session:
            return second_factor.check(session, account_id=account.id, typed=typed, now=later)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(attempt, range(4)))

    assert found.count("code") == 1
    assert sum(isinstance(one, OldCode) for one in found) == 3


def test_a_recovery_code_lets_in_once_however_it_is_typed(owner, phone, app):
    typed = phone.paper[3].lower().replace("-", " ")
    for expected in (303, 401):
        browser, page = half_in(app)
        answer = browser.send("/staff/sign-in/second-step", page, code=typed)
        assert answer.status_code == expected

    assert "9 left" in words(owner.open(YOURS))


def test_after_five_wrong_codes_even_a_right_one_has_to_wait(owner, phone, app):
    browser, page = half_in(app)

    def send(code: str) -> Any:
        return browser.send("/staff/sign-in/second-step", page, code=code)

    statuses = [send("0000 NOTACODE").status_code for _ in range(6)]
    right = send(phone.paper[0])

    assert statuses == [401] * 5 + [429]
    assert right.status_code == 429
    assert int(right.headers["Retry-After"]) > 0


def test_a_password_alone_leaves_no_session_and_half_of_the_way_ends(
    owner, phone, app, scheduler_db, monkeypatch: pytest.MonkeyPatch
):
    with scheduler_db.begin() as session:
        before = len(session.scalars(select(StaffSession)).all())
    browser, page = half_in(app)
    with scheduler_db.begin() as session:
        assert len(session.scalars(select(StaffSession)).all()) == before
    cookie = browser.client.get_cookie("halfway")
    assert cookie

    forged = Visitor(app.test_client())
    forged.client.set_cookie("halfway", cookie.value[:-3] + "abc")
    monkeypatch.setattr("services.scheduler.web.half_way.LIFE", timedelta(seconds=-1))

    assert forged.open("/staff/sign-in/second-step").location == "/staff/sign-in"
    late = browser.send("/staff/sign-in/second-step", page, code=phone.paper[0])
    assert late.location == "/staff/sign-in"


def test_a_program_sends_the_code_along(owner, phone, app):
    sent = {"email": OWNER["email"], "password": PASSWORD}
    client = app.test_client()

    missing = client.post("/api/staff/session", json=sent)
    wrong = client.post("/api/staff/session", json=sent | {"code": "1"})
    right = client.post("/api/staff/session", json=sent | {"code": phone.paper[0]})

    assert missing.status_code == 401
    assert missing.get_json()["type"] == "urn:softstart:problem:second-step-missing"
    assert wrong.status_code == 401
    assert right.get_json()["second_factor"] is True
    assert client.get("/api/staff/appointments").status_code == 200


def test_a_program_sets_a_code_app_up(owner):
    begun = owner.client.post("/api/staff/second-factor/new").get_json()
    phone = Phone(secret=begun["secret"])
    sent = {"setup": begun["setup"], "code": "1"}

    wrong = owner.client.put("/api/staff/second-factor", json=sent)
    right = owner.client.put("/api/staff/second-factor", json=sent | {"code": phone.code()})

    assert wrong.status_code == 422
    assert wrong.get_json()["errors"][0]["field"] == "code"
    assert len(right.get_json()["recovery_codes"]) == 10
    assert owner.client.get("/api/staff/appointments").status_code == 200
