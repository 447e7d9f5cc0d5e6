"""Filling in the form, as far as the database sees it."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.intake.domain.screening import decide
from services.intake.models import (
    Answer,
    Consent,
    Contact,
    Decision,
    Person,
    Questionnaire,
    QuestionnaireResponse,
    Tally,
)
from services.intake.operations import decisions, forms, questionnaires, responses
from services.intake.operations.responses import AlreadySent, Incomplete
from shared.crypto import SubjectKey, unseal
from shared.db import Database
from shared.messaging.tables import Outbox
from shared.tokens import token_sha256
from tests.integration.intake.people import (
    ALONE,
    COUPLE,
    LICENSED,
    NOW,
    SECRET,
    config,
    fill_in,
    send,
    sent,
)
from tests.unit.intake.cases import SCREENER_TEXT, VIGNETTES, answered

ROWS = (Person, QuestionnaireResponse, Answer, Decision, Contact, Consent)


def count(session: Session, model: type[Any]) -> int:
    return session.scalars(select(func.count()).select_from(model)).one()


def section(form: forms.Form, name: str) -> Any:
    found = form.screener.section(name)
    assert found is not None
    return found


def test_a_sent_form_keeps_decision_contact_consents_and_says_so_in_one_commit(
    intake_db: Database,
) -> None:
    response_id, person_id = sent(intake_db, COUPLE)

    with intake_db.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        said = session.scalars(select(Outbox)).all()

        assert response.status == "completed"
        assert decisions.of(session, response)["track"] == "couples"
        assert count(session, Contact) == 1
        assert count(session, Consent) == 6
        assert [row.envelope["type"] for row in said] == ["intake.response.completed.v1"]
        assert said[0].envelope["data"] == {
            "response_id": str(response_id),
            "person_id": str(person_id),
            "contact_version": 1,
        }


def test_sending_twice_is_sending_once(intake_db: Database) -> None:
    sent(intake_db, COUPLE, "token")

    with intake_db.begin() as session:
        again = send(session, "token")

    with intake_db.begin() as session:
        assert again["track"] == "couples"
        assert [count(session, model) for model in (Outbox, Contact, Decision)] == [1, 1, 1]
        assert count(session, Consent) == 6


def test_two_tabs_that_send_at_the_same_moment_send_once(intake_db: Database) -> None:
    with intake_db.begin() as session:
        fill_in(session, "token", COUPLE)
    together = Barrier(4)

    def send_now(_: int) -> str:
        together.wait()
        with intake_db.begin() as session:
            return str(send(session, "token")["track"])

    with ThreadPoolExecutor(4) as threads:
        said = list(threads.map(send_now, range(4)))

    assert said == ["couples"] * 4
    with intake_db.begin() as session:
        assert [count(session, model) for model in (Outbox, Contact, Decision)] == [1, 1, 1]
        assert count(session, Consent) == 6


def test_writing_on_brings_back_what_a_clinician_had_closed(intake_db: Database) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "token", {**ALONE, "h_now": "yes"})
        form.response.closed_at, form.response.closed_by = NOW, uuid4()

    with intake_db.begin() as session:
        found = responses.find(session, token="token", for_change=True)
        assert found is not None
        page = section(found, "practical")
        responses.answer(session, found, section=page, given=ALONE, now=NOW)
        assert found.response.closed_at is None


def test_a_form_that_was_sent_does_not_change_any_more(intake_db: Database) -> None:
    sent(intake_db, COUPLE, "token")

    with intake_db.begin() as session:
        form = responses.find(session, token="token", for_change=True)
        assert form is not None
        with pytest.raises(AlreadySent):
            responses.answer(
                session, form, section=section(form, "reason"), given={"who_for": "self"}, now=NOW
            )


def test_an_incomplete_form_names_the_first_page_that_lacks_something(intake_db: Database) -> None:
    with intake_db.begin() as session:
        form = responses.start(session, token="token", licensed_states=LICENSED)
        responses.answer(session, form, section=section(form, "start"), given=ALONE, now=NOW)

    with intake_db.begin() as session, pytest.raises(Incomplete) as refusal:
        send(session, "token")

    assert refusal.value.section.id == "you"
    assert [problem.item for problem in refusal.value.problems] == ["name_used"]


@pytest.mark.parametrize("name", ["V05", "V10", "V17", "V19", "V20", "V22"])
def test_l33_a_stored_response_replays_to_the_same_decision(intake_db: Database, name: str) -> None:
    response_id, _ = sent(intake_db, VIGNETTES[name]["answers"])

    with intake_db.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        form = forms.form_of(session, response)
        kept = session.get_one(Questionnaire, response.questionnaire_sha256)

        replayed = decide(form.screener, form.answers, form.config).as_document()

        assert replayed == decisions.of(session, response)
        assert replayed["track"] == VIGNETTES[name]["expect"]["track"]
        assert kept.definition == SCREENER_TEXT
        assert kept.sha256 == hashlib.sha256(SCREENER_TEXT.encode()).hexdigest()
        assert kept.version == "0.1.0-draft"


def test_l33_an_older_form_is_replayed_from_its_own_words(
    intake_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    response_id, _ = sent(intake_db, COUPLE)
    newer = SCREENER_TEXT.replace("version: 0.1.0-draft", "version: 0.2.0", 1)
    monkeypatch.setattr(questionnaires, "shipped_text", lambda: newer)

    with intake_db.begin() as session:
        form = forms.form_of(session, session.get_one(QuestionnaireResponse, response_id))

        assert questionnaires.current(session).version == "0.2.0"
        assert form.screener.version == "0.1.0-draft"


def test_an_answer_changed_is_replaced_and_one_taken_back_is_gone(intake_db: Database) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "token", ALONE)
        page = section(form, "you")
        changed = {**ALONE, "name_used": "Ash", "email": "", "email_safe": ""}
        responses.answer(session, form, section=page, given=changed, now=NOW)

    with intake_db.begin() as session:
        form_again = responses.find(session, token="token")
        assert form_again is not None
        assert form_again.answers["name_used"] == "Ash"
        assert "email" not in form_again.answers
        rows = session.scalars(select(Answer).where(Answer.link_id == "name_used")).all()
        assert len(rows) == 1


def test_a_sealed_answer_that_is_replaced_stays_on_record(intake_db: Database) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "token", {**COUPLE, "s_afraid": "yes"})
        page = section(form, "between_you")
        responses.answer(session, form, section=page, given={**COUPLE, "s_afraid": "no"}, now=NOW)

    with intake_db.begin() as session:
        rows = session.scalars(
            select(Answer).where(Answer.link_id == "s_afraid").order_by(Answer.superseded_at)
        ).all()
        person_id = form.response.person_id
        assert [forms.opened(session, person_id, row) for row in rows] == ["yes", "no"]
        assert rows[0].superseded_at == NOW


def test_going_back_and_hiding_a_page_drops_no_disclosure(intake_db: Database) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "token", {**COUPLE, "s_afraid": "yes"})
        start = section(form, "start")
        responses.answer(
            session, form, section=start, given={**COUPLE, "private_now": "no"}, now=NOW
        )
        decision = send(session, "token")

    assert decision["track"] == "staff-review"
    assert "ipv_concern" in decision["flags"]


def test_visible_answers_that_do_not_count_are_not_kept(intake_db: Database) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "token", COUPLE)
        alone = {**COUPLE, "who_for": "self", "relationship_status": "none"}
        responses.answer(session, form, section=section(form, "reason"), given=alone, now=NOW)
        send(session, "token")

    with intake_db.begin() as session:
        kept = set(session.scalars(select(Answer.link_id)))
        assert not kept & {"attending", "partner_willing", "pur_reach", "c_partner_privacy"}
        assert "s_after" in kept


def test_l44_under_13_leaves_nothing_but_a_count(intake_db: Database) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "token", ALONE)
        young = {**ALONE, "age_group": "under_13"}
        reading = responses.answer(
            session, form, section=section(form, "start"), given=young, now=NOW
        )
        assert responses.too_young(reading.values)
        responses.turn_away(session, form)
        responses.turn_away(session, None)

    with intake_db.begin() as session:
        assert [count(session, model) for model in (*ROWS, SubjectKey, Outbox)] == [0] * 8
        assert session.get_one(Tally, "under_13").total == 2


def test_l22_l28_a_consent_keeps_words_time_and_what_was_said(intake_db: Database) -> None:
    answers = {**ALONE, "c_npp": "declined", "c_sms": False}
    _, person_id = sent(intake_db, answers)

    with intake_db.begin() as session:
        ledger = {row.link_id: row for row in session.scalars(select(Consent))}
        said = {
            name: unseal(
                session,
                subject_id=person_id,
                place=f"consent.evidence_sealed:{row.id}",
                sealed=row.evidence_sealed,
            )
            for name, row in ledger.items()
        }
        words = questionnaires.shipped().items["c_sms"].text

    assert set(ledger) == {"c_screening", "c_not_emergency", "c_npp", "c_email", "c_sms"}
    assert said["c_npp"]["said"] == "declined"
    assert said["c_sms"]["said"] is False
    assert said["c_email"]["said"] is True
    assert said["c_sms"]["phone_e164"] == "+12125550100"
    assert said["c_sms"]["address"] == "203.0.113.0/24"
    assert said["c_sms"]["browser"] == "Firefox"
    assert ledger["c_sms"].text_sha256 == hashlib.sha256(words.encode()).hexdigest()
    assert ledger["c_sms"].said_at == NOW


def test_the_booking_token_is_kept_as_a_hash_and_can_be_written_again(intake_db: Database) -> None:
    response_id, _ = sent(intake_db, COUPLE)

    with intake_db.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        token = responses.booking_token(SECRET, response)

        assert response.booking_sha256 == token_sha256(token)


def test_what_was_answered_reads_back_as_it_was(intake_db: Database) -> None:
    answers = {**COUPLE, "goals": ["closer", "heal"], "phq4_1": 3, "times": ["weekend"]}

    with intake_db.begin() as session:
        fill_in(session, "token", answers)

    with intake_db.begin() as session:
        form = responses.find(session, token="token")
        assert form is not None
        assert form.answers == answered(answers)
        assert responses.find(session, token="another") is None
        assert form.config == config(session)
