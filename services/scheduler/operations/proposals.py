"""Another time that one of two people has asked for: the row of it, and how it ends (N7).

It is over by the database's clock alone, whether a job has run or not: whoever reads finds it over.
Whoever takes several locks takes the appointment's first, then its schedule's, then that of the
time which is kept, then this row's. `moving` is what people do with it.
"""

from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import ERASED, SYSTEM, Act, Hand
from services.scheduler.domain.errors import NoSuchLink
from services.scheduler.joint_models import MoveProposal
from services.scheduler.models import Appointment, Participant
from services.scheduler.operations import participants
from services.scheduler.operations.appointments import Place, for_person
from services.scheduler.operations.history import locked, record
from services.scheduler.practice_models import PracticeRules
from shared.contracts.scheduler import AppointmentReleased
from shared.crypto import SubjectErased, seal, unseal_if_readable
from shared.db import database_now
from shared.messaging.outbox import publish
from shared.vocabulary import AppointmentStatus as Status

MOVED: Final = "moved"
LAPSED: Final = "lapsed"
WITHDRAWN: Final = "withdrawn"


def needs_both(session: Session, appointment: Appointment) -> bool:
    """Whether moving that time takes two to agree, by the practice's rule."""
    if appointment.couple_id is None:
        return False
    return session.scalar(select(PracticeRules.move_needs_both)) is not False


