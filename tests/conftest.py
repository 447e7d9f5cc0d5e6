"""What tests stand on: one PostgreSQL server, one fresh database, a role's own per service."""

import os
import re
import shutil
import subprocess
import tempfile
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any
from uuid import uuid4

import pika
import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from services.postgres import EmbeddedPostgres
from shared.crypto import Keyring
from shared.db import Database
from shared.migrations import upgrade
from shared.provision import ROLES, close_ledgers, provision, role_url
from shared.settings import CommonSettings
from shared.vocabulary import SERVICES, Service
from shared.zones import use_pinned_zones

use_pinned_zones()

# A folder of this run's own. pytest shares one between runs and, at each start, takes from others
# the right to pass through it, which PostgreSQL's own account needs while root runs the tests.
TEMPORARY = tempfile.mkdtemp(prefix="softstart-tests-")
os.environ["PYTEST_DEBUG_TEMPROOT"] = TEMPORARY

# Where everything is at hand (.ci/run says so) nothing may be left out: a skip is a failure.
EVERYTHING = os.environ.get("REQUIRE_EVERYTHING") == "1"


FAULT = re.compile(r"_f\d{1,2}(?=_|$)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test with the number of a fault in its name is one of `make faults`."""
    for item in items:
        if FAULT.search(getattr(item, "originalname", None) or ""):
            item.add_marker("faults")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    if exitstatus == pytest.ExitCode.OK:  # what is left of a failure helps to find it
        shutil.rmtree(TEMPORARY, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    report = yield
    if EVERYTHING and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped although everything is required: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An administrator's URL on a real server: DATABASE_URL, or the embedded one for this run."""
    if given := os.environ.get("DATABASE_URL"):
        yield given
        return
    folder = tmp_path_factory.mktemp("postgres")
    # One for the whole run: several suites in many processes keep their pools at it.
    server = EmbeddedPostgres(folder / "data", folder / "postgres.log", connections=400)
    server.start()
    yield server.url()
    server.stop()


@pytest.fixture(scope="session")
def fresh_database(server_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases on the server, provisioned and migrated; drops them at the end."""
    made: list[str] = []

    def make() -> str:
        name = f"softstart_test_{uuid4().hex[:12]}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(
                    sql.Identifier(name)
                )
            )
        made.append(name)
        url = make_url(server_url).set(database=name).render_as_string(hide_password=False)
        provision(url, PASSWORDS)
        for service in SERVICES:
            upgrade(service, role_url(url, service, PASSWORDS))
        close_ledgers(url)
        return url

    yield make
    with psycopg.connect(server_url, autocommit=True) as connection:
        for name in made:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


PASSWORDS = dict.fromkeys(ROLES, "for-tests-only")
KEYS = f"1:{b64encode(b'k' * 32).decode()},index:{b64encode(b'i' * 32).decode()}"


@pytest.fixture(scope="session")
def database_url(fresh_database: Callable[[], str]) -> str:
    """The run's database, as its administrator."""
    return fresh_database()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    return Keyring.from_text(KEYS)


def environment_for(
    service: Service | str, database_url: str, overrides: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The environment that one service would be started with."""
    return {
        "DATABASE_URL": role_url(database_url, service, PASSWORDS),
        "BROKER_URL": role_url(database_url, "queue", PASSWORDS),
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "SECRET_KEY": "a-secret-for-tests-that-is-long-enough",
        "SERVICE_KEY": "a-service-key-for-tests-that-is-long",
        "ENCRYPTION_KEYS": KEYS,
        **(overrides or {}),
    }


@pytest.fixture
def settings_for(database_url: str) -> Callable[..., Any]:
    """That service's Settings: `settings_for("intake", SECRET_KEY="...")`."""

    def make(service: Service, **overrides: str) -> CommonSettings:
        module = import_module(f"services.{service}.settings")
        settings: CommonSettings = module.Settings.from_env(
            environment_for(service, database_url, overrides)
        )
        return settings

    return make


def _emptied(database_url: str, service: Service, keyring: Keyring) -> Iterator[Database]:
    database = Database(role_url(database_url, service, PASSWORDS), keyring)
    yield database
    database.dispose()
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT tablename FROM pg_tables"
            " WHERE schemaname = %s AND tablename <> 'alembic_version'",
            (service,),
        ).fetchall()
        # Append-only tables refuse UPDATE and DELETE by trigger; a test's clean-up is neither.
        connection.execute(sql.SQL("SET LOCAL session_replication_role = replica"))
        for (name,) in tables:  # a test leaves few rows: TRUNCATE's new files take 20 times longer
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(service, name)))


@pytest.fixture
def intake_db(database_url: str, keyring: Keyring) -> Iterator[Database]:
    yield from _emptied(database_url, "intake", keyring)


@pytest.fixture
def scheduler_db(database_url: str, keyring: Keyring) -> Iterator[Database]:
    yield from _emptied(database_url, "scheduler", keyring)


@pytest.fixture
def notifier_db(database_url: str, keyring: Keyring) -> Iterator[Database]:
    yield from _emptied(database_url, "notifier", keyring)


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    """RabbitMQ, in a virtual host of this run's own where we may make one. Skips without it.

    Two runs on one virtual host would take each other's messages off the queues.
    """
    given = os.environ.get("RABBITMQ_URL", "amqp://guest:guest@127.0.0.1:5672")
    try:
        pika.BlockingConnection(pika.URLParameters(given)).close()
    except pika.exceptions.AMQPError:
        pytest.skip("no RabbitMQ here; `apt-get install rabbitmq-server` brings one")
    host = f"softstart_{uuid4().hex[:8]}"
    user = make_url(given).username or "guest"
    if not (_rabbitmqctl("add_vhost", host) and _rabbitmqctl(*_all_rights(host, user))):
        yield given
        return
    yield f"{given.rstrip('/')}/{host}"
    _rabbitmqctl("delete_vhost", host)


def _all_rights(host: str, user: str) -> tuple[str, ...]:
    return ("set_permissions", "-p", host, user, ".*", ".*", ".*")


def _rabbitmqctl(*arguments: str) -> bool:
    """Whether the server's own tool is here, may be used, and did it."""
    program = shutil.which("rabbitmqctl", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        return False
    done = subprocess.run([program, "-q", *arguments], capture_output=True, check=False, timeout=60)
    return done.returncode == 0
