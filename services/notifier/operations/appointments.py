"""What the notifier knows of appointments: the latest word on each, and what is still to be done.

Events may come late, twice or in any order: `sequence` decides, never the time of arrival (F21).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.reminders import LAST_MINUTE
from services.notifier.models import AppointmentCopy, AppointmentProjection
from services.notifier.operations import contacts, withdrawals
from services.notifier.schemas import AppointmentSchema
from shared.crypto import SubjectErased, seal, unseal
from shared.db import database_now

Status = Literal["booked", "cancelled"]

RING_AGAIN = timedelta(seconds=10)
_LONGEST_WAIT = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What has to be asked of the other services before messages can be planned."""

    appointment_id: UUID
    sequence: int
    contacts: tuple[UUID, ...]
    details: tuple[UUID, ...]


def note(
    session: Session,
    *,
    appointment_id: UUID,
    sequence: int,
    status: Status,
    person_ids: Iterable[UUID],
    said_at: datetime | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> bool:
    """Keep the news if it is the latest, and withdraw what it makes untrue. Returns whether it was.

    A cancellation names no time; the last one known stays. `said_at` is when it became news, which
    after an outage is long ago: what was asked for in the evening isn't told in the night.
    """
    new = insert(AppointmentProjection).values(
        appointment_id=appointment_id,
        sequence=sequence,
        status=status,
        person_ids=list(person_ids),
        starts_at=starts_at,
        ends_at=ends_at,
        announced_at=func.least(func.clock_timestamp(), said_at),
        prepare_at=func.clock_timestamp(),
    )
    known = AppointmentProjection
    taken = session.scalar(
        new.on_conflict_do_update(
            index_elements=[known.appointment_id],
            set_={
                "sequence": new.excluded.sequence,
                "status": new.excluded.status,
                "person_ids": new.excluded.person_ids,
                "starts_at": func.coalesce(new.excluded.starts_at, known.starts_at),
                "ends_at": func.coalesce(new.excluded.ends_at, known.ends_at),
                "announced_at": new.excluded.announced_at,
                "prepare_at": new.excluded.prepare_at,
                "rung_at": None,
                "prepare_tries": 0,
            },
            where=new.excluded.sequence > known.sequence,
        ).returning(known.appointment_id)
    )
    if taken is None:
        return False
    withdrawals.withdraw_older(session, appointment_id=appointment_id, sequence=sequence)
    return True


def prepare_again(session: Session, *, person_id: UUID) -> None:
    """Have every appointment of a person looked at anew, because their wishes changed."""
    session.execute(
        update(AppointmentProjection)
        .where(AppointmentProjection.person_ids.contains([person_id]), _still_news())
        .values(prepare_at=func.clock_timestamp(), prepare_tries=0)
    )


def ring_for_unprepared(session: Session, *, limit: int = 100) -> list[UUID]:
    """Choose what to ring for: appointments to be prepared that were not rung for just now."""
    moment = func.clock_timestamp()
    chosen = (
        select(AppointmentProjection.appointment_id)
        .where(_to_be_prepared(timedelta(0)))
        .where(
            or_(
                AppointmentProjection.rung_at.is_(None),
                AppointmentProjection.rung_at <= moment - RING_AGAIN,
            )
        )
        .order_by(AppointmentProjection.prepare_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return list(
        session.scalars(
            update(AppointmentProjection)
            .where(AppointmentProjection.appointment_id.in_(chosen.scalar_subquery()))
            .values(rung_at=moment)
            .returning(AppointmentProjection.appointment_id)
            .execution_options(synchronize_session=False)
        )
    )


def overdue(session: Session, *, by: timedelta, limit: int = 20) -> list[UUID]:
    """Appointments whose doorbell must have been lost, the oldest first."""
    return list(
        session.scalars(
            select(AppointmentProjection.appointment_id)
            .where(_to_be_prepared(by))
            .order_by(AppointmentProjection.prepare_at)
            .limit(limit)
        )
    )


def begin_preparing(session: Session, *, appointment_id: UUID) -> Preparation | None:
    """Say what has to be fetched; None if there is nothing to prepare now.

    The try is counted before the work, so that one which kills its worker waits longer each time.
    """
    projection = session.get(AppointmentProjection, appointment_id, with_for_update=True)
    now = database_now(session)
    if projection is None or projection.prepare_at is None or projection.prepare_at > now:
        return None
    projection.prepare_tries += 1
    projection.prepare_at = now + _wait(projection.prepare_tries)
    projection.rung_at = None
    session.flush()
    people = projection.person_ids
    older = tuple(
        person for person in people if _copy_is_older(session, projection, person_id=person)
    )
    if projection.status == "cancelled":
        # Of whom we hold nothing, we ask nothing: they were never told, and will not be now.
        people = [person for person in people if _has_copy(session, projection, person)]
        older = ()
    return Preparation(
        appointment_id=appointment_id,
        sequence=projection.sequence,
        contacts=tuple(person for person in people if contacts.wanting(session, person_id=person)),
        details=older,
    )


def keep_details(session: Session, *, person_id: UUID, details: AppointmentDetails) -> None:
    """Keep a sealed copy of what a person is to be told; an older one never replaces a newer.

    Of someone who was erased nothing is kept.
    """
    try:
        sealed = seal(
            session,
            subject_id=person_id,
            place=_place(details.appointment_id, person_id),
            value=AppointmentSchema().dump(details),
        )
    except SubjectErased:
        return
    new = insert(AppointmentCopy).values(
        appointment_id=details.appointment_id,
        person_id=person_id,
        sequence=details.sequence,
        details_sealed=sealed,
    )
    session.execute(
        new.on_conflict_do_update(
            index_elements=[AppointmentCopy.appointment_id, AppointmentCopy.person_id],
            set_={
                "sequence": new.excluded.sequence,
                "details_sealed": new.excluded.details_sealed,
                "fetched_at": func.now(),
            },
            where=new.excluded.sequence >= AppointmentCopy.sequence,
        )
    )


def details_for(
    session: Session, *, appointment_id: UUID, person_id: UUID
) -> AppointmentDetails | None:
    """What a person was last to be told; None if nothing was ever fetched. Raises SubjectErased."""
    copy = session.get(AppointmentCopy, (appointment_id, person_id), populate_existing=True)
    if copy is None:
        return None
    document = unseal(
        session,
        subject_id=person_id,
        place=_place(appointment_id, person_id),
        sealed=copy.details_sealed,
    )
    details: AppointmentDetails = AppointmentSchema().load(document)
    return details


def _copy_is_older(session: Session, projection: AppointmentProjection, *, person_id: UUID) -> bool:
    copy = session.get(AppointmentCopy, (projection.appointment_id, person_id))
    return copy is None or copy.sequence < projection.sequence


def _has_copy(session: Session, projection: AppointmentProjection, person_id: UUID) -> bool:
    return session.get(AppointmentCopy, (projection.appointment_id, person_id)) is not None


def _place(appointment_id: UUID, person_id: UUID) -> str:
    return f"appointment_copy.details_sealed:{appointment_id}:{person_id}"


def _to_be_prepared(overdue_by: timedelta) -> ColumnElement[bool]:
    due = AppointmentProjection.prepare_at <= func.clock_timestamp() - overdue_by
    return and_(due, _still_news())


def _still_news() -> ColumnElement[bool]:
    """What `domain.reminders.news_until` says, in SQL."""
    starts_at = AppointmentProjection.starts_at
    taken_at = func.least(starts_at, AppointmentProjection.announced_at)
    until = func.greatest(starts_at, taken_at + LAST_MINUTE)
    return or_(starts_at.is_(None), until > func.clock_timestamp())


def _wait(tries: int) -> timedelta:
    return min(_LONGEST_WAIT, timedelta(seconds=5 * 2 ** min(tries - 1, 10)))
