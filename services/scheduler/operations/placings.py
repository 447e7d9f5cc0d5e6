"""Where a person will be, said once more before a session by video (L43).

Nothing is cancelled by an answer. Who will be where their clinician holds no license stands on
Today for a person to see to, and the practice is told that something waits there.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NotPossible
from services.scheduler.domain.placing import ASKED_WITHIN, placing
from services.scheduler.models import Appointment, Practitioner, Schedule
from services.scheduler.operations import appointments, participants, requests
from services.scheduler.operations.appointments import Entry
from services.scheduler.operations.history import locked
from shared.vocabulary import AppointmentStatus as Status


def confirm(
    session: Session, *, appointment_id: UUID, person_id: UUID, location: str, now: datetime
) -> None:
    """Keep where this person will be, now that the session is near. Said twice, it is the same.

    Raises NotPossible while nobody asks, or once it is over; NoSuchLink for somebody else.
    """
    appointment = locked(session, appointment_id)
    own = participants.own(session, appointment_id, person_id)
    asked = placing(
        how=own.how,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        said_at=own.said_at,
        now=now,
    )
    if asked is None or appointment.status not in (Status.BOOKED, Status.ARRIVED):
        raise NotPossible
    before = participants.locations(session, [own]).get((appointment_id, person_id))
    participants.say_where(session, own, location)
    session.flush()
    if location != before and location not in _states(session, appointment):
        requests.call_staff(session)


def elsewhere(
    session: Session, *, now: datetime, practitioner_id: UUID | None = None
) -> list[Entry]:
    """What is near, and for which somebody will be where they can not be seen, in order of time."""
    near = appointments.standing(
        session, since=now, until=now + ASKED_WITHIN, practitioner_id=practitioner_id
    )
    return [one for one in near if one.appointment.status == Status.BOOKED and one.elsewhere]


def _states(session: Session, appointment: Appointment) -> list[str]:
    return session.scalars(
        select(Practitioner.states).join(Schedule).where(Schedule.id == appointment.schedule_id)
    ).one()
