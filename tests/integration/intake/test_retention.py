"""What goes when its time has come, and what stops it. The clock is an argument."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from services.intake import consumers, jobs
from services.intake.audit_models import AuditEntry
from services.intake.domain.keeping import BY_ITSELF, RULES
from services.intake.models import Person, QuestionnaireResponse, Tally
from services.intake.operations import audit, legal_holds, practice, responses, retention
from services.intake.operations.readers import Reader
from services.intake.operations.retention import KeptByLaw, NotErasable
from services.intake.triage_models import Note
from shared.contracts.scheduler import AppointmentBooked, AppointmentCancelled, AppointmentMoved
from shared.crypto import SubjectKey
from shared.db import Database
from shared.messaging.tables import Outbox
from shared.vocabulary import Role
from tests.integration.intake.people import ALONE, COUPLE, NOW, fill_in, sent
from tests.integration.intake.test_keeping import every_cell

OWNER = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.OWNER)
DRAFTS = timedelta(days=30)


def days(number: float) -> datetime:
    """So many days after everything in these tests was written."""
    return NOW + timedelta(days=number)


def begun(
    database: Database, token: str, answers: dict[str, Any], *, invited: bool = False
) -> UUID:
    """Somebody who has begun a form at NOW."""
    with database.begin() as session:
        form = fill_in(session, token, answers)
        form.response.invited = invited
        return form.response.person_id


def came_in(
    database: Database, token: str, answers: dict[str, Any], *, closed: bool = True
) -> UUID:
    """Somebody who has sent a form at NOW, with whom staff are done."""
    response_id, person_id = sent(database, answers, token)
    with database.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        response.closed_at = NOW if closed else None
    return person_id


def appointment(database: Database, person_id: UUID, ends: datetime) -> AppointmentBooked:
    event = AppointmentBooked(
        appointment_id=uuid4(),
        sequence=0,
        person_ids=(person_id,),
        starts_at=ends - timedelta(minutes=20),
        ends_at=ends,
    )
    with database.begin() as session:
        consumers.note_booked(event, session)
    return event


def dry_run(database: Database, now: datetime) -> dict[UUID, str]:
    with database.begin() as session:
        found = retention.eligible(session, now=now, drafts=DRAFTS)
    return {one.person_id: one.rule for one in found}


def purge(database: Database, now: datetime) -> dict[UUID, str]:
    gone = jobs.purge(database, drafts=DRAFTS, now=now, rules=RULES)
    return {one.person_id: one.rule for one in gone}


def people(database: Database) -> set[UUID]:
    with database.begin() as session:
        return set(session.scalars(select(Person.id)))


def hold(database: Database, person_id: UUID) -> None:
    with database.begin() as session:
        legal_holds.impose(session, reader=OWNER, person_id=person_id, reason="A subpoena")


def test_l47_the_dry_run_lists_only_eligible_rows(intake_db: Database) -> None:
    draft = begun(intake_db, "1", COUPLE)
    invited = begun(intake_db, "2", COUPLE, invited=True)
    begun(intake_db, "3", {**COUPLE, "h_now": "yes"})  # in crisis, not closed
    inquiry = came_in(intake_db, "4", ALONE)
    client = came_in(intake_db, "5", ALONE)
    appointment(intake_db, client, days(10))
    coming = came_in(intake_db, "6", ALONE)
    appointment(intake_db, coming, days(4000))
    everyone = people(intake_db)

    assert dry_run(intake_db, days(29)) == {}
    assert dry_run(intake_db, days(31)) == {draft: "draft", invited: "invited-draft"}
    assert dry_run(intake_db, days(91)) == {
        draft: "draft",
        invited: "invited-draft",
        inquiry: "inquiry",
    }
    assert client not in dry_run(intake_db, days(10 + 7 * 365))
    assert dry_run(intake_db, days(13 + 7 * 365))[client] == "record"
    assert coming not in dry_run(intake_db, days(3999))
    assert people(intake_db) == everyone, "a dry run destroys nothing"


def test_l47_a_run_destroys_what_the_dry_run_lists_and_records_by_which_rule(
    intake_db: Database,
) -> None:
    begun(intake_db, "1", COUPLE)
    came_in(intake_db, "2", ALONE)
    stays = came_in(intake_db, "3", ALONE)
    appointment(intake_db, stays, days(80))
    listed = dry_run(intake_db, days(100))

    assert purge(intake_db, days(100)) == listed
    assert people(intake_db) == {stays}
    with intake_db.begin() as session:
        keys = session.scalars(select(SubjectKey).where(SubjectKey.wrapped.is_(None)))
        assert {key.subject_id for key in keys} == set(listed)
        noted = session.scalars(select(AuditEntry).where(AuditEntry.act == "purge"))
        assert {row.person_id: row.reason for row in noted} == listed
        told = [row.envelope for row in session.scalars(select(Outbox))]
    erased = {row["data"]["person_id"] for row in told if row["type"] == "intake.person.erased.v1"}
    assert erased == {str(person_id) for person_id in listed}


def test_l47_the_practice_s_own_periods_count(intake_db: Database) -> None:
    inquiry = came_in(intake_db, "1", ALONE)
    with intake_db.begin() as session:
        decided = practice.current(session).with_changes(inquiry_days=365)
        practice.decide(session, reader=OWNER, settings=decided)

    assert dry_run(intake_db, days(364)) == {}
    assert dry_run(intake_db, days(366)) == {inquiry: "inquiry"}


def test_l48_an_inquiry_that_nobody_has_closed_is_never_lost(intake_db: Database) -> None:
    waiting = came_in(intake_db, "1", ALONE, closed=False)

    assert purge(intake_db, days(4000)) == {}
    assert people(intake_db) == {waiting}


def test_l47_a_minor_s_record_is_kept_longer(intake_db: Database) -> None:
    minor = came_in(intake_db, "1", {**ALONE, "age_group": "13_17"})
    adult = came_in(intake_db, "2", ALONE)
    for person_id in (minor, adult):
        appointment(intake_db, person_id, days(1))

    assert dry_run(intake_db, days(8 * 365)) == {adult: "record"}
    assert dry_run(intake_db, days(13 * 365))[minor] == "record"


@pytest.mark.parametrize("closed", [False, True])
def test_l48_a_draft_in_crisis_goes_only_after_a_clinician_has_closed_it(
    intake_db: Database, closed: bool
) -> None:
    person_id = begun(intake_db, "1", {**COUPLE, "h_now": "yes"})
    if closed:
        with intake_db.begin() as session:
            session.execute(update(QuestionnaireResponse).values(closed_at=days(1)))

    gone = purge(intake_db, days(300))

    assert (person_id in gone) is closed
    assert (person_id in people(intake_db)) is not closed


def test_l48_the_suite_by_itself_destroys_no_client_s_record(intake_db: Database) -> None:
    client = came_in(intake_db, "1", ALONE)
    appointment(intake_db, client, days(1))

    assert jobs.purge(intake_db, drafts=DRAFTS, now=days(9999), rules=BY_ITSELF) == []
    assert people(intake_db) == {client}


def test_l48_a_cancelled_appointment_makes_nobody_a_client_and_a_moved_one_counts_where_it_is(
    intake_db: Database,
) -> None:
    never, moved = came_in(intake_db, "1", ALONE), came_in(intake_db, "2", ALONE)
    first, second = (appointment(intake_db, person, days(5)) for person in (never, moved))
    with intake_db.begin() as session:
        consumers.note_cancelled(
            AppointmentCancelled(
                appointment_id=first.appointment_id, sequence=1, person_ids=(never,)
            ),
            session,
        )
        consumers.note_moved(
            AppointmentMoved(
                appointment_id=second.appointment_id,
                sequence=1,
                person_ids=(moved,),
                starts_at=days(200),
                ends_at=days(200.1),
            ),
            session,
        )

    assert dry_run(intake_db, days(91)) == {never: "inquiry"}
    assert dry_run(intake_db, days(190 + 7 * 365)) == {never: "inquiry"}


def test_l48_work_of_staff_on_a_record_begins_its_period_anew_and_looking_does_not(
    intake_db: Database,
) -> None:
    looked, worked = came_in(intake_db, "1", ALONE), came_in(intake_db, "2", ALONE)
    with intake_db.begin() as session:
        audit.note(session, reader=OWNER, act="read", person_id=looked)
        audit.note(session, reader=OWNER, act="export", person_id=worked)
    with intake_db.begin() as session:  # the entries are of today, so today has to be later
        session.execute(
            update(QuestionnaireResponse).values(
                updated_at=NOW - timedelta(days=9999), completed_at=NOW - timedelta(days=9999)
            )
        )
        at = session.scalars(select(AuditEntry.at)).first()
    assert at is not None

    assert dry_run(intake_db, at + timedelta(days=89)) == {looked: "inquiry"}
    assert dry_run(intake_db, at + timedelta(days=91)) == {looked: "inquiry", worked: "inquiry"}


def test_l47_a_note_is_an_entry_of_the_record(intake_db: Database) -> None:
    response_id, person_id = sent(intake_db, ALONE)
    appointment(intake_db, person_id, days(1))
    with intake_db.begin() as session:
        session.add(
            Note(
                response_id=response_id,
                written_at=days(365),
                account_id=OWNER.account_id,
                account_name=OWNER.name,
                words_sealed=b"",
            )
        )

    assert dry_run(intake_db, days(8 * 365)) == {}
    assert dry_run(intake_db, days(8 * 365 + 3)) == {person_id: "record"}


# ---------------------------------------------------------------- legal hold


def test_l49_a_legal_hold_stops_every_purge_until_it_is_lifted(intake_db: Database) -> None:
    draft, inquiry = begun(intake_db, "1", COUPLE), came_in(intake_db, "2", ALONE)
    client = came_in(intake_db, "3", ALONE)
    appointment(intake_db, client, days(1))
    everyone = {draft, inquiry, client}
    for person_id in everyone:
        hold(intake_db, person_id)

    assert dry_run(intake_db, days(20000)) == {}
    assert purge(intake_db, days(20000)) == {}
    assert people(intake_db) == everyone

    with intake_db.begin() as session:
        legal_holds.lift(session, reader=OWNER, person_id=draft, reason="The case is closed")
    assert purge(intake_db, days(20000)) == {draft: "draft"}


def test_l49_a_legal_hold_stops_the_person_s_own_erasure_and_every_other_way(
    intake_db: Database,
) -> None:
    person_id = begun(intake_db, "1", COUPLE)
    hold(intake_db, person_id)

    with intake_db.begin() as session:
        form = responses.find(session, token="1", for_change=True)
        assert form is not None
        with pytest.raises(NotErasable):
            retention.erase(session, form)
        with pytest.raises(KeptByLaw):
            retention.destroy(session, person_id=person_id)
        responses.turn_away(session, form)  # counts them, as ever
        assert session.get(Tally, "under_13") is not None
    with pytest.raises(DBAPIError, match="a legal hold keeps this record"):
        delete_by_hand(intake_db, person_id)

    assert people(intake_db) == {person_id}
    with intake_db.begin() as session:
        assert session.get_one(SubjectKey, person_id).wrapped is not None


def delete_by_hand(database: Database, person_id: UUID) -> None:
    with database.begin() as session:
        session.delete(session.get_one(Person, person_id))


def test_l49_a_hold_and_its_lifting_are_recorded_and_the_reasons_sealed(
    intake_db: Database, database_url: str
) -> None:
    person_id = came_in(intake_db, "1", ALONE)
    with intake_db.begin() as session:
        legal_holds.impose(session, reader=OWNER, person_id=person_id, reason="canary v. heron")
        legal_holds.impose(session, reader=OWNER, person_id=person_id, reason="again")
    with intake_db.begin() as session:
        found = legal_holds.standing(session, person_id=person_id)
        assert found is not None
        assert legal_holds.reason_of(session, found) == "canary v. heron"
        legal_holds.lift(session, reader=OWNER, person_id=person_id, reason="canary settled")

    with intake_db.begin() as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "legal-hold").order_by(AuditEntry.seq)
        ).all()
        said = [(row.part, row.account_name, audit.written(session, row)) for row in rows]
    assert said == [
        ("set", "Dana Whitlock", "canary v. heron"),
        ("lift", "Dana Whitlock", "canary settled"),
    ]
    assert "canary" not in every_cell(database_url)
