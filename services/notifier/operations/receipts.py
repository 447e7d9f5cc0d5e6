"""Receipts that a provider sends by itself: each kept once, applied by rank (F19).

A receipt names its try in its own address, so it is understood before we have saved what the
provider called the message, and even if we never do.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.carriers import judge
from services.notifier.domain.delivery import (
    State,
    advance,
    again_after,
    rank_of,
    state_after_receipt,
)
from services.notifier.domain.verdict import Verdict
from services.notifier.models import Attempt, Notification, ProviderEvent
from services.notifier.operations import suppressions
from services.notifier.operations.said import open_message
from shared.crypto import SubjectErased
from shared.db import database_now

_SETTLED_BADLY: Final = {State.UNDELIVERED, State.BOUNCED}
_TAKEN: Final = State.ACCEPTED


def take(
    session: Session,
    *,
    provider: str,
    attempt_id: UUID,
    event_key: str,
    receipt: str,
    code: int | None = None,
    verdict: Verdict | None = None,
) -> bool:
    """Keep a receipt and apply it; False if it was kept before, or its try is unknown.

    Why it did not arrive is told by the provider's `code`, or by a `verdict` on its words.
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
    if verdict is None and code is not None:
        verdict = judge(attempt.provider, code)
    _apply(session, row, attempt, receipt, verdict)
    session.flush()
    return True


def _apply(
    session: Session, row: Notification, attempt: Attempt, receipt: str, verdict: Verdict | None
) -> None:
    state = state_after_receipt(row.state, receipt)
    if state == row.state or _said_more_before(session, attempt, receipt):
        return
    if state in _SETTLED_BADLY and not _is_latest(session, row, attempt):
        return  # another try is on its way, or has arrived
    now = database_now(session)
    wait = _wait(session, row, verdict) if state is State.UNDELIVERED else None
    if wait is not None and now + wait <= row.not_after:
        if row.state is State.SCHEDULED:
            return  # it waits for its next try already
        state, row.due_at, row.rung_at, row.claims = State.SCHEDULED, now + wait, None, 0
    row.state = advance(row.state, state)
    row.reason = None
    row.open_attempt_id = None
    row.lease_until = None
    row.changed_at = now
    if state in _SETTLED_BADLY or state is State.SCHEDULED:
        _give_the_reason(session, row, attempt, verdict)


def _said_more_before(session: Session, attempt: Attempt, receipt: str) -> bool:
    """Whether an earlier receipt of the same try ranks higher: this one comes late."""
    said = session.scalars(
        select(ProviderEvent.receipt).where(ProviderEvent.attempt_id == attempt.id)
    )
    return any(rank_of(one) > rank_of(receipt) for one in said)


def _wait(session: Session, row: Notification, verdict: Verdict | None) -> timedelta | None:
    """How long until a text that came back is tried again; None if it isn't."""
    if verdict is None:
        return None
    told = session.execute(
        select(ProviderEvent.attempt_id, ProviderEvent.receipt)
        .join(Attempt, Attempt.id == ProviderEvent.attempt_id)
        .where(Attempt.notification_id == row.id)
        .distinct()
    )
    came_back = {id_ for id_, said in told if state_after_receipt(_TAKEN, said) in _SETTLED_BADLY}
    return again_after(verdict.reason, len(came_back))


def _is_latest(session: Session, row: Notification, attempt: Attempt) -> bool:
    latest = session.scalar(
        select(func.max(Attempt.number)).where(Attempt.notification_id == row.id)
    )
    return attempt.number == latest and row.open_attempt_id in {None, attempt.id}


def _give_the_reason(
    session: Session, row: Notification, attempt: Attempt, verdict: Verdict | None
) -> None:
    row.reason = verdict.reason if verdict else "refused"
    if verdict and verdict.suppress:
        try:
            message = open_message(session, notification=row, attempt=attempt)
        except SubjectErased:
            return  # the address is gone with the person
        suppressions.suppress(
            session, channel=message.channel, address=message.to, reason=verdict.reason
        )
