"""The guard that everything which takes up a clinician's time goes through.

Two stand one behind the other. An advisory lock per schedule makes people take turns, and whoever
comes second gets a clean answer from the domain; the exclusion constraint is the proof. Without
the lock the constraint alone deadlocks, without the constraint a forgotten lock double-books.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    Uuid,
    bindparam,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import AlreadyBooked, Refused, SlotTaken
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
from services.scheduler.operations.statuses import LIVE, PENDING, PROPOSED
from services.scheduler.operations.timetables import Timetables
from shared.db import ask, constraint_of, waited_too_long
from shared.vocabulary import AppointmentStatus

_LOCK_CLASS: Final = 0x50F7
_COUPLE_CLASS: Final = 0x50F8
_ROOMS_CLASS: Final = 0x50F9
_FLOOD_CLASS: Final = 0x50FA
"""They keep our locks apart from any others in the same database."""


_SCHEDULE: Final = bindparam("schedule_id", type_=Integer)
_WAIT: Final = select(func.pg_advisory_xact_lock(_LOCK_CLASS, _SCHEDULE))
_AT_ONCE: Final = select(func.pg_try_advisory_xact_lock(_LOCK_CLASS, _SCHEDULE))


def enter(session: Session, schedule_id: int) -> None:
    """Wait for one's turn at this clinician's time."""
    session.execute(_WAIT, {"schedule_id": schedule_id})


def enter_unless(session: Session, schedule_id: int, gone: Callable[[], Refused | None]) -> bool:
    """Wait for one's turn, as long as a lock may be waited for; returns whether it came at once.

    In vain: raises what `gone` finds by then, since a crowd wants this clinician. Where it finds
    nothing, the time is still to be had, and the fault is raised as it is: try again.
    """
    if ask(session, _AT_ONCE, {"schedule_id": schedule_id}).scalar_one():
        return True
    try:
        with session.begin_nested():  # the lock outlives it, and a wait in vain spoils nothing
            enter(session, schedule_id)
    except OperationalError as late:
        refused = gone() if waited_too_long(late) else None
        if refused is None:
            raise
        raise refused from late
    return False


def enter_for(
    session: Session, schedule: OpenSchedule, start: datetime, question: Question
) -> bool:
    """The same for one start. Raises SlotTaken if in vain and it is given."""

    def gone() -> SlotTaken | None:
        reason = refusal(session, schedule, start, question)
        return _taken(reason, question) if reason else None

    return enter_unless(session, schedule.id, gone)


def enter_for_its_time(session: Session, appointment: Appointment) -> bool:
    """The same for where an appointment stands, though it takes up no time now.

    Raises SlotTaken if in vain and others stand there.
    """

    def gone() -> SlotTaken | None:
        others = select(Appointment.id).where(
            Appointment.schedule_id == appointment.schedule_id,
            Appointment.id != appointment.id,
            Appointment.status.in_(LIVE),
            Appointment.during.overlaps(appointment.during),
        )
        return SlotTaken(Reason.TAKEN) if session.scalars(others).first() else None

    return enter_unless(session, appointment.schedule_id, gone)


_RUN_OUT: Final = select(
    func.clock_timestamp(),
    exists().where(
        Appointment.status == PROPOSED,
        or_(
            Appointment.invitation_id == bindparam("invitation_id", type_=Uuid),
            (Appointment.schedule_id == _SCHEDULE)
            & (Appointment.hold_until <= func.clock_timestamp()),
        ),
    ),
    exists().where(
        Appointment.status == PENDING,
        Appointment.reply_by <= func.clock_timestamp(),
        or_(
            Appointment.invitation_id == bindparam("invitation_id", type_=Uuid),
            Appointment.schedule_id == _SCHEDULE,
        ),
    ),
)


def make_way(session: Session, schedule_id: int, *, invitation_id: UUID | None = None) -> datetime:
    """Put away what has run out at this clinician's, before something is written there.

    With a permission, its earlier hold makes way, too, and a request of theirs that nobody answered
    in time, with whomever it was. Where there is no such thing, it is one look. Returns the
    database's clock. After `enter`.
    """
    who = {"schedule_id": schedule_id, "invitation_id": invitation_id}
    now: datetime
    now, holds, requests = ask(session, _RUN_OUT, who).one()
    theirs = Appointment.schedule_id == schedule_id
    own = Appointment.invitation_id == invitation_id
    if holds:
        sweep_holds(session, theirs)
    if requests:
        replies.release_overdue(session, theirs if invitation_id is None else theirs | own)
    if holds and invitation_id is not None:
        session.execute(
            delete(Appointment).where(own, Appointment.status == AppointmentStatus.PROPOSED)
        )
    return now


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
    *,
    known: Timetables | None = None,
) -> int | None:
    """Raises SlotTaken unless the page would offer this very start now (P7). After `enter`.

    Returns the room that is free then, for a visit that takes place in one: the appointment has to
    be given it. Clinicians share rooms, so whoever needs one waits here for their turn, always
    after the schedule's lock; the constraint is the proof here, too.
    `known`: when this clinician works, where it was read a moment ago.
    """
    if question.kind.in_person:
        session.execute(select(func.pg_advisory_xact_lock(_ROOMS_CLASS, 0)))
        clear(session, Appointment.room_id.is_not(None))
    answer = room_or_refusal(session, schedule, start, question, known=known)
    if answer.reason is not None:
        raise _taken(answer.reason, question)
    return answer.room_id


def _taken(reason: Reason, question: Question) -> SlotTaken:
    return SlotTaken(reason if question.by_staff else reason.to_clients)


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
