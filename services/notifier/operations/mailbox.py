"""The practice's own mailbox: messages kept here instead of sent."""

from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.message import OutgoingMessage
from services.notifier.models import Attempt, MailboxMessage, Notification
from services.notifier.operations.said import as_kept, subject_of
from shared.crypto import seal


def keep(session: Session, *, message: OutgoingMessage, attempt_id: UUID) -> None:
    """Keep a message once, by its Message-ID; a second hand-over of it changes nothing."""
    attempt = session.get_one(Attempt, attempt_id)
    notification = session.get_one(Notification, attempt.notification_id)
    sealed = seal(
        session,
        subject_id=subject_of(notification),
        place=f"mailbox_message.message_sealed:{message.message_id}",
        value=as_kept(message),
    )
    session.execute(
        insert(MailboxMessage)
        .values(
            message_id=message.message_id,
            notification_id=notification.id,
            message_sealed=sealed,
        )
        .on_conflict_do_nothing(index_elements=[MailboxMessage.message_id])
    )
