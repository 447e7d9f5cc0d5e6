"""A service's ear: one queue, one actor, one handler per event, one effect each."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import dramatiq
import structlog
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.db import Database
from shared.messaging import outbox
from shared.messaging.broker import Doorbell, declare
from shared.messaging.events import BadEvent, Envelope, Event
from shared.messaging.tables import Inbox
from shared.messaging.ticker import Ticker
from shared.vocabulary import SERVICES, Service

logger = structlog.get_logger(__name__)

Said = TypeVar("Said", bound=Event)


def said_at(session: Session) -> datetime | None:
    """When the event that is being handled was said, on the sender's database clock, aware UTC.

    After an outage that may be long ago; whoever writes to people has to know.
    """
    moment: datetime | None = session.info.get("said_at")
    return moment


class Consumer:
    """Collects a service's handlers; `declare` binds them to a broker and a database.

    As with a Flask blueprint, collecting is not binding: importing a module declares no actor.
    """

    def __init__(self, service: Service) -> None:
        self.service: Service = service
        self.handlers: dict[str, tuple[type[Event], Callable[[Any, Session], None]]] = {}

    def on(
        self, event: type[Said]
    ) -> Callable[[Callable[[Said, Session], None]], Callable[[Said, Session], None]]:
        """Register the handler of one event. It gets the event and an open transaction."""

        def register(
            handler: Callable[[Said, Session], None],
        ) -> Callable[[Said, Session], None]:
            self.handlers[event.type] = (event, handler)
            return handler

        return register

    def receive(self, envelope: Envelope, session: Session) -> None:
        """Handle an event once, however often it arrives. Raises BadEvent for one not ours."""
        event_type = str(envelope.get("type"))
        if event_type not in self.handlers:
            raise BadEvent(f"{self.service} does not listen to {event_type}.")
        event_class, handler = self.handlers[event_type]
        event = event_class.from_envelope(envelope)
        news = session.scalar(
            insert(Inbox)
            .values(event_id=UUID(envelope["id"]), type=event_type)
            .on_conflict_do_nothing()
            .returning(Inbox.event_id)
        )
        if news:
            session.info["said_at"] = datetime.fromisoformat(envelope["time"])
            handler(event, session)

    def declare(
        self, broker: dramatiq.Broker, doorbell: Doorbell, database: Database, ticker: Ticker
    ) -> None:
        """Bind to the queue: hear events, hear acknowledgements, and keep relaying our own."""

        def hear(envelope: Envelope) -> None:
            with database.begin() as session:
                self.receive(envelope, session)
            sender = _sender(envelope)
            # Lost with the broker, it costs one more ring and nothing else.
            doorbell.ring(
                queue=sender,
                actor=f"{sender}.acknowledge",
                args=(envelope["id"], self.service),
            )
            logger.info("event handled", service=self.service, type=envelope["type"])

        def hear_acknowledgement(event_id: str, listener: Service) -> None:
            outbox.acknowledge(database, UUID(event_id), listener)

        declare(broker, queue=self.service, name=f"{self.service}.receive", function=hear)
        declare(
            broker,
            queue=self.service,
            name=f"{self.service}.acknowledge",
            function=hear_acknowledgement,
        )
        ticker.every(0.2, f"{self.service}.relay", lambda: relay_until_empty(database, doorbell))
        ticker.every(3600, f"{self.service}.forget", lambda: outbox.forget(database))


def relay_until_empty(database: Database, doorbell: Doorbell) -> None:
    """Relay batch after batch while there is more than one batch waiting."""
    while outbox.relay(database, doorbell) == 100:
        pass


def _sender(envelope: Envelope) -> Service:
    first = str(envelope["type"]).split(".", 1)[0]
    return next(service for service in SERVICES if service == first)
