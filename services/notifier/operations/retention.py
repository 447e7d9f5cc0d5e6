"""What the notifier forgets: words after 30 days, that there was a message after 13 months.

Nothing that still waits is touched; the tables' own triggers refuse what would be too early.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import WAITING
from services.notifier.domain.webhook import DeliveryState
from services.notifier.models import (
    Attempt,
    AttemptEvent,
    Errand,
    IncomingText,
    MailboxMessage,
    Notification,
    ProviderEvent,
)
from services.notifier.operations import rates
from services.notifier.webhook_models import WebhookAttempt, WebhookDelivery

WORDS_KEPT: Final = timedelta(days=30)
TRACES_KEPT: Final = timedelta(days=13 * 31)
"""Thirteen months, whichever they are."""
BATCH: Final = 500


def forget_words(session: Session, *, now: datetime) -> int:
    """Empty what was said and answered, some at a time; returns how many messages, 0 when done."""
    before = now - WORDS_KEPT
    old = session.scalars(
        select(Attempt.id)
        .join(Notification, Notification.id == Attempt.notification_id)
        .where(
            Attempt.opened_at < before,
            Attempt.said_sealed != b"",
            Notification.state.not_in(WAITING),
        )
        .limit(BATCH)
    ).all()
    session.execute(update(Attempt).where(Attempt.id.in_(old)).values(said_sealed=b""))
    session.execute(
        update(AttemptEvent)
        .where(AttemptEvent.at < before, AttemptEvent.answer_sealed.is_not(None))
        .values(answer_sealed=None)
    )
    session.execute(delete(MailboxMessage).where(MailboxMessage.kept_at < before))
    session.execute(
        update(WebhookAttempt)
        .where(WebhookAttempt.ended_at < before, WebhookAttempt.answer_sealed.is_not(None))
        .values(answer_sealed=None)
    )
    session.execute(
        update(IncomingText)
        .where(IncomingText.received_at < before, IncomingText.read_at.is_not(None))
        .values(body_sealed=None)
    )
    return len(old)


def forget_traces(session: Session, *, now: datetime) -> int:
    """Delete old messages with their tries, some at a time; returns how many, 0 when done."""
    before = now - TRACES_KEPT
    late = (Attempt.notification_id == Notification.id, Attempt.opened_at >= before)
    old = session.scalars(
        select(Notification.id)
        .where(Notification.changed_at < before, Notification.state.not_in(WAITING))
        .where(~select(Attempt.id).where(*late).exists())
        .limit(BATCH)
    ).all()
    tries = session.scalars(select(Attempt.id).where(Attempt.notification_id.in_(old))).all()
    _delete_tries(session, list(tries))
    session.execute(delete(MailboxMessage).where(MailboxMessage.notification_id.in_(old)))
    session.execute(delete(Notification).where(Notification.id.in_(old)))
    session.execute(delete(Errand).where(Errand.noted_at < before, Errand.prepare_at.is_(None)))
    session.execute(
        delete(IncomingText).where(
            IncomingText.received_at < before, IncomingText.body_sealed.is_(None)
        )
    )
    _delete_tellings(session, before=before)
    rates.forget(session, now=now)
    return len(old)


def _delete_tellings(session: Session, *, before: datetime) -> None:
    old = select(WebhookDelivery.id).where(
        WebhookDelivery.created_at < before, WebhookDelivery.state != DeliveryState.WAITING
    )
    session.execute(delete(WebhookAttempt).where(WebhookAttempt.delivery_id.in_(old)))
    session.execute(delete(WebhookDelivery).where(WebhookDelivery.id.in_(old)))


def _delete_tries(session: Session, tries: list[UUID]) -> None:
    for events in (ProviderEvent, AttemptEvent):
        session.execute(delete(events).where(events.attempt_id.in_(tries)))
    session.execute(delete(Attempt).where(Attempt.id.in_(tries)))
