"""The practice's decisions in the console: who makes them, and what they change."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from services.intake.domain import lint
from services.intake.models import Consent
from services.intake.operations import practice
from shared.crypto import unseal
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser, errors_in, heading_of
from tests.integration.intake.people import (
    ALONE,
    LICENSED,
    SAFETY_TOOL,
    decide,
)
from tests.integration.intake.settings_acts import change, stands


@pytest.fixture
def owner(app: Flask, signed_in: Callable[..., Browser]) -> Browser:
    return signed_in(app, Role.OWNER)


# ---------------------------------------------------------------- going live, the notice


def test_l43_the_owner_names_the_states_and_an_empty_list_closes_the_form(
    intake_db: Database, owner: Browser, browser: Browser
) -> None:
    assert browser.open("/step/1").status_code == 200  # by the host's setting

    change(owner, "states", {})
    assert "The list of licensed states is empty" in owner.open("/staff/settings").text
    assert browser.open("/step/1").status_code == 503

    change(owner, "states", {"licensed_states": ["VT", "NY"]})
    assert stands(intake_db).licensed_states == ("NY", "VT")
    browser.walk({**ALONE, "session_state": "VT", "residence_state": "VT"})
    assert heading_of(browser.page) == "Thank you for telling us about this"


def test_l43_the_hosts_states_stand_until_the_practice_names_its_own(intake_db: Database) -> None:
    with intake_db.begin() as session:
        assert practice.licensed_states(session, default=LICENSED) == LICENSED


@pytest.mark.parametrize("said", ["declined", "received", None])
def test_l28_the_notice_is_asked_about_and_any_answer_submits(
    intake_db: Database, browser: Browser, said: str | None
) -> None:
    decide(intake_db, privacy_notice_version="Edition 4", privacy_notice_date=date(2026, 2, 20))
    browser.open("/step/1")
    assert "Read the Notice of Privacy Practices" in browser.page.text  # before anything is given

    browser.walk({**ALONE, "c_npp": said})

    assert browser.page.request.path == "/next"
    with intake_db.begin() as session:
        rows = session.scalars(select(Consent).where(Consent.link_id == "c_npp")).all()
        assert len(rows) == 1  # that it was asked is on record either way
        row = rows[0]
        evidence = unseal(
            session,
            subject_id=row.person_id,
            place=f"consent.evidence_sealed:{row.id}",
            sealed=row.evidence_sealed,
        )
    assert evidence["privacy_notice"] == "Edition 4"
    assert evidence["said"] == (said or False)


def test_l28_the_version_of_the_notice_stands_where_people_read_it(
    intake_db: Database, browser: Browser
) -> None:
    decide(intake_db, privacy_notice_version="Edition 4", privacy_notice_date=date(2026, 2, 20))

    assert "Edition 4, of February 20, 2026" in browser.open("/privacy").text


def test_l29_the_console_says_when_the_notice_is_old_or_missing(
    intake_db: Database, owner: Browser
) -> None:
    assert "No Notice of Privacy Practices is named" in owner.open("/staff/settings").text

    change(
        owner,
        "notice",
        {"privacy_notice_version": "3", "privacy_notice_date": "2026-02-15"},
    )
    assert "before February 16, 2026" in owner.open("/staff/settings").text

    change(
        owner,
        "notice",
        {"privacy_notice_version": "4", "privacy_notice_date": "2026-02-16"},
    )
    assert not lint.hints_about_the_notice(stands(intake_db))
    assert "before February 16, 2026" not in owner.open("/staff/settings").text.split("What was")[0]


# ---------------------------------------------------------------- the other parts, and who may


def test_the_less_private_invitation_needs_a_written_reason(
    intake_db: Database, owner: Browser
) -> None:
    given = {
        "partner_invite_mode": "immediate_when_clear",
        "invite_expires_days": "14",
        "invite_reminder_day": "5",
        "private_information_policy": "limited_secrets",
    }

    page = change(owner, "partners", given)
    assert "Write down why" in errors_in(page)[0]
    assert change(owner, "partners", {**given, "invite_reminder_day": "14"}).status_code == 422

    reason = "Our lawyer and two clinicians agreed on it in March."
    change(owner, "partners", {**given, "partner_invite_reason": reason})
    assert stands(intake_db).partner_invite_mode == "immediate_when_clear"
    assert stands(intake_db).partner_invite_reason == reason


THEO, KIM = UUID(int=21), UUID(int=22)
PEOPLE = [
    {"account_id": str(account), "name": name, "role": role, "practitioner_id": None}
    for account, name, role in (
        (UUID(int=7), "Dana Whitlock", "owner"),
        (THEO, "Theo Marchetti", "clinician"),
        (KIM, "Kim Front", "front_desk"),
    )
]
TIMES = {"urgent_minutes": "20", "same_day_minutes": "120", "routine_business_days": "1"}


def test_the_roster_is_an_order_of_clinical_staff(
    intake_db: Database,
    make_app: Callable[..., Flask],
    scheduler: Callable[[dict[str, Any]], str],
    signed_in: Callable[..., Browser],
) -> None:
    app = make_app(SCHEDULER_URL=scheduler({"/internal/staff": PEOPLE}))
    owner = signed_in(app, Role.OWNER)
    page = owner.open("/staff/settings/alerts").text
    assert "Theo Marchetti" in page
    assert "Kim Front" not in page

    turns = {f"turn-{THEO}": "1", f"turn-{UUID(int=7)}": "2", f"turn-{KIM}": "3"}
    change(owner, "alerts", {**TIMES, **turns})

    assert stands(intake_db).roster == (THEO, UUID(int=7))
    assert stands(intake_db).urgent_minutes == 20
    assert "Theo Marchetti, then Dana Whitlock" in owner.open("/staff/settings").text


def test_without_the_scheduler_the_page_says_so_and_the_roster_stays(
    intake_db: Database, owner: Browser
) -> None:
    decide(intake_db, roster=(THEO,))
    page = owner.open("/staff/settings/alerts").text
    assert "can&#39;t be shown just now" in page or "can't be shown just now" in page

    change(owner, "alerts", TIMES)

    assert stands(intake_db).roster == (THEO,)
    assert stands(intake_db).same_day_minutes == 120


def test_each_change_is_a_version_with_a_name_and_what_it_changed(
    intake_db: Database, owner: Browser
) -> None:
    change(owner, "keeping", {"record_years": "10", "inquiry_days": "60"})
    page = owner.open("/staff/settings").text

    assert "Dana Whitlock" in page
    assert "s record: “10 years after the last entry”, before: “7 years" in page
    with intake_db.begin() as session:
        assert len(practice.history(session)) == 2
    assert stands(intake_db).safety_tool == SAFETY_TOOL  # what this form is not about stays


@pytest.mark.parametrize("part", ["safety", "states", "alerts", "partners", "notice", "keeping"])
def test_only_the_owner_changes_settings_and_the_front_desk_sees_none(
    intake_db: Database, app: Flask, signed_in: Callable[..., Browser], part: str
) -> None:
    before = stands(intake_db)
    clinician, desk = signed_in(app, Role.CLINICIAN), signed_in(app, Role.FRONT_DESK)

    assert clinician.open("/staff/settings").status_code == 200
    assert "Only the owner of the practice" in clinician.open(f"/staff/settings/{part}").text
    assert change(clinician, part, TIMES).status_code == 403
    assert desk.open("/staff/settings").status_code == 403
    assert desk.open(f"/staff/settings/{part}").status_code == 403
    assert 'href="/begin/staff/settings"' not in desk.open("/staff/inquiries").text
    assert stands(intake_db) == before


def test_a_part_that_is_not_there_is_not_found(owner: Browser) -> None:
    assert owner.open("/staff/settings/weather").status_code == 404
