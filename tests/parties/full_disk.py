"""A disk that is full: PostgreSQL refuses a table's new and changed rows with SQLSTATE 53100."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

_REFUSE = """
CREATE OR REPLACE FUNCTION {schema}.disk_full() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100';
END $$
"""


@contextmanager
def full_disk(admin_url: str, schema: str, *tables: str) -> Iterator[None]:
    """Nothing can be written to these tables of one service while the context lasts."""
    names = [sql.Identifier(schema, table) for table in tables]
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(sql.SQL(_REFUSE).format(schema=sql.Identifier(schema)))
        for name in names:
            connection.execute(
                sql.SQL(
                    "CREATE TRIGGER disk_full BEFORE INSERT OR UPDATE ON {} FOR EACH STATEMENT"
                    " EXECUTE FUNCTION {}.disk_full()"
                ).format(name, sql.Identifier(schema))
            )
        try:
            yield
        finally:
            for name in names:
                connection.execute(sql.SQL("DROP TRIGGER disk_full ON {}").format(name))
            connection.execute(
                sql.SQL("DROP FUNCTION {}.disk_full()").format(sql.Identifier(schema))
            )
