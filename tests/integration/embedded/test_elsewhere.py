"""`softstart up` on a PostgreSQL and a broker that are not its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from services.postgres import EmbeddedPostgres
from tests.integration.embedded.test_command import softstart
from tests.journeys.by_api import Caller
from tests.journeys.people import SINGLE
from tests.journeys.suite import Suite
from tests.journeys.world import Staff, somebody, until

REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9")


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """A server that somebody else runs, seen as its administrator."""
    server = EmbeddedPostgres(tmp_path / "elsewhere", tmp_path / "elsewhere.log")
    server.start()
    yield server.url()
    server.stop()


def something_to_read(suite: Suite) -> bool:
    """Whether an inquiry that is sent now reaches the practice as a message."""
    staff = Staff(suite.url).become_owner(suite.first_run_link)
    Caller(suite.url).complete(somebody(SINGLE))
    return bool(until(staff.messages))


def test_it_works_on_a_server_named_by_database_url(tmp_path: Path, elsewhere: str) -> None:
    suite = Suite(
        tmp_path / "var",
        {"DATABASE_URL": elsewhere, "PRACTICE_STAFF_EMAIL": "desk@harborlane.example"},
    ).start()

    assert something_to_read(suite)
    assert suite.stop() == 0
    assert not (tmp_path / "var" / "postgres").exists()
    with psycopg.connect(elsewhere) as connection:
        rows = connection.execute("SELECT count(*) FROM intake.questionnaire_response").fetchone()
    assert rows == (1,)


def test_migrate_makes_roles_with_the_passwords_it_is_given(elsewhere: str) -> None:
    roles = ("intake", "scheduler", "notifier", "queue")
    passwords = {f"{role.upper()}_PASSWORD": f"{role}-word" for role in roles}

    first = softstart("migrate", env={"DATABASE_URL": elsewhere, **passwords})
    second = softstart("migrate", env={"DATABASE_URL": elsewhere, **passwords})

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    with psycopg.connect(elsewhere) as connection:
        known = connection.execute(
            "SELECT rolname FROM pg_authid WHERE rolpassword LIKE 'SCRAM-SHA-256%'"
        ).fetchall()
    assert {name for (name,) in known} == set(roles)


@pytest.mark.redis
def test_it_works_with_redis_as_the_broker(tmp_path: Path) -> None:
    client = redis.Redis.from_url(REDIS)
    try:
        client.ping()
    except redis.ConnectionError:
        pytest.skip("no Redis here; `apt-get install redis-server` brings one")
    client.flushdb()
    suite = Suite(
        tmp_path / "var",
        {"BROKER_URL": REDIS, "PRACTICE_STAFF_EMAIL": "desk@harborlane.example"},
    ).start()

    assert something_to_read(suite)
    assert suite.stop() == 0
