"""What staff see of the inquiries, by role, and what is written down when they look."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select

from services.intake.audit_models import AuditEntry
from services.intake.domain.questionnaire import Item
from services.intake.operations import bookings, contacts, questionnaires, responses
from shared.db import Database
from shared.messaging.tables import Outbox
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser, form_in
from tests.integration.intake.people import AFRAID, ALONE, COUPLE, NOW, fill_in, send, sent

SignIn = Callable[..., Browser]
NOTES = "Never when the canary sings"


@pytest.fixture
def clinician(app: Flask, signed_in: SignIn) -> Browser:
    return signed_in(app)


@pytest.fixture
def front_desk(app: Flask, signed_in: SignIn) -> Browser:
    return signed_in(app, Role.FRONT_DESK)


def inquiry(database: Database, answers: dict[str, Any], token: str, name: str) -> str:
    response_id, _ = sent(database, {**answers, "name_used": name}, token)
    return f"/staff/inquiries/{response_id}"


def openings(database: Database) -> list[tuple[str, str, str]]:
    with database.begin() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
        return [(row.account_name, row.part, row.reason) for row in rows]


def names(page: str) -> list[str]:
    return [part.split("</a>")[0].split(">")[1] for part in page.split("<h2><a")[1:]]


# ---------------------------------------------------------------- the queue


def test_the_most_pressing_come_first(intake_db: Database, clinician: Browser) -> None:
    inquiry(intake_db, COUPLE, "1", "Routine Reyes")
    inquiry(intake_db, AFRAID, "2", "Sameday Brandt")
    inquiry(intake_db, {**AFRAID, "s_danger": "worried"}, "3", "Urgent Teller")
    inquiry(intake_db, {**ALONE, "h_now": "yes"}, "4", "Crisis Idowu")

    page = clinician.open("/staff/inquiries").text

    assert names(page) == ["Crisis Idowu", "Urgent Teller", "Sameday Brandt", "Routine Reyes"]
    assert "Four people are waiting to hear from you." in page
    assert "Not signed off yet." in page


def test_l01_the_front_desk_sees_arrivals_a_status_word_and_the_contact_plan(
    intake_db: Database, front_desk: Browser
) -> None:
    inquiry(intake_db, COUPLE, "1", "Routine Reyes")
    crisis = {**ALONE, "h_now": "yes", "name_used": "Crisis Idowu"}
    sent(intake_db, crisis, "2", at=NOW + timedelta(minutes=1))

    page = front_desk.open("/staff/inquiries").text

    assert names(page) == ["Routine Reyes", "Crisis Idowu"]
    assert "Clinician is handling" in page
    assert "Call 212-555-0100" in page
    assert "Urgent" not in page


def test_a_half_finished_form_that_calls_for_a_clinician_is_in_the_queue(
    intake_db: Database, clinician: Browser, front_desk: Browser
) -> None:
    with intake_db.begin() as session:
        fill_in(session, "1", {**ALONE, "name_used": "Crisis Idowu", "h_now": "yes"})
        fill_in(session, "2", {**ALONE, "name_used": "Unfinished Marsh"})

    page = clinician.open("/staff/inquiries").text

    assert names(page) == ["Crisis Idowu"]
    assert "not finished, last written in" in page
    assert "Call 212-555-0100" in page
    assert names(front_desk.open("/staff/inquiries").text) == []


def test_an_empty_queue_says_so(clinician: Browser) -> None:
    assert "Nobody is waiting." in clinician.open("/staff/inquiries").text


def test_a_booked_call_shows_in_the_queue(intake_db: Database, clinician: Browser) -> None:
    _, person_id = sent(intake_db, COUPLE)
    assert "No time chosen" in clinician.open("/staff/inquiries").text

    with intake_db.begin() as session:
        bookings.note(
            session, appointment_id=UUID(int=1), person_id=person_id, sequence=0, state="booked"
        )

    assert "Call booked" in clinician.open("/staff/inquiries").text


# ---------------------------------------------------------------- one inquiry


def test_a_clinician_reads_verdict_rule_reasons_and_what_the_person_sees(
    intake_db: Database, clinician: Browser
) -> None:
    path = inquiry(intake_db, AFRAID, "1", "Rowan Teller")

    page = clinician.open(path).text

    assert "Safety concern. Meet this person alone first." in page
    assert "Staff review, by rule R04" in page
    assert "R01 to R03: no match" in page
    assert "Fear, control, threats, violence" in page
    assert "the same page as anyone who asked for a joint meeting" in page
    assert "Nothing is sent to a partner." in page
    assert "Do not use pursue-withdraw language" in page
    assert "The same arguments, over and over" in page


def test_sealed_answers_stay_closed_until_somebody_says_why(
    intake_db: Database, clinician: Browser
) -> None:
    path = inquiry(intake_db, {**AFRAID, "contact_notes": NOTES}, "1", "Rowan Teller")

    page = clinician.open(path).text

    assert "have you been afraid of a partner" not in page
    assert NOTES not in page
    assert "They left a note about reaching them safely: read it first." in page


def post(browser: Browser, path: str, **fields: Any) -> Any:
    """Send a form of the page that is open, to `path`."""
    token = form_in(browser.page).values["csrf_token"]
    return browser.client.post(path, data={"csrf_token": token, **fields})


def test_l04_opening_a_part_shows_it_once_and_is_recorded_with_name_and_reason(
    intake_db: Database, clinician: Browser
) -> None:
    path = inquiry(intake_db, AFRAID, "1", "Rowan Teller")
    clinician.open(path)

    shown = post(clinician, f"{path}/sealed", part="between_you", reason="prepare-call")

    assert "have you been afraid of a partner" in shown.text
    assert "Are you thinking about ending your life" not in shown.text
    assert openings(intake_db) == [
        ("Dana Whitlock", "decision", "to read the inquiry"),
        ("Dana Whitlock", "between_you", "To prepare the call"),
        ("Dana Whitlock", "decision", "to read the inquiry"),
    ]
    again = clinician.open(path).text
    assert "have you been afraid of a partner" not in again
    assert "Dana Whitlock, to prepare the call" in again


def test_l04_a_part_that_stays_open_beside_another_is_recorded_again(
    intake_db: Database, clinician: Browser
) -> None:
    path = inquiry(intake_db, AFRAID, "1", "Rowan Teller")
    clinician.open(path)

    shown = post(
        clinician, f"{path}/sealed", part="wellbeing", also=["between_you"], reason="keep-safe"
    )

    assert "have you been afraid of a partner" in shown.text
    assert "Are you thinking about ending your life" in shown.text
    assert [row[1] for row in openings(intake_db)[1:3]] == ["between_you", "wellbeing"]


def test_a_disclosure_that_was_changed_shows_what_it_said_before(
    intake_db: Database, clinician: Browser
) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "1", AFRAID)
        page = form.screener.section("between_you")
        assert page is not None
        responses.answer(session, form, section=page, given={**AFRAID, "s_afraid": "no"}, now=NOW)
        send(session, "1")
        path = f"/staff/inquiries/{form.response.id}"
    clinician.open(path)

    shown = post(clinician, f"{path}/sealed", part="between_you", reason="prepare-call").text

    assert "Before: Yes" in shown


@pytest.mark.parametrize(
    "fields",
    [
        {"part": "between_you"},
        {"part": "between_you", "reason": "curiosity"},
        {"reason": "prepare-call"},
        {"part": "between_you", "reason": "prepare-call", "role": "owner"},
    ],
)
def test_without_a_reason_nothing_is_opened(
    intake_db: Database, clinician: Browser, fields: dict[str, str]
) -> None:
    path = inquiry(intake_db, AFRAID, "1", "Rowan Teller")
    clinician.open(path)

    answer = post(clinician, f"{path}/sealed", **fields)

    assert answer.status_code == 422
    assert "have you been afraid" not in answer.text
    assert [row[1] for row in openings(intake_db)] == ["decision"]


def test_a_part_that_is_not_there_opens_nothing(intake_db: Database, clinician: Browser) -> None:
    path = inquiry(intake_db, AFRAID, "1", "Rowan Teller")
    clinician.open(path)

    assert post(clinician, f"{path}/sealed", part="x" * 50, reason="hand-over").status_code == 404
    assert [row[1] for row in openings(intake_db)] == ["decision"]


def test_l01_the_front_desk_gets_nothing_private_or_sealed_from_any_page(
    intake_db: Database, front_desk: Browser
) -> None:
    answers = {**AFRAID, "contact_notes": NOTES, "hope_text": NOTES, "goals": ["heal"]}
    path = inquiry(intake_db, answers, "1", "Rowan Teller")
    screener = questionnaires.shipped()
    hidden = [item for item in screener.items.values() if item.level != "open"]

    front_desk.open(path)
    refused = post(front_desk, f"{path}/sealed", part="between_you", reason="prepare-call")
    closed = post(front_desk, f"{path}/close")
    pages = [front_desk.open(path).text, front_desk.open("/staff/inquiries").text, refused.text]

    assert refused.status_code == closed.status_code == 403
    assert openings(intake_db) == []
    for page in pages:
        for item in hidden:
            assert item.text not in page
            assert not _chosen(item, answers) or _chosen(item, answers) not in page
        for word in (NOTES, "R04", "Safety concern", "ipv", "Same day", "couple"):
            assert word not in page
    assert "Clinician will call" in pages[0]
    assert "ask a clinician before you call" in pages[0]


def _chosen(item: Item, answers: dict[str, Any]) -> str:
    """The answer's own words, where they are long enough to be told from others."""
    if item.id not in answers:
        return ""
    value = answers[item.id]
    words = item.label(tuple(value) if isinstance(value, list) else value)
    return words if len(words) > 12 else ""


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK])
def test_l19_a_way_that_is_not_safe_any_more_is_closed_for_everyone_at_once(
    intake_db: Database, app: Flask, signed_in: SignIn, role: Role
) -> None:
    response_id, person_id = sent(intake_db, ALONE)
    path = f"/staff/inquiries/{response_id}"
    browser = signed_in(app, role)
    browser.open(path)

    post(browser, f"{path}/reaching", keep=["email", "voicemail"])

    page = browser.open(path).text
    assert "Do not call." in page
    assert "No texts. Email: p@example.test." in page
    with intake_db.begin() as session:
        card = contacts.card(session, person_id=person_id)
        said = [row.envelope for row in session.scalars(select(Outbox).order_by(Outbox.id))]
    assert card is not None
    assert card.version == 2
    assert card.phone is None
    assert {row["type"] for row in said[1:]} == {"intake.contact.changed.v1"}
    assert said[1]["data"] == {"person_id": str(person_id), "contact_version": 2}


