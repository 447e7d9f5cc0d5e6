"""Book, move, cancel: what becomes of a time, told to the others in the same commit.

An appointment has one id, one calendar UID and one row for its whole life; its sequence rises with
each change, and its history is only added to. See `guard` for why nobody is booked twice.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Act, Actor, after, refuse_late_change
from services.scheduler.domain.errors import (
    AlreadyBooked,
    NeedsBoth,
    NoSuchLink,
    NotLicensedThere,
    SlotTaken,
)
from services.scheduler.models import (
    Appointment,
    AppointmentType,
    Invitation,
)
from services.scheduler.operations import guard, joint, participants, replies
from services.scheduler.operations.history import record
from services.scheduler.operations.holds import (
    is_wanted,
    live_appointment,
    one_at_a_time,
    place,
    practitioner_of,
)
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.schedules import OpenSchedule, open_schedules
from services.scheduler.settings import Settings
from shared.contracts.scheduler import AppointmentBooked, AppointmentCancelled, AppointmentMoved
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
) -> Appointment:
    """Turn the hold into an appointment, or book the time outright, and tell the others.

    Sent twice, the appointment of the first time is the answer. A hold that ran out is no loss
    while nobody else has taken the time. A time for two is only asked for: see `joint`. Raises
    SlotTaken, AlreadyBooked, NoSuchWay or NotLicensedThere; whichever it is, a hold stays.
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
        )
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
    participants.refuse_elsewhere(session, practitioner_id=asked, location=location)
    if present is None:
        present = place(
            session,
            invitation=invitation,
            wanted=wanted,
            settings=settings,
            now=now,
            location=location,
        )
    participants.refuse_other_ways(session, present, how)
    present.status = after(Status.PROPOSED, Act.BOOK, Actor.CLIENT)
    present.hold_until = None
    present.changed_at = now
    participant = participants.add(
        session,
        present,
        person_id=invitation.person_id,
        timezone=timezone,
        how=how,
        settings=settings,
    )
    participants.say_where(session, participant, location)
    session.flush()
    record(session, present, Act.BOOK, before=(Status.PROPOSED, present.during))
    publish(
        session,
        AppointmentBooked(
            appointment_id=present.id,
            sequence=present.sequence,
            person_ids=(invitation.person_id,),
            starts_at=present.starts_at,
            ends_at=present.ends_at,
        ),
    )
    return present


def move(
    session: Session,
    *,
    appointment_id: UUID,
    person_id: UUID,
    wanted: Wanted,
    location: str,
    settings: Settings,
    now: datetime,
) -> Appointment:
    """The same appointment at another time: the new one is taken and the old one freed in one row.

    With the same clinician unless another is named (P23). Moved to where it is, nothing happens,
    so a form that is sent twice moves once. Raises SlotTaken, TooLate, NeedsBoth, NotPossible or
    NotLicensedThere; whatever it raises, the old time stands.
    """
    appointment = _locked(session, appointment_id)
    if appointment.couple_id is not None:
        raise NeedsBoth
    schedule = _target(session, appointment, wanted)
    if appointment.starts_at == wanted.start and appointment.schedule_id == schedule.id:
        return appointment
    before = (Status(appointment.status), appointment.during)
    after(before[0], Act.MOVE, Actor.CLIENT)
    refuse_late_change(appointment.starts_at, settings.change_notice, now=now)
    if location not in schedule.states:
        raise NotLicensedThere
    kind = session.get_one(AppointmentType, appointment.appointment_type_id)
    guard.enter(session, schedule.id)
    guard.refuse_taken(
        session,
        schedule,
        wanted.start,
        policy=kind.policy(notice=settings.booking_notice),
        now=now,
        besides_invitation=appointment.invitation_id,
    )
    for one in participants.of(session, appointment.id):
        if one.person_id == person_id:
            participants.say_where(session, one, location)
    appointment.schedule_id = schedule.id
    appointment.during = guard.span(wanted.start, kind)
    appointment.buffer_before, appointment.buffer_after = kind.buffer_before, kind.buffer_after
    appointment.sequence += 1
    appointment.changed_at = now
    guard.flush(session)
    record(session, appointment, Act.MOVE, before=before)
    publish(
        session,
        AppointmentMoved(
            appointment_id=appointment.id,
            sequence=appointment.sequence,
            person_ids=participants.person_ids(session, appointment.id),
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
        ),
    )
    return appointment


def cancel(
    session: Session, *, appointment_id: UUID, person_id: UUID, settings: Settings, now: datetime
) -> Appointment:
    """Give the time back; of two people, either may (N7), and both have no time then.

    Cancelled already, nothing happens. Raises TooLate or NotPossible.
    """
    appointment = _locked(session, appointment_id)
    before = (Status(appointment.status), appointment.during)
    if before[0] is Status.CANCELLED:
        return appointment
    actor = participants.hand(person_id) if appointment.couple_id else Actor.CLIENT
    if before[0] is Status.PENDING:
        if appointment.lapsed:
            replies.release(session, appointment, Act.LAPSE, actor=Actor.SYSTEM)
        else:
            replies.release(session, appointment, Act.CANCEL, actor=actor)
        return appointment
    status = after(before[0], Act.CANCEL, Actor.CLIENT)
    refuse_late_change(appointment.starts_at, settings.change_notice, now=now)
    appointment.status = status
    appointment.sequence += 1
    appointment.changed_at = now
    session.flush()
    record(session, appointment, Act.CANCEL, before=before, actor=actor)
    publish(
        session,
        AppointmentCancelled(
            appointment_id=appointment.id,
            sequence=appointment.sequence,
            person_ids=participants.person_ids(session, appointment.id),
        ),
    )
    return appointment


def _target(session: Session, appointment: Appointment, wanted: Wanted) -> OpenSchedule:
    """Whose time a moved appointment goes to. Raises SlotTaken when they do not work here."""
    for schedule in open_schedules(session):
        if wanted.practitioner_id is None and schedule.id == appointment.schedule_id:
            return schedule
        if schedule.practitioner_id == wanted.practitioner_id:
            return schedule
    raise SlotTaken


def _locked(session: Session, appointment_id: UUID) -> Appointment:
    appointment = session.get(
        Appointment, appointment_id, with_for_update=True, populate_existing=True
    )
    if appointment is None:
        raise NoSuchLink
    return appointment
