"""What has to be asked of another service before a message can be planned: rows, each once."""

from typing import Final, Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.models import Errand

Kind = Literal["communication", "assignment"]
COMMUNICATION: Final[Kind] = "communication"
ASSIGNMENT: Final[Kind] = "assignment"


def note(
    session: Session,
    *,
    errand_id: UUID,
    kind: Kind,
    person_id: UUID | None = None,
    account_id: UUID | None = None,
) -> None:
    """Keep the errand until it is done. The same one again changes nothing."""
    session.execute(
        insert(Errand)
        .values(id=errand_id, kind=kind, person_id=person_id, account_id=account_id)
        .on_conflict_do_nothing()
    )