def test_a_closed_way_is_not_opened_by_staff_and_saving_the_same_says_nothing(
    intake_db: Database, clinician: Browser
) -> None:
    response_id, person_id = sent(intake_db, {**ALONE, "text_safe": "no"})
    path = f"/staff/inquiries/{response_id}"
    clinician.open(path)

    post(clinician, f"{path}/reaching", keep=["email", "sms", "call", "voicemail"])

    with intake_db.begin() as session:
        card = contacts.card(session, person_id=person_id)
        said = list(session.scalars(select(Outbox)))
    assert card is not None
    assert card.version == 1
    assert not card.channels["sms"]
    assert len(said) == 1
    assert post(clinician, f"{path}/reaching", keep=["pigeon"]).status_code == 422


def test_closing_takes_an_inquiry_out_of_the_queue_and_it_can_be_opened_again(
    intake_db: Database, clinician: Browser
) -> None:
    path = inquiry(intake_db, COUPLE, "1", "Rowan Teller")
    clinician.open(path)

    post(clinician, f"{path}/close")
    assert names(clinician.open("/staff/inquiries").text) == []
    assert names(clinician.open("/staff/inquiries/closed").text) == ["Rowan Teller"]

    clinician.open(path)
    post(clinician, f"{path}/reopen")
    assert names(clinician.open("/staff/inquiries").text) == ["Rowan Teller"]


