"""From a person to the inquiry that staff open, and the name it is known by."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.models import QuestionnaireResponse
from services.intake.operations import contacts
from services.intake.operations.contacts import ContactCard


@dataclass(frozen=True, kw_only=True)
class Whose:
    """A person, as a list of tasks shows them."""

    response_id: UUID
    card: ContactCard | None


def records(session: Session, people: Collection[UUID]) -> dict[UUID, Whose]:
    """By person, the newest form that was sent. Who never sent one is not among them."""
    rows = session.execute(
        select(QuestionnaireResponse.person_id, QuestionnaireResponse.id)
        .where(
            QuestionnaireResponse.person_id.in_(people),
            QuestionnaireResponse.completed_at.is_not(None),
        )
        .order_by(QuestionnaireResponse.completed_at)
    )
    return {
        person_id: Whose(response_id=response_id, card=contacts.card(session, person_id=person_id))
        for person_id, response_id in rows
    }
