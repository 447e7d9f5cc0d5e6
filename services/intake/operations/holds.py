"""The hold on an invitation, and its lifting by a named clinician (L14)."""

from sqlalchemy.orm import Session

from services.intake.models import QuestionnaireResponse


def lifted(session: Session, response: QuestionnaireResponse) -> bool:  # noqa: ARG001
    """Whether a clinician has lifted the hold on this inquiry: there is no such verb yet."""
    return False
