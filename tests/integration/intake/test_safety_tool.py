"""The self-harm questions: asked, and followed up, only with somebody behind them (N8, L36)."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from services.intake.domain.practice import PracticeSettings, SafetyTool
from services.intake.models import QuestionnaireResponse
from services.intake.operations import decisions, forms
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser, errors_in, form_in, heading_of
from tests.integration.intake.people import (
    ALONE,
    COUPLE,
    decide,
    fill_in,
    send,
)
from tests.integration.intake.settings_acts import ENDS, change, stands

ASKED = {"h_now", "h_recent", "h_others"}
PROMISE = re.compile(
    r"contact you\b|get back to you|try to reach|will reach you|will call you|follow up"
    r"|in business hours|a clinician may|business day[s]?\.",
    re.IGNORECASE,
)
TOOL = {
    "owner": "Dana Whitlock",
    "threshold": "Anything but no",
    "reviewer": "Whoever has the alerts",
    "promise": "yes",
}


@pytest.fixture
def owner(app: Flask, signed_in: Callable[..., Browser]) -> Browser:
    return signed_in(app, Role.OWNER)


def main_of(page: str) -> str:
    """What is this page's own, without the frame that every page has."""
    return page.split("<main", 1)[1].split("</main>", 1)[0]


# ---------------------------------------------------------------- the safety tool


@pytest.mark.parametrize("left_out", ["owner", "threshold", "reviewer"])
def test_n8_the_questions_need_an_owner_a_threshold_and_a_reviewer(
    intake_db: Database, owner: Browser, left_out: str
) -> None:
    decide(intake_db, safety_tool=None)

    page = change(owner, "safety", {**TOOL, left_out: " "})

    assert page.status_code == 422
    assert "Name all three" in errors_in(page)[0]
    assert TOOL["owner" if left_out != "owner" else "reviewer"] in page.text  # nothing is lost
    assert not stands(intake_db).asks_about_self_harm


def test_n8_the_owner_switches_the_questions_on_and_off(
    intake_db: Database, owner: Browser
) -> None:
    decide(intake_db, safety_tool=None)

    assert change(owner, "safety", {**TOOL, "promise": ""}).status_code == 422
    change(owner, "safety", TOOL)
    assert stands(intake_db).safety_tool == SafetyTool(
        owner="Dana Whitlock", threshold="Anything but no", reviewer="Whoever has the alerts"
    )
    change(owner, "safety", {})
    assert stands(intake_db).safety_tool is None


def test_n8_half_a_tool_in_the_database_asks_nothing() -> None:
    half = SafetyTool(owner="Dana", threshold=" ", reviewer="Theo")

    assert not PracticeSettings(safety_tool=half).asks_about_self_harm


def test_n8_without_a_tool_the_questions_are_not_asked(
    intake_db: Database, browser: Browser
) -> None:
    decide(intake_db, safety_tool=None)
    browser.open("/step/1")
    while "phq4_1" not in form_in(browser.page).offered:
        assert browser.page.request.path.startswith("/step/")
        browser.send(ALONE)

    assert not ASKED & set(form_in(browser.page).offered)
    assert browser.client.get("/api/questionnaire").json is not None
    offered = browser.client.get("/api/questionnaire").text
    assert not any(f'"{name}"' in offered for name in ASKED)
    browser.send(ALONE)
    assert "modality" in form_in(browser.page).offered


def test_n8_an_answer_that_was_given_counts_when_the_questions_are_switched_off(
    intake_db: Database,
) -> None:
    with intake_db.begin() as session:
        fill_in(session, "token", {**ALONE, "h_now": "yes"})
    decide(intake_db, safety_tool=None)

    with intake_db.begin() as session:
        assert send(session, "token")["track"] == "crisis"


