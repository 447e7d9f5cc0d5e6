"""One try at a message: opened before the first byte leaves, followed by what became known of it.

Nothing is ever sent that the last transaction before it did not find still true: appointment,
wishes, suppression, night and usefulness are all read again under lock (P13, F22, F27).
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from services.notifier.domain.delivery import LEASE, State, advance
from services.notifier.domain.message import Kind, OutgoingMessage, kind_of
from services.notifier.models import (
    AppointmentProjection,
    Attempt,
    AttemptEvent,
    Errand,
    Notification,
)
from services.notifier.operations import consents, last_look, rates, resend_guard, wordings
from services.notifier.operations.choosing import Weigh, weights_now
from services.notifier.operations.claims import Claim, held
from services.notifier.operations.last_look import Cause, Never, NotNow
from services.notifier.operations.rendering import TellingWords, render
from services.notifier.operations.said import seal_message
from services.notifier.settings import Settings
from shared.crypto import SubjectErased
from shared.db import database_now

LATER: Final = timedelta(seconds=10)
"""By how much at most what has to wait for its turn is spread."""


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """A try that is written down and may now be made."""

    claim: Claim
    attempt_id: UUID
    provider: str
    message: OutgoingMessage


class LeaseLost(Exception):
    """Someone else has taken the message over; this try must stop before it hands over."""


class TakenBack(Exception):
    """The message has become untrue while it was on its way; nothing was handed over."""


def open_attempt(
    session: Session, *, claim: Claim, settings: Settings, weigh: Weigh = weights_now
) -> Dispatch | None:
    """Look at everything once more and write the try down; None if the message isn't to be sent.

    The caller commits this before any byte leaves. `weigh` tells the carriers' weights.
    """
    found = _locked(session, claim)
    if found is None:
        return None
    row, cause = found
    now = database_now(session)
    if resend_guard.may_have_gone(session, row):
        _put_aside(row, now=now)
        session.flush()
        return None
    try:
        occasion = last_look.occasion(session, row, cause, settings, now=now)
        words = wordings.in_use(session, occasion.slot)
        message = render(occasion, settings.practice, words)
        provider = last_look.provider_for(session, row, settings, weigh=weigh, now=now)
        _take_a_turn(session, row, provider, settings, now=now)
    except NotNow as wait:
        _put_off(row, wait, now=now)
    except Never as end:
        _end(row, end.state, end.reason, now=now)
    except SubjectErased:
        _end(row, State.SUPPRESSED, "erased", now=now)
    except TellingWords:
        _end(row, State.FAILED_TECHNICAL, "telling-words", now=now)
    else:
        return _opened(session, claim, row, message, words.reference, provider, now=now)
    session.flush()
    return None


def note_handing_over(session: Session, *, dispatch: Dispatch, denied: bool = False) -> bool:
    """Write down that the next byte may be the one that counts. Raises LeaseLost.

    False if it has become untrue since the try was opened, as we know by now or its owner has just
    `denied`: then the try is closed, and its caller commits that and sends nothing.
    """
    claim = dispatch.claim
    cause = _cause(session, claim)
    row = held(session, notification_id=claim.notification_id, fence=claim.fence)
    if row is None or row.open_attempt_id != dispatch.attempt_id:
        raise LeaseLost("The message is in other hands by now.")
    now = database_now(session)
    reason = last_look.become_untrue(row, cause, denied=denied)
    event = AttemptEvent(attempt_id=dispatch.attempt_id, kind="handing-over")
    if reason is not None:
        event = AttemptEvent(attempt_id=dispatch.attempt_id, kind="taken-back", reason=reason)
        row.open_attempt_id = None
        _end(row, State.CANCELLED, reason, now=now)
    else:
        row.lease_until = now + LEASE
    session.add(event)
    session.flush()
    return reason is None


def _locked(session: Session, claim: Claim) -> tuple[Notification, Cause] | None:
    """Lock the cause, then the message; None if the message is no longer ours to send."""
    cause = _cause(session, claim)
    row = held(session, notification_id=claim.notification_id, fence=claim.fence)
    if row is None or row.state is not State.CLAIMED or row.open_attempt_id is not None:
        return None
    return row, cause


def _cause(session: Session, claim: Claim) -> Cause:
    """Lock what the message is about, so that it doesn't change until we commit."""
    seen = session.get(Notification, claim.notification_id)
    unchanging: dict[str, Any] = {"with_for_update": {"read": True}, "populate_existing": True}
    if seen is not None and seen.appointment_id is not None:
        return session.get(AppointmentProjection, seen.appointment_id, **unchanging)
    if seen is not None and seen.errand_id is not None:
        return session.get(Errand, seen.errand_id, **unchanging)
    return None


def _take_a_turn(
    session: Session, row: Notification, provider: str, settings: Settings, *, now: datetime
) -> None:
    """Wait where as many have left as may. Raises NotNow.

    What waits does not come back at one moment: each a little later, up to a fifth and ten seconds.
    """
    wait = rates.wait_for_a_turn(session, row, provider, settings, now=now)
    if wait:
        later = random.random()  # noqa: S311 - spreads retries, keeps no secret
        raise NotNow("enough-for-now", now + wait * (1 + later / 5) + later * LATER)


def _put_aside(row: Notification, *, now: datetime) -> None:
    """Planned anew from a restored backup: it waits for somebody's decision, as its like do."""
    row.state = advance(row.state, State.SCHEDULED)
    row.reason = resend_guard.RESTORED
    row.held_at = now
    row.claims = 0
    row.lease_until = None
    row.changed_at = now


def _put_off(row: Notification, wait: NotNow, *, now: datetime) -> None:
    if wait.until > row.not_after:
        _end(row, State.EXPIRED, wait.reason, now=now)
        return
    row.state = advance(row.state, State.SCHEDULED)
    row.reason = wait.reason
    row.due_at = wait.until
    row.claims = 0
    row.rung_at = None
    row.lease_until = None
    row.changed_at = now


def _end(row: Notification, state: State, reason: str, *, now: datetime) -> None:
    row.state = advance(row.state, state)
    row.reason = reason
    row.lease_until = None
    row.changed_at = now


def _opened(
    session: Session,
    claim: Claim,
    row: Notification,
    message: OutgoingMessage,
    wording: str,
    provider: str,
    *,
    now: datetime,
) -> Dispatch:
    if kind_of(row.purpose) is Kind.QUESTION:
        consents.note_question(session, row, wording=wording, said=message.text, now=now)
    attempt_id = uuid4()
    row.tries += 1
    session.add(
        Attempt(
            id=attempt_id,
            notification_id=row.id,
            number=row.tries,
            fence=row.fence,
            provider=provider,
            wording=wording,
            said_sealed=seal_message(
                session, notification=row, attempt_id=attempt_id, message=message
            ),
        )
    )
    row.state = advance(row.state, State.ATTEMPTING)
    row.reason = None
    row.claims = 0
    row.open_attempt_id = attempt_id
    row.lease_until = now + LEASE
    row.changed_at = now
    session.flush()
    return Dispatch(claim=claim, attempt_id=attempt_id, provider=provider, message=message)
