"""Erasing a person's record at their request, and doing it again after a restored backup."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.intake.audit_models import LegalHold
from services.intake.domain.keeping import keep_until
from services.intake.models import Person
from services.intake.operations import audit, legal_holds, retention
from services.intake.operations.readers import Reader
from shared.contracts.intake import PersonErased
from shared.crypto import SubjectKey, destroy_key
from shared.messaging.outbox import publish
from shared.vocabulary import Role

HELD: Final = "held"
COMING: Final = "coming"
KEPT: Final = "kept"


class NotErased(Exception):
    """It may not be erased now; `why` is HELD, COMING or KEPT."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What stands in the way of erasing a record, for whoever may do it."""

    held: LegalHold | None
    held_because: str
    coming: bool
    keep_until: datetime | None
    """Until when the law wants a client's record kept, while it does."""


def standing(
    session: Session, *, person_id: UUID, now: datetime, drafts: timedelta
) -> Standing | None:
    """What stands in the way, or None for somebody unknown."""
    kept = retention.of_person(session, person_id=person_id, now=now)
    if kept is None:
        return None
    until = keep_until(kept, retention.periods(session, drafts=drafts)) if kept.client else None
    hold = legal_holds.standing(session, person_id=person_id)
    return Standing(
        held=hold,
        held_because=legal_holds.reason_of(session, hold) if hold else "",
        coming=kept.coming,
        keep_until=until if until and until > now else None,
    )


def erase(
    session: Session,
    *,
    reader: Reader,
    person_id: UUID,
    reason: str,
    permitted: bool,
    now: datetime,
    drafts: timedelta,
) -> None:
    """Destroy a person's record, rows and key. There is no way back.

    `reason` is a code. `permitted` says that whoever asks has made sure that the law allows it,
    though its period still runs; that is recorded. Raises NotErased; nothing for somebody unknown.
    """
    if reader.role is not Role.OWNER:
        raise ValueError("Only the owner of the practice erases a record.")
    session.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    found = standing(session, person_id=person_id, now=now, drafts=drafts)
    if found is None:
        return
    if found.held:
        raise NotErased(HELD)
    if found.coming:
        raise NotErased(COMING)
    if found.keep_until and not permitted:
        raise NotErased(KEPT)
    part = "said to be permitted before the period ends" if found.keep_until else None
    audit.note(session, reader=reader, act="erase", person_id=person_id, part=part, reason=reason)
    retention.destroy(session, person_id=person_id)


def erased(session: Session, *, lines: Iterable[str]) -> list[str]:
    """A line for each key that was destroyed and is not on the list: when, and whose."""
    known = {subject_id for subject_id, _ in _read(lines)}
    rows = session.execute(
        select(SubjectKey.subject_id, SubjectKey.destroyed_at)
        .where(SubjectKey.destroyed_at.is_not(None))
        .order_by(SubjectKey.destroyed_at)
    )
    return [
        f"{row.destroyed_at.isoformat()} {row.subject_id}"
        for row in rows
        if row.subject_id not in known
    ]


def reapply(session: Session, *, lines: Iterable[str]) -> int:
    """Erase again whom a restored backup brought back; returns how many came back with it.

    Everybody is told of everyone on the list: their databases were restored, too.
    """
    back = 0
    for subject_id, _ in _read(lines):
        key = session.get(SubjectKey, subject_id)
        if key is not None and key.wrapped is not None:
            back += 1
            audit.note(session, reader=None, act="erase", person_id=subject_id, reason="reapplied")
            destroy_key(session, subject_id)
        # A hold in the backup was lifted since, or the person could not have been erased.
        session.execute(delete(LegalHold).where(LegalHold.person_id == subject_id))
        session.execute(delete(Person).where(Person.id == subject_id))
        publish(session, PersonErased(person_id=subject_id))
    return back


def _read(lines: Iterable[str]) -> list[tuple[UUID, str]]:
    pairs = [line.split() for line in lines if line.strip()]
    return [(UUID(pair[1]), pair[0]) for pair in pairs]
