"""What intake keeps, hides and destroys."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import errors, sql
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from services.intake import consumers, jobs
from services.intake.models import (
    Answer,
    BookedCall,
    Consent,
    Person,
    QuestionnaireResponse,
)
from services.intake.operations import bookings, contacts, responses, retention
from services.intake.operations.retention import NotErasable
from shared.clock import utcnow
from shared.contracts.scheduler import AppointmentBooked, AppointmentCancelled
from shared.crypto import SubjectErased, SubjectKey, unseal
from shared.db import Database
from shared.tokens import token_sha256
from tests.integration.intake.people import ALONE, COUPLE, NOW, SECRET, fill_in, sent

CANARIES = {
    "name_used": "Quillon Marsh-Canary",
    "pronouns": "canary/canaries",
    "email": "canary.bird@example.org",
    "phone": "914-555-0188",
    "contact_notes": "never before the canary sings",
    "hope_text": "the canary wants to feel heard",
}


def every_cell(database_url: str, schema: str = "intake") -> str:
    """Every row of every table of the schema, as text."""
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)
        ).fetchall()
        return "\n".join(
            str(row)
            for (table,) in tables
            if table not in ("questionnaire", "practice_settings")  # the practice's own words
            for row in connection.execute(
                sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema, table))
            )
        )


def test_l02_no_answer_name_or_address_stands_in_a_plain_column(
    intake_db: Database, database_url: str
) -> None:
    sent(intake_db, {**COUPLE, **CANARIES, "s_afraid": "yes"})

    dump = every_cell(database_url).casefold()

    assert "questionnaire_response" in dump or "completed" in dump  # the dump is not empty
    for canary in [*CANARIES.values(), "+19145550188", "canary", "quillon"]:
        assert canary.casefold() not in dump
    # What was chosen and what was concluded is as private as what was typed.
    for word in ("ipv_concern", "staff-review", "couples", "urgent", "work_on_it", "r04"):
        assert word not in dump


def test_l38_an_erased_draft_is_gone_with_its_key(intake_db: Database) -> None:
    with intake_db.begin() as session:
        form = fill_in(session, "token", COUPLE)
        row = session.scalars(select(Answer)).first()
        assert row is not None
        person_id = form.response.person_id
        retention.erase(session, form)

    with intake_db.begin() as session:
        assert session.scalars(select(Answer)).all() == []
        assert responses.find(session, token="token") is None
        assert session.get_one(SubjectKey, person_id).wrapped is None
        with pytest.raises(SubjectErased):  # a copy in a backup does not open either
            unseal(
                session,
                subject_id=person_id,
                place=f"answer.value_sealed:{row.id}",
                sealed=row.value_sealed,
            )


def test_a_form_that_was_sent_is_part_of_a_record_and_is_not_erased(intake_db: Database) -> None:
    sent(intake_db, COUPLE, "token")

    with intake_db.begin() as session:
        form = responses.find(session, token="token", for_change=True)
        assert form is not None
        with pytest.raises(NotErasable):
            retention.erase(session, form)


@pytest.fixture
def settings(settings_for: Any) -> Any:
    return settings_for("intake")


def left_behind(database: Database, *, days: int) -> None:
    with database.begin() as session:
        session.execute(
            update(QuestionnaireResponse).values(updated_at=utcnow() - timedelta(days=days))
        )


@pytest.mark.parametrize(("days", "kept"), [(29, 1), (31, 0)])
def test_l48_a_draft_left_behind_is_purged_after_30_days(
    intake_db: Database, settings: Any, days: int, kept: int
) -> None:
    with intake_db.begin() as session:
        fill_in(session, "token", COUPLE)
    left_behind(intake_db, days=days)

    jobs.purge_abandoned(intake_db, settings)

    with intake_db.begin() as session:
        assert len(session.scalars(select(Person)).all()) == kept


def test_l48_a_draft_in_crisis_stays_until_a_clinician_has_closed_it(
    intake_db: Database, settings: Any
) -> None:
    with intake_db.begin() as session:
        fill_in(session, "token", {**COUPLE, "h_now": "yes"})
    left_behind(intake_db, days=300)

    jobs.purge_abandoned(intake_db, settings)
    with intake_db.begin() as session:
        assert len(session.scalars(select(Person)).all()) == 1
        session.execute(update(QuestionnaireResponse).values(closed_at=NOW))

    jobs.purge_abandoned(intake_db, settings)
    with intake_db.begin() as session:
        assert session.scalars(select(Person)).all() == []


def test_l48_what_was_sent_is_never_purged_as_a_draft(intake_db: Database, settings: Any) -> None:
    sent(intake_db, COUPLE)
    left_behind(intake_db, days=300)

    jobs.purge_abandoned(intake_db, settings)

    with intake_db.begin() as session:
        assert len(session.scalars(select(Person)).all()) == 1


# ---------------------------------------------------------------- what only grows


@pytest.mark.parametrize("change", ["UPDATE {} SET locale = 'x'", "DELETE FROM {}"])
def test_the_consent_ledger_only_grows(intake_db: Database, change: str) -> None:
    sent(intake_db, ALONE)

    with pytest.raises(DBAPIError) as refusal, intake_db.begin() as session:
        session.execute(text(change.format(Consent.__tablename__)))
    assert isinstance(refusal.value.orig, errors.InsufficientPrivilege)


# ---------------------------------------------------------------- contacts and permissions


def card(database: Database, person_id: UUID) -> contacts.ContactCard:
    with database.begin() as session:
        found = contacts.card(session, person_id=person_id)
    assert found is not None
    return found


def test_l20_an_address_that_no_channel_may_use_is_not_handed_out(intake_db: Database) -> None:
    _, person_id = sent(intake_db, {**ALONE, "c_email": False, "call_safe": "no", "c_sms": False})

    found = card(intake_db, person_id)

    assert found.email is None
    assert found.phone is None
    assert not any(found.channels.values())


def test_a_number_that_may_only_be_called_is_handed_out_for_calls_alone(
    intake_db: Database,
) -> None:
    answers = {**ALONE, "voicemail_safe": "not_sure", "text_safe": "no", "call_as": "first_name"}
    _, person_id = sent(intake_db, {**answers, "contact_notes": "mornings"})

    found = card(intake_db, person_id)

    assert found.phone == "+12125550100"
    assert found.channels == {"email": True, "sms": False, "call": True, "voicemail": False}
    assert found.call_as == "first_name"
    assert found.contact_notes_present
    assert found.name == "Test Person"


def permitted(database: Database, response_id: UUID) -> bookings.Permission | None:
    with database.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        token = responses.booking_token(SECRET, response)
        return bookings.permission(session, token_sha256=token_sha256(token))


def test_whoever_sees_choose_a_time_may_choose_one(intake_db: Database) -> None:
    response_id, person_id = sent(intake_db, COUPLE)

    found = permitted(intake_db, response_id)

    assert found is not None
    assert found.permission_id == response_id
    assert found.person_id == person_id
    assert found.contact.email == "p@example.test"


@pytest.mark.parametrize(
    "different", [{"h_now": "yes"}, {"court_purpose": "yes"}, {"session_state": "OH"}]
)
def test_whoever_is_told_to_wait_for_a_person_may_not(
    intake_db: Database, different: dict[str, Any]
) -> None:
    response_id, _ = sent(intake_db, {**COUPLE, **different})

    assert permitted(intake_db, response_id) is None


def test_a_token_nobody_gave_out_permits_nothing(intake_db: Database) -> None:
    with intake_db.begin() as session:
        assert bookings.permission(session, token_sha256=token_sha256("guess")) is None


# ---------------------------------------------------------------- what the scheduler says


def booked(person_id: UUID, appointment_id: UUID, sequence: int = 0) -> AppointmentBooked:
    return AppointmentBooked(
        appointment_id=appointment_id,
        sequence=sequence,
        person_ids=(person_id,),
        starts_at=NOW,
        ends_at=NOW + timedelta(minutes=20),
    )


def state(database: Database) -> list[str]:
    with database.begin() as session:
        return list(session.scalars(select(BookedCall.state)))


@pytest.mark.parametrize("late", [False, True], ids=["in order", "the booking comes last"])
def test_the_newest_word_on_an_appointment_counts_in_any_order(
    intake_db: Database, late: bool
) -> None:
    _, person_id = sent(intake_db, COUPLE)
    appointment_id = uuid4()
    cancelled = AppointmentCancelled(
        appointment_id=appointment_id, sequence=1, person_ids=(person_id,)
    )
    told = [
        lambda s: consumers.note_booked(booked(person_id, appointment_id), s),
        lambda s: consumers.note_cancelled(cancelled, s),
    ]
    for tell in reversed(told) if late else told:
        with intake_db.begin() as session:
            tell(session)

    assert state(intake_db) == ["cancelled"]


def test_an_appointment_of_somebody_unknown_is_passed_over(intake_db: Database) -> None:
    with intake_db.begin() as session:
        consumers.note_booked(booked(uuid4(), uuid4()), session)

    assert state(intake_db) == []
