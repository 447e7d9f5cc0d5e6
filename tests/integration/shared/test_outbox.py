"""Events from commit to handled, through brokers that lose, double and delay (F6, F20, W1-W3)."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import dramatiq
import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from shared.clock import utcnow
from shared.contracts.intake import ScreeningCompleted
from shared.db import Database
from shared.messaging import outbox
from shared.messaging.broker import BadBrokerUrl, Doorbell, open_broker
from shared.messaging.consumer import Consumer, said_at
from shared.messaging.tables import Inbox, Outbox
from shared.messaging.ticker import Ticker
from shared.provision import role_url
from tests.conftest import PASSWORDS

SAID = ScreeningCompleted(response_id=UUID(int=1), person_id=UUID(int=2), contact_version=1)

SAID_AT = utcnow()

BROKERS = [
    pytest.param("postgresql"),
    pytest.param("amqp", marks=pytest.mark.rabbitmq),
    pytest.param("redis", marks=pytest.mark.redis),
]


@dataclass(frozen=True)
class Line:
    """A broker to work on, and a doorbell to ring over it."""

    broker: Any
    doorbell: Doorbell


@pytest.fixture
def line(request: pytest.FixtureRequest, database_url: str) -> Iterator[Line]:
    url = {
        "postgresql": lambda: role_url(database_url, "queue", PASSWORDS),
        "amqp": lambda: request.getfixturevalue("amqp_url"),
        "redis": lambda: os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9"),
    }[request.param]()
    sweeper: Any = open_broker(url)
    try:
        for queue in ("intake", "notifier"):
            sweeper.declare_queue(queue)
            if request.param != "postgresql":
                sweeper.flush(queue)
        sweeper.close()
    except Exception as error:  # noqa: BLE001 - whatever a client library raises when nobody is there
        pytest.skip(
            f"no {request.param} broker here ({type(error).__name__}); `.ci/run` brings one"
        )
    opened = open_broker(url)
    yield Line(opened, Doorbell(url))
    opened.close()


class Heard:
    """A notifier that writes down what it hears, and can be told to fail."""

    def __init__(self) -> None:
        self.events: list[ScreeningCompleted] = []
        self.failures = 0
        self.consumer = Consumer("notifier")
        self.consumer.on(ScreeningCompleted)(self.hear)

    def hear(self, event: ScreeningCompleted, _session: Session) -> None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not this time")
        self.events.append(event)


class Running:
    """Workers over one broker, for two services."""

    def __init__(
        self, line: Line, intake_db: Database, notifier_db: Database | None, heard: Heard
    ) -> None:
        ticker = Ticker()
        line.broker.add_middleware(ticker)
        Consumer("intake").declare(line.broker, line.doorbell, intake_db, ticker)
        if notifier_db is not None:
            heard.consumer.declare(line.broker, line.doorbell, notifier_db, ticker)
        self.worker = dramatiq.Worker(line.broker, worker_threads=2, worker_timeout=100)
        self.worker.start()

    def stop(self) -> None:
        self.worker.stop()


def until(true: Callable[[], bool], seconds: float = 45) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def acknowledged(database: Database) -> bool:
    with database.begin() as session:
        rows = session.scalars(select(Outbox.acknowledged_at)).all()
    return all(at is not None for at in rows)


@pytest.mark.parametrize("line", BROKERS, indirect=True)
def test_what_was_committed_is_heard_once_and_acknowledged(
    line: Line, intake_db: Database, notifier_db: Database
) -> None:
    heard = Heard()
    running = Running(line, intake_db, notifier_db, heard)
    try:
        with intake_db.begin() as session:
            outbox.publish(session, SAID)

        until(lambda: bool(heard.events) and acknowledged(intake_db))

        assert heard.events == [SAID]
    finally:
        running.stop()


@pytest.mark.parametrize("line", BROKERS, indirect=True)
def test_f6_a_broker_that_loses_everything_loses_nothing(
    line: Line, intake_db: Database, notifier_db: Database
) -> None:
    with intake_db.begin() as session:
        outbox.publish(session, SAID)
    assert outbox.relay(intake_db, line.doorbell) == 1
    if type(line.broker).__name__ != "PostgresBroker":
        line.doorbell._broker.flush_all()
    else:
        with line.broker.pool.connection() as connection:
            connection.execute("TRUNCATE dramatiq.queue")
    with intake_db.begin() as session:  # instead of waiting out the pause
        session.execute(update(Outbox).values(due_at=func.now()))
    heard = Heard()

    running = Running(line, intake_db, notifier_db, heard)
    try:
        until(lambda: bool(heard.events) and acknowledged(intake_db))
    finally:
        running.stop()

    assert heard.events == [SAID]


@pytest.mark.parametrize("line", ["postgresql"], indirect=True)
def test_f20_an_event_delivered_five_times_at_once_is_handled_once(
    line: Line, intake_db: Database, notifier_db: Database
) -> None:
    heard = Heard()
    envelope = SAID.envelope(event_id=uuid4(), at=SAID_AT)

    def deliver() -> None:
        with notifier_db.begin() as session:
            heard.consumer.receive(envelope, session)

    threads = [threading.Thread(target=deliver) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert heard.events == [SAID]
    with notifier_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Inbox)) == 1


@pytest.mark.parametrize("line", ["postgresql"], indirect=True)
def test_a_handler_that_failed_is_rung_for_again(
    line: Line, intake_db: Database, notifier_db: Database
) -> None:
    heard = Heard()
    heard.failures = 1
    with intake_db.begin() as session:
        outbox.publish(session, SAID)

    running = Running(line, intake_db, notifier_db, heard)
    try:
        until(lambda: heard.failures == 0)
        assert not acknowledged(intake_db)
        with intake_db.begin() as session:
            session.execute(update(Outbox).values(due_at=func.now()))
        until(lambda: acknowledged(intake_db))
    finally:
        running.stop()

    assert heard.events == [SAID]


@pytest.mark.parametrize("line", BROKERS, indirect=True)
def test_a_worker_that_rings_for_another_service_leaves_its_queue_alone(
    line: Line, intake_db: Database
) -> None:
    running = Running(line, intake_db, None, Heard())
    try:
        with intake_db.begin() as session:
            outbox.publish(session, SAID)
        until(lambda: rung(intake_db))

        consumed = {queue.partition(".")[0] for queue in running.worker.consumers}
    finally:
        running.stop()

    assert consumed == {"intake"}


def rung(database: Database) -> bool:
    with database.begin() as session:
        return session.scalars(select(Outbox.attempts)).one() > 0


@pytest.mark.parametrize("line", ["postgresql"], indirect=True)
def test_what_was_rolled_back_was_never_said(line: Line, intake_db: Database) -> None:
    with intake_db.begin() as session:
        savepoint = session.begin_nested()
        outbox.publish(session, SAID)
        savepoint.rollback()

    assert outbox.relay(intake_db, line.doorbell) == 0


def test_an_unacknowledged_event_waits_longer_each_time_but_never_for_ever() -> None:
    waits = [outbox.wait(attempts).total_seconds() for attempts in range(1, 60)]

    assert waits[:4] == [10, 20, 40, 80]
    assert waits == sorted(waits)
    assert max(waits) == 600


def test_a_broker_of_an_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(BadBrokerUrl, match="BROKER_URL: kafka://"):
        open_broker("kafka://127.0.0.1")


def test_a_handler_can_know_when_the_event_was_said(notifier_db: Database) -> None:
    heard: list[datetime | None] = []
    consumer = Consumer("notifier")
    consumer.on(ScreeningCompleted)(lambda _, session: heard.append(said_at(session)))
    long_ago = SAID_AT - timedelta(hours=6)

    with notifier_db.begin() as session:
        consumer.receive(SAID.envelope(event_id=uuid4(), at=long_ago), session)

    assert heard == [long_ago]
