"""Say it in the business commit; keep saying it until every listener has handled it."""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Insert, Text, bindparam, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared.db import Database, database_now
from shared.messaging.broker import Doorbell
from shared.messaging.events import Event
from shared.messaging.routes import ROUTES
from shared.messaging.tables import Outbox
from shared.vocabulary import Service

FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=30)


SAID: Final = insert(Outbox).from_select(
    ["event_id", "queue", "envelope"],
    select(
        bindparam("event_id", type_=Outbox.event_id.type),
        func.unnest(bindparam("queues", type_=ARRAY(Text))),
        # On the database's clock, which everybody shares, without asking for it first.
        bindparam("envelope", type_=JSONB).op("||", return_type=JSONB)(
            func.jsonb_build_object(literal("time", Text), func.clock_timestamp())
        ),
    ),
)


def publish(
    session: Session,
    event: Event,
    *,
    statement: Insert = SAID,
    along: Mapping[str, Any] = MappingProxyType({}),
) -> UUID:
    """Put the event down for each of its listeners, in the caller's transaction. Returns its id.

    `statement` is `SAID`, perhaps with other rows that are written along in it, and `along` the
    values of those.
    """
    event_id = uuid4()
    session.flush()
    session.connection().execute(
        statement,
        {
            "event_id": event_id,
            "queues": list(ROUTES[type(event)]),
            "envelope": event.envelope(event_id=event_id),
            **along,
        },
    )
    return event_id


def wait(attempts: int) -> timedelta:
    """How long to wait for an acknowledgement after that many calls: 10 s, 20 s ... 10 min."""
    doublings: int = 2 ** min(attempts - 1, 10)
    return min(LONGEST_WAIT, FIRST_WAIT * doublings)


def relay(database: Database, doorbell: Doorbell, *, limit: int = 100) -> int:
    """Ring for every event that is due and not acknowledged; returns how many.

    The doorbells ring inside the transaction: a crash rings twice, which the inbox doesn't mind,
    instead of waiting out the first pause.
    """
    with database.begin() as session:
        rows = session.scalars(
            select(Outbox)
            .where(Outbox.acknowledged_at.is_(None), Outbox.due_at <= func.now())
            .order_by(Outbox.due_at, Outbox.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        now = database_now(session) if rows else None
        for row in rows:
            assert now is not None
            row.attempts += 1
            row.due_at = now + wait(row.attempts)
            doorbell.ring(queue=row.queue, actor=f"{row.queue}.receive", args=(row.envelope,))
        return len(rows)


def acknowledge(database: Database, event_id: UUID, listener: Service) -> None:
    """The listener has handled it; stop ringing."""
    with database.begin() as session:
        session.execute(
            update(Outbox)
            .where(
                Outbox.event_id == event_id,
                Outbox.queue == listener,
                Outbox.acknowledged_at.is_(None),
            )
            .values(acknowledged_at=func.now())
        )


def forget(database: Database) -> None:
    """Drop what was acknowledged long ago."""
    with database.begin() as session:
        session.execute(delete(Outbox).where(Outbox.acknowledged_at < func.now() - KEPT))
