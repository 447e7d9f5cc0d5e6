"""A time that one person asked for and staff confirm, where the type of appointment wants it (P2).

Until then it is `pending`: it takes up its time like anything that is booked, so a second request
for an hour that overlaps is refused at once, with alternatives, and never confirmed by mistake.
Confirming and declining compare and swap: the row is locked, and the machine says what it may
become. Without an answer it lapses by the database's clock (see `replies`), and nobody was told
that it was booked.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from services.scheduler.domain.appointment import Act, Actor, Hand, after, reply_deadline
from services.scheduler.domain.errors import NotBookable, NotPossible
from services.scheduler.models import Appointment, Invitation, Participant, Schedule
from services.scheduler.operations import guard, participants, replies
from services.scheduler.operations.history import booked_facts, locked, record
from services.scheduler.settings import Settings
from shared.contracts.scheduler import AppointmentBooked, AttentionRequested
from shared.db import database_now
from shared.messaging.outbox import publish
from shared.vocabulary import AppointmentStatus as Status

UNPROVEN_AT_ONCE: Final = 3
"""How many times the senders of a flood may keep together, until staff have answered."""


def wait_for_staff(
    session: Session,
    appointment: Appointment,
    participant: Participant,
    *,
    settings: Settings,
    by: Hand,
) -> None:
    """Turn a hold into a request: kept until `reply_by`, told to the person and to staff."""
    before = (Status(appointment.status), appointment.during)
    until = reply_by(session, appointment.starts_at, settings)
    appointment.status = after(before[0], Act.REQUEST, by.actor)
    appointment.hold_until = appointment.held_from = None
    appointment.reply_by = until
    session.flush()
    record(session, appointment, Act.REQUEST, before=before, actor=str(by))
    replies.ask(session, appointment, participant)
    call_staff(session)


def refuse_flood(session: Session, invitation: Invitation) -> None:
    """Raises NotBookable where as many of a flood wait for staff as may at once (P26).

    So however many forms a program sends, the times of all others stay.
    """
    if not invitation.unproven:
        return
    guard.enter_flood(session)
    waiting_now = session.scalars(
        select(func.count())
        .select_from(Appointment)
        .join(Invitation, Invitation.id == Appointment.invitation_id)
        .where(Invitation.unproven, Appointment.status == Status.PENDING, ~Appointment.lapsed)
    ).one()
    if waiting_now >= UNPROVEN_AT_ONCE:
        raise NotBookable


def reply_by(session: Session, start: datetime, settings: Settings) -> datetime:
    """Until when a time that is asked for now is kept."""
    return reply_deadline(start, now=database_now(session), within=settings.reply)


def confirm(session: Session, *, appointment_id: UUID, by: Hand, now: datetime) -> Appointment:
    """Say yes for the practice: it is booked, and the person is told.

    The time is theirs already, and the row is locked: there is no turn to wait for.
    Said twice, nothing happens. Raises NotPossible when it is no request any more: it lapsed, was
    declined, cancelled, or two people are still being asked.
    """
    appointment = locked(session, appointment_id)
    if appointment.status == Status.BOOKED and appointment.couple_id is None:
        return appointment
    before = (Status(appointment.status), appointment.during)
    status = after(before[0], Act.CONFIRM, by.actor)
    if appointment.lapsed or appointment.couple_id is not None:
        raise NotPossible
    appointment.status, appointment.reply_by = status, None
    appointment.changed_at = now
    guard.flush(session)
    people = participants.of(session, appointment.id)
    for one in people:
        one.communication_id = None  # what they were to be told is no news any more
    record(session, appointment, Act.CONFIRM, before=before, actor=str(by), reason=by.reason)
    told = booked_facts(appointment, [one.person_id for one in people])
    publish(session, AppointmentBooked(**told))
    return appointment


def decline(session: Session, *, appointment_id: UUID, by: Hand) -> Appointment:
    """Say no for the practice: the time is free again, and the person is told that much.

    Said twice, nothing happens. Raises NotPossible when it is no request any more.
    """
    appointment = locked(session, appointment_id)
    if appointment.status == Status.CANCELLED:
        return appointment
    if appointment.couple_id is not None:
        raise NotPossible
    if appointment.lapsed:
        replies.release(session, appointment, Act.LAPSE, actor=Actor.SYSTEM)
        return appointment
    replies.release(session, appointment, Act.DECLINE, actor=str(by), reason=by.reason)
    return appointment


def call_staff(session: Session) -> None:
    """Tell the practice that something waits for them; what, they see when they sign in."""
    publish(session, AttentionRequested(attention_id=uuid4()))


def waiting(session: Session, *, practitioner_id: UUID | None = None) -> Sequence[Appointment]:
    """The requests that staff have not answered, the one that lapses first at the top."""
    query = (
        select(Appointment)
        .join(Schedule)
        .options(
            joinedload(Appointment.type),
            joinedload(Appointment.schedule).joinedload(Schedule.practitioner),
            selectinload(Appointment.participants),
        )
        .where(
            Appointment.status == Status.PENDING,
            Appointment.couple_id.is_(None),
            ~Appointment.lapsed,
        )
        .order_by(Appointment.reply_by)
    )
    if practitioner_id is not None:
        query = query.where(Schedule.practitioner_id == practitioner_id)
    return session.scalars(query).unique().all()
