"""Telling the practice's other systems: a row for each, one try at a time, staff may repeat it.

The row is written in the transaction in which the event is heard. A try is written down before
its first byte leaves; a worker that is killed leaves a lease that runs out, and the next try has
the same `webhook-id`, by which the receiver knows a repeat.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from services.notifier.domain.webhook import (
    LEASE,
    MOST_TRIES,
    DeliveryState,
    Reply,
    Told,
    judge,
    wait_after,
)
from services.notifier.operations import webhook_endpoints
from services.notifier.webhook_models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from shared.crypto import PRACTICE_SUBJECT, seal, unseal
from shared.db import database_now

GONE: Final = "gone"
_PAUSE: Final = timedelta(minutes=1)
_ASKS_FOR_A_PAUSE: Final = {429, 502, 503, 504}
_SHOWN: Final = 50


@dataclass(frozen=True, kw_only=True)
class Telling:
    """A try that is written down and may now be made."""

    delivery_id: UUID
    attempt_id: int
    address: str
    secrets: tuple[str, ...]
    body: bytes


# ---------------------------------------------------------------- what is told


def tell(
    session: Session, *, what: Told, event_id: UUID, at: datetime, data: dict[str, Any]
) -> None:
    """Put it down for every system that wants to hear it; the same event twice is told once."""
    endpoints = session.scalars(
        select(WebhookEndpoint.id).where(
            webhook_endpoints.live(), WebhookEndpoint.told.contains([what.value])
        )
    ).all()
    for endpoint_id in endpoints:
        _put_down(session, endpoint_id, what=what, event_id=event_id, at=at, data=data)


def tell_a_test(session: Session, *, endpoint_id: UUID, now: datetime) -> None:
    """Tell one system that this is a test. Raises NoSuchEndpoint."""
    endpoint = webhook_endpoints.locked(session, endpoint_id)
    _put_down(session, endpoint.id, what=Told.TEST, event_id=uuid4(), at=now, data={})


def _put_down(
    session: Session,
    endpoint_id: UUID,
    *,
    what: Told,
    event_id: UUID,
    at: datetime,
    data: dict[str, Any],
) -> None:
    body = {"type": what.value, "timestamp": at.isoformat(), "data": data}
    session.execute(
        insert(WebhookDelivery)
        .values(id=uuid4(), endpoint_id=endpoint_id, event_id=event_id, type=what, body=body)
        .on_conflict_do_nothing()
    )


# ---------------------------------------------------------------- trying


def claim(session: Session) -> Telling | None:
    """Write down a try at what is due first; None if nothing is. One at a time for each system."""
    other = aliased(WebhookDelivery)
    now = func.clock_timestamp()
    busy = select(other.id).where(
        other.endpoint_id == WebhookDelivery.endpoint_id, other.lease_until > now
    )
    found = session.execute(
        select(WebhookDelivery, WebhookEndpoint)
        .join(WebhookEndpoint)
        .where(
            WebhookDelivery.state == DeliveryState.WAITING,
            WebhookDelivery.due_at <= now,
            webhook_endpoints.live(),
            or_(WebhookEndpoint.quiet_until.is_(None), WebhookEndpoint.quiet_until <= now),
            ~busy.exists(),
        )
        .order_by(WebhookDelivery.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).first()
    if found is None:
        return None
    delivery, endpoint = found
    moment = database_now(session)
    delivery.tries += 1
    delivery.lease_until = moment + LEASE
    attempt = WebhookAttempt(delivery_id=delivery.id)
    session.add(attempt)
    session.flush()
    delivery.open_attempt_id = attempt.id
    return Telling(
        delivery_id=delivery.id,
        attempt_id=attempt.id,
        address=webhook_endpoints.opened(session, endpoint, "address"),
        secrets=_signing(session, endpoint, now=moment),
        body=json.dumps(delivery.body, ensure_ascii=False, separators=(",", ":")).encode(),
    )


def finish(
    session: Session,
    *,
    telling: Telling,
    status: int | None,
    answer: str,
    retry_after: timedelta | None,
    jitter: float,
) -> None:
    """Write down how a try ended, and when the next one is; `status` is None without an answer."""
    delivery = session.get_one(WebhookDelivery, telling.delivery_id, with_for_update=True)
    endpoint = session.get_one(WebhookEndpoint, delivery.endpoint_id, with_for_update=True)
    attempt = session.get_one(WebhookAttempt, telling.attempt_id)
    now = database_now(session)
    attempt.ended_at, attempt.status = now, status
    attempt.answer_sealed = seal(
        session,
        subject_id=PRACTICE_SUBJECT,
        place=f"webhook_attempt.answer_sealed:{attempt.id}",
        value=answer.replace("\x00", "")[:500],
    )
    if delivery.open_attempt_id == attempt.id:
        delivery.lease_until = delivery.open_attempt_id = None
        _settle(endpoint, delivery, status, retry_after, jitter=jitter, now=now)
    session.flush()


def _settle(
    endpoint: WebhookEndpoint,
    delivery: WebhookDelivery,
    status: int | None,
    retry_after: timedelta | None,
    *,
    jitter: float,
    now: datetime,
) -> None:
    reply = Reply.FAILED if status is None else judge(status)
    if reply is Reply.TAKEN:
        delivery.state = DeliveryState.TOLD
    elif reply is Reply.GONE:
        delivery.state = DeliveryState.GIVEN_UP
        endpoint.disabled_at, endpoint.disabled_because = now, GONE
    elif delivery.tries >= MOST_TRIES:
        delivery.state = DeliveryState.GIVEN_UP
    else:
        delivery.due_at = now + wait_after(delivery.tries, jitter=jitter, retry_after=retry_after)
    if status in _ASKS_FOR_A_PAUSE:
        endpoint.quiet_until = now + max(retry_after or timedelta(0), _PAUSE)


def _signing(session: Session, endpoint: WebhookEndpoint, *, now: datetime) -> tuple[str, ...]:
    """The secrets that sign now, the newest first."""
    live = [webhook_endpoints.opened(session, endpoint, "secret")]
    if endpoint.old_secret_until is not None and endpoint.old_secret_until > now:
        live.append(webhook_endpoints.opened(session, endpoint, "old_secret"))
    return tuple(live)


# ---------------------------------------------------------------- what staff see and do


@dataclass(frozen=True, kw_only=True)
class ShownDelivery:
    """One telling with its tries, the newest first; `answers` are what the receiver said."""

    delivery: WebhookDelivery
    attempts: list[WebhookAttempt]
    answers: list[str]


def deliveries(session: Session, endpoint_id: UUID) -> list[ShownDelivery]:
    """What one system was told last, the newest first."""
    rows = session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.endpoint_id == endpoint_id)
        .order_by(WebhookDelivery.created_at.desc())
        .limit(_SHOWN)
    ).all()
    return [_with_attempts(session, row) for row in rows]


def repeat(session: Session, *, endpoint_id: UUID, delivery_id: UUID) -> None:
    """Tell it once more, under the same id, with tries counted anew. Raises NoSuchEndpoint."""
    webhook_endpoints.locked(session, endpoint_id)
    row = session.get(WebhookDelivery, delivery_id, with_for_update=True)
    if row is None or row.endpoint_id != endpoint_id:
        raise webhook_endpoints.NoSuchEndpoint
    row.state, row.due_at, row.tries = DeliveryState.WAITING, database_now(session), 0
    row.lease_until = row.open_attempt_id = None
    session.flush()


def _with_attempts(session: Session, row: WebhookDelivery) -> ShownDelivery:
    attempts = list(
        session.scalars(
            select(WebhookAttempt)
            .where(WebhookAttempt.delivery_id == row.id)
            .order_by(WebhookAttempt.id.desc())
        )
    )
    answers = [
        unseal(
            session,
            subject_id=PRACTICE_SUBJECT,
            place=f"webhook_attempt.answer_sealed:{attempt.id}",
            sealed=attempt.answer_sealed,
        )
        if attempt.answer_sealed
        else ""
        for attempt in attempts
    ]
    return ShownDelivery(delivery=row, attempts=attempts, answers=answers)
