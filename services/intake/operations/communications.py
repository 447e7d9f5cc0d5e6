"""Neutral messages that intake wants sent: a row first, and an event that carries its id."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from services.intake.models import CommunicationRequest
from shared.contracts.intake import CommunicationRequested
from shared.crypto import seal, unseal
from shared.messaging.outbox import publish

Purpose = Literal["update", "resume", "invitation"]


@dataclass(frozen=True, kw_only=True)
class Communication:
    """What the notifier may know of one: which words, which link, until when it is of use.

    By which channel, the person's contact says; a message carries no other fact.
    """

    communication_id: UUID
    person_id: UUID
    purpose: str
    link: str
    not_after: datetime


def request(
    session: Session, *, person_id: UUID, purpose: Purpose, link: str, not_after: datetime
) -> UUID:
    """Have the person told, in the caller's transaction. `link` is absolute. Returns the id."""
    row = CommunicationRequest(
        id=uuid4(), person_id=person_id, purpose=purpose, not_after=not_after
    )
    row.link_sealed = seal(session, subject_id=person_id, place=_place(row), value=link)
    session.add(row)
    session.flush()
    publish(session, CommunicationRequested(communication_id=row.id, person_id=person_id))
    return row.id


def withdraw(session: Session, *, person_id: UUID, purpose: Purpose) -> None:
    """Whatever of this purpose was not sent yet is not sent any more."""
    session.execute(
        update(CommunicationRequest)
        .where(
            CommunicationRequest.person_id == person_id,
            CommunicationRequest.purpose == purpose,
            CommunicationRequest.withdrawn_at.is_(None),
        )
        .values(withdrawn_at=func.clock_timestamp())
    )


def find(session: Session, *, communication_id: UUID) -> Communication | None:
    """What is to be sent, or None: unknown, withdrawn, or the person is gone."""
    row = session.get(CommunicationRequest, communication_id)
    if row is None or row.withdrawn_at is not None:
        return None
    return Communication(
        communication_id=row.id,
        person_id=row.person_id,
        purpose=row.purpose,
        link=unseal(session, subject_id=row.person_id, place=_place(row), sealed=row.link_sealed),
        not_after=row.not_after,
    )


def _place(row: CommunicationRequest) -> str:
    return f"communication_request.link_sealed:{row.id}"
