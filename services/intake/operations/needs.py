"""What a person needs in order to take part: answers at the open level, for every role (L46)."""

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.domain.condition import Value
from services.intake.domain.questionnaire import Item
from services.intake.models import Answer, QuestionnaireResponse
from services.intake.operations import forms, questionnaires

QUESTIONS: Final = ("access_needs", "interpreter_language")


def of_response(session: Session, response: QuestionnaireResponse) -> list[tuple[Item, Value]]:
    """Access needs and the interpreter's language, as far as they were answered."""
    items = questionnaires.of_response(session, response).items
    rows = session.scalars(
        select(Answer).where(
            Answer.response_id == response.id,
            Answer.link_id.in_(QUESTIONS),
            Answer.level == "open",
            Answer.superseded_at.is_(None),
        )
    )
    found = {row.link_id: forms.opened(session, response.person_id, row) for row in rows}
    return [(items[name], found[name]) for name in QUESTIONS if name in found]