def test_n8_questions_switched_on_are_asked_of_whoever_is_under_way(
    intake_db: Database, browser: Browser
) -> None:
    decide(intake_db, safety_tool=None)
    browser.open("/step/1")
    while "modality" not in form_in(browser.page).offered:
        browser.send(ALONE)
    decide(intake_db)
    while ASKED.isdisjoint(form_in(browser.page).offered):
        browser.send(ALONE | dict.fromkeys(ASKED, None))
        assert browser.page.request.path.startswith("/step/")

    assert set(form_in(browser.page).offered) >= ASKED


# ---------------------------------------------------------------- nothing is promised


def walked(browser: Browser, answers: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every page on one person's way, by its address."""
    browser.seen.clear()
    browser.walk(answers)
    for path, _, data in browser.seen:
        text = data.decode()
        if "<main" in text:
            yield path, main_of(text)


@pytest.mark.parametrize("end", ENDS)
def test_l36_no_page_promises_follow_up_when_the_questions_are_off(
    intake_db: Database, app: Flask, end: str
) -> None:
    decide(intake_db, safety_tool=None)
    browser = Browser(app)
    pages = list(walked(browser, ENDS[end]))

    assert len(pages) >= 3
    for path, text in pages:
        found = PROMISE.search(re.sub(r"<[^>]+>", " ", text))
        assert found is None, (path, found and text[max(0, found.start() - 100) :][:300])
    with intake_db.begin() as session:
        response = session.scalars(select(QuestionnaireResponse)).one()
        assert decisions.of(session, response)["public_key"] == end


def test_l36_the_same_pages_promise_it_while_the_questions_are_on(app: Flask) -> None:
    """The crawl above can fail."""
    for end in ("support_now", "we_will_call", "location_check"):
        pages = list(walked(Browser(app), ENDS[end]))
        assert any(PROMISE.search(text) for _, text in pages[-1:]), end
    private = [text for _, text in walked(Browser(app), COUPLE) if "Private questions" in text]
    assert any("a clinician may contact you" in text for text in private)


def test_l36_by_the_api_nothing_is_promised_either(intake_db: Database, app: Flask) -> None:
    decide(intake_db, safety_tool=None)
    client = app.test_client()
    answers = {name: v for name, v in ENDS["we_will_call"].items() if name not in ASKED}
    token = client.post("/api/responses", json={"answers": answers}).json
    assert token is not None
    bearer = {"Authorization": f"Bearer {token['token']}"}

    sent = client.post("/api/response/completion", json={}, headers=bearer)

    assert sent.status_code == 200
    assert not PROMISE.search(sent.text)


def test_l33_whether_the_questions_were_on_is_kept_with_the_form(intake_db: Database) -> None:
    decide(intake_db, safety_tool=None)
    with intake_db.begin() as session:
        form = fill_in(session, "token", ALONE | dict.fromkeys(ASKED, None))
        send(session, "token")
        response_id = form.response.id
    decide(intake_db)

    with intake_db.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        assert response.config["safety_tool"] is False
        assert forms.form_of(session, response).config.safety_tool is False


def test_what_the_pages_promise_is_what_the_practice_decided(
    intake_db: Database, app: Flask
) -> None:
    decide(intake_db, routine_business_days=1)
    browser = Browser(app)
    browser.walk(ENDS["we_will_call"])

    assert heading_of(browser.page) == "Thank you. A person will read this"
    assert "within one business day." in browser.page.text


def test_n8_a_program_that_says_more_than_is_asked_is_heard(
    intake_db: Database, app: Flask
) -> None:
    """Nobody asked, and still it was said: a disclosure is never dropped. Nothing is promised."""
    decide(intake_db, safety_tool=None)
    client = app.test_client()
    begun = client.post("/api/responses", json={"answers": {**ALONE, "h_now": "yes"}})
    assert begun.status_code == 201
    assert begun.json is not None
    bearer = {"Authorization": f"Bearer {begun.json['token']}"}

    sent = client.post("/api/response/completion", json={}, headers=bearer)

    assert sent.json is not None
    assert sent.json["public_key"] == "support_now"
    assert not PROMISE.search(sent.text)
