"""A new number or address at the person's wish; language needs that everybody can see."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from services.intake.models import Consent
from services.intake.operations import contacts, questionnaires
from services.intake.operations.contacts import ContactCard
from shared.clock import utcnow
from shared.crypto import unseal
from shared.db import Database
from shared.messaging.tables import Outbox
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser, errors_in, form_in
from tests.integration.intake.people import ALONE, sent
from tests.integration.intake.record_acts import post

SignIn = Callable[..., Browser]
OPEN = {
    **ALONE,
    "email": "rowan@example.org",
    "email_safe": "yes",
    "phone": "212-555-0100",
    "text_safe": "yes",
    "call_safe": "yes",
    "voicemail_safe": "yes",
    "c_email": True,
    "c_sms": True,
}


@pytest.fixture
def desk(app: Flask, signed_in: SignIn) -> Browser:
    return signed_in(app, Role.FRONT_DESK)


def card(database: Database, person_id: UUID) -> ContactCard:
    with database.begin() as session:
        found = contacts.card(session, person_id=person_id)
    assert found is not None
    return found


def changes_told(database: Database) -> list[int]:
    with database.begin() as session:
        rows = session.scalars(select(Outbox).where(Outbox.queue == "notifier"))
        return [
            row.envelope["data"]["contact_version"]
            for row in rows
            if row.envelope["type"] == "intake.contact.changed.v1"
        ]


def change(desk: Browser, response_id: UUID, **values: Any) -> Any:
    home = f"/staff/inquiries/{response_id}/record"
    desk.open(home)
    return post(desk, f"{home}/address", **values)


def test_l27_a_new_number_is_neither_safe_nor_agreed_to(intake_db: Database, desk: Browser) -> None:
    response_id, person_id = sent(intake_db, OPEN, at=utcnow())
    assert all(card(intake_db, person_id).channels.values())

    page = change(desk, response_id, phone="(914) 555-0119")

    now = card(intake_db, person_id)
    assert now.channels == {"email": True, "sms": False, "call": False, "voicemail": False}
    assert now.phone is None
    assert now.version == 2
    assert changes_told(intake_db) == [2]
    assert "Do not call." in page.text
    assert said(intake_db, person_id, "c_sms") == [True, False]
    assert said(intake_db, person_id, "c_email") == [True]


def test_l27_a_new_address_is_neither_safe_nor_agreed_to(
    intake_db: Database, desk: Browser
) -> None:
    response_id, person_id = sent(intake_db, OPEN, at=utcnow())

    change(desk, response_id, email="new@example.org")

    now = card(intake_db, person_id)
    assert now.channels == {"email": False, "sms": True, "call": True, "voicemail": True}
    assert now.email is None
    assert said(intake_db, person_id, "c_email") == [True, False]


def said(database: Database, person_id: UUID, link_id: str) -> list[bool]:
    with database.begin() as session:
        rows = session.scalars(
            select(Consent)
            .where(Consent.person_id == person_id, Consent.link_id == link_id)
            .order_by(Consent.said_at)
        )
        return [
            unseal(
                session,
                subject_id=person_id,
                place=f"consent.evidence_sealed:{row.id}",
                sealed=row.evidence_sealed,
            )["said"]
            for row in rows
        ]


def test_l27_what_the_person_says_of_the_new_one_counts_but_texts_need_writing(
    intake_db: Database, desk: Browser
) -> None:
    response_id, person_id = sent(intake_db, OPEN, at=utcnow())

    change(
        desk,
        response_id,
        email="new@example.org",
        phone="914-555-0119",
        agreed=["call", "email"],
    )

    now = card(intake_db, person_id)
    assert now.channels == {"email": True, "sms": False, "call": True, "voicemail": False}
    assert (now.email, now.phone) == ("new@example.org", "+19145550119")
    assert said(intake_db, person_id, "c_email") == [True, True]
    assert said(intake_db, person_id, "c_sms") == [True, False]


def test_l27_agreeing_opens_nothing_of_an_address_that_stays(
    intake_db: Database, desk: Browser
) -> None:
    response_id, person_id = sent(intake_db, OPEN, at=utcnow())
    with intake_db.begin() as session:
        contacts.narrow(session, person_id=person_id, keep=[])

    change(desk, response_id, phone="212-555-0100", agreed=["call", "email"])

    assert not any(card(intake_db, person_id).channels.values())
    assert changes_told(intake_db) == [2]


def test_l19_the_form_has_no_field_for_a_reason(intake_db: Database, desk: Browser) -> None:
    response_id, _ = sent(intake_db, OPEN)
    page = desk.open(f"/staff/inquiries/{response_id}/record")
    start = page.text.index(f'action="/staff/inquiries/{response_id}/record/address"')
    page.set_data("<form>" + page.text[start : page.text.index("</form>", start)])

    form = form_in(page)

    assert {*form.values, *form.offered} == {"csrf_token", "email", "phone", "agreed"}
    assert sorted(form.offered["agreed"]) == ["call", "email", "voicemail"]
    assert "agreed" not in form.values  # nothing is ticked for anybody


def test_l19_what_cannot_be_used_is_asked_for_again(intake_db: Database, desk: Browser) -> None:
    response_id, person_id = sent(intake_db, OPEN, at=utcnow())

    page = change(desk, response_id, email="rowan@", phone="12")
    assert page.status_code == 422
    assert len(errors_in(page)) == 2
    assert 'value="rowan@"' in page.text
    assert errors_in(change(desk, response_id)) == ["Write a new address or a new number."]
    assert card(intake_db, person_id).version == 1


# ---------------------------------------------------------------- language


def test_l46_language_and_interpreter_needs_are_shown_to_every_role(
    intake_db: Database, app: Flask, signed_in: SignIn
) -> None:
    needs = {"access_needs": ["language", "captions"], "interpreter_language": "Canary Spanish"}
    response_id, _ = sent(intake_db, {**ALONE, **needs})

    for role in Role:
        browser = signed_in(app, role)
        for path in (f"/staff/inquiries/{response_id}", f"/staff/inquiries/{response_id}/record"):
            page = browser.open(path).text
            assert "Canary Spanish" in page, (role, path)
            assert "Another language or an interpreter, Captions" in page, (role, path)
            assert "never a partner, a relative or a child" in page, (role, path)


def test_l46_no_partner_or_relative_is_offered_as_an_interpreter() -> None:
    items = questionnaires.shipped().items
    offered = " ".join(option.label.lower() for option in items["access_needs"].options)

    assert not any(word in offered for word in ("partner", "family", "relative", "spouse"))
    assert "We do not ask a partner or family member" in items["interpreter_language"].help
