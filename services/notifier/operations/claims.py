"""Whose turn it is: finding what is due, and giving each message to one worker at a time.

All times are the database's own (F24); a fence that rises with every claim keeps a worker that
was thought dead from writing over its successor.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, or_, select, update
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import LEASE, MOST_CLAIMS, State, advance
from services.notifier.domain.message import PROMPT
from services.notifier.models import Notification
from shared.db import database_now

RING_AGAIN = timedelta(seconds=10)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A message in one worker's hands until the lease ends or the fence rises."""

    notification_id: UUID
    fence: int
    open_attempt_id: UUID | None


def ring_for_due(session: Session, *, limit: int = 200) -> list[tuple[UUID, str]]:
    """Choose what to ring for: (id, purpose) of what is due and was not rung for just now.

    News is chosen apart from reminders: a flood of the ones never holds up the other (F26).
    """
    news = Notification.purpose.in_(sorted(PROMPT))
    return _ring_for(session, news, limit) + _ring_for(session, not_(news), limit)


def _ring_for(session: Session, group: ColumnElement[bool], limit: int) -> list[tuple[UUID, str]]:
    chosen = (
        select(Notification.id)
        .where(group, _claimable(timedelta(0)), _not_rung_within(RING_AGAIN))
        .order_by(Notification.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rung = session.execute(
        update(Notification)
        .where(Notification.id.in_(chosen.scalar_subquery()))
        .values(rung_at=func.clock_timestamp())
        .returning(Notification.id, Notification.purpose)
        .execution_options(synchronize_session=False)
    )
    return [(row.id, row.purpose) for row in rung]


def overdue(
    session: Session, *, by: timedelta, just_planned: Sequence[UUID] = (), limit: int = 20
) -> list[UUID]:
    """What was due long enough ago that its doorbell must have been lost, the oldest first.

    And what is due, however short a time, of the appointments and errands `just_planned`.
    """
    lost = _claimable(by)
    if just_planned:
        planned = or_(
            Notification.appointment_id.in_(just_planned), Notification.errand_id.in_(just_planned)
        )
        lost = or_(lost, and_(planned, _claimable(timedelta(0))))
    return list(
        session.scalars(
            select(Notification.id).where(lost).order_by(Notification.due_at).limit(limit)
        )
    )


def claim(session: Session, *, notification_id: UUID) -> Claim | None:
    """Take a message that is due; None if it isn't, or is in other hands.

    The claim is counted before any work: a row that kills its worker each time is set aside
    instead of killing workers for ever (F23).
    """
    row = session.scalar(
        select(Notification)
        .where(Notification.id == notification_id, _claimable(timedelta(0)))
        .with_for_update(skip_locked=True)
    )
    if row is None:
        return None
    now = database_now(session)
    row.state = advance(row.state, State.CLAIMED)
    row.fence += 1
    row.claims += 1
    row.changed_at = now
    if row.claims > MOST_CLAIMS:
        row.state = advance(row.state, State.DEAD)
        row.reason = "worker-died"
        row.lease_until = None
        session.flush()
        return None
    row.lease_until = now + LEASE
    session.flush()
    return Claim(notification_id=row.id, fence=row.fence, open_attempt_id=row.open_attempt_id)


def held(session: Session, *, notification_id: UUID, fence: int) -> Notification | None:
    """Lock a message if it is still in the hands that this fence names."""
    return session.scalar(
        select(Notification)
        .where(Notification.id == notification_id, Notification.fence == fence)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def renew(session: Session, *, notification_id: UUID, fence: int) -> bool:
    """The heartbeat: keep the lease while a provider is still talking. False if it is lost."""
    renewed = session.execute(
        update(Notification)
        .where(Notification.id == notification_id, Notification.fence == fence)
        .values(lease_until=func.clock_timestamp() + LEASE)
        .returning(Notification.id)
    )
    return renewed.first() is not None


def _claimable(overdue_by: timedelta) -> ColumnElement[bool]:
    moment = func.clock_timestamp() - overdue_by
    due = and_(
        Notification.state.in_([State.SCHEDULED, State.UNCERTAIN]), Notification.due_at <= moment
    )
    lapsed = and_(
        Notification.state.in_([State.CLAIMED, State.ATTEMPTING]),
        Notification.lease_until <= moment,
    )
    return and_(Notification.held_at.is_(None), or_(due, lapsed))


def _not_rung_within(pause: timedelta) -> ColumnElement[bool]:
    return or_(
        Notification.rung_at.is_(None), Notification.rung_at <= func.clock_timestamp() - pause
    )
