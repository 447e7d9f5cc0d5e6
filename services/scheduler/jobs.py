"""What the scheduler does by the clock."""

from uuid import UUID

import structlog

from services.scheduler.operations import holds, idempotency, invitations, replies
from services.scheduler.providers.intake import Intake
from shared.db import Database
from shared.peers import PeerRefused, PeerUnavailable

logger = structlog.get_logger(__name__)


def release_expired_holds(database: Database) -> None:
    """Sweep holds that ran out; nobody waits for it."""
    with database.begin() as session:
        released = holds.release_expired_holds(session)
    if released:
        logger.info("holds released", count=released)


def release_unconfirmed(database: Database) -> None:
    """Give back the times for two to which nobody said yes in time, and tell both."""
    with database.begin() as session:
        released = replies.release_overdue(session)
    if released:
        logger.info("unconfirmed times released", count=released)


def forget_answers(database: Database) -> None:
    """Drop the answers that are kept for requests that may be sent again."""
    with database.begin() as session:
        idempotency.forget(session)


def refresh_contacts(database: Database, intake: Intake) -> None:
    """Fetch anew the contacts of which intake has a newer version; what fails stays stale."""
    with database.begin() as session:
        stale = invitations.stale_contacts(session)
    for one in stale:
        try:
            _refresh(database, intake, one.person_id)
        except PeerUnavailable:
            logger.warning("intake does not answer; contacts stay as they are", stale=len(stale))
            return


def _refresh(database: Database, intake: Intake, person_id: UUID) -> None:
    try:
        version, contact = intake.contact(person_id)
    except PeerRefused as refusal:
        logger.warning(
            "intake has no such contact", person_id=str(person_id), status=refusal.status
        )
        with database.begin() as session:
            invitations.stop_refreshing(session, person_id=person_id)
        return
    with database.begin() as session:
        invitations.keep_contact(session, person_id=person_id, version=version, contact=contact)
    logger.info("contact refreshed", person_id=str(person_id))
