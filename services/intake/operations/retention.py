"""What is destroyed, and when: a draft its owner erases, and drafts that were left behind."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.intake.domain.questionnaire import CRISIS
from services.intake.models import Person, QuestionnaireResponse, ResponseStatus
from services.intake.operations import responses
from services.intake.operations.forms import Form
from shared.crypto import destroy_key


class NotErasable(Exception):
    """The form was sent: it is part of a record that the practice has to keep by law."""


def erase(session: Session, form: Form) -> None:
    """Destroy a draft at its owner's wish, rows and key (L38). Raises NotErasable once sent."""
    if form.completed:
        raise NotErasable
    _destroy(session, form.response.person_id)


def abandoned(session: Session, *, now: datetime, after: timedelta) -> list[UUID]:
    """The ids of the drafts that nobody has touched for so long."""
    return list(
        session.scalars(
            select(QuestionnaireResponse.id)
            .where(
                QuestionnaireResponse.status == ResponseStatus.IN_PROGRESS,
                QuestionnaireResponse.updated_at < now - after,
            )
            .order_by(QuestionnaireResponse.updated_at)
        )
    )


def purge(session: Session, *, response_id: UUID, now: datetime, after: timedelta) -> bool:
    """Destroy this draft if it is still abandoned; returns whether it was (L48).

    One whose answers call for a clinician stays until a clinician has closed it.
    """
    response = session.scalar(
        select(QuestionnaireResponse)
        .where(
            QuestionnaireResponse.id == response_id,
            QuestionnaireResponse.status == ResponseStatus.IN_PROGRESS,
            QuestionnaireResponse.updated_at < now - after,
        )
        .with_for_update(skip_locked=True)
    )
    if response is None or waits_for_a_clinician(session, response):
        return False
    _destroy(session, response.person_id)
    return True


def waits_for_a_clinician(session: Session, response: QuestionnaireResponse) -> bool:
    """Whether the answers say that somebody may be in danger, and no clinician is done with it."""
    decision = responses.decision_so_far(session, response)
    return response.closed_at is None and decision is not None and decision["track"] == CRISIS


def _destroy(session: Session, person_id: UUID) -> None:
    destroy_key(session, person_id)
    session.execute(delete(Person).where(Person.id == person_id))
