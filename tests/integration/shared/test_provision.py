"""Privacy by engine: what one role may see of another's."""

from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from services.postgres import EmbeddedPostgres
from shared.migrations import NewerDatabase, upgrade
from shared.provision import ROLES, close_ledgers, provision, role_url
from shared.vocabulary import SERVICES
from tests.conftest import PASSWORDS


def tables_of(database_url: str, schema: str) -> list[str]:
    with psycopg.connect(database_url) as connection:
        rows = connection.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", (schema,)
        ).fetchall()
    return [name for (name,) in rows]


@pytest.mark.parametrize("reader", SERVICES)
@pytest.mark.parametrize("owner", SERVICES)
def test_no_service_can_read_a_table_of_another(database_url: str, reader: str, owner: str) -> None:
    if reader == owner:
        return
    tables = tables_of(database_url, owner)
    assert {"outbox", "inbox", "subject_key"} <= set(tables)

    with psycopg.connect(role_url(database_url, reader, PASSWORDS), autocommit=True) as connection:
        for table in tables:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(owner, table)))


@pytest.mark.parametrize("role", ROLES)
def test_no_role_is_more_than_it_must_be(database_url: str, role: str) -> None:
    with psycopg.connect(role_url(database_url, role, PASSWORDS), autocommit=True) as connection:
        row = connection.execute(
            "SELECT rolsuper, rolcreaterole, rolcreatedb, rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == (False, False, False, False)
        for statement in ("CREATE TABLE public.x ()", "CREATE SCHEMA mine"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]


def test_provisioning_and_migrating_again_changes_nothing(database_url: str) -> None:
    before = {service: tables_of(database_url, service) for service in SERVICES}

    provision(database_url, PASSWORDS)
    for service in SERVICES:
        upgrade(service, role_url(database_url, service, PASSWORDS))

    assert {service: tables_of(database_url, service) for service in SERVICES} == before


def test_a_database_of_a_newer_version_is_refused_in_one_sentence(database_url: str) -> None:
    url = role_url(database_url, "intake", PASSWORDS)
    with psycopg.connect(url) as connection:
        (known,) = connection.execute("SELECT version_num FROM alembic_version").fetchone() or ("",)
        connection.execute("UPDATE alembic_version SET version_num = '9999_tomorrow'")
    try:
        with pytest.raises(NewerDatabase, match="newer version of Softstart"):
            upgrade("intake", url)
    finally:
        with psycopg.connect(url) as connection:
            connection.execute("UPDATE alembic_version SET version_num = %s", (known,))


def test_an_administrator_who_is_no_superuser_will_do(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    server = EmbeddedPostgres(tmp_path / "data", tmp_path / "postgres.log")
    server.start()
    try:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE ROLE administrator LOGIN CREATEROLE")
            connection.execute("CREATE DATABASE theirs OWNER administrator")
        url = server.url("administrator", "theirs")
        for _ in range(2):
            provision(url)
            for service in SERVICES:
                upgrade(service, role_url(url, service))
            close_ledgers(url)
        with psycopg.connect(url) as connection:
            owners = connection.execute(
                "SELECT tableowner FROM pg_tables WHERE tablename = 'audit_entry'"
            ).fetchall()
        assert owners == [("keeper",)]
    finally:
        server.stop()
