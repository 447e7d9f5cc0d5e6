"""New keys while everything runs: nothing fails meanwhile, and the old key is not needed after."""

import json
import threading
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from shared.crypto import (
    BadKeyring,
    Keyring,
    SealBroken,
    SubjectErased,
    SubjectKey,
    destroy_key,
    seal,
    unseal,
)
from shared.db import Database
from shared.keyrings import KeyringFile, in_use, open_keyring, rewrap
from shared.provision import role_url
from tests.conftest import KEYS, PASSWORDS

PLACE = "answer.value:1"


def write(path: Path, text: str) -> None:
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps({"encryption_keys": {"intake": text}}))
    draft.replace(path)


def change(path: Path, how: Callable[[Keyring], Keyring]) -> None:
    found = json.loads(path.read_text())["encryption_keys"]["intake"]
    write(path, how(Keyring.from_text(found)).as_text())


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "secrets.json"
    write(path, KEYS)
    return path


@pytest.fixture
def database(intake_db: Database, database_url: str, keys: Path) -> Database:
    """The same tables, by a process that finds its keys in the file."""
    del intake_db  # it cleans up
    return Database(
        role_url(database_url, "intake", PASSWORDS), open_keyring(f"file:{keys}#intake")
    )


def sealed_for(database: Database, person: UUID) -> bytes:
    with database.begin() as session:
        return seal(session, subject_id=person, place=PLACE, value=str(person))


def opens(database: Database, person: UUID, sealed: bytes) -> bool:
    with database.begin() as session:
        found = unseal(session, subject_id=person, place=PLACE, sealed=sealed)
    return bool(found == str(person))


def rewrap_all(database: Database) -> int:
    total = 0
    while True:
        with database.begin() as session:
            done = rewrap(session, limit=7)
        if not done:
            return total
        total += done


def test_keys_rotate_under_load_and_the_old_one_is_not_needed_any_more(
    database: Database, keys: Path
) -> None:
    known = {person: sealed_for(database, person) for person in (uuid4() for _ in range(40))}
    stop = threading.Event()

    def go_on_working() -> int:
        rounds = 0
        while not stop.is_set():
            person = uuid4()
            known[person] = sealed_for(database, person)
            pairs = list(known.items())
            assert all(opens(database, *pair) for pair in [*pairs[:5], *pairs[-5:]])
            rounds += 1
        return rounds

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(go_on_working) for _ in range(4)]
        change(keys, Keyring.with_new_key)
        moved = rewrap_all(database)
        stop.set()
        rounds = sum(one.result() for one in working)  # raises what failed in there
    rewrap_all(database)  # those whose transaction was open at the change

    assert rounds > 0
    assert moved >= 40
    with database.begin() as session:
        assert in_use(session) == {2: len(known)}
    change(keys, Keyring.without_old_keys)
    assert all(opens(database, person, sealed) for person, sealed in known.items())
    with database.begin() as session:
        assert list(session.info["keyring"].keys) == [2]


def test_a_transaction_that_began_before_the_new_key_still_opens_what_it_wraps(
    database: Database, keys: Path
) -> None:
    person = uuid4()
    sealed = sealed_for(database, person)

    with database.begin() as session:
        change(keys, Keyring.with_new_key)
        rewrap_all(database)

        assert unseal(session, subject_id=person, place=PLACE, sealed=sealed) == str(person)


def test_a_rotation_leaves_what_was_sealed_where_it_belongs(database: Database, keys: Path) -> None:
    one, other = uuid4(), uuid4()
    sealed = sealed_for(database, one)
    sealed_for(database, other)

    change(keys, Keyring.with_new_key)
    rewrap_all(database)

    with database.begin() as session:
        for subject, place in ((other, PLACE), (one, "answer.value:2")):
            with pytest.raises(SealBroken):
                unseal(session, subject_id=subject, place=place, sealed=sealed)
        # A wrapped data key that is moved to another person opens nothing either.
        rows = {row.subject_id: row for row in session.scalars(select(SubjectKey))}
        rows[other].wrapped = rows[one].wrapped
        session.flush()
        with pytest.raises(SealBroken):
            unseal(session, subject_id=other, place=PLACE, sealed=sealed)


def test_a_destroyed_key_stays_destroyed(database: Database, keys: Path) -> None:
    person = uuid4()
    sealed = sealed_for(database, person)
    with database.begin() as session:
        destroy_key(session, person)

    change(keys, Keyring.with_new_key)

    assert rewrap_all(database) == 0
    with database.begin() as session:
        assert in_use(session) == {}
    with pytest.raises(SubjectErased):
        opens(database, person, sealed)


def test_a_file_of_keys_that_breaks_leaves_the_last_good_keys(
    database: Database, keys: Path
) -> None:
    person = uuid4()
    sealed = sealed_for(database, person)

    for text in ("", "{}", json.dumps({"encryption_keys": {"intake": "1:short"}})):
        keys.write_text(text)
        assert opens(database, person, sealed)
    keys.unlink()
    assert opens(database, person, sealed)


def test_a_file_of_keys_may_hold_one_keyring_alone(tmp_path: Path) -> None:
    path = tmp_path / "intake.keys"
    path.write_text(KEYS + "\n")

    assert open_keyring(f"file:{path}").now() == Keyring.from_text(KEYS)
    with pytest.raises(BadKeyring, match="is not there"):
        KeyringFile(tmp_path / "nowhere")
    for text in ("nonsense", f"1:{b64encode(b'x').decode()}"):
        path.write_text(text)
        with pytest.raises(BadKeyring):
            open_keyring(f"file:{path}")
