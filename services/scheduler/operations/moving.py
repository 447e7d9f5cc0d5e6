"""Moving a time for two: one asks for another time, the other says yes or no (N7).

The new time is kept for them alone meanwhile, beside the one they have, which stands until the yes.
A no changes nothing that the one who asked could see before the answer was due: neither their page
nor the calendar, so that it can't be told from silence (P18).
"""

from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import (
    Act,
    Actor,
    Hand,
    Wish,
    after,
    agreement_deadline,
    refuse_late,
)
from services.scheduler.domain.errors import (
    NotLicensedThere,
    NotPossible,
    ProposalOver,
    ProposedAlready,
)
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.joint_models import MoveProposal
from services.scheduler.models import Appointment, AppointmentType
from services.scheduler.operations import (
    bookings,
    changes,
    guard,
    holds,
    participants,
    proposals,
)
from services.scheduler.operations.history import locked
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.question import Question
from services.scheduler.operations.schedules import open_schedules
from services.scheduler.settings import Settings
from shared.contracts.scheduler import AppointmentRequested
from shared.db import database_now
from shared.messaging.outbox import publish
from shared.vocabulary import AppointmentStatus as Status

MOST: Final = 5
"""So many other times are asked for about one appointment; after that a call is better."""


def propose(
    session: Session,
    *,
    appointment_id: UUID,
    person_id: UUID,
    wanted: Wanted,
    location: str,
    settings: Settings,
    now: datetime,
) -> MoveProposal:
    """Keep another time for both, and ask the other. Sent twice, it is asked once.

    `location` is where the one who asks will be then. Raises SlotTaken, TooLate, ProposedAlready,
    NotPossible, NotLicensedThere, NoSuchLink; whatever it raises, nothing is kept.
    """
    appointment = locked(session, appointment_id)
    participants.own(session, appointment_id, person_id)
    if appointment.couple_id is None:
        raise NotPossible
    after(Status(appointment.status), Act.COUNTER, Actor.CLIENT)
    schedule = bookings.target(session, appointment, wanted)
    standing = proposals.standing(session, appointment)
    if standing is not None:
        asked = (standing.asked_by, standing.starts_at, standing.schedule_id)
        if asked == (person_id, wanted.start, schedule.id):
            return standing
        raise ProposedAlready
    kind = session.get_one(AppointmentType, appointment.appointment_type_id)
    change_by = changes.deadline(appointment, kind, Wish.MOVE, settings)
    refuse_late(change_by, now=now)
    if proposals.count(session, appointment_id) >= MOST:
        raise NotPossible
    if location not in schedule.states:
        raise NotLicensedThere
    until = agreement_deadline(
        wanted.start, now=database_now(session), within=settings.reply, change_by=change_by
    )
    question = Question.to_move(
        appointment, kind, settings=settings, now=now, person_id=person_id, both=True
    )
    guard.enter_for(session, schedule, wanted.start, question)
    held = holds.keep(session, schedule, wanted.start, question, until=until, settings=settings)
    return _ask(session, appointment, held, person_id=person_id, location=location)


def _ask(
    session: Session,
    appointment: Appointment,
    held: Appointment,
    *,
    person_id: UUID,
    location: str,
) -> MoveProposal:
    assert held.hold_until is not None
    # What ran out before is written down now, in the order of the locks.
    proposals.lapse_overdue(session, MoveProposal.appointment_id == appointment.id)
    row = MoveProposal(
        id=uuid4(),
        appointment_id=appointment.id,
        asked_by=person_id,
        sequence=appointment.sequence,
        schedule_id=held.schedule_id,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        held_id=held.id,
        communication_id=uuid4(),
        reply_by=held.hold_until,
    )
    proposals.keep_location(session, row, location)
    session.add(row)
    by = Hand(Actor.CLIENT, person_id)
    proposals.note(session, row, appointment, Act.COUNTER, by=by)
    publish(
        session,
        AppointmentRequested(
            appointment_id=appointment.id,
            sequence=appointment.sequence,
            communication_id=row.communication_id,
            person_id=proposals.other_than(session, appointment, person_id),
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            reply_by=row.reply_by,
        ),
    )
    return row


