"""Private notes on an inquiry: for clinical colleagues alone, never changed, and in no export."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.models import QuestionnaireResponse
from services.intake.operations import audit
from services.intake.operations.readers import Reader
from services.intake.triage_models import Note
from shared.crypto import seal, unseal

PART: Final = "notes"
LONGEST: Final = 4000


@dataclass(frozen=True, kw_only=True)
class Written:
    """A note, opened."""

    by: str
    at: datetime
    words: str


def add(session: Session, *, response: QuestionnaireResponse, reader: Reader, words: str) -> None:
    """Write one, sealed with the person's key."""
    _clinical(reader)
    row = Note(
        id=uuid4(),
        response_id=response.id,
        account_id=reader.account_id,
        account_name=reader.name,
    )
    row.words_sealed = seal(
        session, subject_id=response.person_id, place=_place(row), value=words.strip()
    )
    session.add(row)
    audit.note(session, reader=reader, act="write-note", response_id=response.id)
    session.flush()


def read(session: Session, *, response: QuestionnaireResponse, reader: Reader) -> list[Written]:
    """All of them, newest first. That they are read is recorded, if there are any (L04)."""
    _clinical(reader)
    rows = session.scalars(
        select(Note)
        .where(Note.response_id == response.id)
        .order_by(Note.written_at.desc(), Note.id)
    ).all()
    if rows:
        audit.record(
            session,
            reader=reader,
            response_id=response.id,
            parts=[PART],
            reason="to read the inquiry",
        )
    return [
        Written(
            by=row.account_name,
            at=row.written_at,
            words=unseal(
                session, subject_id=response.person_id, place=_place(row), sealed=row.words_sealed
            ),
        )
        for row in rows
    ]


def _clinical(reader: Reader) -> None:
    if not reader.clinical:
        raise ValueError("Notes are for clinical staff.")


def _place(row: Note) -> str:
    return f"note.words_sealed:{row.id}"
