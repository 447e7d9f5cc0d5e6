"""People to be called, because nothing that was written to them arrived (delivery.md)."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from services.notifier.call_models import Call
from services.notifier.domain.contact import Contact
from services.notifier.models import AppointmentProjection, Errand, Notification
from services.notifier.operations import contacts
from shared.crypto import SealBroken, SubjectErased


class How(StrEnum):
    """How a call ended."""

    TOLD = "told"
    NOT_REACHED = "not-reached"
    NOT_NEEDED = "not-needed"


@dataclass(frozen=True, kw_only=True)
class ToCall:
    """One line of the list; `contact` only for those who may read it."""

    call: Call
    notification: Notification
    name: str | None
    contact: Contact | None


def waiting(session: Session, *, with_contact: bool) -> list[ToCall]:
    """Whoever is still to be called, the most pressing first."""
    found = session.execute(_open().order_by(Call.until, Call.id).limit(200)).all()
    people = {row.person_id for _, row in found if row.person_id is not None}
    names = contacts.names(session, person_ids=people)
    return [
        ToCall(
            call=call,
            notification=row,
            name=names.get(row.person_id) if row.person_id else None,
            contact=_contact(session, row.person_id) if with_contact else None,
        )
        for call, row in found
    ]


def count(session: Session) -> int:
    """How many are still to be called."""
    return session.scalar(select(func.count()).select_from(_open().subquery())) or 0


def close(session: Session, *, call_id: UUID, how: How, account_id: UUID) -> bool:
    """Take one off the list; False if somebody was quicker."""
    closed = session.execute(
        update(Call)
        .where(Call.id == call_id, Call.closed_at.is_(None))
        .values(closed_at=func.clock_timestamp(), closed_by=account_id, how=how)
        .returning(Call.id)
    )
    return closed.first() is not None


def contact_of(session: Session, *, call_id: UUID) -> Contact | None:
    """Whom a call on the list is about, by the latest wishes; None if it is not there any more."""
    person_id = session.scalar(
        select(Notification.person_id)
        .join(Call, Call.notification_id == Notification.id)
        .where(Call.id == call_id, Call.closed_at.is_(None))
    )
    try:
        return contacts.latest(session, person_id=person_id) if person_id else None
    except (SubjectErased, SealBroken):
        return None


def _open() -> Select[Call, Notification]:
    """What is not done, not over, and still as it was when nobody could be told of it."""
    known, errand = AppointmentProjection, Errand
    return (
        select(Call, Notification)
        .join(Notification, Notification.id == Call.notification_id)
        .outerjoin(known, known.appointment_id == Notification.appointment_id)
        .outerjoin(errand, errand.id == Notification.errand_id)
        .where(
            Call.closed_at.is_(None),
            Call.until > func.clock_timestamp(),
            or_(
                known.sequence == Notification.sequence,
                and_(errand.id.is_not(None), errand.void_at.is_(None)),
            ),
        )
    )


def _contact(session: Session, person_id: UUID | None) -> Contact | None:
    if person_id is None:
        return None
    try:
        return contacts.last_known(session, person_id=person_id)
    except (SubjectErased, SealBroken):
        return None
