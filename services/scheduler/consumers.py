"""What the scheduler does when another service speaks."""

from sqlalchemy.orm import Session

from services.scheduler.operations import invitations
from shared.contracts.intake import ContactChanged
from shared.messaging.consumer import Consumer

consumer = Consumer("scheduler")


@consumer.on(ContactChanged)
def mark_stale(event: ContactChanged, session: Session) -> None:
    """Only note it here: intake is asked by a job, with no transaction open."""
    invitations.mark_contact_stale(
        session, person_id=event.person_id, version=event.contact_version
    )
