"""Processes of the version before may run on a database that was migrated already (F28)."""

from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import make_url

from shared.migrations import upgrade
from shared.provision import provision, role_url
from shared.vocabulary import SERVICES, Service
from tests.conftest import PASSWORDS

Columns = dict[tuple[str, str], tuple[str, bool]]
"""Table and column -> type, and whether a row has to say it."""

_COLUMNS = (
    "SELECT table_name, column_name, udt_name, is_nullable = 'NO' AND column_default IS NULL"
    " AND is_identity = 'NO' AND is_generated = 'NEVER'"
    " FROM information_schema.columns WHERE table_schema = %s AND table_name <> 'alembic_version'"
)


@pytest.fixture
def empty_database(server_url: str) -> Iterator[str]:
    """Provisioned, with nothing in it."""
    name = sql.Identifier(f"softstart_rolling_{uuid4().hex[:8]}")
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    database = name.as_string(None).strip('"')
    url = make_url(server_url).set(database=database).render_as_string(hide_password=False)
    provision(url, PASSWORDS)
    yield url
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def columns(url: str, service: Service) -> Columns:
    with psycopg.connect(url) as connection:
        rows = connection.execute(_COLUMNS, (service,)).fetchall()
    return {(table, column): (kind, required) for table, column, kind, required in rows}


def test_the_last_migration_leaves_room_for_the_version_before_it_f28(empty_database: str):
    for service in SERVICES:
        role = role_url(empty_database, service, PASSWORDS)
        upgrade(service, role, to="head-1")
        before = columns(empty_database, service)
        upgrade(service, role)
        after = columns(empty_database, service)

        known = {table for table, _ in before}
        gone = [name for name in before if name not in after]
        changed = [n for n, (kind, _) in before.items() if n in after and after[n][0] != kind]
        demanded = [
            name
            for name, (_, required) in after.items()
            if required and name[0] in known and not before.get(name, ("", False))[1]
        ]
        assert (service, gone, changed, demanded) == (service, [], [], [])
