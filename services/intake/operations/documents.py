"""Documents that came in: noted, not kept here; Part 2 held back without a consent (L30)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.domain import records
from services.intake.domain.records import Use
from services.intake.operations.authorizations import same, standing
from services.intake.operations.readers import Reader
from services.intake.record_models import DocumentNote
from shared.crypto import seal, unseal


@dataclass(frozen=True, kw_only=True)
class Document:
    """What is known of a document that came in."""

    id: UUID
    title: str
    sender: str
    received_on: date
    part2: bool


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What may go out of the documents, and how many Part 2 holds back."""

    documents: tuple[Document, ...]
    held_back: int


def note_document(
    session: Session,
    *,
    person_id: UUID,
    title: str,
    sender: str,
    received_on: date,
    part2: bool,
    reader: Reader,
) -> UUID:
    """Note that a document came in; the paper or file stays where the practice keeps such."""
    row = DocumentNote(
        id=uuid4(),
        person_id=person_id,
        received_on=received_on,
        part2=part2,
        noted_by=reader.account_id,
    )
    row.details_sealed = seal(
        session,
        subject_id=person_id,
        place=_document_place(row),
        value={"title": title, "sender": sender},
    )
    session.add(row)
    session.flush()
    return row.id


def of_person(session: Session, *, person_id: UUID) -> list[Document]:
    """Every document noted for this person, newest first, opened. For clinical roles."""
    rows = session.scalars(
        select(DocumentNote)
        .where(DocumentNote.person_id == person_id)
        .order_by(DocumentNote.received_on.desc(), DocumentNote.noted_at.desc())
    )
    return [
        Document(
            id=row.id,
            **unseal(
                session,
                subject_id=person_id,
                place=_document_place(row),
                sealed=row.details_sealed,
            ),
            received_on=row.received_on,
            part2=row.part2,
        )
        for row in rows
    ]


def allowed(
    session: Session, *, person_id: UUID, use: Use, recipient: str | None, on: date
) -> Allowed:
    """Which documents may go out for this use; those of Part 2 only with a consent or order (L30).

    The consent has to name the recipient; None is the person: any standing one of theirs counts.
    """
    index = None if recipient is None else same(session, recipient)
    scopes = {
        each.scope
        for each in standing(session, [person_id])
        if each.counts(on) and index in (None, each.recipient)
    }
    found = of_person(session, person_id=person_id)
    going = tuple(one for one in found if not one.part2 or records.part2_opens(use, scopes))
    return Allowed(documents=going, held_back=len(found) - len(going))


def _document_place(row: DocumentNote) -> str:
    return f"document_note.details_sealed:{row.id}"
