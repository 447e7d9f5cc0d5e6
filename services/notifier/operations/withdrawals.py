"""Taking back what was planned and is no longer true."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, update
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import State
from services.notifier.models import Notification

PLAN_CHANGED: Final = "plan-changed"
"""The reason of a reminder that the owner's rules do not want any more."""


def withdraw_older(session: Session, *, appointment_id: UUID, sequence: int) -> None:
    """Cancel whatever was planned for an earlier sequence and is not on its way yet.

    A row with an open attempt stays: its message may have been taken, and the attempt has to be
    settled first. Raising the fence takes the row out of the hands of a worker that has claimed
    it and not begun (F22).
    """
    _cancel(
        session,
        Notification.appointment_id == appointment_id,
        Notification.sequence < sequence,
        reason="superseded",
    )


def withdraw_errand(session: Session, *, errand_id: UUID) -> None:
    """Cancel whatever was planned for an errand that nobody wants done any more."""
    _cancel(session, Notification.errand_id == errand_id, reason="not-wanted")


def withdraw_unwanted(session: Session, notification_ids: Collection[UUID]) -> None:
    """Cancel reminders that the rules for reminders do not want any more."""
    _cancel(session, Notification.id.in_(notification_ids), reason=PLAN_CHANGED)


def withdraw_all(session: Session, *, person_id: UUID) -> None:
    """Cancel whatever was planned for a person and is not on its way yet.

    Which number their texts went to is dropped, too; that a number was stopped is kept.
    """
    _cancel(session, Notification.person_id == person_id, reason="erased")
    session.execute(
        update(Notification)
        .where(Notification.person_id == person_id, Notification.address_index.is_not(None))
        .values(address_index=None)
    )


def _cancel(session: Session, *which: ColumnElement[bool], reason: str) -> None:
    session.execute(
        update(Notification)
        .where(
            *which,
            Notification.state.in_([State.SCHEDULED, State.CLAIMED]),
            Notification.open_attempt_id.is_(None),
        )
        .values(
            state=State.CANCELLED,
            reason=reason,
            fence=Notification.fence + 1,
            lease_until=None,
            changed_at=func.clock_timestamp(),
        )
    )
