"""What happened to somebody's sign-in: rows that are only added (45 CFR 164.308(a)(5)(ii)(C))."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.staff_models import SignInEvent

SERVER = "server"
"""Whoever runs the program, at its command line."""


def note(
    session: Session,
    account_id: UUID,
    what: str,
    *,
    actor: UUID | None = None,
    reason: str | None = None,
) -> None:
    """Keep it, flushed together with what was done. Without `actor`, it was they themselves."""
    session.add(
        SignInEvent(account_id=account_id, actor=str(actor or account_id), what=what, reason=reason)
    )
    session.flush()


def note_by_server(session: Session, account_id: UUID, what: str, *, reason: str | None) -> None:
    """Done at the command line of the server."""
    session.add(SignInEvent(account_id=account_id, actor=SERVER, what=what, reason=reason))
    session.flush()


def latest(session: Session, account_id: UUID, *, count: int = 20) -> Sequence[SignInEvent]:
    """What happened last, the latest first."""
    return session.scalars(
        select(SignInEvent)
        .where(SignInEvent.account_id == account_id)
        .order_by(SignInEvent.id.desc())
        .limit(count)
    ).all()