def accept(
    session: Session, *, appointment_id: UUID, person_id: UUID, location: str, now: datetime
) -> Appointment:
    """Say yes: the same appointment is at the new time, and both are told. Said twice, once.

    Raises ProposalOver once it is too late, NotLicensedThere; the old time stands then.
    """
    appointment = locked(session, appointment_id)
    own = participants.own(session, appointment_id, person_id)
    proposal = _asked_of(session, appointment, person_id)
    if proposal is None:
        return appointment
    status = Status(appointment.status)
    after(status, Act.MOVE, Actor.CLIENT)
    schedule = _schedule(session, proposal)
    theirs = proposals.location_of(session, proposal)
    if schedule is None or theirs is None:
        raise ProposalOver
    if not {location, theirs} <= schedule.states:
        raise NotLicensedThere
    guard.enter_unless(session, schedule.id, partial(_gone, session, appointment, proposal))
    proposal, held = proposals.with_held(session, proposal)
    if held is None or not proposals.is_open(proposal, appointment):
        raise ProposalOver
    to = bookings.Spot(
        held.schedule_id, held.room_id, held.during, held.buffer_before, held.buffer_after
    )
    proposal.outcome, proposal.ended_at = proposals.MOVED, database_now(session)
    proposal.held_id = None
    session.flush()
    session.delete(held)
    session.flush()  # nobody comes between: the schedule is ours until the commit
    bookings.relocate(session, appointment, to, now=now, by=Hand(Actor.CLIENT, person_id))
    participants.say_where(session, own, location)
    for one in participants.of(session, appointment.id):
        if one.person_id == proposal.asked_by:
            participants.say_where(session, one, theirs)
    session.flush()
    return appointment


def _gone(
    session: Session, appointment: Appointment, proposal: MoveProposal
) -> ProposalOver | None:
    session.refresh(proposal)
    return None if proposals.is_open(proposal, appointment) else ProposalOver()


def decline(session: Session, *, appointment_id: UUID, person_id: UUID) -> None:
    """Say no. Nobody is told, and the new time stays kept until the answer was due.

    Said twice, nothing happens. Raises ProposalOver.
    """
    appointment = locked(session, appointment_id)
    participants.own(session, appointment_id, person_id)
    proposal = proposals.standing(session, appointment)
    if proposal is None or proposal.asked_by == person_id:
        raise ProposalOver
    proposal = session.get_one(
        MoveProposal, proposal.id, with_for_update=True, populate_existing=True
    )
    if proposal.declined_at is None:
        proposal.declined_at = database_now(session)
        by = Hand(Actor.CLIENT, person_id)
        proposals.note(session, proposal, appointment, Act.DECLINE_COUNTER, by=by)


def withdraw(session: Session, *, appointment_id: UUID, person_id: UUID) -> None:
    """Take back what one has asked for: the time that was kept is free. Over already: nothing."""
    appointment = locked(session, appointment_id)
    participants.own(session, appointment_id, person_id)
    proposal = proposals.standing(session, appointment)
    if proposal is not None and proposal.asked_by == person_id:
        proposals.end(session, appointment, by=Hand(Actor.CLIENT, person_id))


def _asked_of(session: Session, appointment: Appointment, person_id: UUID) -> MoveProposal | None:
    """What this person can say yes to; None: they have. Raises ProposalOver."""
    proposal = proposals.standing(session, appointment)
    if proposal is not None and proposal.asked_by != person_id and proposal.declined_at is None:
        return proposal
    if proposals.moved_to(session, appointment, not_by=person_id):
        return None
    raise ProposalOver


def _schedule(session: Session, proposal: MoveProposal) -> OpenSchedule | None:
    return next((one for one in open_schedules(session) if one.id == proposal.schedule_id), None)
