"""The embedded PostgreSQL: durable, private, and there again after whatever happened to it."""

import os
import pwd
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from services.postgres import EmbeddedPostgres, PostgresFailed

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to run it as another user")


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(tmp_path / "postgres", tmp_path / "postgres.log")
    yield server
    server.stop()


def ask(server: EmbeddedPostgres, question: str) -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        answer = connection.execute(question).fetchone()
    return answer[0] if answer else None


def process(server: EmbeddedPostgres) -> psutil.Process:
    first_line = (server.folder / "postmaster.pid").read_text().split("\n", 1)[0]
    return psutil.Process(int(first_line))


def sockets_of(each: psutil.Process) -> list[Any]:
    """Its TCP and UDP sockets; none when it has ended meanwhile, as helpers of PostgreSQL do."""
    try:
        return list(each.net_connections(kind="inet"))
    except psutil.NoSuchProcess:
        return []


def note(server: EmbeddedPostgres, word: str) -> None:
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (word text)")
        connection.execute("INSERT INTO note VALUES (%s)", (word,))


def test_what_it_confirms_is_on_disk_and_every_letter_fits(postgres: EmbeddedPostgres) -> None:
    postgres.start()

    settings = {
        name: ask(postgres, f"SHOW {name}")
        for name in (
            *("fsync", "synchronous_commit", "full_page_writes", "data_checksums"),
            *("server_encoding", "timezone", "max_connections"),
        )
    }

    assert settings == {
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "data_checksums": "on",
        "server_encoding": "UTF8",
        "timezone": "UTC",
        "max_connections": "100",
    }
    assert ask(postgres, "SELECT upper('žluťoučký 🐎')") == "ŽLUŤOUČKÝ 🐎"


def test_nobody_else_can_reach_it(postgres: EmbeddedPostgres) -> None:
    postgres.start()

    listening = [
        connection
        for each in (process(postgres), *process(postgres).children())
        for connection in sockets_of(each)
        if connection.status == psutil.CONN_LISTEN
    ]

    assert listening == []
    assert ask(postgres, "SHOW listen_addresses") == ""
    assert stat.S_IMODE(postgres.sockets.stat().st_mode) == 0o700
    assert stat.S_IMODE(postgres.folder.stat().st_mode) == 0o700


def test_it_keeps_its_data_from_one_start_to_the_next(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    note(postgres, "kept")
    postgres.stop()

    postgres.start()

    assert ask(postgres, "SELECT word FROM note") == "kept"


def test_an_open_transaction_does_not_hold_up_the_end(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    server = process(postgres)
    waiting = psycopg.connect(postgres.url())
    waiting.execute("SELECT 1")

    postgres.stop()

    assert not server.is_running()
    assert not (postgres.folder / "postmaster.pid").exists()
    waiting.close()


def test_a_server_that_outlived_its_suite_is_taken_over(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    note(postgres, "from before")
    left_behind = process(postgres)

    successor = EmbeddedPostgres(postgres.folder, postgres.log)
    successor.start()

    assert process(successor) == left_behind
    assert ask(successor, "SELECT word FROM note") == "from before"
    successor.stop()
    assert not left_behind.is_running() or left_behind.status() == psutil.STATUS_ZOMBIE


def test_what_was_confirmed_survives_kill_9_of_the_server(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    note(postgres, "confirmed")
    process(postgres).send_signal(signal.SIGKILL)

    EmbeddedPostgres(postgres.folder, postgres.log).start()

    assert ask(postgres, "SELECT word FROM note") == "confirmed"


def test_a_lock_file_naming_somebody_elses_process_is_no_obstacle(
    postgres: EmbeddedPostgres,
) -> None:
    """After a restart of a container the number may be anybody's; PostgreSQL would believe it."""
    postgres.start()
    lock = (postgres.folder / "postmaster.pid").read_text().splitlines()
    postgres.stop()
    stranger = "\n".join([str(os.getpid()), *lock[1:]])
    (postgres.folder / "postmaster.pid").write_text(stranger)

    postgres.start()

    assert process(postgres).pid != os.getpid()


def test_a_half_made_data_folder_does_not_count(postgres: EmbeddedPostgres) -> None:
    half = postgres.folder.with_name("postgres.new")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")

    postgres.start()

    assert ask(postgres, "SELECT 1") == 1


def test_a_folder_of_another_version_is_refused_in_one_sentence(
    postgres: EmbeddedPostgres,
) -> None:
    postgres.folder.mkdir()
    (postgres.folder / "PG_VERSION").write_text("17\n")

    with pytest.raises(PostgresFailed, match="made by PostgreSQL 17") as refusal:
        postgres.start()

    assert "\n" not in str(refusal.value)


def test_a_long_path_moves_the_socket_to_a_short_private_one(tmp_path: Path) -> None:
    deep = tmp_path / ("a-long-name-" * 10)
    deep.mkdir()
    server = EmbeddedPostgres(deep / "postgres", deep / "postgres.log")

    server.start()

    try:
        assert ask(server, "SELECT 1") == 1
        assert len(os.fsencode(server.sockets)) < 80
        assert stat.S_IMODE(server.sockets.stat().st_mode) == 0o700
    finally:
        server.stop()
    assert not server.sockets.exists()


def test_a_socket_folder_that_others_may_enter_is_refused(postgres: EmbeddedPostgres) -> None:
    postgres.sockets.mkdir()
    postgres.sockets.chmod(0o777)

    with pytest.raises(PostgresFailed, match="private folder"):
        postgres.start()


def test_l02_a_failing_statement_leaves_no_value_in_the_log(postgres: EmbeddedPostgres) -> None:
    postgres.start()
    note(postgres, "kestrelmoss")

    with psycopg.connect(postgres.url()) as connection:
        connection.execute("CREATE UNIQUE INDEX one_of_each ON note (word)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO note VALUES ('kestrelmoss')")

    log = postgres.log.read_text()
    assert "one_of_each" in log
    assert "kestrelmoss" not in log


@ROOT_ONLY
def test_root_gives_it_an_account_that_is_not_root(postgres: EmbeddedPostgres) -> None:
    postgres.start()

    owner = process(postgres).uids().real

    assert owner != 0
    assert postgres.folder.stat().st_uid == owner
    assert pwd.getpwuid(owner).pw_name in {"postgres", "softstart"}
