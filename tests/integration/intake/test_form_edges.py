"""The form at its edges: bad input, pages that are gone, erasing, and the pages around it."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import func, select

from services.intake.domain.definition import load
from services.intake.models import Person, QuestionnaireResponse
from shared.db import Database
from tests.integration.intake.browsing import Browser, errors_in, form_in, heading_of
from tests.integration.intake.people import ALONE, COUPLE, START
from tests.unit.intake.cases import SCREENER_TEXT

SCREENER = load(SCREENER_TEXT)


def people(database: Database) -> int:
    with database.begin() as session:
        return session.scalars(select(func.count()).select_from(Person)).one()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name_used", "a\x00b"),
        ("name_used", "x" * 1_000_000),
        ("contact_notes", "y" * 1_000_000),
        ("email", "=cmd|' /C calc'!A0"),
        ("phone", "+881612345678"),
        ("call_safe", "maybe"),
        ("call_safe", ["yes", "no"]),
    ],
    ids=["NUL", "1 MB name", "1 MB notes", "formula", "satellite", "no option", "two options"],
)
def test_bad_input_is_answered_beside_its_field(browser: Browser, field: str, value: Any) -> None:
    browser.open("/step/1")
    browser.send(START)

    page = browser.send(ALONE, **{field: value})

    assert page.status_code == 422
    assert len(errors_in(page)) == 1
    assert form_in(page).values["name_used"] or field == "name_used"


def test_a_field_that_the_page_does_not_ask_for_is_refused_and_the_rest_kept(
    browser: Browser, intake_db: Database
) -> None:
    browser.open("/step/1")
    browser.send(START)

    page = browser.send({**ALONE, "name_used": "Rowan"}, status="completed", free_text_read="yes")

    assert page.status_code == 422
    assert "sent something that it does not ask for" in page.text
    assert form_in(browser.open("/step/2")).values["name_used"] == ["Rowan"]
    with intake_db.begin() as session:
        assert session.scalars(select(QuestionnaireResponse.status)).all() == ["in-progress"]


def test_a_text_is_shown_back_as_text_and_never_as_a_page(browser: Browser) -> None:
    name = "<script>alert('x')</script>"
    browser.open("/step/1")
    browser.send(START)
    browser.send({**ALONE, "name_used": name})

    page = browser.open("/step/2")

    assert "<script>alert" not in page.text
    assert form_in(page).values["name_used"] == [name]


@pytest.mark.parametrize("path", ["/step/0", "/step/10", "/step/99999999999999999999", "/step/x"])
def test_a_page_that_is_not_there_helps_on(browser: Browser, path: str) -> None:
    browser.open("/step/1")
    browser.send(START)

    page = browser.open(path)

    assert page.status_code == 404
    assert "Go to the start" in page.text


def test_sending_a_page_of_a_form_that_is_gone_says_so(app: Flask, browser: Browser) -> None:
    browser.open("/step/1")
    browser.send(START)
    browser.client.set_cookie("draft", "a-token-that-was-never-given-out")

    page = browser.send(ALONE)

    assert page.status_code == 410
    assert heading_of(page) == "We cannot find what you began"


def test_l43_without_licensed_states_the_form_is_not_open(make_app: Callable[..., Flask]) -> None:
    browser = Browser(make_app(PRACTICE_LICENSED_STATES=""))

    page = browser.open("/step/1")

    assert page.status_code == 503
    assert "Call 914-555-0132" in page.text
    assert "Schedule a consultation" not in browser.open("/").text


# ---------------------------------------------------------------- erasing, privacy


def test_l38_what_was_written_can_be_erased(browser: Browser, intake_db: Database) -> None:
    browser.open("/step/1")
    browser.send(START)
    browser.send(ALONE)
    page = browser.open("/erase")
    assert "Yes, erase it" in page.text
    assert people(intake_db) == 1  # asking erases nothing

    page = browser.send({})

    assert heading_of(page) == "It is erased"
    assert people(intake_db) == 0
    assert browser.client.get_cookie("draft") is None


def test_what_was_sent_is_not_erased_by_a_button_and_the_page_says_why(
    browser: Browser, intake_db: Database
) -> None:
    browser.open("/step/1")
    browser.send(START)
    asked = browser.open("/erase")
    browser.walk(ALONE)
    browser.page = asked

    page = browser.send({})

    assert page.status_code == 409
    assert heading_of(page) == "You have sent this already"
    assert people(intake_db) == 1


@pytest.mark.parametrize("path", ["/", "/privacy", "/reaching-you", "/erase", "/other-start"])
def test_no_page_around_the_form_is_a_dead_end(browser: Browser, path: str) -> None:
    page = browser.open(path)

    assert page.status_code == 200
    assert "914-555-0132" in page.text.split("</main>")[0]


def test_l28_the_notice_of_privacy_practices_is_linked_before_the_first_question(
    browser: Browser,
) -> None:
    page = browser.open("/step/1")

    assert page.text.index("Notice of Privacy Practices") < page.text.index("<form")


def test_l31_the_limits_of_confidentiality_stand_before_the_private_questions(
    browser: Browser,
) -> None:
    browser.open("/step/1")
    while "Private questions" not in browser.page.text:
        browser.send(ALONE)

    page = browser.page.text
    assert page.index(SCREENER.notices["limits"]) < page.index("have you been afraid")


def test_l02_l07_nothing_telling_stands_in_a_log_line_or_an_address(
    browser: Browser, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        browser.walk({**COUPLE, "name_used": "Canary Quillon", "hope_text": "canary words"})

    addresses = " ".join(path for path, _, _ in browser.seen)
    assert "canary" not in (caplog.text + addresses).casefold()
    for word in ("couple", "partner", "safe", "crisis", "therap", "abuse"):
        assert word not in addresses
    with psycopg.connect(database_url) as connection:
        said = connection.execute("SELECT envelope::text FROM intake.outbox").fetchall()
    assert len(said) == 1
    assert "canary" not in str(said).casefold()
