"""An appointment's row, locked, and what was done to it by whose hand: rows that are only added."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, joinedload

from services.scheduler.domain.appointment import Act, Actor
from services.scheduler.domain.errors import NoSuchLink
from services.scheduler.models import Appointment, AppointmentHistory, Practitioner, Schedule
from shared.vocabulary import AppointmentStatus as Status


def locked(session: Session, appointment_id: UUID) -> Appointment:
    """The row as it is now, ours until the commit. Raises NoSuchLink."""
    appointment = session.get(
        Appointment, appointment_id, with_for_update=True, populate_existing=True
    )
    if appointment is None:
        raise NoSuchLink
    return appointment


_ROW: Final = insert(AppointmentHistory)


def record(
    session: Session,
    appointment: Appointment,
    act: Act,
    *,
    before: tuple[Status, Range[datetime]],
    actor: str = Actor.CLIENT,
    reason: str | None = None,
    schedule_before: int | None = None,
    asked: Range[datetime] | None = None,
) -> None:
    """One more row, written right after what it tells of.

    `schedule_before`: with whom it was, where that may have changed. `asked`: another time that
    it is about, to which the appointment was not moved.
    """
    done = row(appointment, act, before=before, actor=actor, reason=reason)
    done["during_asked"] = asked
    if schedule_before is not None:
        done["schedule_before"] = schedule_before
    session.flush()
    session.connection().execute(_ROW, done)


def row(
    appointment: Appointment,
    act: Act,
    *,
    before: tuple[Status, Range[datetime]],
    actor: str,
    reason: str | None,
) -> dict[str, Any]:
    """What is kept of an act after which it is with whom it was before."""
    return {
        "appointment_id": appointment.id,
        "act": act,
        "actor": actor,
        "sequence": appointment.sequence,
        "reason": reason,
        "status_before": before[0],
        "status_after": appointment.status,
        "during_before": before[1],
        "during_after": appointment.during,
        "schedule_before": appointment.schedule_id,
        "schedule_after": appointment.schedule_id,
    }


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


def booked_facts(appointment: Appointment, person_ids: Iterable[UUID]) -> dict[str, Any]:
    """What is told of a time that is taken, new or at another hour, and whose it is."""
    return {
        "appointment_id": appointment.id,
        "sequence": appointment.sequence,
        "person_ids": tuple(person_ids),
        "starts_at": appointment.starts_at,
        "ends_at": appointment.ends_at,
    }
