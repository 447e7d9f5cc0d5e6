"""What was done to an appointment, by whose hand: rows that are only added."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Act, Actor
from services.scheduler.models import Appointment, AppointmentHistory
from shared.vocabulary import AppointmentStatus as Status


def record(
    session: Session,
    appointment: Appointment,
    act: Act,
    *,
    before: tuple[Status, Range[datetime]],
    actor: str = Actor.CLIENT,
    reason: str | None = None,
) -> None:
    """One more row, flushed together with what it tells of."""
    session.add(
        AppointmentHistory(
            appointment_id=appointment.id,
            act=act,
            actor=actor,
            sequence=appointment.sequence,
            reason=reason,
            status_before=before[0],
            status_after=appointment.status,
            during_before=before[1],
            during_after=appointment.during,
        )
    )
    session.flush()
