"""Sealed values on a real database."""

from uuid import uuid4

import pytest
from sqlalchemy import select

from shared.crypto import (
    Keyring,
    SealBroken,
    SubjectErased,
    SubjectKey,
    blind_index,
    destroy_key,
    seal,
    unseal,
)
from shared.db import Database

PLACE = "answer.value:1"


def test_a_sealed_value_comes_back_and_only_at_its_place(intake_db: Database) -> None:
    person = uuid4()
    with intake_db.begin() as session:
        sealed = seal(session, subject_id=person, place=PLACE, value={"said": ["naïve", 1, None]})

    with intake_db.begin() as session:
        opened = unseal(session, subject_id=person, place=PLACE, sealed=sealed)
        assert opened == {"said": ["naïve", 1, None]}
        with pytest.raises(SealBroken):
            unseal(session, subject_id=person, place="answer.value:2", sealed=sealed)
        with pytest.raises(SealBroken):
            unseal(session, subject_id=uuid4(), place=PLACE, sealed=sealed)
        with pytest.raises(SealBroken):
            unseal(session, subject_id=person, place=PLACE, sealed=sealed[:-1] + b"\x00")


def test_the_same_value_never_looks_the_same_and_has_no_plain_trace(intake_db: Database) -> None:
    with intake_db.begin() as session:
        first, second = (
            seal(session, subject_id=uuid4(), place=PLACE, value="canary") for _ in range(2)
        )

    assert first != second
    assert b"canary" not in first


def test_destroying_a_persons_key_makes_everything_of_theirs_unreadable(
    intake_db: Database,
) -> None:
    person, other = uuid4(), uuid4()
    with intake_db.begin() as session:
        theirs = seal(session, subject_id=person, place=PLACE, value="gone")
        kept = seal(session, subject_id=other, place=PLACE, value="kept")
    with intake_db.begin() as session:
        destroy_key(session, person)

    with intake_db.begin() as session:
        with pytest.raises(SubjectErased):
            unseal(session, subject_id=person, place=PLACE, sealed=theirs)
        with pytest.raises(SubjectErased):
            seal(session, subject_id=person, place=PLACE, value="never again")
        assert unseal(session, subject_id=other, place=PLACE, sealed=kept) == "kept"


def test_a_key_destroyed_before_it_was_made_is_never_made(intake_db: Database) -> None:
    person = uuid4()
    with intake_db.begin() as session:
        destroy_key(session, person)
        destroy_key(session, person)
        with pytest.raises(SubjectErased):
            seal(session, subject_id=person, place=PLACE, value="too late")

    with intake_db.begin() as session, pytest.raises(SubjectErased):
        seal(session, subject_id=person, place=PLACE, value="too late")


def test_a_data_key_is_stored_wrapped_and_opens_only_with_its_keyring(
    intake_db: Database, keyring: Keyring
) -> None:
    person = uuid4()
    with intake_db.begin() as session:
        sealed = seal(session, subject_id=person, place=PLACE, value="x")
        row = session.scalars(select(SubjectKey)).one()
        assert row.wrapped is not None
        assert keyring.unwrap(person, row.key_version, row.wrapped) not in row.wrapped

    with intake_db.begin() as session:
        session.info["keyring"] = Keyring.from_text(Keyring.generate_text())
        with pytest.raises(SealBroken):
            unseal(session, subject_id=person, place=PLACE, sealed=sealed)


def test_a_blind_index_finds_equals_and_keeps_purposes_apart(intake_db: Database) -> None:
    with intake_db.begin() as session:
        assert blind_index(session, "email", "a@example.org") == blind_index(
            session, "email", "a@example.org"
        )
        assert blind_index(session, "email", "a") != blind_index(session, "phone", "a")
