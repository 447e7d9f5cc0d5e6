"""Book, move, cancel: what becomes of a time, told to the others in the same commit.

An appointment has one id, one calendar UID and one row for its whole life; its sequence rises with
each change, and its history is only added to. See `guard` for why nobody is booked twice.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import (
    CLIENT,
    SYSTEM,
    Act,
    Actor,
    Hand,
    Wish,
    after,
    outcome,
    refuse_early,
    refuse_late,
)
from services.scheduler.domain.errors import (
    AlreadyBooked,
    NeedsBoth,
    NotLicensedThere,
    NotPossible,
    SlotTaken,
)
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import (
    Appointment,
    AppointmentType,
    Invitation,
)
from services.scheduler.operations import (
    booked,
    changes,
    guard,
    invitations,
    joint,
    participants,
    proposals,
    replies,
    requests,
)
from services.scheduler.operations.history import booked_facts, locked, record
from services.scheduler.operations.holds import (
    is_wanted,
    live_appointment,
    one_at_a_time,
    place,
    practitioner_of,
)
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.question import Question
from services.scheduler.operations.timetables import timetables
from services.scheduler.settings import Settings
from shared.contracts.scheduler import AppointmentCancelled, AppointmentMoved
from shared.messaging.outbox import publish
from shared.vocabulary import AppointmentStatus as Status


def book(
    session: Session,
    *,
    invitation: Invitation,
    wanted: Wanted,
    how: str,
    timezone: str,
    location: str,
    settings: Settings,
    now: datetime,
    by: Hand = CLIENT,
) -> Appointment:
    """Turn the hold into an appointment, or book the time outright, and tell the others.

    Sent twice, the appointment of the first time is the answer. A hold that ran out is no loss
    while nobody else has taken the time. A time for two is only asked for: see `joint`; so is one
    of a type that staff confirm, or of somebody out of a flood, unless staff book it: see
    `requests`. Raises SlotTaken, AlreadyBooked, NoSuchWay, NotLicensedThere or NotBookable;
    whichever it is, a hold stays.
    """
    if invitation.couple_id is not None:
        return joint.request(
            session,
            invitation=invitation,
            wanted=wanted,
            how=how,
            timezone=timezone,
            location=location,
            settings=settings,
            now=now,
            by=by,
        )
    for_staff = by.actor is Actor.CLIENT and (invitation.type.confirm or invitation.unproven)
    one_at_a_time(session, invitation)
    # Locked, so that nobody sweeps the hold away between this look and the commit.
    present = live_appointment(session, invitation.id, lock=True)
    if present is not None and present.status != Status.PROPOSED:
        if is_wanted(session, present, wanted):
            return present
        raise AlreadyBooked
    if present is not None and not is_wanted(session, present, wanted):
        present = None
    asked = practitioner_of(session, present) if present else wanted.practitioner_id
    hosts = timetables(session, practitioner_id=asked)
    participants.refuse_elsewhere(hosts.schedules, location)
    if present is None:
        present = place(
            session,
            invitation=invitation,
            wanted=wanted,
            settings=settings,
            now=now,
            location=location,
            by_staff=by.actor is Actor.STAFF,
            outright=not for_staff,
            known=hosts,
        )
    participants.refuse_other_ways(session, present, how)
    participant = participants.part_in(
        present, person_id=invitation.person_id, timezone=timezone, how=how, settings=settings
    )
    participants.say_where(session, participant, location)
    present.changed_at = now
    if for_staff:
        session.add(participant)
        requests.refuse_flood(session, invitation)
        requests.wait_for_staff(session, present, participant, settings=settings, by=by)
        return present
    before = (Status.PROPOSED, present.during)
    present.status = after(Status.PROPOSED, Act.BOOK, by.actor)
    present.hold_until = present.held_from = None
    booked.write(session, present, participant, before=before, by=by)
    return present


def move(
    session: Session,
    *,
    appointment_id: UUID,
    wanted: Wanted,
    settings: Settings,
    now: datetime,
    person_id: UUID | None = None,
    location: str | None = None,
    by: Hand = CLIENT,
) -> Appointment:
    """The same appointment at another time: the new one is taken and the old one freed in one row.

    With the same clinician unless another is named (P23). Moved to where it is, nothing happens,
    so a form that is sent twice moves once. `location` is where `person_id` will be then; staff
    may leave it out, and what was said before holds. The window in which one has to call is the
    client's alone. Raises SlotTaken, TooLate, NeedsBoth, NotPossible or NotLicensedThere; whatever
    it raises, the old time stands.
    """
    appointment = locked(session, appointment_id)
    if by.actor is Actor.CLIENT and proposals.needs_both(session, appointment):
        raise NeedsBoth
    if appointment.couple_id and by == CLIENT:
        by = Hand(Actor.CLIENT, person_id)
    schedule = target(session, appointment, wanted)
    if appointment.starts_at == wanted.start and appointment.schedule_id == schedule.id:
        return appointment
    before = (Status(appointment.status), appointment.during)
    after(before[0], Act.MOVE, by.actor)
    _refuse_unmovable(session, appointment, now)
    kind = session.get_one(AppointmentType, appointment.appointment_type_id)
    if by.actor is Actor.CLIENT:
        refuse_late(changes.deadline(appointment, kind, Wish.MOVE, settings), now=now)
    _be_there(session, appointment, schedule, person_id=person_id, location=location)
    asked = _question_to_move(
        session,
        appointment,
        kind,
        wanted,
        settings=settings,
        now=now,
        person_id=person_id,
        by=by,
    )
    guard.enter_for(session, schedule, wanted.start, asked)
    room_id = guard.refuse_taken(session, schedule, wanted.start, asked)
    guard.make_way(session, schedule.id)
    proposals.end(session, appointment, by=by)
    to = Spot(
        schedule.id,
        room_id,
        guard.span(wanted.start, kind),
        kind.buffer_before,
        kind.buffer_after,
    )
    if before[0] is Status.PENDING:
        appointment.reply_by = requests.reply_by(session, wanted.start, settings)
    relocate(session, appointment, to, now=now, by=by)
    return appointment


def _question_to_move(
    session: Session,
    appointment: Appointment,
    kind: AppointmentType,
    wanted: Wanted,
    *,
    settings: Settings,
    now: datetime,
    person_id: UUID | None,
    by: Hand,
) -> Question:
    asked = Question.to_move(appointment, kind, settings=settings, now=now, person_id=person_id)
    return replace(
        asked,
        besides=asked.besides | proposals.kept_for(session, appointment.id),
        by_staff=by.actor is Actor.STAFF,
        against_rules=wanted.against_rules,
        # Who keeps the time and changes the clinician has said yes to the time.
        two=None if wanted.start == appointment.starts_at else asked.two,
    )


class Spot(NamedTuple):
    """Where an appointment stands: with whom, in which room, when, and the quiet around it."""

    schedule_id: int
    room_id: int | None
    during: Range[datetime]
    buffer_before: timedelta
    buffer_after: timedelta


def relocate(
    session: Session, appointment: Appointment, to: Spot, *, now: datetime, by: Hand
) -> None:
    """The same row at another time, told to everybody in it. Locked, after `guard.enter`.

    The constraints have the last word: raises SlotTaken.
    """
    before = (Status(appointment.status), appointment.during)
    was_with = appointment.schedule_id
    if was_with != to.schedule_id:
        appointment.assigned = None
    appointment.reason = None  # what staff gave it for is in the history; this is another time
    appointment.schedule_id, appointment.room_id, appointment.during = to[:3]
    appointment.buffer_before, appointment.buffer_after = to[3:]
    _changed(appointment, now)
    guard.flush(session)
    by = changes.grant(session, appointment, Wish.MOVE, by=by)
    record(
        session,
        appointment,
        Act.MOVE,
        before=before,
        actor=str(by),
        reason=by.reason,
        schedule_before=was_with,
    )
    if before[0] is Status.BOOKED:
        publish(
            session,
            AppointmentMoved(
                **booked_facts(appointment, participants.person_ids(session, appointment.id))
            ),
        )


def cancel(
    session: Session,
    *,
    appointment_id: UUID,
    settings: Settings,
    now: datetime,
    person_id: UUID | None = None,
    by: Hand = CLIENT,
) -> Appointment:
    """Give the time back; of two people, either may (N7), and both have no time then.

    Cancelled already, nothing happens. `person_id` is the one of them who asks; by a hand of the
    staff nobody is, and no window holds. Raises TooLate or NotPossible.
    """
    appointment = locked(session, appointment_id)
    status = Status(appointment.status)
    if status is Status.CANCELLED:
        return appointment
    if appointment.couple_id and by == CLIENT:
        by = Hand(Actor.CLIENT, person_id)
    after(status, Act.CANCEL, by.actor)
    if by.actor is Actor.CLIENT and status is not Status.PENDING:
        kind = session.get_one(AppointmentType, appointment.appointment_type_id)
        refuse_late(changes.deadline(appointment, kind, Wish.CANCEL, settings), now=now)
    call_off(session, appointment, by=by, now=now)
    return appointment


def call_off(session: Session, appointment: Appointment, *, by: Hand, now: datetime) -> None:
    """Cancel what is locked and stands, whoever does it: one history, and the same words to all.

    Raises NotPossible.
    """
    before = (Status(appointment.status), appointment.during)
    if before[0] is Status.PENDING:
        if appointment.lapsed:
            replies.release(session, appointment, Act.LAPSE, actor=str(SYSTEM))
        else:
            replies.release(session, appointment, Act.CANCEL, actor=str(by), reason=by.reason)
        return
    status = after(before[0], Act.CANCEL, by.actor)
    proposals.end(session, appointment, by=by)
    appointment.status = status
    appointment.hold_until = None
    _changed(appointment, now)
    session.flush()
    by = changes.grant(session, appointment, *Wish, by=by)
    record(session, appointment, Act.CANCEL, before=before, actor=str(by), reason=by.reason)
    publish(
        session,
        AppointmentCancelled(
            appointment_id=appointment.id,
            sequence=appointment.sequence,
            person_ids=participants.person_ids(session, appointment.id),
        ),
    )


def attend(
    session: Session, *, appointment_id: UUID, act: Act, by: Hand, now: datetime
) -> Appointment:
    """Say whether somebody came: Act.ARRIVE, Act.FULFIL or Act.MISS, by a hand of the staff.

    Said twice, nothing happens; of two who say different things, the machine hears the first.
    Nobody is told. Raises NotPossible, NotYet, or SlotTaken where the time was given to others.
    """
    appointment = locked(session, appointment_id)
    before = (Status(appointment.status), appointment.during)
    refuse_early(act, appointment.starts_at, now=now)
    if before[0] is outcome(act):
        return appointment
    status = after(before[0], act, by.actor)
    guard.enter_for_its_time(session, appointment)
    guard.make_way(session, appointment.schedule_id)
    appointment.status = status
    appointment.changed_at = now
    try:
        guard.flush(session)
    except AlreadyBooked as other:  # who was thought lost has chosen another time since
        raise NotPossible from other
    record(session, appointment, act, before=before, actor=str(by), reason=by.reason)
    return appointment


def _changed(appointment: Appointment, now: datetime) -> None:
    appointment.sequence += 1
    appointment.changed_at = now


def _refuse_unmovable(session: Session, appointment: Appointment, now: datetime) -> None:
    """Raises NotPossible."""
    if appointment.starts_at <= now and invitations.has_ended(session, appointment.invitation_id):
        raise NotPossible  # what lay ahead was cancelled then; what had begun stays where it is
    if appointment.followed_at is not None:
        raise NotPossible  # it has begun long ago, and the two have asked for their next
    if appointment.status == Status.PENDING and (appointment.couple_id or appointment.lapsed):
        raise NotPossible  # it is given back and asked for anew: both have to say yes to a time


def _be_there(
    session: Session,
    appointment: Appointment,
    schedule: OpenSchedule,
    *,
    person_id: UUID | None,
    location: str | None,
) -> None:
    """Note where a person will be. Raises NotLicensedThere, whoever of them it is about (L43)."""
    people = participants.of(session, appointment.id)
    known = participants.locations(session, people)
    for one in people:
        said = location if person_id in (None, one.person_id) else None
        if (said or known.get((appointment.id, one.person_id))) not in schedule.states:
            raise NotLicensedThere
        if said is not None:
            participants.say_where(session, one, said)


def target(session: Session, appointment: Appointment, wanted: Wanted) -> OpenSchedule:
    """Whose time a moved appointment goes to. Raises SlotTaken when they do not work here."""
    asked = wanted.practitioner_id
    only = appointment.schedule_id if asked is None else None
    for schedule in timetables(session, only=only, practitioner_id=asked).schedules:
        return schedule
    raise SlotTaken
