"""What a try said, sealed with it: for staff to read, and to recognise a lost message by."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.notifier.domain.message import OutgoingMessage
from services.notifier.models import Attempt, Notification
from shared.crypto import PRACTICE_SUBJECT, SubjectErased, seal, unseal
from shared.vocabulary import Channel


def subject_of(notification: Notification) -> UUID:
    """Whose key seals a message: the person's, or the practice's own for its notes."""
    return notification.person_id or PRACTICE_SUBJECT


def seal_message(
    session: Session, *, notification: Notification, attempt_id: UUID, message: OutgoingMessage
) -> bytes:
    """Seal the whole message for `attempt.said_sealed`."""
    return seal(
        session,
        subject_id=subject_of(notification),
        place=_place(attempt_id),
        value=as_kept(message),
    )


def as_kept(message: OutgoingMessage) -> dict[str, Any]:
    """A message as it is sealed: what it said. Where a mail program unsubscribes is not said."""
    document = asdict(message)
    del document["one_click"]
    return document


def open_message(
    session: Session, *, notification: Notification, attempt: Attempt
) -> OutgoingMessage:
    """Read it back. Raises SubjectErased, also once its words were forgotten; SealBroken."""
    if not attempt.said_sealed:
        raise SubjectErased("What it said was forgotten after its time.")
    document: dict[str, Any] = unseal(
        session,
        subject_id=subject_of(notification),
        place=_place(attempt.id),
        sealed=attempt.said_sealed,
    )
    return OutgoingMessage(**(document | {"channel": Channel(document["channel"])}))


def _place(attempt_id: UUID) -> str:
    return f"attempt.said_sealed:{attempt_id}"
