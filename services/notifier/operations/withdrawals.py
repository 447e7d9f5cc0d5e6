"""Taking back what was planned and is no longer true."""

from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import State
from services.notifier.models import Notification


def withdraw_older(session: Session, *, appointment_id: UUID, sequence: int) -> None:
    """Cancel whatever was planned for an earlier sequence and is not on its way yet.

    A row with an open attempt stays: its message may have been taken, and the attempt has to be
    settled first. Raising the fence takes the row out of the hands of a worker that has claimed
    it and not begun (F22).
    """
    session.execute(
        update(Notification)
        .where(
            Notification.appointment_id == appointment_id,
            Notification.sequence < sequence,
            Notification.state.in_([State.SCHEDULED, State.CLAIMED]),
            Notification.open_attempt_id.is_(None),
        )
        .values(
            state=State.CANCELLED,
            reason="superseded",
            fence=Notification.fence + 1,
            lease_until=None,
            changed_at=func.clock_timestamp(),
        )
    )
