"""After a restored backup nothing goes out again that may have been sent since (F29).

Before anything is handed over, the database and a file beside it both say until when that may
happen: first the database, then the file. So the file never knows of a later time than the
database, unless the database has been put back. Then whatever was due by the file's time may have
been sent, and is held until somebody decides.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import WAITING, State, advance
from services.notifier.guard_models import SendGuard
from services.notifier.models import Notification
from services.notifier.operations import acts
from services.notifier.operations.acts import Act, Hand
from shared.crypto import SubjectErased
from shared.db import database_now

HORIZON: Final = timedelta(seconds=60)
"""How far ahead sending is announced; the file is written once in half of that."""

RESTORED: Final = "restored"
"""The reason of a message that is held."""


class Decision(StrEnum):
    """What is done with what is held."""

    RELEASE = "release"
    DISCARD = "discard"


def announce(session: Session, *, outside: datetime | None) -> datetime:
    """Write down until when messages may be handed over; the caller commits, then raises the file.

    `outside` is what the file says. If that is later than what we know, this database was put back.
    """
    row = _row(session)
    now = database_now(session)
    if outside is not None and outside > row.until:
        _hold(session, row, until=min(outside, now), now=now)
    row.until = max(row.until, outside or row.until, now + HORIZON)
    session.flush()
    return row.until


def hold_all(session: Session) -> int:
    """Hold whatever is due by now, where the file was lost, too. Returns how many."""
    now = database_now(session)
    return _hold(session, _row(session), until=now, now=now)


def may_have_gone(session: Session, row: Notification) -> bool:
    """Whether a message was due before the end of the time that was lost, and nobody decided."""
    if row.released_at is not None:
        return False
    held_until = session.scalar(select(SendGuard.held_until))
    return held_until is not None and row.due_at <= held_until


def waiting(session: Session, *, limit: int = 200) -> list[Notification]:
    """What is held, the oldest first."""
    query = select(Notification).where(_is_held()).order_by(Notification.due_at, Notification.id)
    return list(session.scalars(query.limit(limit)))


def count(session: Session) -> int:
    """How many are held."""
    return session.scalar(select(func.count()).where(_is_held())) or 0


def decide(
    session: Session, *, decision: Decision, among: Collection[UUID] | None = None
) -> Sequence[Notification]:
    """Let what is held, or what of it is named, go out after all, or never. Returns those."""
    query = select(Notification).where(_is_held()).order_by(Notification.id)
    if among is not None:
        query = query.where(Notification.id.in_(among))
    rows = session.scalars(query.with_for_update()).all()
    now = database_now(session)
    for row in rows:
        row.held_at, row.released_at, row.reason = None, now, None
        row.rung_at, row.changed_at = None, now
        if decision is Decision.DISCARD:
            _discard(row)
    session.flush()
    return rows


def decide_by_hand(
    session: Session, *, decision: Decision, among: Collection[UUID], hand: Hand, reason: str
) -> int:
    """The same by a member of staff, noted for each message with their reason. Returns how many.

    Whoever was erased has no key any more to seal the reason with: then it is the practice's own.
    """
    rows = decide(session, decision=decision, among=among)
    for row in rows:
        try:
            acts.note(
                session,
                hand=hand,
                act=Act(decision),
                about=str(row.id),
                reason=reason,
                person_id=row.person_id,
            )
        except SubjectErased:
            acts.note(session, hand=hand, act=Act(decision), about=str(row.id), reason=reason)
    return len(rows)


def _discard(row: Notification) -> None:
    """It ends; where a try was under way, nobody will know what became of it."""
    row.reason = "discarded"
    row.lease_until = None
    if row.open_attempt_id is None:
        row.state = advance(row.state, State.CANCELLED)
        return
    if row.state is State.CLAIMED:
        row.state = advance(row.state, State.ATTEMPTING)
    row.state = advance(row.state, State.UNCONFIRMED)
    row.open_attempt_id = None


def _hold(session: Session, row: SendGuard, *, until: datetime, now: datetime) -> int:
    row.held_until = max(until, row.held_until or until)
    row.found_at = now
    held = session.execute(
        update(Notification)
        .where(Notification.state.in_(WAITING), Notification.due_at <= until)
        .values(held_at=now, released_at=None, reason=RESTORED, fence=Notification.fence + 1)
        .returning(Notification.id)
        .execution_options(synchronize_session=False)
    )
    return len(held.all())


def _is_held() -> ColumnElement[bool]:
    return Notification.held_at.is_not(None) & Notification.state.in_(WAITING)


def _row(session: Session) -> SendGuard:
    """The row, locked; made on the first day."""
    session.execute(
        insert(SendGuard).values(id=1, until=func.clock_timestamp()).on_conflict_do_nothing()
    )
    return session.get_one(SendGuard, 1, with_for_update=True, populate_existing=True)
