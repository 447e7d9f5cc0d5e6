"""P26: a program that sends many forms, and the people who must not be lost for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from services.intake.flood_models import SendingCount
from services.intake.models import QuestionnaireResponse, ResponseStatus
from services.intake.operations import bookings, flood
from shared.clock import utcnow
from shared.db import Database
from shared.tokens import token_sha256
from tests.integration.intake.browsing import Browser, form_in, heading_of
from tests.integration.intake.people import ALONE, COUPLE

ELSEWHERE = "198.51.100.7"
THERE = "203.0.113.9"


@pytest.fixture
def limited(make_app: Callable[..., Flask]) -> Flask:
    return make_app(
        FORM_SECONDS="0",
        FORM_STARTS_PER_HOUR="8",
        FORM_SENDS_PER_HOUR="5",
        FORM_SENDS_PER_DAY="3",
    )


def visitor(app: Flask, address: str = THERE) -> Browser:
    """A browser at that address."""
    browser = Browser(app)
    browser.client.environ_base["REMOTE_ADDR"] = address
    return browser


def somebody(answers: dict[str, Any] = ALONE) -> dict[str, Any]:
    return answers | {"email": f"{uuid4().hex}@example.org"}


def sends(browser: Browser, answers: dict[str, Any]) -> Browser:
    """Walk the form to its end, whatever the end says."""
    browser.open("/step/1")
    for _ in range(12):
        if not browser.page.request.path.startswith("/step/"):
            break
        browser.send(answers)
        if browser.page.status_code != 200:
            break
    return browser


def completed(database: Database) -> list[bool]:
    """For each form that was sent, in order, whether its sender has yet to answer a message."""
    with database.begin() as session:
        return list(
            session.scalars(
                select(QuestionnaireResponse.unproven)
                .where(QuestionnaireResponse.status == ResponseStatus.COMPLETED)
                .order_by(QuestionnaireResponse.completed_at)
            )
        )


def test_p26_many_forms_from_one_place_are_taken_then_marked_then_held_back(
    limited: Flask, intake_db: Database
) -> None:
    for _ in range(5):
        assert "/next" in sends(visitor(limited), somebody()).page.request.path

    refused = sends(visitor(limited), somebody()).page

    assert completed(intake_db) == [False, False, False, True, True]
    assert refused.status_code == 429
    assert heading_of(refused) == "Please call us instead"
    assert "Nothing you wrote is lost" in refused.text
    assert 0 < int(refused.headers["Retry-After"]) <= 3601
    # Somebody at another place is served as ever.
    assert "/next" in sends(visitor(limited, ELSEWHERE), somebody()).page.request.path
    assert completed(intake_db)[-1] is False


def test_p26_what_was_written_is_kept_and_sent_once_there_is_room(
    limited: Flask, intake_db: Database
) -> None:
    for _ in range(5):
        sends(visitor(limited), somebody())
    late = visitor(limited)
    assert sends(late, somebody(COUPLE)).page.status_code == 429

    with intake_db.begin() as session:
        session.execute(update(SendingCount).values(hour=SendingCount.hour - timedelta(days=3)))
        assert flood.forget(session, now=utcnow()) > 0
    late.open("/step")
    late.send(COUPLE)

    assert "/next" in late.page.request.path
    assert len(completed(intake_db)) == 6


def test_p26_one_address_that_sends_again_and_again_is_marked_wherever_it_is_sent_from(
    limited: Flask, intake_db: Database
) -> None:
    same = somebody()
    for n in range(4):
        sends(visitor(limited, f"192.0.2.{n + 1}"), same)

    assert completed(intake_db) == [False, False, False, True]


def test_p26_one_device_is_marked_wherever_it_goes_and_whatever_address_it_writes(
    limited: Flask, intake_db: Database
) -> None:
    device = visitor(limited)
    for n in range(4):
        device.client.environ_base["REMOTE_ADDR"] = f"192.0.2.{n + 1}"
        assert "/next" in sends(device, somebody()).page.request.path
    assert completed(intake_db) == [False, False, False, True]

    sends(visitor(limited, "192.0.2.9"), somebody())

    assert completed(intake_db)[-1] is False, "another device is as good as ever"


def test_p26_the_scheduler_is_told_who_has_to_answer_first(
    limited: Flask, intake_db: Database
) -> None:
    for _ in range(4):
        last = sends(visitor(limited), somebody())
    with intake_db.begin() as session:
        rows = session.scalars(
            select(QuestionnaireResponse).order_by(QuestionnaireResponse.completed_at)
        ).all()
        told = [
            bookings.permission(session, token_sha256=row.booking_sha256)
            for row in rows
            if row.booking_sha256
        ]
    assert [one.unproven for one in told if one] == [False, False, False, True]
    # What the person sees is what everybody sees.
    assert "Choose a time" in last.page.text


def test_p26_forms_begun_without_end_are_held_back(limited: Flask, intake_db: Database) -> None:
    for _ in range(8):
        browser = visitor(limited)
        browser.open("/step/1")
        assert browser.send(ALONE).request.path == "/step/2"

    browser = visitor(limited)
    browser.open("/step/1")
    page = browser.send(ALONE)

    assert (page.status_code, heading_of(page)) == (429, "Please call us instead")
    assert visitor(limited, ELSEWHERE).open("/step/1").status_code == 200


def test_p26_a_form_that_is_sent_at_once_is_shown_again_and_then_taken(
    make_app: Callable[..., Flask], intake_db: Database
) -> None:
    browser = sends(visitor(make_app()), somebody())

    assert browser.page.status_code == 422
    assert "That was very quick. Nothing you wrote is lost." in browser.page.text
    assert completed(intake_db) == []

    with intake_db.begin() as session:
        session.execute(
            update(QuestionnaireResponse).values(started_at=utcnow() - timedelta(seconds=21))
        )
    browser.send(ALONE)
    assert "/next" in browser.page.request.path
    assert completed(intake_db) == [False]


def test_p26_a_field_that_nobody_sees_catches_programs_and_loses_nobody(
    limited: Flask, intake_db: Database
) -> None:
    browser = visitor(limited)
    browser.open("/step/1")
    while "website" not in form_in(browser.page).values:
        browser.send(ALONE)
    page = browser.send(ALONE, website="https://pills.example")
    assert page.status_code == 422

    assert "A field was filled in that is not for you to see." in browser.page.text
    assert completed(intake_db) == []
    browser.send(ALONE)
    assert "/next" in browser.page.request.path


def test_p26_the_api_is_no_way_round(limited: Flask, intake_db: Database) -> None:
    client = limited.test_client()
    client.environ_base["REMOTE_ADDR"] = THERE
    answers = []
    for _ in range(6):
        begun = client.post("/api/responses", json={"answers": somebody()}).json
        answers.append(
            client.post(
                "/api/response/completion", headers={"Authorization": f"Bearer {begun['token']}"}
            )
        )

    assert [one.status_code for one in answers] == [200] * 5 + [429]
    assert answers[-1].content_type == "application/problem+json"
    assert answers[-1].headers["Retry-After"]
    assert len(completed(intake_db)) == 5


def test_p26_whose_network_it_was_stands_nowhere(limited: Flask, intake_db: Database) -> None:
    person = somebody()
    sends(visitor(limited), person)

    with intake_db.begin() as session:
        keys = session.scalars(select(SendingCount.key)).all()
    assert len(keys) == 4, "begun there, sent there, with that address, by that device"
    assert all(len(key) == 32 for key in keys)
    assert token_sha256(THERE) not in keys
    assert token_sha256(person["email"]) not in keys


def test_p26_behind_a_gateway_that_names_nobody_everybody_is_served(
    limited: Flask, intake_db: Database
) -> None:
    for _ in range(7):
        assert "/next" in sends(visitor(limited, "127.0.0.1"), somebody()).page.request.path
