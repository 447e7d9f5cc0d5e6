"""What the scheduler does when another service speaks."""

from sqlalchemy.orm import Session

from services.scheduler.operations import invitations, stated_times, waitlist
from shared.contracts.intake import ContactChanged, PersonErased
from shared.crypto import destroy_key
from shared.messaging.consumer import Consumer

consumer = Consumer("scheduler")


@consumer.on(ContactChanged)
def mark_stale(event: ContactChanged, session: Session) -> None:
    """Only note it here: intake is asked by a job, with no transaction open."""
    invitations.mark_contact_stale(
        session, person_id=event.person_id, version=event.contact_version
    )


@consumer.on(PersonErased)
def forget(event: PersonErased, session: Session) -> None:
    """Our copy of how to reach them can't be opened any more; times stay, without a name.

    They wait for nothing any more, and what was kept for them is free.
    """
    waitlist.forget(session, person_id=event.person_id)
    stated_times.forget(session, person_id=event.person_id)
    destroy_key(session, event.person_id)
