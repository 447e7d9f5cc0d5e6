"""What the table said about a form: one sealed row, written anew with each page of a draft."""

from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.domain.screening import decide
from services.intake.models import Decision, QuestionnaireResponse
from services.intake.operations import tasks_due
from services.intake.operations.forms import Form
from shared.crypto import seal, unseal


def write(session: Session, form: Form, *, now: datetime) -> dict[str, Any]:
    """Decide, and keep it in place of what was decided before. Returns the document.

    Whoever reads inquiries is asked to look, whatever was decided: it tells nothing.
    """
    document = decide(form.screener, form.answers, form.config).as_document()
    sealed = seal(
        session,
        subject_id=form.response.person_id,
        place=_place(form.response),
        value=document,
    )
    session.execute(
        insert(Decision)
        .values(response_id=form.response.id, decision_sealed=sealed, decided_at=now)
        .on_conflict_do_update(
            index_elements=[Decision.response_id],
            set_={"decision_sealed": sealed, "decided_at": now},
        )
    )
    tasks_due.ask_to_look(session, form.response.id)
    return document


def of(session: Session, response: QuestionnaireResponse) -> dict[str, Any]:
    """The decision as `Decision.as_document` wrote it. Raises NoResultFound before the first."""
    return _opened(session, response, session.get_one(Decision, response.id))


def so_far(session: Session, response: QuestionnaireResponse) -> dict[str, Any] | None:
    """The same, or None while nothing was answered."""
    row = session.get(Decision, response.id)
    return None if row is None else _opened(session, response, row)


def _opened(session: Session, response: QuestionnaireResponse, row: Decision) -> dict[str, Any]:
    document: dict[str, Any] = unseal(
        session,
        subject_id=response.person_id,
        place=_place(response),
        sealed=row.decision_sealed,
    )
    return document


def _place(response: QuestionnaireResponse) -> str:
    return f"decision.decision_sealed:{response.id}"
