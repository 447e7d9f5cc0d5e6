"""What has to be asked of another service before a message can be planned: rows, each once.

Whoever wanted it may want it no longer. So the owner is asked when the messages are planned, and
again right before each is sent; what could not be asked is not sent.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.errand import FRESH, Communication, FreeTime
from services.notifier.models import Errand, Notification
from services.notifier.operations import contacts, withdrawals
from services.notifier.schemas import FreeTimeSchema
from shared.crypto import PRACTICE_SUBJECT, SubjectErased, seal, unseal
from shared.db import database_now

Kind = Literal["communication", "assignment"]
COMMUNICATION: Final[Kind] = "communication"
ASSIGNMENT: Final[Kind] = "assignment"

RING_AGAIN: Final = timedelta(seconds=10)
_LONGEST_WAIT: Final = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Todo:
    """An errand to be done now: whom to ask about what."""

    errand_id: UUID
    person_id: UUID | None
    account_id: UUID | None
    contact: bool
    tries: int


def note(
    session: Session,
    *,
    errand_id: UUID,
    kind: Kind,
    said_at: datetime | None = None,
    person_id: UUID | None = None,
    account_id: UUID | None = None,
) -> None:
    """Keep the errand until it is done. The same one again changes nothing."""
    session.execute(
        insert(Errand)
        .values(
            id=errand_id,
            kind=kind,
            person_id=person_id,
            account_id=account_id,
            noted_at=func.least(func.clock_timestamp(), said_at),
        )
        .on_conflict_do_nothing()
    )


def prepare_again(session: Session, *, person_id: UUID) -> None:
    """Look anew at what is still of use to a person, because their wishes changed (L19)."""
    session.execute(
        update(Errand)
        .where(
            Errand.person_id == person_id,
            Errand.void_at.is_(None),
            or_(Errand.not_after.is_(None), Errand.not_after > func.clock_timestamp()),
        )
        .values(prepare_at=func.clock_timestamp(), tries=0, rung_at=None)
    )


def ring_for_undone(session: Session, *, limit: int = 100) -> list[UUID]:
    """Choose what to ring for: errands to be done that were not rung for just now."""
    moment = func.clock_timestamp()
    chosen = (
        select(Errand.id)
        .where(_to_be_done(timedelta(0)))
        .where(or_(Errand.rung_at.is_(None), Errand.rung_at <= moment - RING_AGAIN))
        .order_by(Errand.prepare_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(
        session.scalars(
            update(Errand)
            .where(Errand.id.in_(chosen.scalar_subquery()))
            .values(rung_at=moment)
            .returning(Errand.id)
            .execution_options(synchronize_session=False)
        )
    )


def overdue(session: Session, *, by: timedelta, limit: int = 20) -> list[UUID]:
    """Errands whose doorbell must have been lost, the oldest first."""
    return list(
        session.scalars(
            select(Errand.id).where(_to_be_done(by)).order_by(Errand.prepare_at).limit(limit)
        )
    )


def begin(session: Session, *, errand_id: UUID) -> Todo | None:
    """Say what has to be asked; None if there is nothing to do now.

    The try is counted before the work, so that one which kills its worker waits longer each time.
    """
    row = session.get(Errand, errand_id, with_for_update=True)
    now = database_now(session)
    if row is None or row.prepare_at is None or row.prepare_at > now:
        return None
    row.tries += 1
    row.prepare_at = now + min(_LONGEST_WAIT, timedelta(seconds=5 * 2 ** min(row.tries - 1, 10)))
    row.rung_at = None
    session.flush()
    return Todo(
        errand_id=row.id,
        person_id=row.person_id,
        account_id=row.account_id,
        contact=row.person_id is not None and contacts.wanting(session, person_id=row.person_id),
        tries=row.tries,
    )


def keep(session: Session, *, wanted: Communication) -> None:
    """Keep what its owner wants sent, sealed, and that it has just said so."""
    row = session.get(Errand, wanted.communication_id, with_for_update=True, populate_existing=True)
    if row is None or row.person_id != wanted.person_id or row.void_at is not None:
        return
    try:
        row.details_sealed = seal(
            session, subject_id=wanted.person_id, place=_place(row.id), value=_details(wanted)
        )
    except SubjectErased:
        _void(row, database_now(session))
        return
    row.purpose = wanted.purpose
    row.not_after = wanted.not_after
    row.asked_at = database_now(session)
    session.flush()


def keep_address(session: Session, *, errand_id: UUID, address: str) -> None:
    """Keep where a member of staff is written to, sealed with the practice's own key."""
    row = session.get_one(Errand, errand_id, with_for_update=True, populate_existing=True)
    row.details_sealed = seal(
        session, subject_id=PRACTICE_SUBJECT, place=_place(row.id), value=address
    )
    session.flush()


def void(session: Session, *, errand_id: UUID) -> None:
    """It is not wanted any more: what waits of it is withdrawn, and what it said is dropped."""
    row = session.get(Errand, errand_id, with_for_update=True, populate_existing=True)
    if row is None:
        return
    _void(row, database_now(session))
    session.flush()
    withdrawals.withdraw_errand(session, errand_id=errand_id)


def forget(session: Session, *, person_id: UUID) -> None:
    """Ask nothing more about a person who was erased."""
    now = database_now(session)
    for row in session.scalars(
        select(Errand).where(Errand.person_id == person_id).with_for_update()
    ):
        _void(row, now)
    session.flush()


def to_be_asked_again(session: Session, *, notification_id: UUID) -> UUID | None:
    """The communication that intake has to confirm before this message goes out; else None."""
    return session.scalar(
        select(Errand.id)
        .join(Notification, Notification.errand_id == Errand.id)
        .where(
            Notification.id == notification_id,
            Errand.kind == COMMUNICATION,
            Errand.void_at.is_(None),
            or_(Errand.asked_at.is_(None), Errand.asked_at <= func.clock_timestamp() - FRESH),
        )
    )


@dataclass(frozen=True, kw_only=True)
class Details:
    """The link, or a member of staff's address; and of an offer the time."""

    link: str = field(repr=False)
    time: FreeTime | None = None


def details_of(session: Session, row: Errand) -> Details | None:
    """What is to be said; None if it is not here. Raises SubjectErased."""
    if row.details_sealed is None:
        return None
    found: str | dict[str, Any] = unseal(
        session,
        subject_id=row.person_id or PRACTICE_SUBJECT,
        place=_place(row.id),
        sealed=row.details_sealed,
    )
    if isinstance(found, str):
        return Details(link=found)
    return Details(link=found["link"], time=FreeTimeSchema().load(found["time"]))


def _details(wanted: Communication) -> str | dict[str, Any]:
    """A bare link is kept as it is, as it was before there were offers."""
    if wanted.time is None:
        return wanted.link
    return {"link": wanted.link, "time": FreeTimeSchema().dump(wanted.time)}


def _void(row: Errand, now: datetime) -> None:
    row.void_at = row.void_at or now
    row.prepare_at = None
    row.details_sealed = None


def _place(errand_id: UUID) -> str:
    return f"errand.details_sealed:{errand_id}"


def _to_be_done(overdue_by: timedelta) -> ColumnElement[bool]:
    return Errand.prepare_at <= func.clock_timestamp() - overdue_by