@pytest.mark.parametrize(
    "path", ["/staff/inquiries/00000000-0000-0000-0000-000000000001", "/staff/inquiries/x"]
)
def test_an_inquiry_that_is_not_there_is_not_found(clinician: Browser, path: str) -> None:
    assert clinician.open(path).status_code == 404


def test_nobody_sees_an_inquiry_without_signing_in(intake_db: Database, browser: Browser) -> None:
    path = inquiry(intake_db, AFRAID, "1", "Rowan Teller")

    answer = browser.client.get(path)

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/schedule/staff/sign-in")


# ---------------------------------------------------------------- with a scheduler to ask


PERSON = {
    "name": "Dana Whitlock",
    "credentials": "LMFT",
    "states": ["NY", "NJ"],
    "about": "Slows things down.",
    "initials": "DW",
}


def test_the_practice_page_introduces_who_works_here(
    make_app: Callable[..., Flask], scheduler: Callable[[dict[str, Any]], str]
) -> None:
    url = scheduler({"/internal/practitioners": [PERSON]})

    page = Browser(make_app(SCHEDULER_URL=url)).open("/").text

    assert "Dana Whitlock" in page
    assert "LMFT. New York, New Jersey" in page


def test_the_practice_page_does_without_them_when_the_scheduler_is_away(browser: Browser) -> None:
    page = browser.open("/")

    assert page.status_code == 200
    assert "Who you would meet" not in page.text
    assert "Schedule a consultation" in page.text


def test_the_inquiry_shows_the_appointment_the_scheduler_knows(
    intake_db: Database,
    make_app: Callable[..., Flask],
    signed_in: SignIn,
    scheduler: Callable[[dict[str, Any]], str],
) -> None:
    response_id, person_id = sent(intake_db, COUPLE)
    booked = {
        "status": "booked",
        "start": "2027-03-15T14:30:00+00:00",
        "practitioner_name": "Marcus Oyelaran",
        "how": "phone",
    }
    url = scheduler({f"/internal/people/{person_id}/appointments": [booked]})

    page = signed_in(make_app(SCHEDULER_URL=url)).open(f"/staff/inquiries/{response_id}").text

    assert "March 15" in page
    assert "By phone, with Marcus Oyelaran" in page


def test_the_inquiry_does_without_it_when_the_scheduler_is_away(
    intake_db: Database, clinician: Browser
) -> None:
    path = inquiry(intake_db, COUPLE, "1", "Rowan Teller")

    page = clinician.open(path)

    assert page.status_code == 200
    assert "The calendar does not answer just now." in page.text
