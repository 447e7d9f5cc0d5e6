"""What the law and plain care ask of the form's pages: neutral names, and choices that are free."""

import re
from urllib.parse import urlsplit

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select

from services.intake.models import Answer, Consent, Contact
from shared.crypto import unseal
from shared.db import Database
from tests.integration.intake.browsing import Browser, form_in, heading_of, title_of
from tests.integration.intake.people import ALONE, COUPLE, START
from tests.unit.intake.cases import CASES, screener

FORBIDDEN = re.compile(CASES["leak_profiles"]["base"]["forbid_regex"])
SCREENER = screener()
YOUNG = {**ALONE, "age_group": "13_17"}


def telling(text: str) -> list[str]:
    """The words that must not be in it; the parts of an address are words of their own."""
    return [found[0] for found in FORBIDDEN.findall(re.sub(r"[/_.?=&-]", " ", text))]


def test_l07_no_address_title_icon_or_file_name_of_a_page_says_what_it_is_about(
    browser: Browser,
) -> None:
    shown: set[str] = set()

    def note() -> None:
        page = browser.page
        files = re.findall(r'(?:href|src|action)="([^"]*)"', page.text.split("<main")[0])
        links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
        shown.update([title_of(page), page.request.path, *files, *links])

    for path in ("/", "/privacy", "/reaching-you", "/erase", "/other-start", "/saved/sent", "/no"):
        browser.open(path)
        note()
    browser.open("/step/1")
    while browser.page.request.path.startswith("/step/"):
        note()
        browser.send({**COUPLE, "h_now": "yes"})
    note()
    own = [text for text in shown if urlsplit(text).scheme not in {"tel", "sms", "https"}]

    assert len(own) > 20
    assert any("mark.svg" in text for text in own)
    assert {text: telling(text) for text in own if telling(text)} == {}


def test_l07_the_check_would_notice_a_telling_address() -> None:
    assert telling("/begin/couples-intake/1") == ["couples", "intake"]


def test_l22_without_consent_to_texts_the_form_is_sent_all_the_same(
    browser: Browser, intake_db: Database
) -> None:
    browser.open("/step/1")
    while heading_of(browser.page) != "Before you send this":
        browser.send(ALONE)
    assert "c_sms" in form_in(browser.page).offered
    assert "c_sms" not in form_in(browser.page).values

    browser.send({**ALONE, "c_sms": None})

    assert browser.page.request.path == "/next"
    with intake_db.begin() as session:
        row = session.scalars(select(Consent).where(Consent.link_id == "c_sms")).one()
        said = unseal(
            session,
            subject_id=row.person_id,
            place=f"consent.evidence_sealed:{row.id}",
            sealed=row.evidence_sealed,
        )
    assert said["said"] is False


@pytest.mark.parametrize("said", ["declined", None])
def test_l28_whoever_does_not_confirm_the_notice_can_send_the_form(
    browser: Browser, said: str | None
) -> None:
    end = browser.walk({**ALONE, "c_npp": said})

    assert end.request.path == "/next"
    assert "Choose a time" in end.text


def rows(database_url: str) -> dict[str, int]:
    """How many rows each table of intake has."""
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = 'intake'"
        ).fetchall()
        return {
            name: connection.execute(f'SELECT count(*) FROM intake."{name}"').fetchone()[0]  # type: ignore[index, call-overload]  # noqa: S608
            for (name,) in tables
        }


def test_l44_somebody_under_13_adds_one_to_a_count_and_no_row_anywhere(
    browser: Browser, intake_db: Database, database_url: str
) -> None:
    browser.walk(ALONE)
    before = rows(database_url)
    browser.open("/step/1")

    browser.send({**START, "age_group": "under_13"})
    browser.open("/step/2")

    after = rows(database_url)
    assert {name for name in after if after[name] != before[name]} == {"tally"}


def test_l44_of_somebody_between_13_and_17_only_a_name_and_ways_to_reach_them_are_kept(
    browser: Browser, intake_db: Database
) -> None:
    end = browser.walk(YOUNG)

    assert heading_of(end) == SCREENER.client_text["under18"].heading
    with intake_db.begin() as session:
        kept = set(session.scalars(select(Answer.link_id)))
        assert len(session.scalars(select(Contact)).all()) == 1
    allowed = {
        item.id
        for section in SCREENER.first_form
        if section.id in ("start", "you", "agree")
        for item in section.items
    }
    assert {"name_used", "age_group"} <= kept <= allowed


def test_l32_the_frame_is_the_same_bytes_around_what_came_by_a_link(
    app: Flask, browser: Browser
) -> None:
    def frame() -> bytes:
        body = browser.page.data
        return body.split(b"<main")[0].split(b"<body>")[1] + body.split(b"</main>")[1]

    browser.open("/")
    plain = frame()
    for path in ("/saved/sent", "/b/unknown", "/nothing", "/step/99"):
        browser.open(path)
        assert frame() == plain, path
    browser.open("/step/1")
    browser.send(START)
    browser.send(ALONE, button="later")
    assert frame() == plain
    browser.send({})  # nothing ticked: a page with an error
    assert browser.page.status_code == 422
    assert frame() == plain
