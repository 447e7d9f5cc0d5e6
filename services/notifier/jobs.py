"""The sweep: what is due gets rung for, and what was rung for in vain gets done right here.

Doorbells may be lost with their broker, and nothing is lost with them (F5, F6).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import structlog

from services.notifier.domain.delivery import UNCONFIRMED_AFTER, queue_of
from services.notifier.domain.servers import ImapMailbox
from services.notifier.operations import (
    appointments,
    bounces,
    carrying,
    claims,
    errands,
    fallback,
    outcomes,
    retention,
    webhooks,
)
from services.notifier.providers import returned_mail, webhook
from services.notifier.settings import Settings
from shared.clock import utcnow
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
        for appointment_id in waiting:
            self.prepare(appointment_id)
        for errand_id in undone:
            self.do_errand(errand_id)
        with self.database.begin() as session:
            # The bell that nobody heard for the one would not be heard for the other either.
            late = claims.overdue(session, by=IN_VAIN, just_planned=[*waiting, *undone])
        for notification_id in late:
            self.deliver(notification_id)
        if waiting or undone or late:
            logger.info("stood in", prepared=len(waiting) + len(undone), delivered=len(late))

    def close_the_books(self) -> None:
        """Stop waiting for receipts that were promised and never came."""
        with self.database.begin() as session:
            outcomes.give_up_waiting(session, after=UNCONFIRMED_AFTER)


def follow_up(database: Database, settings: Settings) -> None:
    """See to what follows messages that did not arrive; some in each transaction."""
    done = fallback.BATCH
    while done == fallback.BATCH:
        with database.begin() as session:
            done = fallback.follow_up(session, settings=settings)


def forget(database: Database, *, now: datetime) -> None:
    """Forget the words of old messages, and then the messages; some in each transaction."""
    for work in (retention.forget_words, retention.forget_traces):
        done = retention.BATCH
        while done == retention.BATCH:
            with database.begin() as session:
                done = work(session, now=now)


def tell_systems(database: Database, *, on_loopback: bool) -> None:
    """Tell the practice's other systems what is due, one after the other, until nothing is."""
    while True:
        with database.begin() as session:
            telling = webhooks.claim(session)
        if telling is None:
            return
        received = webhook.post(
            telling.address,
            telling.body,
            secrets=telling.secrets,
            message_id=str(telling.delivery_id),
            timestamp=int(utcnow().timestamp()),
            on_loopback=on_loopback,
        )
        with database.begin() as session:
            webhooks.finish(
                session,
                telling=telling,
                status=received.status,
                answer=received.words,
                retry_after=received.retry_after,
                jitter=random.uniform(-1, 1),  # noqa: S311 - spreads retries, keeps no secret
            )
        logger.info("told", delivery_id=str(telling.delivery_id), status=received.status)


def take_returned_mail(database: Database, mailbox: ImapMailbox, secret_key: str) -> None:
    """Read what has come back, each mail in a transaction of its own."""

    def take(content: bytes) -> bool:
        with database.begin() as session:
            return bounces.take(session, content=content, secret_key=secret_key)

    try:
        understood, other = returned_mail.collect(mailbox, take)
    except returned_mail.MailboxUnavailable as error:
        with database.begin() as session:
            carrying.note_reading(session, failed=True)
        logger.warning("returned mail unavailable", why=str(error))
        return
    with database.begin() as session:
        carrying.note_reading(session, failed=False)
    if understood or other:
        logger.info("returned mail", understood=understood, flagged=other)
