"""A time that waits for a person's yes, and what becomes of it without one.

Until it is confirmed, a time for two is `pending`: taken for everyone else, and given back by the
database's clock alone when nobody has said yes by then (N6). Whatever ends it, both are told in
the same words, so that nobody learns why, or by whose hand (P18).
"""

from uuid import uuid4

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Act, Actor, after
from services.scheduler.models import Appointment, Participant
from services.scheduler.operations import participants
from services.scheduler.operations.history import record
from shared.contracts.scheduler import AppointmentReleased, AppointmentRequested
from shared.db import database_now
from shared.messaging.outbox import publish
from shared.vocabulary import AppointmentStatus as Status


def ask(session: Session, appointment: Appointment, participant: Participant) -> None:
    """Tell a person that a time waits for their answer."""
    assert appointment.reply_by is not None
    participant.communication_id = uuid4()
    session.flush()
    publish(
        session,
        AppointmentRequested(
            appointment_id=appointment.id,
            sequence=appointment.sequence,
            communication_id=participant.communication_id,
            person_id=participant.person_id,
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
            reply_by=appointment.reply_by,
        ),
    )


def release(
    session: Session,
    appointment: Appointment,
    act: Act,
    *,
    actor: str,
    reason: str | None = None,
) -> None:
    """Give a time back that was never confirmed. The row is locked by whoever calls."""
    before = (Status(appointment.status), appointment.during)
    appointment.status = after(before[0], act, Actor(actor.partition(":")[0]))
    appointment.reply_by = None
    appointment.sequence += 1
    appointment.changed_at = database_now(session)
    session.flush()
    record(session, appointment, act, before=before, actor=actor, reason=reason)
    for one in participants.of(session, appointment.id):
        one.communication_id = uuid4()
        session.flush()
        publish(
            session,
            AppointmentReleased(
                appointment_id=appointment.id,
                sequence=appointment.sequence,
                communication_id=one.communication_id,
                person_id=one.person_id,
            ),
        )


def release_overdue(session: Session, *which: ColumnElement[bool]) -> int:
    """Give back what nobody confirmed in time; returns how many. One being answered now is left."""
    overdue = session.scalars(
        select(Appointment)
        .where(
            Appointment.status == Status.PENDING,
            Appointment.reply_by <= func.clock_timestamp(),
            *which,
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for one in overdue:
        release(session, one, Act.LAPSE, actor=Actor.SYSTEM)
    return len(overdue)
