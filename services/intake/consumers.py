"""What intake does when the scheduler speaks: it knows who has a time, and who has none."""

from sqlalchemy.orm import Session

from services.intake.operations import bookings, estimates
from shared.contracts.scheduler import AppointmentBooked, AppointmentCancelled, AppointmentMoved
from shared.db import database_now
from shared.messaging.consumer import Consumer, said_at

consumer = Consumer("intake")


@consumer.on(AppointmentBooked)
def note_booked(event: AppointmentBooked, session: Session) -> None:
    """Each of the people has a time, and is owed an estimate of its cost if they pay."""
    for person_id in event.person_ids:
        bookings.note(
            session,
            appointment_id=event.appointment_id,
            person_id=person_id,
            sequence=event.sequence,
            state="booked",
            starts_at=event.starts_at,
            ends_at=event.ends_at,
        )
        estimates.note_booked(
            session,
            appointment_id=event.appointment_id,
            person_id=person_id,
            sequence=event.sequence,
            joint=len(event.person_ids) > 1,
            booked_at=said_at(session) or database_now(session),
            starts_at=event.starts_at,
        )


@consumer.on(AppointmentMoved)
def note_moved(event: AppointmentMoved, session: Session) -> None:
    """The same people, at another time."""
    for person_id in event.person_ids:
        bookings.note(
            session,
            appointment_id=event.appointment_id,
            person_id=person_id,
            sequence=event.sequence,
            state="booked",
            starts_at=event.starts_at,
            ends_at=event.ends_at,
        )


@consumer.on(AppointmentCancelled)
def note_cancelled(event: AppointmentCancelled, session: Session) -> None:
    """Nobody has that time any more."""
    for person_id in event.person_ids:
        bookings.note(
            session,
            appointment_id=event.appointment_id,
            person_id=person_id,
            sequence=event.sequence,
            state="cancelled",
        )
        estimates.note_cancelled(session, appointment_id=event.appointment_id, person_id=person_id)
