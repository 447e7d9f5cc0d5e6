"""A task for every form, and the request to look at it: said for everyone alike."""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from services.intake.domain.tasks import State
from services.intake.triage_models import Task


def begin(session: Session, response_id: UUID) -> None:
    """Every form has a task from its first page on, whatever will be answered."""
    session.add(Task(response_id=response_id, state=State.WAITING, look=False))
    session.flush()


def ask_to_look(session: Session, response_id: UUID) -> None:
    """The decision may have changed: the job has to look (`tasks.look`)."""
    session.execute(update(Task).where(Task.response_id == response_id).values(look=True))
