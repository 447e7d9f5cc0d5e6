"""The sweep: what is due gets rung for, and what was rung for in vain gets done right here.

Doorbells may be lost with their broker, and nothing is lost with them (F5, F6).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from services.notifier.domain.delivery import UNCONFIRMED_AFTER, queue_of
from services.notifier.operations import appointments, claims, errands, outcomes, retention
from shared.db import Database

logger = structlog.get_logger(__name__)

IN_VAIN: Final = timedelta(seconds=8)
"""How long after its time a thing still not begun is taken to have been rung for in vain."""

PREPARE_QUEUE: Final = "notifier.critical"


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """`ring_*` wake an actor anywhere; the others do it in this thread."""

    database: Database
    ring_deliver: Callable[[str, UUID], None]
    ring_prepare: Callable[[str, UUID], None]
    ring_errand: Callable[[str, UUID], None]
    deliver: Callable[[UUID], None]
    prepare: Callable[[UUID], None]
    do_errand: Callable[[UUID], None]

    def ring(self) -> None:
        """Ring for everything whose time has come. The rows are not locked while bells ring."""
        with self.database.begin() as session:
            waiting = appointments.ring_for_unprepared(session)
            undone = errands.ring_for_undone(session)
            due = claims.ring_for_due(session)
        for appointment_id in waiting:
            self.ring_prepare(PREPARE_QUEUE, appointment_id)
        for errand_id in undone:
            self.ring_errand(PREPARE_QUEUE, errand_id)
        for notification_id, purpose in due:
            self.ring_deliver(queue_of(purpose), notification_id)

    def stand_in(self) -> None:
        """Do what nobody came for, one after the other."""
        with self.database.begin() as session:
            waiting = appointments.overdue(session, by=IN_VAIN)
            undone = errands.overdue(session, by=IN_VAIN)
            late = claims.overdue(session, by=IN_VAIN)
        for appointment_id in waiting:
            self.prepare(appointment_id)
        for errand_id in undone:
            self.do_errand(errand_id)
        for notification_id in late:
            self.deliver(notification_id)
        if waiting or undone or late:
            logger.info("stood in", prepared=len(waiting) + len(undone), delivered=len(late))

    def close_the_books(self) -> None:
        """Stop waiting for receipts that were promised and never came."""
        with self.database.begin() as session:
            outcomes.give_up_waiting(session, after=UNCONFIRMED_AFTER)


def forget(database: Database, *, now: datetime) -> None:
    """Forget the words of old messages, and then the messages; some in each transaction."""
    for work in (retention.forget_words, retention.forget_traces):
        done = retention.BATCH
        while done == retention.BATCH:
            with database.begin() as session:
                done = work(session, now=now)
