"""What became of a try: recorded always, applied by whoever holds the message.

`finish` writes down an answer that came. `settle` decides about a try whose worker was killed, or
whose answer never came: by evidence, then by asking the provider, then by what the message is for.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import (
    MOST_UNCERTAIN_TRIES,
    SETTLING,
    AfterUncertain,
    State,
    advance,
    after_uncertain,
    backoff,
)
from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.servers import CARRIERS
from services.notifier.domain.verdict import Answer, Outcome, Verdict, temporary
from services.notifier.models import Attempt, AttemptEvent, Notification
from services.notifier.operations import suppressions
from services.notifier.operations.attempts import Dispatch
from services.notifier.operations.claims import Claim, held
from services.notifier.operations.said import open_message, subject_of
from services.notifier.providers import Trace
from shared.crypto import SubjectErased, seal
from shared.db import database_now


class Next(StrEnum):
    """What the worker that holds a message with an unsettled try does now."""

    DONE = "done"
    TRY_AGAIN = "try-again"
    ASK = "ask"


@dataclass(frozen=True, kw_only=True)
class Unsettled:
    """A try to be asked about: by which provider, which message, handed over since when."""

    attempt_id: UUID
    provider: str
    message: OutgoingMessage
    since: datetime


def finish(session: Session, *, dispatch: Dispatch, answer: Answer, jitter: float) -> None:
    """Record an answer, and apply it if the message is still in our hands.

    With a moved fence the evidence is kept all the same: its new holder reads it before it does
    anything (delivery.md, rule b).
    """
    claim = dispatch.claim
    attempt = session.get_one(Attempt, dispatch.attempt_id)
    row = session.get_one(
        Notification, attempt.notification_id, with_for_update=True, populate_existing=True
    )
    now = database_now(session)
    _add_evidence(session, row, attempt, answer, now=now)
    verdict = answer.verdict
    if verdict.suppress:
        suppressions.suppress(
            session,
            channel=dispatch.message.channel,
            address=dispatch.message.to,
            reason=verdict.reason,
        )
    if row.fence == claim.fence and row.open_attempt_id == attempt.id:
        _apply(row, verdict, now=now, jitter=jitter)
    session.flush()


def settle(session: Session, *, claim: Claim, jitter: float) -> tuple[Next, Unsettled | None]:
    """Decide about an unsettled try by what is written down; ASK comes with what to ask about."""
    row = held(session, notification_id=claim.notification_id, fence=claim.fence)
    if row is None or row.open_attempt_id is None or row.state is not State.CLAIMED:
        return Next.DONE, None
    now = database_now(session)
    attempt = session.get_one(Attempt, row.open_attempt_id)
    known = _evidence(session, attempt)
    row.state = advance(row.state, State.ATTEMPTING)
    verdict = _late_verdict(known)
    if verdict is not None:
        _apply(row, verdict, now=now, jitter=jitter)
        session.flush()
        return Next.DONE, None
    if "handing-over" not in {event.kind for event in known}:
        _note(session, attempt, "not-handed-over")
        return _try_again(session, row, now=now, jitter=jitter), None
    if attempt.provider != "mailbox" and now < attempt.opened_at + SETTLING:
        _wait_for_the_answer(row, attempt.opened_at + SETTLING, now=now)
        session.flush()
        return Next.DONE, None
    try:
        message = open_message(session, notification=row, attempt=attempt)
    except SubjectErased:
        # What it said is gone, so nobody can be asked about it, and it is not said again.
        _close(row, State.UNCONFIRMED, "erased", now=now)
        session.flush()
        return Next.DONE, None
    unsettled = Unsettled(
        attempt_id=attempt.id,
        provider=attempt.provider,
        message=message,
        since=attempt.opened_at,
    )
    session.flush()
    return Next.ASK, unsettled


def settle_by_trace(session: Session, *, claim: Claim, trace: Trace, jitter: float) -> Next:
    """Decide about an unsettled try by what its provider says, or else by the message's purpose."""
    row = held(session, notification_id=claim.notification_id, fence=claim.fence)
    if row is None or row.open_attempt_id is None or row.state is not State.ATTEMPTING:
        return Next.DONE
    now = database_now(session)
    attempt = session.get_one(Attempt, row.open_attempt_id)
    _note(session, attempt, f"trace-{trace}")
    if trace is Trace.TAKEN:
        _close(row, State.ACCEPTED, None, now=now)
    elif trace is Trace.ASK_LATER and now < row.not_after:
        _wait_for_the_answer(row, now + SETTLING, now=now)
    elif trace is Trace.NOT_TAKEN or _worth_a_repeat(session, row, trace):
        return _try_again(session, row, now=now, jitter=jitter)
    else:
        _close(row, State.UNCONFIRMED, "no-answer", now=now)
    session.flush()
    return Next.DONE


