"""The pool hands out connections that live, whatever the server did in the meantime (F7)."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event, text

from shared.db import Database

LONG_AGO = -1e9


@pytest.fixture(params=["just used", "used long ago"])
def database(request: pytest.FixtureRequest, scheduler_db: Database) -> Iterator[Database]:
    """A pool whose connections were given back a moment ago, or so long that they are asked."""

    def forget(_: object, record: Any) -> None:
        if request.param == "used long ago":
            record.info["used"] = LONG_AGO

    event.listen(scheduler_db.engine, "checkin", forget)
    yield scheduler_db
    event.remove(scheduler_db.engine, "checkin", forget)


def test_a_server_that_closed_our_connections_is_met_anew(database: Database) -> None:
    with database.begin() as one, database.begin() as other:
        closed = {session.scalar(text("SELECT pg_backend_pid()")) for session in (one, other)}
    with database.begin() as last:
        ours = last.scalar(text("SELECT pg_backend_pid()"))
        for pid in closed - {ours}:
            last.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    # the one that was used last is given out again, and by then knows nothing of the other
    with database.begin() as one, database.begin() as other:
        found = {session.scalar(text("SELECT pg_backend_pid()")) for session in (one, other)}
    assert len(found) == 2
    assert found & closed <= {ours}


def test_a_connection_that_lives_is_given_out_again(database: Database) -> None:
    with database.begin() as session:
        before = session.scalar(text("SELECT pg_backend_pid()"))
    with database.begin() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == before
