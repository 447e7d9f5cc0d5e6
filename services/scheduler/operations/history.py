"""An appointment's row, locked, and what was done to it by whose hand: rows that are only added."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, joinedload

from services.scheduler.domain.appointment import Act, Actor
from services.scheduler.domain.errors import NoSuchLink
from services.scheduler.models import Appointment, AppointmentHistory, Practitioner, Schedule
from services.scheduler.operations import participants
from shared.vocabulary import AppointmentStatus as Status


def locked(session: Session, appointment_id: UUID) -> Appointment:
    """The row as it is now, ours until the commit. Raises NoSuchLink."""
    appointment = session.get(
        Appointment, appointment_id, with_for_update=True, populate_existing=True
    )
    if appointment is None:
        raise NoSuchLink
    return appointment


def record(
    session: Session,
    appointment: Appointment,
    act: Act,
    *,
    before: tuple[Status, Range[datetime]],
    actor: str = Actor.CLIENT,
    reason: str | None = None,
    schedule_before: int | None = None,
) -> None:
    """One more row, flushed together with what it tells of.

    `schedule_before`: with whom it was, where that may have changed.
    """
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
            schedule_before=schedule_before or appointment.schedule_id,
            schedule_after=appointment.schedule_id,
        )
    )
    session.flush()


def of(session: Session, appointment_id: UUID) -> Sequence[AppointmentHistory]:
    """Everything that was ever done to it, the first first (P27)."""
    return session.scalars(
        select(AppointmentHistory)
        .where(AppointmentHistory.appointment_id == appointment_id)
        .order_by(AppointmentHistory.id)
    ).all()


def hosts(session: Session, done: Iterable[AppointmentHistory]) -> dict[int, Practitioner]:
    """With whom it was and is, by the schedules that those rows name."""
    numbers = {number for row in done for number in (row.schedule_before, row.schedule_after)}
    found = session.scalars(
        select(Schedule).options(joinedload(Schedule.practitioner)).where(Schedule.id.in_(numbers))
    )
    return {one.id: one.practitioner for one in found}


def booked_facts(session: Session, appointment: Appointment) -> dict[str, Any]:
    """What is told of a time that is taken, new or at another hour."""
    return {
        "appointment_id": appointment.id,
        "sequence": appointment.sequence,
        "person_ids": participants.person_ids(session, appointment.id),
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
    }
