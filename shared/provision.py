"""Roles and schemas in a PostgreSQL database: one of each per service, and one for the queue.

Privacy by engine, not by manners: whatever its code says, the notifier can't read intake's tables.
Used by the embedded suite, by compose and by the tests; runs as often as one likes.
"""

from collections.abc import Mapping
from typing import Final

import psycopg
from dramatiq_postgres import schema as queue_schema
from psycopg import sql
from sqlalchemy.engine import make_url

from shared.vocabulary import SERVICES

QUEUE_ROLE: Final = "queue"
ROLES: Final = (*SERVICES, QUEUE_ROLE)

KEEPER: Final = "keeper"
LEDGERS: Final = (
    ("intake", "audit_entry"),
    ("notifier", "channel_consent"),
    ("notifier", "preference"),
)
"""Schema and table of what only grows: read and added to by the service, owned by the keeper."""


def provision(admin_url: str, passwords: Mapping[str, str] | None = None) -> None:
    """Create what is missing, as an administrator of the database.

    `passwords` maps role to password; without it the roles get none, which suits a server that
    only its owner can reach (the embedded one).
    """
    with psycopg.connect(admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('softstart.provision'))")
        for role in ROLES:
            _role(cursor, role, (passwords or {}).get(role))
        _close_the_database(cursor)
        for service in SERVICES:
            cursor.execute(
                sql.SQL("CREATE SCHEMA IF NOT EXISTS {0} AUTHORIZATION {0}").format(
                    sql.Identifier(service)
                )
            )
        _queue(cursor)


def close_ledgers(admin_url: str) -> None:
    """After the migrations: the service may read its ledger and add to it, and nothing else.

    Whoever owns a table can drop its triggers and grant themselves the rest. So it belongs to a
    role that nobody can become: without a login, and without members but the administrator.
    """
    with psycopg.connect(admin_url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('softstart.provision'))")
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (KEEPER,))
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(KEEPER)))
        _become_member(cursor, KEEPER)
        for service, table in LEDGERS:
            _close_ledger(cursor, service, table)


def _close_ledger(cursor: psycopg.Cursor[tuple[object, ...]], service: str, table: str) -> None:
    cursor.execute(
        "SELECT 1 FROM pg_tables WHERE schemaname = %s AND tablename = %s AND tableowner <> %s",
        (service, table, KEEPER),
    )
    if cursor.fetchone() is None:
        return
    names = {
        "schema": sql.Identifier(service),
        "table": sql.Identifier(service, table),
        "service": sql.Identifier(service),
        "keeper": sql.Identifier(KEEPER),
    }
    for step in (
        # Only while the table changes hands; afterwards the keeper can't make anything here.
        "GRANT USAGE, CREATE ON SCHEMA {schema} TO {keeper}",
        "ALTER TABLE {table} OWNER TO {keeper}",
        "REVOKE CREATE ON SCHEMA {schema} FROM {keeper}",
        "REVOKE ALL ON {table} FROM {service}",
        "GRANT SELECT, INSERT ON {table} TO {service}",
    ):
        cursor.execute(sql.SQL(step).format(**names))


def _role(cursor: psycopg.Cursor[tuple[object, ...]], role: str, password: str | None) -> None:
    cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,))
    name = sql.Identifier(role)
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(name))
    _become_member(cursor, role)
    if password is not None:
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(name, sql.Literal(password)))


def _become_member(cursor: psycopg.Cursor[tuple[object, ...]], role: str) -> None:
    """An administrator who isn't a superuser has to be one to create what the role owns."""
    # From PostgreSQL 16 on, whoever makes a role is a member of it, but can't act as it.
    cursor.execute("SELECT pg_has_role(current_user, %s, 'USAGE')", (role,))
    member = cursor.fetchone()
    if member is not None and not member[0]:
        cursor.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(role)))


def _queue(cursor: psycopg.Cursor[tuple[object, ...]]) -> None:
    """The queue's own tables, made by its own role, which may create a schema only meanwhile."""
    cursor.execute("SELECT current_database()")
    row = cursor.fetchone()
    assert row is not None
    names = {"database": sql.Identifier(str(row[0])), "role": sql.Identifier(QUEUE_ROLE)}
    cursor.execute(sql.SQL("GRANT CREATE ON DATABASE {database} TO {role}").format(**names))
    cursor.execute(sql.SQL("SET LOCAL ROLE {role}").format(**names))
    queue_schema.init(cursor)
    cursor.execute("RESET ROLE")
    cursor.execute(sql.SQL("REVOKE CREATE ON DATABASE {database} FROM {role}").format(**names))


def _close_the_database(cursor: psycopg.Cursor[tuple[object, ...]]) -> None:
    """Nobody but the four roles connects, and nobody writes to `public`."""
    cursor.execute("SELECT current_database()")
    row = cursor.fetchone()
    assert row is not None
    database = sql.Identifier(str(row[0]))
    cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    cursor.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
    for role in ROLES:
        cursor.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(role))
        )


def role_url(admin_url: str, role: str, passwords: Mapping[str, str] | None = None) -> str:
    """The same server and database, as one of our roles."""
    url = make_url(admin_url).set(username=role, password=(passwords or {}).get(role))
    return url.render_as_string(hide_password=False)
