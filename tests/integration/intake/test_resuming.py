"""Saved for later: a link by a safe channel, what it opens, and when it opens nothing any more."""

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text, update

from services.intake.models import (
    CommunicationRequest,
    Consent,
    Contact,
    Person,
    QuestionnaireResponse,
)
from services.intake.operations import communications
from shared.clock import utcnow
from shared.crypto import unseal
from shared.db import Database
from tests.integration.intake.browsing import Browser, errors_in, form_in, heading_of
from tests.integration.intake.people import ALONE, START

REACH: dict[str, Any] = {
    "name_used": "Rowan",
    "email": "rowan@example.org",
    "email_safe": "yes",
    "phone": "212-555-0100",
    "call_safe": "no",
    "voicemail_safe": "no",
    "text_safe": "no",
}


def saved(browser: Browser, **different: Any) -> None:
    """Somebody who has said how to be reached, and saves for later."""
    browser.open("/step/1")
    browser.send(START)
    browser.send({**REACH, **different}, button="later")


def links(database: Database) -> list[str]:
    """The paths of the links that would be sent now, oldest first."""
    with database.begin() as session:
        asked = session.scalars(
            select(CommunicationRequest.id).order_by(CommunicationRequest.requested_at)
        )
        found = [communications.find(session, communication_id=one) for one in asked.all()]
    return [one.link.removeprefix("http://127.0.0.1:8000/begin") for one in found if one]


def contact(app: Flask, database: Database, headers: dict[str, str]) -> dict[str, Any]:
    with database.begin() as session:
        person_id = session.scalars(select(Person.id)).one()
    answer = app.test_client().get(f"/internal/contacts/{person_id}", headers=headers)
    found: dict[str, Any] = answer.json or {}
    return found


def test_a_link_leads_back_in_another_browser(
    app: Flask, browser: Browser, intake_db: Database, service_headers: dict[str, str]
) -> None:
    saved(browser)

    page = browser.send({}, c_email="yes")

    assert heading_of(page) == "A link is on its way"
    found = contact(app, intake_db, service_headers)
    assert found["email"] == "rowan@example.org"
    assert found["phone"] is None
    assert found["channels"] == {"email": True, "sms": False, "call": False, "voicemail": False}
    (path,) = links(intake_db)
    assert re.fullmatch(r"/b/[\w-]{43}", path)
    other = Browser(app)
    assert heading_of(other.open(path)) == "Go on with what you began"
    other.send({})
    assert other.page.request.path == "/step/3"
    assert form_in(other.open("/step/2")).values["name_used"] == ["Rowan"]


def test_l22_the_box_for_a_link_is_not_ticked_and_without_it_nothing_is_sent(
    browser: Browser, intake_db: Database
) -> None:
    saved(browser, text_safe="yes")
    assert not {"c_email", "c_sms"} & set(form_in(browser.page).values)
    assert {"c_email", "c_sms"} <= set(form_in(browser.page).offered)

    page = browser.send({})

    assert page.status_code == 422
    assert errors_in(page) == ["Tick the box if you want a link. You can also do without one."]
    with intake_db.begin() as session:
        assert session.scalars(select(CommunicationRequest)).all() == []
        assert session.scalars(select(Consent)).all() == []


def test_l22_a_consent_to_a_link_by_text_is_kept_with_its_words_number_and_time(
    browser: Browser, intake_db: Database
) -> None:
    saved(browser, text_safe="yes")

    browser.send({}, c_sms="yes")

    with intake_db.begin() as session:
        row = session.scalars(select(Consent)).one()
        said = unseal(
            session,
            subject_id=row.person_id,
            place=f"consent.evidence_sealed:{row.id}",
            sealed=row.evidence_sealed,
        )
    assert (row.link_id, len(row.text_sha256), row.text_version) == ("c_sms", 64, row.text_version)
    assert row.text_version
    assert said["said"] is True
    assert said["phone_e164"] == "+12125550100"
    assert said["page"] == "http://127.0.0.1:8000/begin/saved"


@pytest.mark.parametrize(
    "different",
    [{"email_safe": "no"}, {"email_safe": "not_sure"}, {"email": "", "email_safe": None}],
    ids=["not safe", "not sure", "no address"],
)
def test_l20_where_no_channel_is_safe_no_link_is_offered_or_sent(
    browser: Browser, intake_db: Database, different: dict[str, Any]
) -> None:
    saved(browser, **different)
    page = browser.page
    assert heading_of(page) == "Saved for later"
    assert "Send me a link" not in page.text
    assert "open this site in the same browser" in page.text

    token = form_in(browser.open("/erase")).values["csrf_token"]
    browser.client.post("/saved", data={"csrf_token": token, "c_email": "yes", "c_sms": "yes"})

    with intake_db.begin() as session:
        assert session.scalars(select(CommunicationRequest)).all() == []
        assert session.scalars(select(Contact)).all() == []


