"""The record of who read what: every reading is in it, and the service itself cannot change it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

import psycopg
import pytest
from flask import Flask
from psycopg import errors
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from services.intake.audit_models import AuditEntry
from services.intake.domain.audit_chain import NOTHING_BEFORE
from services.intake.models import Tally
from services.intake.operations import audit
from services.intake.operations.readers import Reader
from shared.crypto import SubjectErased, destroy_key
from shared.db import Database
from shared.provision import role_url
from shared.vocabulary import Role
from tests.conftest import PASSWORDS
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import AFRAID, sent

DANA = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.CLINICIAN)
SignIn = Callable[..., Browser]


def chain(database: Database) -> list[AuditEntry]:
    with database.begin() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.seq)))


@contextmanager
def as_the_service(database_url: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection with nothing but the rights that intake's own role has."""
    url = role_url(database_url, "intake", PASSWORDS)
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


def test_l04_reading_something_sealed_writes_who_when_which_and_why(
    intake_db: Database, app: Flask, signed_in: SignIn
) -> None:
    response_id, person_id = sent(intake_db, AFRAID)
    clinician = signed_in(app)
    path = f"/staff/inquiries/{response_id}"
    clinician.open(path)

    clinician.send({"reason": "prepare-call"}, part="between_you")
    page = clinician.client.get(path, headers={"X-Request-ID": "a-request-of-ours"})

    assert page.status_code == 200
    first, *_, last = chain(intake_db)
    assert (first.part, last.part) == ("decision", "decision")
    assert last.request_id == "a-request-of-ours"
    for entry in (first, last):
        assert (entry.act, entry.account_id, entry.role) == ("read", UUID(int=7), "clinician")
        assert (entry.response_id, entry.person_id) == (response_id, person_id)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit_entry SET reason = 'x'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "DROP TRIGGER only_grows ON audit_entry",
        "ALTER TABLE audit_entry DISABLE TRIGGER ALL",
        "GRANT UPDATE ON audit_entry TO intake; UPDATE audit_entry SET reason = 'x'",
        "ALTER TABLE audit_entry OWNER TO intake",
        "SET ROLE keeper",
    ],
)
def test_l04_the_service_s_role_can_neither_change_nor_delete_an_entry(
    intake_db: Database, database_url: str, change: str
) -> None:
    with intake_db.begin() as session:
        audit.record(session, reader=DANA, response_id=uuid4(), parts=["x"], reason="To hand over")
    (before,) = chain(intake_db)

    with as_the_service(database_url) as connection:
        # Even if it undoes the guard that it does own.
        connection.execute(
            "CREATE OR REPLACE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN OLD; END $$"
        )
        try:
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(change)  # type: ignore[call-overload]
        finally:
            connection.execute(
                "CREATE OR REPLACE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$ "
                "BEGIN RAISE EXCEPTION '% only grows: rows are neither changed nor deleted', "
                "TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$"
            )

    (after,) = chain(intake_db)
    assert (after.reason, after.hash) == (before.reason, before.hash)


def test_l04_what_is_not_recorded_is_not_done(intake_db: Database) -> None:
    """An entry that the chain refuses takes back whatever the transaction did beside it."""

    def act() -> None:
        with intake_db.begin() as session:
            session.add(Tally(name="done", total=1))
            audit.note(session, reader=DANA, act="No word of ours", response_id=uuid4())

    with pytest.raises(IntegrityError):
        act()

    with intake_db.begin() as session:
        assert session.get(Tally, "done") is None
    assert chain(intake_db) == []


def test_what_is_opened_now_is_already_in_the_list_of_openings(intake_db: Database) -> None:
    response_id = uuid4()
    with intake_db.begin() as session:
        audit.record(session, reader=DANA, response_id=response_id, parts=["a"], reason="x")
    with intake_db.begin() as session:
        audit.record(session, reader=DANA, response_id=response_id, parts=["b", "c"], reason="x")
        audit.note(session, reader=DANA, act="close", response_id=response_id)
        found = audit.readings(session, response_id=response_id)

    assert [row.part for row in found] == ["c", "b", "a"]
    assert found[0].read_at >= found[2].read_at


def test_what_somebody_typed_is_sealed_and_goes_with_the_person_s_key(intake_db: Database) -> None:
    response_id, person_id = sent(intake_db, AFRAID)
    with intake_db.begin() as session:
        audit.note(
            session, reader=DANA, act="lift-hold", response_id=response_id, written="a canary sang"
        )
    entry = chain(intake_db)[-1]
    assert b"canary" not in (entry.reason_sealed or b"")

    with intake_db.begin() as session:
        assert audit.written(session, entry) == "a canary sang"
        destroy_key(session, person_id)
    with intake_db.begin() as session, pytest.raises(SubjectErased):
        audit.written(session, entry)


def test_many_who_write_at_once_make_one_chain(intake_db: Database) -> None:
    def work() -> None:
        for _ in range(5):
            with intake_db.begin() as session:
                audit.record(
                    session, reader=DANA, response_id=uuid4(), parts=["a", "b"], reason="x"
                )

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    found = chain(intake_db)
    assert [entry.seq for entry in found] == list(range(1, 61))
    before = [NOTHING_BEFORE, *(entry.hash for entry in found)]
    assert [entry.prev_hash for entry in found] == before[:-1]
    assert sorted(found, key=lambda entry: entry.at) == found
