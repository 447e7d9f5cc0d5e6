"""What a person wrote in their own words: a clinician opens it, reads it, and says so.

No rule reads prose, and while it is unread nobody may be invited. Once it is read the table is
asked again, with that one system field set; what it said before is kept.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.intake.audit_models import AuditEntry
from services.intake.models import Answer, QuestionnaireResponse
from services.intake.operations import audit, decisions, forms, questionnaires, tasks
from services.intake.operations.readers import Reader


class NotOpened(Exception):
    """Whoever says that it was read has not opened all of it."""


@dataclass(frozen=True, kw_only=True)
class Prose:
    """`parts` are the sections that hold some; `opened` says whether this reader opened all."""

    parts: tuple[str, ...]
    opened: bool
    read: bool


def of_response(session: Session, response: QuestionnaireResponse, *, reader: Reader) -> Prose:
    """Where there is prose, and whether this reader has opened it. It is not looked at here."""
    screener = questionnaires.of_response(session, response)
    written = set(session.scalars(select(Answer.link_id).where(Answer.response_id == response.id)))
    parts = tuple(
        section.id
        for section in screener.first_form
        if any(item.free_text and item.id in written for item in section.items)
    )
    return Prose(
        parts=parts,
        opened=set(parts) <= _opened_by(session, response, reader),
        read=response.free_text_read_at is not None,
    )


def mark_read(
    session: Session, *, response: QuestionnaireResponse, reader: Reader, now: datetime
) -> None:
    """It was read: decide again with that. Twice is once. Raises NotOpened."""
    if not reader.clinical:
        raise ValueError("Only clinical staff read this.")
    session.refresh(response, with_for_update=True)
    prose = of_response(session, response, reader=reader)
    if prose.read or not prose.parts:
        return
    if not prose.opened:
        raise NotOpened
    response.free_text_read_at, response.free_text_read_by = now, reader.account_id
    session.flush()
    decisions.write_again(session, forms.form_of(session, response), now=now)
    tasks.note(session, response_id=response.id, reader=reader, act="text-read")


def _opened_by(
    session: Session, response: QuestionnaireResponse, reader: Reader
) -> set[str | None]:
    """The parts that this reader has opened since the person last wrote."""
    last = select(func.max(Answer.answered_at)).where(Answer.response_id == response.id)
    return set(
        session.scalars(
            select(AuditEntry.part).where(
                AuditEntry.response_id == response.id,
                AuditEntry.account_id == reader.account_id,
                AuditEntry.act == audit.READ,
                AuditEntry.at >= last.scalar_subquery(),
            )
        )
    )
