"""Erasing a person's record: what is left opens no more, and what may not go yet stays."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake import consumers, jobs
from services.intake.audit_models import AuditEntry
from services.intake.models import Answer, Consent, Contact, Decision, Person
from services.intake.operations import communications, erasure, legal_holds
from services.intake.operations.erasure import COMING, HELD, KEPT, NotErased
from services.intake.operations.readers import Reader
from services.intake.providers.audit_folder import ERASURES, AuditFolder
from services.notifier import consumers as notifier
from services.postgres import program
from services.scheduler import consumers as scheduler
from shared.clock import utcnow
from shared.contracts.intake import PersonErased
from shared.contracts.scheduler import AppointmentBooked
from shared.crypto import SubjectErased, seal, unseal
from shared.db import Database
from shared.messaging.tables import Outbox
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser, errors_in
from tests.integration.intake.people import ALONE, COUPLE, NOW, sent
from tests.integration.intake.test_keeping import CANARIES

SignIn = Callable[..., Browser]
OWNER = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.OWNER)
PERSON = {**COUPLE, **CANARIES, "s_afraid": "yes"}


def erase(session: Session, person_id: UUID, *, permitted: bool = False) -> None:
    erasure.erase(
        session,
        reader=OWNER,
        person_id=person_id,
        reason="own-request",
        permitted=permitted,
        now=NOW,
        drafts=timedelta(days=30),
    )


def appointment(database: Database, person_id: UUID, *, days: int) -> None:
    with database.begin() as session:
        consumers.note_booked(
            AppointmentBooked(
                appointment_id=uuid4(),
                sequence=0,
                person_ids=(person_id,),
                starts_at=NOW + timedelta(days=days),
                ends_at=NOW + timedelta(days=days, minutes=20),
            ),
            session,
        )


def dump(database_url: str) -> str:
    """All three schemas as a backup would hold them, bytes as hex."""
    done = subprocess.run(
        [str(program("pg_dump")), "--inserts", "--data-only", database_url],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.casefold()


def test_nothing_of_an_erased_person_is_left_in_any_schema_and_nothing_opens(
    intake_db: Database, scheduler_db: Database, notifier_db: Database, database_url: str
) -> None:
    response_id, person_id = sent(intake_db, PERSON)
    with intake_db.begin() as session:
        communications.request(
            session,
            person_id=person_id,
            purpose="update",
            link="http://127.0.0.1:8000/begin/canary",
            not_after=NOW + timedelta(days=3),
        )
        legal_holds.impose(session, reader=OWNER, person_id=person_id, reason="canary case")
    with intake_db.begin() as session:
        legal_holds.lift(session, reader=OWNER, person_id=person_id, reason="canary closed")
        answer = session.scalars(select(Answer)).first()
        consent = session.scalars(select(Consent)).first()
    assert answer is not None
    assert consent is not None
    _copies_elsewhere(scheduler_db, notifier_db, person_id)

    with intake_db.begin() as session:
        erase(session, person_id)
    with intake_db.begin() as session:
        told = [row.envelope for row in session.scalars(select(Outbox))]
    assert told[-1]["type"] == "intake.person.erased.v1"
    for database, forget in ((scheduler_db, scheduler.forget), (notifier_db, notifier.forget)):
        with database.begin() as session:
            forget(PersonErased(person_id=person_id), session)

    after = dump(database_url)
    for canary in [*CANARIES.values(), "+19145550188", "canary", "quillon"]:
        assert canary.casefold() not in after
        assert canary.casefold().encode().hex() not in after
    with intake_db.begin() as session:
        for table in (Person, Answer, Decision, Contact):
            assert session.scalars(select(table)).all() == []
        # The ledger of consents stays: what was asked and when, and nothing of what was said.
        assert len(session.scalars(select(Consent)).all()) > 3
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "erase")).one()
        assert (entry.reason, entry.account_name) == ("own-request", "Dana Whitlock")
    _opens_nowhere(intake_db, person_id, f"answer.value_sealed:{answer.id}", answer.value_sealed)
    _opens_nowhere(
        intake_db, person_id, f"consent.evidence_sealed:{consent.id}", consent.evidence_sealed
    )
    del response_id


def _copies_elsewhere(scheduler_db: Database, notifier_db: Database, person_id: UUID) -> None:
    """What the others keep of the person, sealed with keys of their own."""
    for database in (scheduler_db, notifier_db):
        with database.begin() as session:
            seal(session, subject_id=person_id, place="copy", value="canary")


def _opens_nowhere(database: Database, person_id: UUID, place: str, sealed: bytes) -> None:
    """A copy out of a backup, in the database as it is now."""
    with database.begin() as session, pytest.raises(SubjectErased):
        unseal(session, subject_id=person_id, place=place, sealed=sealed)


def refused(database: Database, person_id: UUID, **more: Any) -> str:
    with pytest.raises(NotErased) as refusal:
        attempt(database, person_id, **more)
    with database.begin() as session:
        assert session.get(Person, person_id) is not None
    return refusal.value.why


def attempt(database: Database, person_id: UUID, **more: Any) -> None:
    with database.begin() as session:
        erase(session, person_id, **more)


def test_l49_a_record_under_legal_hold_is_not_erased(intake_db: Database) -> None:
    _, person_id = sent(intake_db, ALONE)
    with intake_db.begin() as session:
        legal_holds.impose(session, reader=OWNER, person_id=person_id, reason="A subpoena")

    assert refused(intake_db, person_id, permitted=True) == HELD


def test_somebody_with_an_appointment_to_come_is_not_erased(intake_db: Database) -> None:
    _, person_id = sent(intake_db, ALONE)
    appointment(intake_db, person_id, days=2)

    assert refused(intake_db, person_id, permitted=True) == COMING


def test_l47_a_client_s_record_is_erased_early_only_by_who_says_that_the_law_allows_it(
    intake_db: Database,
) -> None:
    _, person_id = sent(intake_db, ALONE)
    appointment(intake_db, person_id, days=-2)
    assert refused(intake_db, person_id) == KEPT

    attempt(intake_db, person_id, permitted=True)

    with intake_db.begin() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.act == "erase")).one()
        assert entry.part == "said to be permitted before the period ends"


def test_every_row_about_a_person_goes_with_them_or_is_in_a_ledger_that_nothing_hangs_on(
    database_url: str,
) -> None:
    """So that no table of a later day keeps somebody, or keeps somebody from being erased."""
    with psycopg.connect(database_url) as connection:
        about = names(
            connection,
            "SELECT table_name FROM information_schema.columns WHERE table_schema = 'intake'"
            " AND column_name IN ('person_id', 'response_id')",
        )
        ledgers = names(
            connection,
            "SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid"
            " WHERE tgname = 'only_grows' AND relnamespace = 'intake'::regnamespace",
        )
        hanging = names(
            connection,
            "SELECT relname FROM pg_constraint JOIN pg_class c ON c.oid = conrelid"
            " WHERE contype = 'f' AND confdeltype = 'c'"
            " AND relnamespace = 'intake'::regnamespace",
        )

    assert {"answer", "contact", "task"} <= hanging
    assert about - ledgers - hanging == set()
    assert ledgers & hanging == set()


def names(connection: psycopg.Connection[Any], query: str) -> set[str]:
    return {row[0] for row in connection.execute(query)}  # type: ignore[call-overload]


# ---------------------------------------------------------------- after a restored backup


def test_a_restored_backup_is_brought_up_to_the_list_of_erasures(
    intake_db: Database, database_url: str, settings_for: Callable[..., Any], tmp_path: Any
) -> None:
    settings = settings_for("intake", AUDIT_FOLDER=str(tmp_path))
    (_, gone), (_, stays) = sent(intake_db, ALONE, "1"), sent(intake_db, ALONE, "2")
    backup = rows_of(database_url, gone)
    attempt(intake_db, gone)
    jobs.list_erasures(intake_db, settings)
    jobs.list_erasures(intake_db, settings)
    lines = AuditFolder(str(tmp_path)).lines(ERASURES)
    assert [line.split()[1] for line in lines] == [str(gone)]

    restore(database_url, gone, backup)
    with intake_db.begin() as session:
        assert erasure.reapply(session, lines=lines) == 1
    with intake_db.begin() as session:
        assert erasure.reapply(session, lines=lines) == 0, "twice is once"
        assert set(session.scalars(select(Person.id))) == {stays}
    _opens_nowhere(intake_db, gone, "x", b"\x01" + bytes(40))


def rows_of(database_url: str, person_id: UUID) -> Any:
    with psycopg.connect(database_url) as connection:
        return connection.execute(
            "SELECT wrapped FROM intake.subject_key WHERE subject_id = %s", (person_id,)
        ).fetchone()


def restore(database_url: str, person_id: UUID, backup: Any) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO intake.person (id) VALUES (%s)", (person_id,))
        connection.execute(
            "UPDATE intake.subject_key SET wrapped = %s, destroyed_at = NULL WHERE subject_id = %s",
            (*backup, person_id),
        )


# ---------------------------------------------------------------- the owner's page


@pytest.fixture
def owner(app: Flask, signed_in: SignIn) -> Browser:
    return signed_in(app, Role.OWNER)


def test_the_owner_erases_a_record_from_its_page(intake_db: Database, owner: Browser) -> None:
    response_id, person_id = sent(intake_db, ALONE)
    path = f"/staff/inquiries/{response_id}/keeping"
    assert path.removeprefix("/") in owner.open(f"/staff/inquiries/{response_id}").text
    page = owner.open(path)
    assert "Erase everything" in page.text

    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    asked = {"csrf_token": token, "why": "own-request"}
    unsure = owner.client.post(f"{path}/erase", data=asked)
    assert unsure.status_code == 422
    assert errors_in(unsure) == ["Tick this to go on."]
    done = owner.client.post(f"{path}/erase", data={**asked, "sure": "true"})

    assert done.status_code == 303
    with intake_db.begin() as session:
        assert session.get(Person, person_id) is None
    assert owner.open(path).status_code == 404


def test_the_owner_holds_and_lifts_and_is_asked_why(intake_db: Database, owner: Browser) -> None:
    response_id, _ = sent(intake_db, ALONE)
    path = f"/staff/inquiries/{response_id}/keeping"
    page = owner.open(path).text
    token = page.split('name="csrf_token" value="')[1].split('"')[0]

    silent = owner.client.post(f"{path}/hold", data={"csrf_token": token})
    assert silent.status_code == 422
    assert errors_in(silent) == ["Say why, in a few words."]
    owner.client.post(f"{path}/hold", data={"csrf_token": token, "because": "A subpoena"})
    held = owner.open(path).text
    assert "A subpoena" in held
    assert "Nothing of this person may be destroyed." in held
    erased = owner.client.post(
        f"{path}/erase", data={"csrf_token": token, "why": "own-request", "sure": "true"}
    )
    assert erased.status_code == 422
    owner.client.post(f"{path}/hold/lift", data={"csrf_token": token, "because": "Over"})

    assert "Hold everything" in owner.open(path).text


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK])
@pytest.mark.parametrize("what", ["", "/erase", "/hold", "/hold/lift"])
def test_l01_nobody_but_the_owner_keeps_or_erases(
    intake_db: Database, app: Flask, signed_in: SignIn, role: Role, what: str
) -> None:
    response_id, _ = sent(intake_db, ALONE)
    somebody = signed_in(app, role)
    path = f"/staff/inquiries/{response_id}"
    page = somebody.open(path).text
    assert "Keeping and erasing" not in page
    token = page.split('name="csrf_token" value="')[1].split('"')[0]

    answer = (
        somebody.client.post(f"{path}/keeping{what}", data={"csrf_token": token})
        if what
        else somebody.client.get(f"{path}/keeping")
    )

    assert answer.status_code == 403


def test_what_is_owed_to_the_law_is_said_on_the_page(intake_db: Database, owner: Browser) -> None:
    response_id, person_id = sent(intake_db, ALONE, at=utcnow())
    appointment(intake_db, person_id, days=-10_000)

    assert "The period is not over." in owner.open(f"/staff/inquiries/{response_id}/keeping").text
