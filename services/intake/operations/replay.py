"""Deciding anew what was decided: same form, answers, settings, so the same decision (L33)."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.domain.screening import decide
from services.intake.models import Decision, QuestionnaireResponse, ResponseStatus
from services.intake.operations import decisions, forms


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """One form that was sent, and what is not as it was: nothing when the decision is the same."""

    response_id: UUID
    differs: tuple[str, ...]


def replay(session: Session) -> Iterator[Replayed]:
    """Every form that was sent, in the order of their ids. Changes nothing, and shows no answer."""
    rows = session.execute(
        select(QuestionnaireResponse, Decision)
        .join(Decision, Decision.response_id == QuestionnaireResponse.id)
        .where(QuestionnaireResponse.status == ResponseStatus.COMPLETED)
        .order_by(QuestionnaireResponse.id)
    )
    for response, decision in rows:
        yield Replayed(response_id=response.id, differs=_differs(session, response, decision))


def _differs(
    session: Session, response: QuestionnaireResponse, decision: Decision
) -> tuple[str, ...]:
    form = forms.form_of(session, response)
    read_at = response.free_text_read_at
    if read_at is not None and read_at > decision.decided_at:
        form.answers.pop("free_text_read", None)  # a clinician read it after this was decided
    kept = decisions.of(session, response)
    anew = decide(form.screener, form.answers, form.config).as_document()
    named = [name for name in anew if anew[name] != kept.get(name)]
    if decision.form_sha256 not in (None, form.screener.sha256):
        named.append("form")
    if decision.rules_sha256 not in (None, form.screener.rules_sha256):
        named.append("rules")
    return tuple(named)
