"""What a person wishes to change when it is too late to do it alone: staff settle it (P22).

A wish changes nothing by itself: the time stands until staff move it, cancel it or say that it
stays. Moving or cancelling grants what was wished, whoever does it, and history says that it was
asked for late. Each of two people sees their own wishes alone.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Actor, Hand, Outcome, Wish, change_deadline
from services.scheduler.domain.errors import InTime, NoSuchLink, NotPossible
from services.scheduler.models import Appointment, AppointmentType, Schedule
from services.scheduler.operations import participants, requests
from services.scheduler.operations.history import locked
from services.scheduler.request_models import ChangeRequest
from services.scheduler.settings import Settings
from shared.crypto import SubjectErased, seal, unseal_if_readable
from shared.db import database_now
from shared.vocabulary import AppointmentStatus as Status

MOST: Final = 5
"""So many wishes one person sends about one appointment; after that a call is better."""

LATE: Final = "asked for late"


def deadline(
    appointment: Appointment, kind: AppointmentType, wish: Wish, usual: Settings
) -> datetime:
    """Until when a client does that alone, by the type's rule or else the practice's."""
    own = kind.move_notice if wish is Wish.MOVE else kind.cancel_notice
    return change_deadline(appointment.starts_at, usual.notice_to_change(own))


def ask(
    session: Session,
    *,
    appointment_id: UUID,
    person_id: UUID,
    wish: Wish,
    words: str,
    settings: Settings,
    now: datetime,
) -> ChangeRequest:
    """Put a late wish down, and tell the practice that something waits. Sent twice, it is one.

    `words` is what the person added, kept sealed. Raises InTime while they can do it alone,
    NotPossible when the time is over, not booked, or enough was asked about it, NoSuchLink.
    """
    appointment = locked(session, appointment_id)
    if person_id not in participants.person_ids(session, appointment_id):
        raise NoSuchLink
    if appointment.status != Status.BOOKED or now >= appointment.starts_at:
        raise NotPossible
    kind = session.get_one(AppointmentType, appointment.appointment_type_id)
    if now <= deadline(appointment, kind, wish, settings):
        raise InTime
    earlier = of_person(session, appointment_id=appointment_id, person_id=person_id)
    for one in earlier:
        if one.wish == wish and one.settled_at is None:
            return one
    if len(earlier) >= MOST:
        raise NotPossible
    row = ChangeRequest(
        id=uuid4(), appointment_id=appointment_id, person_id=person_id, wish=wish, asked_at=now
    )
    row.words_sealed = _sealed(session, row, words) if words else None
    session.add(row)
    session.flush()
    requests.call_staff(session)
    return row


def keep(session: Session, *, wish_id: UUID, by: Hand) -> ChangeRequest:
    """Say that the time stays as it is. Said twice, nothing happens.

    Raises NotPossible when the wish was granted, NoSuchLink when there is none.
    """
    found = session.get(ChangeRequest, wish_id)
    if found is None:
        raise NoSuchLink
    locked(session, found.appointment_id)
    row = session.get_one(ChangeRequest, wish_id, with_for_update=True, populate_existing=True)
    if row.outcome == Outcome.DONE:
        raise NotPossible
    if row.outcome is None:
        _settle(session, [row], Outcome.KEPT, by)
    return row


def grant(session: Session, appointment: Appointment, *wishes: Wish, by: Hand) -> Hand:
    """What was wished comes true now. The appointment is locked by whoever does it.

    Returns the hand as history should know it: staff who grant a late wish say so.
    """
    rows = session.scalars(
        select(ChangeRequest).where(
            ChangeRequest.appointment_id == appointment.id,
            ChangeRequest.wish.in_(wishes),
            ChangeRequest.settled_at.is_(None),
        )
    ).all()
    _settle(session, rows, Outcome.DONE, by)
    if not rows or by.actor is not Actor.STAFF:
        return by
    return replace(by, reason=f"{LATE}; {by.reason}" if by.reason else LATE)


def _settle(session: Session, rows: Sequence[ChangeRequest], outcome: Outcome, by: Hand) -> None:
    for row in rows:
        row.settled_at, row.settled_by = database_now(session), str(by)
        row.outcome = outcome
        session.flush()


# ---------------------------------------------------------------- looking


def of_person(session: Session, *, appointment_id: UUID, person_id: UUID) -> list[ChangeRequest]:
    """What this person wished, the latest first; nothing of anybody else's."""
    return list(
        session.scalars(
            select(ChangeRequest)
            .where(
                ChangeRequest.appointment_id == appointment_id,
                ChangeRequest.person_id == person_id,
            )
            .order_by(ChangeRequest.asked_at.desc())
        )
    )


def of_appointment(session: Session, appointment_id: UUID) -> list[ChangeRequest]:
    """Everything that was wished about it, for staff, the first first."""
    return list(
        session.scalars(
            select(ChangeRequest)
            .where(ChangeRequest.appointment_id == appointment_id)
            .order_by(ChangeRequest.asked_at)
        )
    )


def unsettled(session: Session, *, practitioner_id: UUID | None = None) -> list[ChangeRequest]:
    """What waits for staff, the earliest appointment first."""
    query = (
        select(ChangeRequest)
        .join(Appointment, Appointment.id == ChangeRequest.appointment_id)
        .join(Schedule, Schedule.id == Appointment.schedule_id)
        .where(ChangeRequest.settled_at.is_(None))
        .order_by(Appointment.during, ChangeRequest.asked_at)
    )
    if practitioner_id is not None:
        query = query.where(Schedule.practitioner_id == practitioner_id)
    return list(session.scalars(query))


def words_of(session: Session, row: ChangeRequest) -> str | None:
    """What the person added; None if nothing, or if it can't be read any more."""
    words: str | None = unseal_if_readable(
        session, subject_id=row.person_id, place=_place(row.id), sealed=row.words_sealed
    )
    return words


def _sealed(session: Session, row: ChangeRequest, words: str) -> bytes:
    try:
        return seal(session, subject_id=row.person_id, place=_place(row.id), value=words)
    except SubjectErased as error:
        raise NoSuchLink from error


def _place(number: UUID) -> str:
    return f"change_request.words_sealed:{number}"
