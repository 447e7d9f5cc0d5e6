"""Answers to texts that came by a carrier which takes none together with our 200."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notifier.domain.incoming import Wish
from services.notifier.models import IncomingText
from services.notifier.operations import contacts
from services.notifier.operations.incoming import answer_place
from shared.crypto import PRACTICE_SUBJECT, unseal


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """An answer to be sent now, by which carrier, to which number."""

    reply_id: UUID
    carrier: str
    wish: Wish
    locale: str
    number: str = field(repr=False)


def take_waiting(session: Session, *, limit: int = 20) -> list[Waiting]:
    """Take what is to be answered off the list: the caller commits, and then sends it.

    A worker that dies in between sends one answer less, never one more.
    """
    rows = session.scalars(
        select(IncomingText)
        .where(IncomingText.answer_sealed.is_not(None))
        .order_by(IncomingText.received_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    return [_taken(session, row) for row in rows]


def _taken(session: Session, row: IncomingText) -> Waiting:
    assert row.answer_sealed is not None
    assert row.answer_through is not None
    said = unseal(
        session,
        subject_id=PRACTICE_SUBJECT,
        place=answer_place(row.id),
        sealed=row.answer_sealed,
    )
    row.answer_sealed = None
    return Waiting(
        reply_id=row.id,
        carrier=row.answer_through,
        wish=Wish(row.answer or ""),
        locale=contacts.locale_of(session, person_id=row.person_id),
        number=said["number"],
    )
