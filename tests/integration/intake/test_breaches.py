"""The breach log: for the owner, only growing, with its sixty days."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, update
from sqlalchemy.exc import ProgrammingError

from services.intake.operations import breaches
from services.intake.record_models import BreachAct
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser, errors_in
from tests.integration.intake.record_acts import OONA, post

SignIn = Callable[..., Browser]


def found(database: Database, **changes: Any) -> None:
    with database.begin() as session:
        breaches.found(
            session,
            **{
                "on_day": date(2027, 1, 31),
                "people": None,
                "words": "A laptop was left on a canary train.",
                "reader": OONA,
                **changes,
            },
        )


def test_l51_the_log_says_who_what_when_how_many_and_whom_we_told(
    intake_db: Database, app: Flask, signed_in: SignIn
) -> None:
    owner = signed_in(app, Role.OWNER)
    assert "No breach is on record." in owner.open("/staff/breaches").text
    page = post(owner, "/staff/breaches", found_on="2027-01-31", what="A laptop was left on a tram")
    assert "Found <time" in page.text
    assert 'Notice is due <time datetime="2027-04-01"' in page.text
    assert "How many people is not known yet." in page.text
    with intake_db.begin() as session:
        (row,) = session.scalars(select(BreachAct))

    where = f"/staff/breaches/{row.breach_id}"
    page = post(owner, where, kind="learned", on_day="2027-02-02", count="12", line="")
    assert page.status_code == 422
    assert errors_in(page) == ["Please answer this one."]
    post(owner, where, kind="learned", on_day="2027-02-02", count="12", line="It was not locked")
    page = post(
        owner, where, kind="people-told", on_day="2027-02-10", line="By letter, to a safe address"
    )

    for words in ("A laptop was left on a tram", "It was not locked", "By letter", "12 people."):
        assert words in page.text
    assert page.text.count("Dana Whitlock, written today") == 3
    assert "People told" in page.text


def test_l51_the_clock_runs_sixty_days_from_the_day_it_was_found(intake_db: Database) -> None:
    found(intake_db)
    with intake_db.begin() as session:
        (breach,) = breaches.log(session)

    assert breach.notice_due == date(2027, 4, 1)
    assert breach.days_left(date(2027, 3, 31)) == 1
    assert breach.days_left(date(2027, 4, 2)) == -1
    assert not breach.people_told


def test_l51_what_was_written_is_neither_changed_nor_deleted_and_is_sealed(
    intake_db: Database,
) -> None:
    found(intake_db)
    for statement in (update(BreachAct).values(people=0), delete(BreachAct)):
        with pytest.raises(ProgrammingError, match="only grows"), intake_db.begin() as session:
            session.execute(statement)
    with intake_db.begin() as session:
        (row,) = session.scalars(select(BreachAct))
    assert b"canary" not in row.words_sealed


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK])
def test_l51_the_log_is_the_owner_s(
    intake_db: Database, app: Flask, signed_in: SignIn, role: Role
) -> None:
    found(intake_db)
    browser = signed_in(app, role)

    assert browser.open("/staff/breaches").status_code == 403
    assert "breaches" not in browser.open("/staff/records").text


def test_a_line_about_no_breach_is_not_found(
    intake_db: Database, app: Flask, signed_in: SignIn
) -> None:
    owner = signed_in(app, Role.OWNER)
    owner.open("/staff/breaches")
    where = "/staff/breaches/00000000-0000-4000-8000-000000000000"

    assert post(owner, where, kind="closed", on_day="2027-01-01", line="x").status_code == 404
