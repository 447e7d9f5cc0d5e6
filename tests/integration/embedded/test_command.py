"""`softstart up` as a person meets it: three lines, or one sentence why not, and a clean end."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import psycopg
import pytest
import requests

from services.postgres import EmbeddedPostgres
from services.serving import WebServer
from tests.integration.embedded.test_postgres import sockets_of
from tests.journeys.suite import ROOT, STOP_SECONDS, Suite

CLEAN = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    started = Suite(tmp_path / "var").start()
    yield started
    if started.running():
        started.stop()


def softstart(
    *arguments: str, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "services", *arguments],
        cwd=ROOT,
        env={**CLEAN, **(env or {})},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence; fails for anything more or less."""
    assert done.returncode == 2, done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("softstart: ")
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def postgres_of(home: Path) -> psutil.Process:
    first_line = (home / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0]
    return psutil.Process(int(first_line))


def test_it_prints_three_lines_that_lead_somewhere(suite: Suite) -> None:
    clients, staff, mail = suite.lines

    assert clients.split() == ["Clients", f"{suite.url}/begin/"]
    assert staff.split()[0] == "Staff"
    assert mail.split()[0] == "Mail"
    for link in (f"{suite.url}/begin/", suite.first_run_link):
        assert requests.get(link, timeout=10).status_code == 200


def test_ctrl_c_ends_everything_it_started(suite: Suite) -> None:
    postgres = postgres_of(suite.home)
    started = time.monotonic()

    status = suite.stop()

    assert status == 0
    assert time.monotonic() - started < STOP_SECONDS
    assert not postgres.is_running()
    assert len(suite.lines) == 3, "nothing is said at the end, least of all a traceback"


def test_an_impatient_second_ctrl_c_changes_nothing(suite: Suite) -> None:
    postgres = postgres_of(suite.home)

    for _ in range(3):
        if suite.running():
            os.kill(suite.pid, signal.SIGINT)
        time.sleep(0.1)

    assert suite.stop() == 0
    assert not postgres.is_running()
    assert len(suite.lines) == 3


def test_started_by_a_script_in_the_background_it_still_hears_ctrl_c(tmp_path: Path) -> None:
    """A shell without job control starts what runs in the background with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        suite = Suite(tmp_path / "var").start()
    finally:
        signal.signal(signal.SIGINT, before)

    assert suite.stop() == 0


def test_a_second_start_keeps_everything(suite: Suite) -> None:
    secrets = (suite.home / "secrets.json").read_bytes()
    server = EmbeddedPostgres(suite.home / "postgres", suite.home / "log" / "postgres.log")
    with psycopg.connect(server.url()) as connection:
        connection.execute("CREATE TABLE intake.kept_note AS SELECT 'kept' AS word")
    suite.stop()

    suite.start()

    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT word FROM intake.kept_note").fetchone() == ("kept",)
    assert (suite.home / "secrets.json").read_bytes() == secrets


def test_after_kill_9_the_next_start_takes_over_what_was_left_running(suite: Suite) -> None:
    postgres = postgres_of(suite.home)
    suite.kill()
    assert postgres.is_running()

    suite.start()

    assert postgres_of(suite.home) == postgres
    suite.stop()
    assert not postgres.is_running()


def test_a_second_suite_on_the_same_home_is_refused(suite: Suite) -> None:
    done = softstart("up", "--port", "0", "--home", str(suite.home))

    assert "Another suite" in refused(done)
    assert requests.get(f"{suite.url}/begin/", timeout=10).ok, "the first one goes on"


def test_staff_link_works_while_the_suite_runs(suite: Suite) -> None:
    done = softstart("staff", "link", "--home", str(suite.home), "--port", str(suite.port))

    assert done.returncode == 0, done.stderr
    assert requests.get(done.stdout.strip(), timeout=10).ok


def test_no_port_is_open_but_the_one_it_names(suite: Suite) -> None:
    whole = [psutil.Process(suite.pid), postgres_of(suite.home)]
    whole += [child for each in tuple(whole) for child in each.children(recursive=True)]

    listening = {
        (connection.laddr.ip, connection.laddr.port)
        for each in whole
        for connection in sockets_of(each)
        if connection.status == psutil.CONN_LISTEN
    }

    assert listening == {("127.0.0.1", suite.port)}


def test_a_database_of_a_newer_version_is_refused(suite: Suite) -> None:
    server = EmbeddedPostgres(suite.home / "postgres", suite.home / "log" / "postgres.log")
    with psycopg.connect(server.url()) as connection:
        connection.execute("UPDATE intake.alembic_version SET version_num = '9999'")
    suite.stop()

    done = softstart("up", "--port", "0", "--home", str(suite.home))

    assert "newer version" in refused(done)


def test_a_port_in_use_is_refused_before_anything_is_set_going(tmp_path: Path) -> None:
    taken = WebServer(0)

    done = softstart("up", "--port", str(taken.port), "--home", str(tmp_path / "var"))

    taken.stop()
    assert f"Port {taken.port} is in use" in refused(done)
    assert not (tmp_path / "var").exists()


@pytest.mark.parametrize("port", ["eighty", "70000", "-1", ""])
def test_a_port_that_is_none_is_refused(port: str, tmp_path: Path) -> None:
    done = softstart("up", env={"PORT": port, "SOFTSTART_HOME": str(tmp_path)})

    assert "is no port" in refused(done)


def test_a_home_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    done = softstart("up", "--port", "0", "--home", str(tmp_path / "file" / "var"))

    assert "can't be written" in refused(done)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PRACTICE_TIMEZONE", "EST"),
        ("SMTP_URL", "ftp://mail.example"),
        ("BROKER_URL", "kafka://127.0.0.1"),
        ("DELIVERY", "perhaps"),
        ("DATABASE_URL", "mysql://127.0.0.1/x"),
        ("DATABASE_URL", "postgresql://127.0.0.1:1/nothing_listens"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(name: str, value: str, tmp_path: Path) -> None:
    done = softstart("up", "--port", "0", "--home", str(tmp_path), env={name: value})

    refused(done)


@pytest.fixture
def passable() -> Iterator[pwd.struct_passwd]:
    """Somebody ordinary, who can reach the working copy and its interpreter for the while."""
    somebody = pwd.getpwnam("nobody")
    ways = [Path(sys.executable).resolve(), Path(sys.prefix), ROOT]
    folders = {folder for way in ways for folder in way.parents}
    before = {folder: stat.S_IMODE(folder.stat().st_mode) for folder in folders}
    for folder, mode in before.items():
        folder.chmod(mode | stat.S_IXOTH)
    yield somebody
    for folder, mode in before.items():
        folder.chmod(mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_runs_it_as_themselves(passable: pwd.struct_passwd) -> None:
    folder = Path(tempfile.mkdtemp())
    os.chown(folder, passable.pw_uid, passable.pw_gid)
    try:
        suite = Suite(folder / "var", account=passable).start()

        owner = postgres_of(suite.home).uids().real

        assert suite.stop() == 0
        assert owner == passable.pw_uid
    finally:
        shutil.rmtree(folder)


def test_help_is_worth_reading() -> None:
    done = softstart("--help")

    assert done.returncode == 0
    for word in ("up", "staff", "migrate", "examples:", "SOFTSTART_HOME", "DATABASE_URL"):
        assert word in done.stdout