def test_looking_at_a_link_changes_nothing(
    app: Flask, browser: Browser, intake_db: Database, database_url: str
) -> None:
    saved(browser)
    browser.send({}, c_email="yes")
    (path,) = links(intake_db)
    with intake_db.begin() as session:
        before = session.execute(text("SELECT r::text FROM questionnaire_response r")).all()

    for _ in range(2):
        assert Browser(app).open(path).status_code == 200

    with intake_db.begin() as session:
        after = session.execute(text("SELECT r::text FROM questionnaire_response r")).all()
    assert after == before
    assert browser.open("/step").request.path == "/step/3"


def test_a_link_that_opens_nothing_looks_the_same_for_every_reason(
    app: Flask, browser: Browser, intake_db: Database
) -> None:
    visitor = Browser(app)
    unknown = visitor.open("/b/" + "x" * 43)
    pages = [unknown.data]
    saved(browser)
    browser.send({}, c_email="yes")
    (first,) = links(intake_db)
    browser.open("/saved")
    browser.send({}, c_email="yes")
    (second,) = links(intake_db)
    assert second != first
    pages.append(visitor.open(first).data)  # replaced
    with intake_db.begin() as session:
        session.execute(update(QuestionnaireResponse).values(resume_until=utcnow()))
    pages.append(visitor.open(second).data)  # too old
    browser.open("/saved")
    browser.send({}, c_email="yes")
    third = links(intake_db)[-1]
    assert visitor.open(third).status_code == 200
    browser.walk({**ALONE, **REACH})
    pages.append(visitor.open(third).data)  # sent

    assert unknown.status_code == 404
    assert {without_reference(page) for page in pages} == {without_reference(unknown.data)}
    assert links(intake_db) == []


def without_reference(page: bytes) -> bytes:
    return re.sub(rb'name="csrf_token" value="\w+"', b"", page)


def test_an_erased_draft_takes_its_link_along(
    app: Flask, browser: Browser, intake_db: Database
) -> None:
    saved(browser)
    browser.send({}, c_email="yes")
    (path,) = links(intake_db)
    browser.open("/erase")
    browser.send({})

    assert Browser(app).open(path).status_code == 404
    assert links(intake_db) == []


def test_a_changed_address_closes_the_old_one_at_once(
    app: Flask, browser: Browser, intake_db: Database, service_headers: dict[str, str]
) -> None:
    saved(browser)
    browser.send({}, c_email="yes")
    (path,) = links(intake_db)
    browser.open("/step/2")

    browser.send({**REACH, "email": "other@example.org"})

    assert links(intake_db) == []
    assert Browser(app).open(path).status_code == 404
    assert contact(app, intake_db, service_headers)["email"] is None


def test_what_is_agreed_for_a_link_is_asked_again_at_the_end(
    app: Flask, browser: Browser, intake_db: Database, service_headers: dict[str, str]
) -> None:
    saved(browser)
    browser.send({}, c_email="yes")

    browser.walk({**ALONE, **REACH, "c_email": False})

    found = contact(app, intake_db, service_headers)
    assert found["version"] == 2
    assert found["email"] is None


def test_no_more_than_three_links_a_day(browser: Browser, intake_db: Database) -> None:
    saved(browser)
    for _ in range(3):
        assert browser.send({}, c_email="yes").status_code == 200
        browser.open("/saved")

    page = browser.send({}, c_email="yes")

    assert page.status_code == 429
    assert heading_of(page) == "We have sent you links today"
    assert len(links(intake_db)) == 1


def test_the_form_moves_to_the_browser_that_goes_on(
    app: Flask, browser: Browser, intake_db: Database
) -> None:
    saved(browser)
    browser.send({}, c_email="yes")
    other = Browser(app)
    other.open(links(intake_db)[0])
    other.send({})

    assert form_in(browser.open("/step/1")).values.get("age_group") is None
    end = other.walk({**ALONE, **REACH})
    assert heading_of(end) == "Thank you for telling us about this"


def test_the_first_page_leads_on_in_the_same_words_for_everyone(
    app: Flask, browser: Browser
) -> None:
    saved(browser)

    page = browser.open("/")

    assert "Go on where you left off" in page.text
    assert page.data == Browser(app).open("/").data
    assert browser.open("/step").request.path == "/step/3"


def test_l05_saving_and_coming_back_are_the_same_bytes_whatever_was_confided(
    app: Flask, intake_db: Database
) -> None:
    def seen(**confided: Any) -> list[tuple[int, bytes]]:
        browser, other = Browser(app), Browser(app)
        for one in (browser, other):
            one.client.set_cookie("seed", "the-same-seed-in-every-browser")
        browser.open("/step/1")
        browser.send({**START, **confided})
        browser.send({**REACH, **confided}, button="later")
        browser.send({}, c_email="yes")
        other.open(links(intake_db)[-1])
        other.send({})
        shown = [*browser.seen, *other.seen]
        return [(status, re.sub(rb"/b/[\w-]{43}", b"", body)) for _, status, body in shown]

    plain = seen()

    assert seen(private_now="no", contact_notes="Never at night.") == plain
    assert seen(private_now="not_sure") == plain
