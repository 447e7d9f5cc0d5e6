"""After a whole run through the pages, no table of intake and no line of its log tells anything."""

from collections.abc import Callable

import psycopg
import pytest
from flask import Flask

from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import COUPLE
from tests.integration.intake.test_keeping import CANARIES, every_cell

SignIn = Callable[..., Browser]
TYPED = "a canary told the court"
WORDS = [*CANARIES.values(), "+19145550188", "canary", "quillon"]


def run(browser: Browser, owner: Browser, database_url: str) -> None:
    """Somebody fills in and sends the form; the owner reads, opens, holds and exports."""
    browser.walk({**COUPLE, **CANARIES, "s_afraid": "yes"})
    with psycopg.connect(database_url) as connection:
        ((response_id,),) = connection.execute(
            "SELECT id FROM intake.questionnaire_response"
        ).fetchall()
    path = f"/staff/inquiries/{response_id}"
    page = owner.open(path)
    assert "Quillon Marsh-Canary" in page.text
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    for where, form in (
        (f"{path}/sealed", {"part": "between_you", "reason": "prepare-call"}),
        (f"{path}/keeping/hold", {"because": TYPED}),
        (f"{path}/keeping/hold/lift", {"because": TYPED}),
        ("/staff/audit/verify", {}),
    ):
        answer = owner.client.post(where, data={"csrf_token": token, **form})
        assert answer.status_code < 400, where
    assert owner.open("/staff/audit/entries.csv").status_code == 200


def test_l02_no_table_and_no_log_line_of_intake_holds_what_anybody_wrote(
    intake_db: Database,
    app: Flask,
    browser: Browser,
    signed_in: SignIn,
    database_url: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    del intake_db
    run(browser, signed_in(app, Role.OWNER), database_url)

    cells, logged = every_cell(database_url).casefold(), capfd.readouterr()
    said = (logged.out + logged.err).casefold()

    assert "legal-hold" in cells, "the audit is among what was searched"
    assert "/staff/inquiries/<uuid:response_id>" in said, "and the log is the one that was written"
    for word in WORDS:
        assert word.casefold() not in cells
        assert word.casefold().encode().hex() not in cells
        assert word.casefold() not in said


def test_l02_what_is_exported_of_the_audit_holds_none_either(
    intake_db: Database, app: Flask, browser: Browser, signed_in: SignIn, database_url: str
) -> None:
    del intake_db
    owner = signed_in(app, Role.OWNER)
    run(browser, owner, database_url)

    exported = owner.open("/staff/audit/entries.csv").text + owner.open("/staff/audit").text

    assert "Legal hold" in exported
    assert [word for word in WORDS if word.casefold() in exported.casefold()] == []
