"""Our copy of a person's contact: sealed, replaced by newer ones, kept while intake is silent."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from services.scheduler import jobs
from services.scheduler.consumers import consumer
from services.scheduler.models import ContactCopy
from services.scheduler.operations import invitations
from services.scheduler.operations.invitations import contacts
from services.scheduler.providers.intake import Intake
from shared.clock import utcnow
from shared.contracts.intake import ContactChanged
from shared.crypto import destroy_key, unseal
from shared.db import Database
from shared.peers import Peer
from tests.integration.scheduler.world import StandInIntake, a_contact, an_invitation


@pytest.fixture
def asking(settings: Any, intake: StandInIntake) -> Intake:
    return Intake(Peer(settings, audience="intake", issuer="scheduler"))


@pytest.fixture
def rowan(scheduler_db: Database) -> UUID:
    with scheduler_db.begin() as session:
        return an_invitation(session).person_id


def hear(database: Database, person_id: UUID, version: int) -> None:
    changed = ContactChanged(person_id=person_id, contact_version=version)
    envelope = changed.envelope(event_id=uuid4(), at=utcnow())
    with database.begin() as session:
        consumer.receive(envelope, session)


def name_of(database: Database, person_id: UUID) -> str:
    with database.begin() as session:
        return contacts(session, [person_id])[person_id].name


def at_intake(intake: StandInIntake, person_id: UUID, version: int, **changes: Any) -> None:
    intake.contacts[person_id] = {
        "person_id": str(person_id),
        "version": version,
        **a_contact(**changes),
    }


def test_a_changed_contact_is_fetched_anew(scheduler_db, asking, intake, rowan):
    at_intake(intake, rowan, 2, name="Rowan Ash")

    hear(scheduler_db, rowan, 2)
    assert name_of(scheduler_db, rowan) == "Rowan Teller"
    jobs.refresh_contacts(scheduler_db, asking)

    assert name_of(scheduler_db, rowan) == "Rowan Ash"
    jobs.refresh_contacts(scheduler_db, asking)
    assert intake.asked == [f"/internal/contacts/{rowan}"]


def test_while_intake_is_silent_the_old_copy_serves(scheduler_db, asking, intake, rowan):
    at_intake(intake, rowan, 2, name="Rowan Ash")
    hear(scheduler_db, rowan, 2)
    intake.silent = True

    jobs.refresh_contacts(scheduler_db, asking)
    assert name_of(scheduler_db, rowan) == "Rowan Teller"

    intake.silent = False
    jobs.refresh_contacts(scheduler_db, asking)
    assert name_of(scheduler_db, rowan) == "Rowan Ash"


def test_old_news_and_strangers_change_nothing(scheduler_db, asking, intake, rowan):
    at_intake(intake, rowan, 3, name="Rowan Ash")
    hear(scheduler_db, rowan, 3)
    jobs.refresh_contacts(scheduler_db, asking)

    hear(scheduler_db, rowan, 2)
    hear(scheduler_db, uuid4(), 9)
    with scheduler_db.begin() as session:
        invitations.keep_contact(
            session, person_id=rowan, version=1, contact=a_contact(name="Rowan Old")
        )

    with scheduler_db.begin() as session:
        assert invitations.stale_contacts(session) == []
    assert name_of(scheduler_db, rowan) == "Rowan Ash"


def test_a_contact_that_intake_does_not_know_is_not_asked_for_again(
    scheduler_db, asking, intake, rowan
):
    hear(scheduler_db, rowan, 2)

    for _ in range(3):
        jobs.refresh_contacts(scheduler_db, asking)

    assert intake.asked == [f"/internal/contacts/{rowan}"]
    assert name_of(scheduler_db, rowan) == "Rowan Teller"


def test_no_plain_column_holds_a_name_or_an_address(scheduler_db, rowan):
    with scheduler_db.begin() as session:
        tables = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
        ).all()
        dump = "".join(
            str(row) for table in tables for row in session.execute(text(f'TABLE "{table}"'))
        )

    assert str(rowan) in dump
    for canary in ("Rowan", "Teller", "rowan@example.org", "9145550177", "first_name"):
        assert canary not in dump


def test_a_copy_keeps_only_what_our_pages_show(scheduler_db, asking, intake, rowan):
    at_intake(intake, rowan, 2, secret="what was answered")
    hear(scheduler_db, rowan, 2)
    jobs.refresh_contacts(scheduler_db, asking)

    with scheduler_db.begin() as session:
        row = session.scalars(select(ContactCopy)).one()
        kept = unseal(
            session,
            subject_id=rowan,
            place=f"contact_copy.contact_sealed:{rowan}",
            sealed=row.contact_sealed,
        )

    assert set(kept) == {
        "name",
        "pronouns",
        "email",
        "phone",
        "channels",
        "call_as",
        "contact_notes_present",
    }


def test_someone_who_was_erased_is_left_out_and_a_broken_seal_hides_nobody_else(
    scheduler_db, rowan
):
    with scheduler_db.begin() as session:
        erased = an_invitation(session).person_id
        broken = an_invitation(session).person_id
        destroy_key(session, erased)
        session.execute(
            text("UPDATE contact_copy SET contact_sealed = '\\x0102' WHERE person_id = :who"),
            {"who": broken},
        )

    with scheduler_db.begin() as session:
        found = contacts(session, [rowan, erased, broken])

    assert set(found) == {rowan}
