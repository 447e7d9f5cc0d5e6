"""The guard that everything which takes up a clinician's time goes through.

Two stand one behind the other. An advisory lock per schedule makes people take turns, and whoever
comes second gets a clean answer from the domain; the exclusion constraint is the proof. Without
the lock the constraint alone deadlocks, without the constraint a forgotten lock double-books.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, delete, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import AlreadyBooked, SlotTaken
from services.scheduler.domain.explanation import Reason
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import (
    NO_OVERLAP,
    NO_ROOM_OVERLAP,
    ONE_PER_COUPLE,
    ONE_PER_PERMISSION,
    Appointment,
    AppointmentType,
)
from services.scheduler.operations import replies
from services.scheduler.operations.offers import refusal, room_or_refusal
from services.scheduler.operations.question import Question
from shared.db import constraint_of, waited_too_long
from shared.vocabulary import AppointmentStatus

_LOCK_CLASS: Final = 0x50F7
_COUPLE_CLASS: Final = 0x50F8
_ROOMS_CLASS: Final = 0x50F9
_FLOOD_CLASS: Final = 0x50FA
"""They keep our locks apart from any others in the same database."""


def enter(session: Session, schedule_id: int) -> None:
    """Wait for one's turn at this clinician's time, and clear it of what has run out."""
    session.execute(select(func.pg_advisory_xact_lock(_LOCK_CLASS, schedule_id)))
    clear(session, Appointment.schedule_id == schedule_id)


def enter_for(
    session: Session, schedule: OpenSchedule, start: datetime, question: Question
) -> None:
    """Wait for one's turn at one start. Raises SlotTaken if in vain and it is given."""
    try:
        with session.begin_nested():  # the lock outlives it, and a wait in vain spoils nothing
            enter(session, schedule.id)
    except OperationalError as late:
        raise SlotTaken(gone_meanwhile(session, late, schedule, start, question)) from late


def gone_meanwhile(
    session: Session,
    late: OperationalError,
    schedule: OpenSchedule,
    start: datetime,
    question: Question,
) -> Reason:
    """Why a start is not to be had by whoever's turn did not come; raises `late` if it still is.

    A crowd wants this clinician: by now it is most often given to one of them.
    """
    gone = refusal(session, schedule, start, question) if waited_too_long(late) else None
    if gone is None:
        raise late
    return gone if question.by_staff else gone.to_clients


def clear(session: Session, which: ColumnElement[bool]) -> None:
    """Put away what has run out: for whoever reads it is over, to the constraints it stands."""
    sweep_holds(session, which)
    replies.release_overdue(session, which)


def enter_couple(session: Session, couple_id: UUID) -> None:
    """Wait for what the other of the two is sending: of both who choose, one is first."""
    number = func.hashtext(cast(couple_id, Text))
    session.execute(select(func.pg_advisory_xact_lock(_COUPLE_CLASS, number)))


def enter_flood(session: Session) -> None:
    """Wait for one's turn among those of a flood; after the schedule's lock, so in one order."""
    session.execute(select(func.pg_advisory_xact_lock(_FLOOD_CLASS, 0)))


def sweep_holds(session: Session, *which: ColumnElement[bool]) -> int:
    """Delete holds that ran out; returns how many. One that is being booked now is left alone."""
    found = (
        select(Appointment.id)
        .where(
            Appointment.status == AppointmentStatus.PROPOSED,
            Appointment.hold_until <= func.clock_timestamp(),
            *which,
        )
        .with_for_update(skip_locked=True)
        .scalar_subquery()
    )
    gone = session.execute(
        delete(Appointment).where(Appointment.id.in_(found)).returning(Appointment.id),
        execution_options={"synchronize_session": False},
    )
    return len(gone.all())


def refuse_taken(
    session: Session,
    schedule: OpenSchedule,
    start: datetime,
    question: Question,
) -> int | None:
    """Raises SlotTaken unless the page would offer this very start now (P7). After `enter`.

    Returns the room that is free then, for a visit that takes place in one: the appointment has to
    be given it. Clinicians share rooms, so whoever needs one waits here for their turn, always
    after the schedule's lock; the constraint is the proof here, too.
    """
    if question.kind.in_person:
        session.execute(select(func.pg_advisory_xact_lock(_ROOMS_CLASS, 0)))
        clear(session, Appointment.room_id.is_not(None))
    answer = room_or_refusal(session, schedule, start, question)
    if answer.reason is not None:
        raise SlotTaken(answer.reason if question.by_staff else answer.reason.to_clients)
    return answer.room_id


def flush(session: Session) -> None:
    """Write, and let the constraints have the last word. Raises SlotTaken, AlreadyBooked."""
    try:
        session.flush()
    except IntegrityError as error:
        if constraint_of(error) == NO_OVERLAP:
            raise SlotTaken(Reason.TAKEN) from error
        if constraint_of(error) == NO_ROOM_OVERLAP:
            raise SlotTaken(Reason.NO_ROOM) from error
        if constraint_of(error) in (ONE_PER_PERMISSION, ONE_PER_COUPLE):
            raise AlreadyBooked from error
        raise


def span(start: datetime, kind: AppointmentType) -> Range[datetime]:
    """The time that an appointment of that type takes up."""
    return Range(start, start + kind.duration, bounds="[)")