def give_up_waiting(session: Session, *, after: timedelta) -> int:
    """Mark texts whose provider promised a receipt and never sent one. Returns how many."""
    rows = session.scalars(
        select(Notification)
        .join(Attempt, Attempt.notification_id == Notification.id)
        .where(
            Notification.state == State.ACCEPTED,
            Attempt.provider.in_(CARRIERS),
            Attempt.number == Notification.tries,
            Notification.changed_at <= func.clock_timestamp() - after,
        )
        .limit(500)
        .with_for_update(of=Notification, skip_locked=True)
    ).all()
    for row in rows:
        _close(row, State.UNCONFIRMED, "no-receipt", now=database_now(session))
    session.flush()
    return len(rows)


def _worth_a_repeat(session: Session, row: Notification, trace: Trace) -> bool:
    """Nobody knows: repeat with the same Message-ID where a no-show would cost more."""
    session.flush()
    unknown = session.scalar(
        select(func.count())
        .select_from(AttemptEvent)
        .join(Attempt, Attempt.id == AttemptEvent.attempt_id)
        .where(
            Attempt.notification_id == row.id,
            AttemptEvent.kind == f"trace-{Trace.NOBODY_KNOWS}",
        )
    )
    return (
        trace is Trace.NOBODY_KNOWS
        and (unknown or 0) < MOST_UNCERTAIN_TRIES
        and after_uncertain(row.purpose) is AfterUncertain.RESEND
    )


def _evidence(session: Session, attempt: Attempt) -> list[AttemptEvent]:
    return list(
        session.scalars(
            select(AttemptEvent)
            .where(AttemptEvent.attempt_id == attempt.id)
            .order_by(AttemptEvent.id)
        )
    )


def _late_verdict(known: list[AttemptEvent]) -> Verdict | None:
    """A definite answer that was recorded by a worker which no longer held the message (W8)."""
    definite = {Outcome.ACCEPTED, Outcome.TEMPORARY, Outcome.PERMANENT}
    for event in known:
        if event.kind in definite:
            return Verdict(outcome=Outcome(event.kind), reason=event.reason or "")
    return None


def _add_evidence(
    session: Session, row: Notification, attempt: Attempt, answer: Answer, *, now: datetime
) -> None:
    asked = answer.verdict.retry_after
    session.add(
        AttemptEvent(
            attempt_id=attempt.id,
            kind=answer.verdict.outcome,
            reason=answer.verdict.reason,
            code=answer.code,
            provider_ref=answer.reference,
            answer_sealed=_sealed_answer(session, row, attempt, answer),
            retry_at=now + asked if asked is not None else None,
        )
    )


def _sealed_answer(
    session: Session, row: Notification, attempt: Attempt, answer: Answer
) -> bytes | None:
    """A peer's own words for people to read: bounded, and without NUL. Of the erased, none."""
    if not answer.text:
        return None
    try:
        return seal(
            session,
            subject_id=subject_of(row),
            place=f"attempt_event.answer_sealed:{attempt.id}:{answer.verdict.outcome}",
            value=answer.text.replace("\x00", "")[:2000],
        )
    except SubjectErased:
        return None


def _note(session: Session, attempt: Attempt, kind: str) -> None:
    session.add(AttemptEvent(attempt_id=attempt.id, kind=kind))


def _apply(
    row: Notification,
    verdict: Verdict,
    *,
    now: datetime,
    jitter: float,
    refusals: int | None = None,
) -> None:
    if verdict.outcome is Outcome.ACCEPTED:
        _close(row, State.ACCEPTED, None, now=now)
    elif verdict.outcome is Outcome.PERMANENT:
        _close(row, State.FAILED_PERMANENT, verdict.reason, now=now)
    elif verdict.outcome is Outcome.UNCERTAIN:
        _wait_for_the_answer(row, now + SETTLING, now=now)
    else:
        due_at = now + backoff(
            refusals or row.tries, jitter=jitter, retry_after=verdict.retry_after
        )
        if due_at > row.not_after:
            _close(row, State.EXPIRED, verdict.reason, now=now)
        else:
            _close(row, State.SCHEDULED, verdict.reason, now=now)
            row.due_at = due_at


def _wait_for_the_answer(row: Notification, until: datetime, *, now: datetime) -> None:
    """Keep the try open: a callback may still settle it."""
    row.state = advance(row.state, State.UNCERTAIN)
    row.reason = "no-answer"
    row.due_at = min(until, row.not_after)
    row.claims = 0
    row.rung_at = None
    row.lease_until = None
    row.changed_at = now


def _try_again(session: Session, row: Notification, *, now: datetime, jitter: float) -> Next:
    """Close the try. The first time the same worker goes on at once; then each time later.

    A message that kills its worker on the way out would otherwise kill the next one, too.
    """
    if row.tries > 1:
        # The repeat at once is not one of those that wait longer each time.
        cut_off = temporary(row.reason or "cut-off")
        _apply(row, cut_off, now=now, jitter=jitter, refusals=row.tries - 1)
        session.flush()
        return Next.DONE
    row.state = advance(row.state, State.CLAIMED)
    row.open_attempt_id = None
    session.flush()
    return Next.TRY_AGAIN


def _close(row: Notification, state: State, reason: str | None, *, now: datetime) -> None:
    row.state = advance(row.state, state)
    row.reason = reason
    row.open_attempt_id = None
    row.lease_until = None
    row.rung_at = None
    row.changed_at = now
