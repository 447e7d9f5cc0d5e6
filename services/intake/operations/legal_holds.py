"""A legal hold: while one stands, nothing of this person is destroyed, whoever asks (L49).

The database refuses it too: a trigger keeps the person's row, and with it the transaction.
"""

from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.intake.audit_models import LegalHold
from services.intake.models import Person
from services.intake.operations import audit
from services.intake.operations.readers import Reader
from shared.crypto import seal, unseal


def standing(session: Session, *, person_id: UUID) -> LegalHold | None:
    """The hold on this person's record, if there is one."""
    return session.scalar(
        select(LegalHold).where(LegalHold.person_id == person_id, LegalHold.lifted_at.is_(None))
    )


def reason_of(session: Session, hold: LegalHold) -> str:
    """Why it was set, in the words of whoever set it."""
    words: str = unseal(
        session, subject_id=hold.person_id, place=_place(hold.id), sealed=hold.reason_sealed
    )
    return words


def impose(session: Session, *, reader: Reader, person_id: UUID, reason: str) -> None:
    """Keep everything of this person from now on. A second hold changes nothing."""
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    if standing(session, person_id=person_id) is not None:
        return
    hold = LegalHold(
        id=uuid4(), person_id=person_id, set_by=reader.account_id, set_by_name=reader.name
    )
    hold.reason_sealed = seal(session, subject_id=person_id, place=_place(hold.id), value=reason)
    session.add(hold)
    session.flush()
    audit.note(
        session, reader=reader, act="legal-hold", person_id=person_id, part="set", written=reason
    )


def lift(session: Session, *, reader: Reader, person_id: UUID, reason: str) -> None:
    """The usual periods count again. Without a hold nothing happens."""
    hold = standing(session, person_id=person_id)
    if hold is None:
        return
    hold.lifted_at = session.scalar(select(func.clock_timestamp()))
    hold.lifted_by, hold.lifted_by_name = reader.account_id, reader.name
    session.flush()
    audit.note(
        session, reader=reader, act="legal-hold", person_id=person_id, part="lift", written=reason
    )


def _place(hold_id: UUID) -> str:
    return f"legal_hold.reason_sealed:{hold_id}"
