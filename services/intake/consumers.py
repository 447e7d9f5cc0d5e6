"""What intake does when the scheduler speaks: it knows who has a time, and who has none."""

from sqlalchemy.orm import Session

from services.intake.operations import bookings
from shared.contracts.scheduler import AppointmentBooked, AppointmentCancelled
from shared.messaging.consumer import Consumer

consumer = Consumer("intake")


@consumer.on(AppointmentBooked)
def note_booked(event: AppointmentBooked, session: Session) -> None:
    """Each of the people has a time."""
    for person_id in event.person_ids:
        bookings.note(
            session,
            appointment_id=event.appointment_id,
            person_id=person_id,
            sequence=event.sequence,
            state="booked",
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
