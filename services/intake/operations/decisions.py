"""What the table said about a form: one sealed row, written anew with each page of a draft."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.domain.screening import decide
from services.intake.models import Decision, QuestionnaireResponse
from services.intake.operations import tasks_due
from services.intake.operations.forms import Form
from services.intake.triage_models import EarlierDecision
from shared.crypto import seal, unseal


def write(session: Session, form: Form, *, now: datetime) -> dict[str, Any]:
    """Decide, and keep it in place of what was decided before. Returns the document.

    Whoever reads inquiries is asked to look, whatever was decided: it tells nothing.
    """
    document = _write(session, form, now=now)
    tasks_due.ask_to_look(session, form.response.id)
    return document


def write_again(session: Session, form: Form, *, now: datetime) -> dict[str, Any]:
    """Decide again because staff set a system field. What was decided before is kept beside it.

    It calls for nobody: whoever set the field has just looked.
    """
    before = session.get_one(Decision, form.response.id, with_for_update=True)
    row = EarlierDecision(
        id=uuid4(),
        response_id=form.response.id,
        decided_at=before.decided_at,
        replaced_at=now,
    )
    row.decision_sealed = seal(
        session,
        subject_id=form.response.person_id,
        place=_earlier_place(row),
        value=_opened(session, form.response, before),
    )
    session.add(row)
    session.flush()
    return _write(session, form, now=now)


def earlier(session: Session, response: QuestionnaireResponse) -> list[dict[str, Any]]:
    """What was decided before the decision that counts, the oldest first."""
    rows = session.scalars(
        select(EarlierDecision)
        .where(EarlierDecision.response_id == response.id)
        .order_by(EarlierDecision.replaced_at)
    )
    return [
        unseal(
            session,
            subject_id=response.person_id,
            place=_earlier_place(row),
            sealed=row.decision_sealed,
        )
        for row in rows
    ]


def _write(session: Session, form: Form, *, now: datetime) -> dict[str, Any]:
    document = decide(form.screener, form.answers, form.config).as_document()
    written = {
        "decision_sealed": seal(
            session,
            subject_id=form.response.person_id,
            place=_place(form.response),
            value=document,
        ),
        "decided_at": now,
        "form_sha256": form.screener.sha256,
        "rules_sha256": form.screener.rules_sha256,
        "text_version": form.screener.version,
    }
    session.execute(
        insert(Decision)
        .values(response_id=form.response.id, **written)
        .on_conflict_do_update(index_elements=[Decision.response_id], set_=written)
    )
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


def _earlier_place(row: EarlierDecision) -> str:
    return f"earlier_decision.decision_sealed:{row.id}"
