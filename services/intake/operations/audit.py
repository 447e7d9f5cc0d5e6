"""The record of who opened, read or did what of whose, and why (L04). It only grows."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.intake.models import SealedRead
from services.intake.operations.readers import Reader


def record(
    session: Session, *, reader: Reader, response_id: UUID, parts: Iterable[str], reason: str
) -> None:
    """Note that `reader` opens these parts of an inquiry now. Before they are shown, not after."""
    session.add_all(
        SealedRead(
            account_id=reader.account_id,
            account_name=reader.name,
            role=reader.role,
            response_id=response_id,
            part=part,
            reason=reason,
        )
        for part in parts
    )
    session.flush()


def readings(session: Session, *, response_id: UUID) -> list[SealedRead]:
    """Who has opened what of this inquiry, newest first."""
    return list(
        session.scalars(
            select(SealedRead)
            .where(SealedRead.response_id == response_id)
            .order_by(SealedRead.id.desc())
            .limit(50)
        )
    )
