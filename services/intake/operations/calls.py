"""The private call with one person: that it has taken place, as a clinician says."""

from datetime import datetime

from sqlalchemy.orm import Session

from services.intake.models import QuestionnaireResponse
from services.intake.operations import tasks
from services.intake.operations.readers import Reader


def mark_done(
    session: Session, *, response: QuestionnaireResponse, reader: Reader, now: datetime
) -> None:
    """It has taken place. Said again, the first time stands."""
    if response.call_done_at is None:
        response.call_done_at, response.call_done_by = now, reader.account_id
        tasks.note(session, response_id=response.id, reader=reader, act="call-done")


def unmark(session: Session, *, response: QuestionnaireResponse, reader: Reader) -> None:
    """It has not, after all."""
    if response.call_done_at is not None:
        response.call_done_at = response.call_done_by = None
        tasks.note(session, response_id=response.id, reader=reader, act="call-not-done")


def done(response: QuestionnaireResponse) -> bool:
    """Whether it has taken place."""
    return response.call_done_at is not None
