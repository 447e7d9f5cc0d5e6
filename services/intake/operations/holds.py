"""The hold on inviting somebody's partner, and that a clinician has lifted it (L14)."""

from typing import Final
from uuid import uuid4

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from services.intake.models import QuestionnaireResponse
from services.intake.operations import audit
from services.intake.operations.readers import Reader
from services.intake.triage_models import HoldLift
from shared.crypto import seal, unseal

SHORTEST_REASON: Final = 10
"""Characters: a reason is a sentence that somebody can be asked about later."""


class NoReason(Exception):
    """The reason is missing, or too short to be one."""


def lift(session: Session, *, response: QuestionnaireResponse, reader: Reader, reason: str) -> None:
    """Lift it, with name, role and reason, which is sealed. Twice is once more on record.

    Raises ValueError unless a clinician does it, NoReason without one.
    """
    if not reader.clinical:
        raise ValueError("Only clinical staff may lift a hold.")
    if len(reason.strip()) < SHORTEST_REASON:
        raise NoReason
    row = HoldLift(
        id=uuid4(),
        response_id=response.id,
        account_id=reader.account_id,
        account_name=reader.name,
        role=reader.role,
    )
    row.reason_sealed = seal(
        session,
        subject_id=response.person_id,
        place=_place(row),
        value=reason.strip(),
    )
    session.add(row)
    audit.note(session, reader=reader, act="lift-hold", response_id=response.id)
    session.flush()


def lifted(session: Session, response: QuestionnaireResponse) -> bool:
    """Whether a clinician has lifted it."""
    return bool(session.scalar(select(exists().where(HoldLift.response_id == response.id))))


def of_response(
    session: Session, response: QuestionnaireResponse, *, reader: Reader
) -> list[tuple[HoldLift, str]]:
    """Who has lifted it, when and why, newest first. Reading the reasons is recorded."""
    rows = session.scalars(
        select(HoldLift)
        .where(HoldLift.response_id == response.id)
        .order_by(HoldLift.lifted_at.desc())
    ).all()
    if rows:
        audit.record(
            session,
            reader=reader,
            response_id=response.id,
            parts=["hold"],
            reason="to read the inquiry",
        )
    return [(row, _reason(session, response, row)) for row in rows]


def _reason(session: Session, response: QuestionnaireResponse, row: HoldLift) -> str:
    words: str = unseal(
        session, subject_id=response.person_id, place=_place(row), sealed=row.reason_sealed
    )
    return words


def _place(row: HoldLift) -> str:
    return f"hold_lift.reason_sealed:{row.id}"
