"""Two people, one appointment: one of them chooses a time, the other says yes or no to it.

There is one row, so there is one time, whoever chose it, and a unique index says that there is one
ahead of them at most. Each of the two has a link, a zone, a way to talk and a place of their own in
it, and sees nothing else (P17). Locks are taken in one order: the person's invitation, the couple,
one schedule.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import (
    CLIENT,
    Act,
    Actor,
    Hand,
    Participation,
    after,
    reply_deadline,
)
from services.scheduler.domain.errors import AlreadyBooked, NotPossible
from services.scheduler.models import Appointment, ContactCopy, Invitation, Participant
from services.scheduler.operations import guard, participants, replies
from services.scheduler.operations.history import locked, record
from services.scheduler.operations.holds import (
    is_wanted,
    live_appointment,
    one_at_a_time,
    place,
    practitioner_of,
    standing_of_couple,
)
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.schedules import open_schedules
from services.scheduler.settings import Settings
from shared.contracts.scheduler import AppointmentBooked
from shared.db import database_now
from shared.messaging.outbox import publish
from shared.vocabulary import AppointmentStatus as Status


def request(
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
    """Take a time for both, and ask the other. Sent twice, the first time's is the answer.

    By a hand of the staff, it is this one of them who has said yes on the phone.

    Raises SlotTaken, AlreadyBooked (whichever of the two was first), NoSuchWay, NotLicensedThere.
    """
    assert invitation.couple_id is not None
    assert invitation.partner_id is not None
    one_at_a_time(session, invitation)
    guard.enter_couple(session, invitation.couple_id)
    replies.release_overdue(session, Appointment.couple_id == invitation.couple_id)
    standing = standing_of_couple(session, invitation.couple_id)
    if standing is not None:
        if standing.invitation_id == invitation.id and is_wanted(session, standing, wanted):
            return standing
        raise AlreadyBooked
    _follow(session, invitation.couple_id)
    present = live_appointment(session, invitation.id, lock=True)
    if present is not None and not is_wanted(session, present, wanted):
        present = None
    asked = practitioner_of(session, present) if present else wanted.practitioner_id
    participants.refuse_elsewhere(open_schedules(session, asked), location)
    if present is None:
        present = place(
            session,
            invitation=invitation,
            wanted=wanted,
            settings=settings,
            now=now,
            location=location,
            by_staff=by.actor is Actor.STAFF,
        )
    participants.refuse_other_ways(session, present, how)
    until = reply_deadline(present.starts_at, now=database_now(session), within=settings.reply)
    present.status = after(Status.PROPOSED, Act.REQUEST, by.actor)
    present.hold_until = present.held_from = None
    present.reply_by = until
    present.couple_id = invitation.couple_id
    present.changed_at = now
    guard.flush(session)
    own = participants.add(
        session,
        present,
        person_id=invitation.person_id,
        timezone=timezone,
        how=how,
        settings=settings,
    )
    participants.say_where(session, own, location)
    other = _add_other(session, present, invitation.partner_id, settings)
    record(
        session,
        present,
        Act.REQUEST,
        before=(Status.PROPOSED, present.during),
        actor=participants.hand(invitation.person_id) if by == CLIENT else str(by),
        reason=by.reason,
    )
    replies.ask(session, present, other)
    return present


def _follow(session: Session, couple_id: UUID) -> None:
    """What the two have had by now makes way for their next: see `standing_of_couple`."""
    session.execute(
        update(Appointment)
        .where(
            Appointment.couple_id == couple_id,
            Appointment.status == Status.BOOKED,
            Appointment.followed_at.is_(None),
            func.lower(Appointment.during) <= func.clock_timestamp(),
        )
        .values(followed_at=func.clock_timestamp())
        .execution_options(synchronize_session=False)
    )


def _add_other(
    session: Session, appointment: Appointment, partner_id: UUID, settings: Settings
) -> Participant:
    """The one who is asked: how and where they will talk, they say themselves."""
    other = participants.add(
        session,
        appointment,
        person_id=partner_id,
        timezone=_zone_of(session, partner_id, settings),
        how="phone",
        settings=settings,
        status=Participation.NEEDS_ACTION,
    )
    session.flush()
    return other


def accept(
    session: Session,
    *,
    appointment_id: UUID,
    person_id: UUID,
    how: str,
    location: str,
    now: datetime,
) -> Appointment:
    """Say yes. When both have, it is booked, and both are told. Said twice, nothing happens.

    Raises NotPossible once it is too late, NoSuchWay, NotLicensedThere; nothing is changed then.
    """
    appointment = locked(session, appointment_id)
    own = participants.own(session, appointment_id, person_id)
    if own.status == Participation.ACCEPTED and appointment.status in (
        Status.PENDING,
        Status.BOOKED,
    ):
        return appointment
    before = (Status(appointment.status), appointment.during)
    status = after(before[0], Act.CONFIRM, Actor.CLIENT)
    if appointment.lapsed:
        raise NotPossible
    host = practitioner_of(session, appointment)
    participants.refuse_elsewhere(open_schedules(session, host), location)
    participants.refuse_other_ways(session, appointment, how)
    own.status, own.how = Participation.ACCEPTED, how
    own.communication_id = None
    participants.say_where(session, own, location)
    appointment.status = status
    appointment.reply_by = None
    appointment.changed_at = now
    session.flush()
    record(session, appointment, Act.CONFIRM, before=before, actor=participants.hand(person_id))
    publish(
        session,
        AppointmentBooked(
            appointment_id=appointment.id,
            sequence=appointment.sequence,
            person_ids=participants.person_ids(session, appointment.id),
            starts_at=appointment.starts_at,
            ends_at=appointment.ends_at,
        ),
    )
    return appointment


def decline(session: Session, *, appointment_id: UUID, person_id: UUID) -> Appointment:
    """Say no: the time is given back. Said twice, nothing happens. Raises NotPossible."""
    appointment = locked(session, appointment_id)
    own = participants.own(session, appointment_id, person_id)
    if appointment.status == Status.CANCELLED:
        return appointment
    if own.status != Participation.NEEDS_ACTION:
        raise NotPossible
    if appointment.lapsed:
        replies.release(session, appointment, Act.LAPSE, actor=Actor.SYSTEM)
        return appointment
    own.status = Participation.DECLINED
    replies.release(session, appointment, Act.DECLINE, actor=participants.hand(person_id))
    return appointment


@dataclass(frozen=True)
class Confirmation:
    """What has to be asked at intake before two people are booked, or one of them says yes."""

    token_sha256: bytes
    couple_id: UUID
    unmet: UUID | None
    """The other of the two, when we have no copy yet of how to reach them."""


def to_confirm(session: Session, invitation: Invitation) -> Confirmation | None:
    """The permission that has to stand still, or None where there is one person alone."""
    if invitation.couple_id is None or invitation.partner_id is None:
        return None
    known = session.get(ContactCopy, invitation.partner_id)
    return Confirmation(
        token_sha256=invitation.token_sha256,
        couple_id=invitation.couple_id,
        unmet=None if known else invitation.partner_id,
    )


def _zone_of(session: Session, person_id: UUID, settings: Settings) -> str:
    """Where the person was when they last chose a time of their own, or else where we are."""
    latest = session.scalar(
        select(Participant.timezone)
        .where(Participant.person_id == person_id)
        .order_by(Participant.id.desc())
        .limit(1)
    )
    return latest or settings.practice.timezone