def latest(session: Session, appointment: Appointment) -> MoveProposal | None:
    """What was asked last about the time as it stands now; over or not."""
    return session.scalar(
        select(MoveProposal)
        .where(
            MoveProposal.appointment_id == appointment.id,
            MoveProposal.sequence == appointment.sequence,
        )
        .order_by(MoveProposal.asked_at.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def standing(session: Session, appointment: Appointment) -> MoveProposal | None:
    """What waits for a yes, or None; also None once it is overdue."""
    found = latest(session, appointment)
    return found if found is not None and is_open(found, appointment) else None


def is_open(proposal: MoveProposal, appointment: Appointment) -> bool:
    """Whether somebody could still say yes to it; who has said no knows that they have."""
    return (
        proposal.ended_at is None
        and not proposal.overdue
        and proposal.sequence == appointment.sequence
        and appointment.status == Status.BOOKED
    )


def moved_to(session: Session, appointment: Appointment, *, not_by: UUID) -> bool:
    """Whether the time they have is one that the other asked for, and has got."""
    found = session.scalar(
        select(MoveProposal.id).where(
            MoveProposal.appointment_id == appointment.id,
            MoveProposal.outcome == MOVED,
            MoveProposal.sequence == appointment.sequence - 1,
            MoveProposal.asked_by != not_by,
        )
    )
    return found is not None and appointment.status == Status.BOOKED


def kept_for(session: Session, appointment_id: UUID) -> frozenset[UUID]:
    """The time that is kept for them beside the one they have: in nobody's way but others'."""
    found = session.scalars(
        select(MoveProposal.held_id).where(
            MoveProposal.appointment_id == appointment_id,
            MoveProposal.ended_at.is_(None),
            MoveProposal.held_id.is_not(None),
        )
    )
    return frozenset(one for one in found if one is not None)


def count(session: Session, appointment_id: UUID) -> int:
    """How many were asked about one appointment."""
    query = select(func.count()).where(MoveProposal.appointment_id == appointment_id)
    return session.scalars(query).one()


def note(
    session: Session, proposal: MoveProposal, appointment: Appointment, act: Act, *, by: Hand
) -> None:
    """A row of the appointment's history, which no page of the two shows (P18, P27)."""
    record(
        session,
        appointment,
        act,
        before=(Status(appointment.status), appointment.during),
        actor=str(by),
        reason=by.reason,
        asked=Range(proposal.starts_at, proposal.ends_at, bounds="[)"),
    )


def end(session: Session, appointment: Appointment, *, by: Hand) -> None:
    """Nothing is asked any more, and what was kept is free. The appointment is locked by whoever
    calls. Where nothing is asked, nothing happens.
    """
    proposal = session.scalar(
        select(MoveProposal).where(
            MoveProposal.appointment_id == appointment.id, MoveProposal.ended_at.is_(None)
        )
    )
    if proposal is None:
        return
    proposal, held = with_held(session, proposal)
    if proposal.ended_at is not None:
        return
    proposal.outcome, proposal.ended_at = WITHDRAWN, database_now(session)
    proposal.held_id = None
    note(session, proposal, appointment, Act.WITHDRAW_COUNTER, by=by)
    if held is not None:
        session.delete(held)
        session.flush()


def with_held(session: Session, proposal: MoveProposal) -> tuple[MoveProposal, Appointment | None]:
    """The row as it is now, and the time that is kept for it; in the order of the locks."""
    held = session.scalar(
        select(Appointment)
        .where(Appointment.id == proposal.held_id, Appointment.status == Status.PROPOSED)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    now = session.get_one(MoveProposal, proposal.id, with_for_update=True, populate_existing=True)
    return now, held


def lapse_overdue(session: Session, *which: ColumnElement[bool]) -> int:
    """Write down what nobody said yes to in time; returns how many. One being answered is left.

    Who asked is told, in words that fit a no and silence alike; the time itself is swept away like
    any hold.
    """
    overdue = session.execute(
        select(MoveProposal, Appointment)
        .join(Appointment, Appointment.id == MoveProposal.appointment_id)
        .where(
            MoveProposal.ended_at.is_(None),
            MoveProposal.reply_by <= func.clock_timestamp(),
            *which,
        )
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    for one, appointment in overdue:
        one.outcome, one.ended_at = LAPSED, database_now(session)
        one.communication_id = uuid4()
        note(session, one, appointment, Act.LAPSE_COUNTER, by=SYSTEM)
        publish(
            session,
            AppointmentReleased(
                appointment_id=one.appointment_id,
                sequence=one.sequence,
                communication_id=one.communication_id,
                person_id=one.asked_by,
            ),
        )
    return len(overdue)


def told_of(session: Session, communication_id: UUID) -> tuple[MoveProposal, Place] | None:
    """What a communication about another time says, and to whom; None when it is no news any more.

    The other is asked while it is open and they have not answered; who asked is told that it is
    over, while the time they have stands.
    """
    proposal = session.scalar(
        select(MoveProposal)
        .where(MoveProposal.communication_id == communication_id)
        .execution_options(populate_existing=True)
    )
    if proposal is None:
        return None
    appointment = session.get_one(Appointment, proposal.appointment_id, populate_existing=True)
    if is_open(proposal, appointment) and proposal.declined_at is None:
        person_id = other_than(session, appointment, proposal.asked_by)
    elif (
        proposal.outcome == LAPSED
        and proposal.sequence == appointment.sequence
        and appointment.status == Status.BOOKED
    ):
        person_id = proposal.asked_by
    else:
        return None
    return proposal, for_person(session, appointment_id=appointment.id, person_id=person_id)


def other_than(session: Session, appointment: Appointment, person_id: UUID) -> UUID:
    """The other of the two."""
    (other,) = (one for one in participants.person_ids(session, appointment.id) if one != person_id)
    return other


# ---------------------------------------------------------------- where the one who asks will be


def keep_location(session: Session, proposal: MoveProposal, location: str) -> None:
    """Sealed with the key of the one who asks. Raises NoSuchLink if erased."""
    try:
        proposal.location_sealed = seal(
            session, subject_id=proposal.asked_by, place=_place(proposal), value=location
        )
    except SubjectErased as error:
        raise NoSuchLink from error


def location_of(session: Session, proposal: MoveProposal) -> str | None:
    """Where they said they will be; None once they were erased."""
    found: str | None = unseal_if_readable(
        session,
        subject_id=proposal.asked_by,
        place=_place(proposal),
        sealed=proposal.location_sealed,
    )
    return found


def forget(session: Session, *, person_id: UUID) -> None:
    """A person was erased: nothing is asked by them or of them any more."""
    theirs = session.scalars(
        select(MoveProposal.appointment_id)
        .join(Participant, Participant.appointment_id == MoveProposal.appointment_id)
        .where(Participant.person_id == person_id, MoveProposal.ended_at.is_(None))
    ).all()
    for appointment_id in theirs:
        end(session, locked(session, appointment_id), by=ERASED)
    session.execute(
        update(MoveProposal).where(MoveProposal.asked_by == person_id).values(location_sealed=None)
    )


def _place(proposal: MoveProposal) -> str:
    return f"move_proposal.location_sealed:{proposal.id}"
