"""Words are forgotten after 30 days, the trace of a message after 13 months, and nothing sooner."""

import psycopg
import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from services.notifier import jobs
from services.notifier.models import Attempt, AttemptEvent, MailboxMessage, Notification
from services.notifier.operations.said import open_message
from shared.clock import utcnow
from shared.crypto import SubjectErased
from tests.integration.notifier.world import World


@pytest.fixture
def sent(world: World) -> World:
    """Somebody was told of their booking; reminders wait."""
    world.book()
    world.pass_on()
    return world


def age(database_url: str, days: int) -> None:
    """Make everything so many days older, as only time could: past the triggers."""
    with psycopg.connect(database_url) as connection:
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("SET LOCAL search_path = notifier")
        for table, column in (
            ("attempt", "opened_at"),
            ("attempt_event", "at"),
            ("mailbox_message", "kept_at"),
            ("notification", "changed_at"),
        ):
            connection.execute(
                f"UPDATE {table} SET {column} = {column} - interval '{days} days'"  # type: ignore[call-overload] # noqa: S608
            )


def tries(world: World) -> list[Attempt]:
    with world.database.begin() as session:
        return list(session.scalars(select(Attempt)))


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
def test_what_was_said_is_forgotten_after_30_days_and_that_it_was_said_is_not(
    sent: World, database_url: str, days: int, kept: bool
) -> None:
    before = len(tries(sent))
    assert before > 0
    age(database_url, days)

    jobs.forget(sent.database, now=utcnow())

    found = tries(sent)
    assert len(found) == before
    assert all(bool(one.said_sealed) is kept for one in found)
    with sent.database.begin() as session:
        assert bool(session.scalars(select(MailboxMessage)).all()) is kept
        assert session.scalars(select(AttemptEvent)).all()
        if not kept:
            row = session.get_one(Notification, found[0].notification_id)
            with pytest.raises(SubjectErased):
                open_message(session, notification=row, attempt=found[0])


@pytest.mark.parametrize(("days", "kept"), [(390, True), (410, False)])
def test_the_trace_of_a_message_goes_after_13_months_and_what_waits_stays(
    sent: World, database_url: str, days: int, kept: bool
) -> None:
    waiting = len(sent.rows(state="scheduled"))
    assert waiting > 0
    age(database_url, days)

    jobs.forget(sent.database, now=utcnow())

    assert bool(tries(sent)) is kept
    assert len(sent.rows(state="scheduled")) == waiting


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE attempt SET said_sealed = ''",
        "DELETE FROM attempt_event",
        "UPDATE attempt_event SET answer_sealed = NULL",
    ],
)
def test_nothing_is_forgotten_before_its_time_whoever_asks(
    sent: World, database_url: str, change: str
) -> None:
    age(database_url, 29)

    with pytest.raises(DBAPIError, match="append-only"), sent.database.begin() as session:
        session.execute(text(change))


def test_an_old_try_is_emptied_and_never_rewritten(sent: World, database_url: str) -> None:
    age(database_url, 100)

    for value in ({"said_sealed": b"other words"}, {"provider": "other"}):
        with pytest.raises(DBAPIError, match="append-only"), sent.database.begin() as session:
            session.execute(update(Attempt).values(**value))
