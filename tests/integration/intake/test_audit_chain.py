"""Walking the chain: whatever somebody did to the table, the first bad entry is named."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from services.intake import jobs
from services.intake.domain.audit_chain import AnchorForged, ChainBroken
from services.intake.operations import audit, audit_chain
from services.intake.operations.readers import Reader
from services.intake.providers.audit_folder import ANCHORS, AuditFolder
from shared.clock import utcnow
from shared.db import Database
from shared.vocabulary import Role

DANA = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.CLINICIAN)


@pytest.fixture
def settings(settings_for: Callable[..., Any], tmp_path: Path) -> Any:
    return settings_for("intake", AUDIT_FOLDER=str(tmp_path))


@pytest.fixture
def anchored(intake_db: Database, settings: Any) -> AuditFolder:
    """Six entries, and an anchor at the sixth."""
    for number in range(6):
        with intake_db.begin() as session:
            part = f"part {number + 1}"
            audit.record(session, reader=DANA, response_id=uuid4(), parts=[part], reason="x")
    jobs.anchor_audit(intake_db, settings)
    return AuditFolder(settings.audit_folder)


def tamper(database_url: str, *statements: str) -> None:
    """What only the administrator of the server can do: past the triggers and the owner."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL search_path = intake")
        for statement in statements:
            connection.execute(statement)  # type: ignore[call-overload]


def verify(database: Database, lines: list[str]) -> audit_chain.Whole:
    with database.begin() as session:
        return audit_chain.verify(session, anchors=lines)


def test_l04_a_chain_that_nobody_touched_is_whole(
    intake_db: Database, anchored: AuditFolder
) -> None:
    whole = verify(intake_db, anchored.lines(ANCHORS))

    assert whole.entries == 6
    assert whole.anchor is not None
    assert whole.anchor.seq == 6


MOVED = (
    "UPDATE audit_entry SET seq = 100 WHERE seq = 2",
    "UPDATE audit_entry SET seq = 2 WHERE seq = 5",
    "UPDATE audit_entry SET seq = 5 WHERE seq = 100",
)


@pytest.mark.parametrize(
    ("done", "seq", "what"),
    [
        (["UPDATE audit_entry SET reason = 'y' WHERE seq = 3"], 3, "was changed"),
        (["UPDATE audit_entry SET account_name = 'Nobody' WHERE seq = 6"], 6, "was changed"),
        (["UPDATE audit_entry SET at = at - interval '1 second' WHERE seq = 1"], 1, "was changed"),
        (["UPDATE audit_entry SET part = NULL WHERE seq = 2"], 2, "was changed"),
        (["DELETE FROM audit_entry WHERE seq = 4"], 4, "was deleted"),
        (["DELETE FROM audit_entry WHERE seq = 1"], 1, "was deleted"),
        (
            [
                "DELETE FROM audit_entry WHERE seq = 4",
                "UPDATE audit_entry SET seq = seq - 1 WHERE seq > 4",
            ],
            4,
            "was moved or replaced",
        ),
        (list(MOVED), 2, "was moved or replaced"),
        (["DELETE FROM audit_entry WHERE seq > 4"], 5, "is missing: the chain went as far as 6"),
        (["TRUNCATE audit_entry"], 1, "is missing: the chain went as far as 6"),
    ],
    ids=[
        *("edited", "edited last", "time", "nulled", "deleted", "deleted first", "closed up"),
        *("reordered", "truncated", "emptied"),
    ],
)
def test_l04_the_first_bad_entry_is_named(
    intake_db: Database,
    database_url: str,
    anchored: AuditFolder,
    done: list[str],
    seq: int,
    what: str,
) -> None:
    tamper(database_url, *done)

    with pytest.raises(ChainBroken, match=what) as broken:
        verify(intake_db, anchored.lines(ANCHORS))
    assert broken.value.seq == seq


def test_l04_a_chain_rewritten_from_the_end_does_not_meet_its_anchor(
    intake_db: Database, database_url: str, anchored: AuditFolder
) -> None:
    """The last entry is replaced by one that we wrote: whole in itself, but another one."""
    tamper(database_url, "DELETE FROM audit_entry WHERE seq = 6")
    with intake_db.begin() as session:
        audit.record(session, reader=DANA, response_id=uuid4(), parts=["harmless"], reason="x")
    assert verify(intake_db, []).entries == 6

    with pytest.raises(ChainBroken, match="Entry 6 is not the one that was anchored"):
        verify(intake_db, anchored.lines(ANCHORS))


def test_an_anchor_that_somebody_else_wrote_is_refused(
    intake_db: Database, anchored: AuditFolder
) -> None:
    (line,) = anchored.lines(ANCHORS)

    for forged in (line.replace('"seq": 6', '"seq": 5'), "{}", "not even JSON"):
        with pytest.raises(AnchorForged, match="Line 2"):
            verify(intake_db, [line, forged])


def test_an_anchor_is_set_once_a_day_and_only_for_something_new(
    intake_db: Database, anchored: AuditFolder, settings: Any
) -> None:
    jobs.anchor_audit(intake_db, settings)
    lines = anchored.lines(ANCHORS)
    assert len(lines) == 1

    tomorrow = utcnow() + timedelta(days=1, minutes=1)
    with intake_db.begin() as session:
        assert audit_chain.next_anchor(session, anchors=lines, now=tomorrow) == []
        audit.record(session, reader=DANA, response_id=uuid4(), parts=["new"], reason="x")
    with intake_db.begin() as session:
        assert len(audit_chain.next_anchor(session, anchors=lines, now=tomorrow)) == 1


def test_a_restored_backup_is_noted_once_and_stays_to_be_seen(
    intake_db: Database, database_url: str, anchored: AuditFolder
) -> None:
    tamper(database_url, "DELETE FROM audit_entry WHERE seq > 4")
    lines = anchored.lines(ANCHORS)
    with intake_db.begin() as session:
        noted = audit_chain.note_restored(session, anchors=lines, now=utcnow())
        assert audit_chain.note_restored(session, anchors=[*lines, *noted], now=utcnow()) == []
    with intake_db.begin() as session:
        audit.record(session, reader=DANA, response_id=uuid4(), parts=["a", "b", "c"], reason="x")

    whole = verify(intake_db, [*lines, *noted])
    assert whole.entries == 7
    assert [one.seq for one in whole.restored] == [4]
    # What stood before the backup is held to it as ever.
    tamper(database_url, "DELETE FROM audit_entry WHERE seq > 3")
    with pytest.raises(ChainBroken, match="Entry 4 is missing"):
        verify(intake_db, [*lines, *noted])


def test_nothing_is_noted_while_nothing_is_missing(
    intake_db: Database, anchored: AuditFolder
) -> None:
    with intake_db.begin() as session:
        lines = anchored.lines(ANCHORS)
        assert audit_chain.note_restored(session, anchors=lines, now=utcnow()) == []
