"""Letting a first partner invite: the row that says so, made by a clinician and by no answer.

In the mode that opens at once, the form's decision makes it (documented as less private).
"""

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.couple_models import Couple
from services.intake.domain.condition import Answers
from services.intake.domain.invitation import HOWS, How
from services.intake.models import QuestionnaireResponse
from services.intake.operations import audit, practice
from services.intake.operations.readers import Reader
from shared.crypto import seal, unseal

_SOFTWARE: Final = "Softstart"


def wish(answers: Answers) -> How | None:
    """How this person would have the partner hear about it; None: they want to talk first."""
    return next((how for how in HOWS if answers.get("invite_pref") == how), None)


def newest(session: Session, *, response: QuestionnaireResponse) -> Couple | None:
    """The last step that was opened for this person, ended or not."""
    return session.scalar(
        select(Couple)
        .where(Couple.a_response_id == response.id)
        .order_by(Couple.opened_at.desc())
        .limit(1)
    )


def open_step(
    session: Session, *, response: QuestionnaireResponse, how: How, reader: Reader | None
) -> Couple:
    """Let this person invite, in this way. The caller has made sure that it may be."""
    row = Couple(
        id=uuid4(),
        a_response_id=response.id,
        opened_by=reader.account_id if reader else None,
        opened_by_name=reader.name if reader else _SOFTWARE,
    )
    row.how_sealed = seal(session, subject_id=response.person_id, place=_place(row), value=how)
    session.add(row)
    session.flush()
    audit.note(session, reader=reader, act="open-invitation", response_id=response.id)
    return row


def how_of(session: Session, *, couple: Couple, response: QuestionnaireResponse) -> How:
    """By a link or by one e-mail. `response` is A's."""
    found: How = unseal(
        session,
        subject_id=response.person_id,
        place=_place(couple),
        sealed=couple.how_sealed,
    )
    return found


def when_sent(
    session: Session,
    *,
    response: QuestionnaireResponse,
    decision: Mapping[str, Any],
    answers: Answers,
) -> None:
    """A form came in: in the mode that opens at once, and only then, the step may open with it."""
    settings = practice.current(session)
    if settings.partner_invite_mode != "immediate_when_clear" or not settings.partner_invite_reason:
        return
    how = wish(answers)
    if decision["partner_invite"] == "offer" and how is not None:
        open_step(session, response=response, how=how, reader=None)


def _place(couple: Couple) -> str:
    return f"couple.how_sealed:{couple.id}"
