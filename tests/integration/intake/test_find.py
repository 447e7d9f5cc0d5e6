"""A person is found by who may see them, by name, whole address or number; it is recorded."""

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from services.intake.audit_models import AuditEntry
from services.intake.operations.contacts import ContactCard
from services.intake.operations.searching import matches
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import AFRAID, NOW, fill_in, send
from tests.integration.intake.task_acts import STAFF

SignIn = Callable[..., Browser]
WREN = ContactCard(
    person_id=UUID(int=1),
    version=1,
    name="Wren Alba-Reyes",
    pronouns=None,
    email="wren@example.org",
    phone="+19145550124",
    channels={},
    call_as=None,
    contact_notes_present=False,
    locale="en-US",
    timezone=None,
)


@pytest.fixture
def app(make_app: Callable[..., Flask], scheduler: Callable[..., str]) -> Flask:
    return make_app(SCHEDULER_URL=scheduler({"/internal/staff": STAFF}))


@pytest.mark.parametrize(
    "sought",
    ["wren", "WREN alb", "reyes", "reyes w", "Wren@Example.org", "914-555-0124", "(914) 5550124"],
)
def test_a_name_is_found_by_its_beginnings_an_address_and_a_number_as_a_whole(sought: str) -> None:
    assert matches(WREN, sought)


@pytest.mark.parametrize(
    "sought",
    ["ren", "wren x", "wren@", "@example.org", "wren@example.or", "5550124", "0124", "+", "-"],
)
def test_parts_of_an_address_or_a_number_find_nobody(sought: str) -> None:
    assert not matches(WREN, sought)


def sought(browser: Browser, words: str) -> str:
    page = browser.client.get("/staff/find")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert token
    found = browser.client.post("/staff/find", data={"csrf_token": token[1], "q": words})
    assert found.status_code == 200
    return found.text


def recorded(database: Database) -> list[tuple[str, UUID | None]]:
    with database.begin() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.act == "find"))
        return [(row.role, row.response_id) for row in rows]


def test_whoever_is_shown_is_recorded_and_what_was_typed_is_not(
    intake_db: Database, app: Flask, signed_in: SignIn
) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "token", AFRAID | {"name_used": "Wren Alba"})
        send(session, "token", at=NOW)
        response_id = form.response.id
    clinician = signed_in(app)

    nobody = sought(clinician, "Theodora")
    found = sought(clinician, "alb")

    assert "Nobody is called like that" in nobody
    assert f"/staff/inquiries/{response_id}" in found
    assert recorded(intake_db) == [("clinician", response_id)]
    with intake_db.begin() as session:
        row = session.scalars(select(AuditEntry).where(AuditEntry.act == "find")).one()
        assert (row.reason, row.reason_sealed) == ("", None)


def test_l01_the_front_desk_finds_no_unfinished_form_and_no_priority(
    intake_db: Database, app: Flask, signed_in: SignIn
) -> None:
    with intake_db.begin() as session:
        fill_in(session, "draft", AFRAID | {"name_used": "Wren Draft"})
        fill_in(session, "sent", AFRAID | {"name_used": "Wren Sent"})
        send(session, "sent", at=NOW)

    seen = sought(signed_in(app, Role.FRONT_DESK), "wren")

    assert "Wren Sent" in seen
    assert "Wren Draft" not in seen
    assert "Safety concern" not in seen
    assert len(recorded(intake_db)) == 1


def test_no_name_stands_in_an_address(app: Flask, signed_in: SignIn) -> None:
    page = signed_in(app).client.get("/staff/find?q=Wren").text

    assert "Wren" not in page
    assert 'role="search"' in page
