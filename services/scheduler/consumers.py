"""What the scheduler does when another service speaks."""

from sqlalchemy.orm import Session

from services.scheduler.operations import (
    endings,
    invitations,
    participants,
    proposals,
    stated_times,
    waitlist,
)
from shared.clock import utcnow
from shared.contracts.intake import ContactChanged, JointPermissionEnded, PersonErased
from shared.contracts.notifier import AttendanceConfirmed
from shared.crypto import destroy_key
from shared.messaging.consumer import Consumer

consumer = Consumer("scheduler")


@consumer.on(ContactChanged)
def mark_stale(event: ContactChanged, session: Session) -> None:
    """Only note it here: intake is asked by a job, with no transaction open."""
    invitations.mark_contact_stale(
        session, person_id=event.person_id, version=event.contact_version
    )


@consumer.on(JointPermissionEnded)
def give_back(event: JointPermissionEnded, session: Session) -> None:
    """A time that the two have ahead of them is cancelled, in the words of any cancellation."""
    endings.end(session, permission_ids=event.permission_ids, now=utcnow())


@consumer.on(PersonErased)
def forget(event: PersonErased, session: Session) -> None:
    """Our copy of how to reach them can't be opened any more; past times stay, without a name.

    They wait for nothing any more, and what was kept for them or lay ahead of them is free.
    """
    endings.forget(session, person_id=event.person_id, now=utcnow())
    waitlist.forget(session, person_id=event.person_id)
    proposals.forget(session, person_id=event.person_id)
    stated_times.forget(session, person_id=event.person_id)
    destroy_key(session, event.person_id)


@consumer.on(AttendanceConfirmed)
def note_yes(event: AttendanceConfirmed, session: Session) -> None:
    """Somebody has texted that they will come. It changes nothing but what staff see."""
    participants.confirm_by_text(
        session,
        appointment_id=event.appointment_id,
        person_id=event.person_id,
        sequence=event.sequence,
        now=utcnow(),
    )
