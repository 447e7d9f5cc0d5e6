"""Receipts that a provider sends by itself: each kept once, applied by rank (F19).

A receipt names its try in its own address, so it is understood before we have saved what the
provider called the message, and even if we never do.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import State, advance, state_after_receipt
from services.notifier.domain.verdict import twilio_code
from services.notifier.models import Attempt, Notification, ProviderEvent
from services.notifier.operations import suppressions
from services.notifier.operations.said import open_message
from shared.crypto import SubjectErased
from shared.db import database_now
from shared.vocabulary import Channel

_SETTLED_BADLY: Final = {State.UNDELIVERED, State.BOUNCED}


def take(
    session: Session,
    *,
    provider: str,
    attempt_id: UUID,
    event_key: str,
    receipt: str,
    code: int | None,
) -> bool:
    """Keep a receipt and apply it; False if it was kept before, or its try is unknown.

    The sender gets its 2xx only after the caller has committed this.
    """
    attempt = session.get(Attempt, attempt_id)
    if attempt is None or attempt.provider != provider:
        return False
    row = session.get_one(
        Notification, attempt.notification_id, with_for_update=True, populate_existing=True
    )
    kept = session.scalar(
        insert(ProviderEvent)
        .values(
            provider=provider,
            event_key=event_key,
            attempt_id=attempt_id,
            receipt=receipt,
            code=code,
        )
        .on_conflict_do_nothing(index_elements=[ProviderEvent.provider, ProviderEvent.event_key])
        .returning(ProviderEvent.id)
    )
    if kept is None:
        return False
    _apply(session, row, attempt, receipt, code)
    session.flush()
    return True


def _apply(
    session: Session, row: Notification, attempt: Attempt, receipt: str, code: int | None
) -> None:
    state = state_after_receipt(row.state, receipt)
    if state == row.state:
        return
    if state in _SETTLED_BADLY and not _is_latest(session, row, attempt):
        return  # another try is on its way, or has arrived
    row.state = advance(row.state, state)
    row.reason = None
    row.open_attempt_id = None
    row.lease_until = None
    row.changed_at = database_now(session)
    if state in _SETTLED_BADLY:
        _give_the_reason(session, row, attempt, code)


def _is_latest(session: Session, row: Notification, attempt: Attempt) -> bool:
    latest = session.scalar(
        select(func.max(Attempt.number)).where(Attempt.notification_id == row.id)
    )
    return attempt.number == latest and row.open_attempt_id in {None, attempt.id}


def _give_the_reason(
    session: Session, row: Notification, attempt: Attempt, code: int | None
) -> None:
    verdict = twilio_code(code) if code is not None else None
    row.reason = verdict.reason if verdict else "refused"
    if verdict and verdict.suppress:
        try:
            message = open_message(session, notification=row, attempt=attempt)
        except SubjectErased:
            return  # the address is gone with the person
        suppressions.suppress(
            session, channel=Channel.SMS, address=message.to, reason=verdict.reason
        )
