"""Canaries: names, addresses, links and words are in no log line, queue row or plain column."""

import io
import logging
from collections.abc import Iterator

import psycopg
import pytest
import structlog
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import MetaData

from services.notifier.models import Base
from services.simulators.mail import MailServer
from shared import logs
from shared.db import Database, SharedBase
from tests.integration.notifier.test_sweep import until, working
from tests.integration.notifier.wishes import assign, wish
from tests.integration.notifier.world import Someone, World

CANARIES = ("Nightingale", "canary", "19145550142", "/schedule/m/", "mailbox of canary")


def dump(database_url: str) -> str:
    """Every row of the notifier and the queue as text, bytes as hex and as the text they hold."""
    found = []
    with psycopg.connect(database_url) as connection:
        tables = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'intake', 'scheduler')"
        ).fetchall()
        for schema, table in tables:
            query = f'SELECT * FROM "{schema}"."{table}"'  # noqa: S608 - names from the catalogue
            for row in connection.execute(query).fetchall():
                for value in row:
                    plain = bytes(value) if isinstance(value, bytes | memoryview) else None
                    found.append(plain.decode("latin-1") if plain else str(value))
    return "\n".join(found)


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that would be logged by a running service, libraries included."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    stream = io.StringIO()
    logs.configure(json=True, stream=stream)
    yield stream
    root.handlers[:], root.level = before
    structlog.reset_defaults()


def test_canaries_stay_out_of_logs_queue_and_plain_columns_l02_l03(
    smtp_world: World, mail: MailServer, database_url: str, log: io.StringIO
):
    mail.refuse("rcpt", "550 5.1.1 <canary@example.org> is no mailbox of canary Nightingale")
    singer = Someone(name="Canary Nightingale", email="canary@example.org", phone="+19145550142")
    other = Someone(name="Other Nightingale", email="second.canary@example.org")
    with working(smtp_world.settings):
        smtp_world.book(singer, other)
        until(lambda: len(smtp_world.rows(purpose="confirmation")) == 2)
        until(
            lambda: (
                {str(row.state) for row in smtp_world.rows(purpose="confirmation")}
                == {"accepted", "failed_permanent"}
            )
        )

    stored, said = dump(database_url), log.getvalue()

    assert "prepared" in said
    assert len(stored) > 1000
    for canary in CANARIES:
        assert canary not in stored, canary
        assert canary not in said, canary


def test_l02_l03_notes_and_tasks_leave_no_canary_in_logs_queue_and_plain_columns(
    smtp_world: World, mail: MailServer, database_url: str, log: io.StringIO
):
    mail.refuse("rcpt", "550 5.1.1 <canary@example.org> is no mailbox of canary Nightingale")
    singer = Someone(name="Canary Nightingale", email="canary@example.org", channels=("email",))
    with working(smtp_world.settings):
        for purpose in ("update", "resume", "invitation"):
            wish(smtp_world, singer, purpose, link="http://127.0.0.1:8000/begin/p/canary-link")
        assign(smtp_world, "task.canary@example.org")
        until(lambda: len(smtp_world.rows()) == 4)
        until(lambda: not {str(row.state) for row in smtp_world.rows()} & {"scheduled", "claimed"})

    stored, said = dump(database_url), log.getvalue()

    assert "errand" in said
    for canary in (*CANARIES, "canary-link", "/begin/p/", "task.canary"):
        assert canary not in stored, canary
        assert canary not in said, canary


def test_the_models_and_the_migrations_are_the_same_tables(notifier_db: Database):
    both: list[MetaData] = [Base.metadata, SharedBase.metadata]
    with notifier_db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = compare_metadata(context, both)

    assert [
        difference for difference in differences if "alembic_version" not in str(difference)
    ] == []
