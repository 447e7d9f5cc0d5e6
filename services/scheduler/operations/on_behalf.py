"""Staff book for somebody: whom they may book what, and the booking by their hand.

Only whom intake lets book is ever booked (L03): a first call is booked with intake's own
permission, a time for two with the permission that a release gave them. For a session that was
agreed on with somebody who is known here, staff give a permission of their own; it moves and books
again by the person's own link like any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import exists, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, joinedload

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.contact import Contact
from services.scheduler.domain.errors import NotBookable
from services.scheduler.models import (
    Appointment,
    AppointmentType,
    ContactCopy,
    Invitation,
    Participant,
    Schedule,
)
from services.scheduler.operations import bookings, holds
from services.scheduler.operations.invitations import contacts
from services.scheduler.operations.offers import Wanted
from services.scheduler.settings import Settings
from shared.tokens import new_token, token_sha256
from shared.vocabulary import LIVE_STATUSES, AppointmentStatus

MOST_PEOPLE = 50


@dataclass(frozen=True)
class Known:
    """Somebody whom staff may book for, and how to reach them."""

    person_id: UUID
    contact: Contact


def people(session: Session, *, name: str = "", limit: int = MOST_PEOPLE) -> list[Known]:
    """Whom intake let book, the latest first; with `name`, those who are called something like it.

    Names are sealed, so a search opens all of them: some thousand take less than a second.
    """
    latest = func.max(Invitation.created_at)
    rows = session.scalars(
        select(Invitation.person_id)
        .where(Invitation.given_by.is_(None))
        .group_by(Invitation.person_id)
        .order_by(latest.desc(), Invitation.person_id)
        .limit(None if name else limit)
    ).all()
    known = contacts(session, list(rows))
    wanted = name.casefold().split()
    found = [
        Known(person_id, known[person_id])
        for person_id in rows
        if person_id in known and _matches(known[person_id].name, wanted)
    ]
    return found[:limit]


def _matches(name: str, wanted: Sequence[str]) -> bool:
    parts = name.casefold().split()
    return all(any(part.startswith(one) for part in parts) for one in wanted)


def find(session: Session, person_id: UUID) -> Known | None:
    """Somebody whom intake let book, or who has had a time here; None for anybody else (L03)."""
    let = session.scalar(
        select(
            exists().where(Invitation.person_id == person_id, Invitation.given_by.is_(None))
            | exists().where(Participant.person_id == person_id)
        )
    )
    contact = contacts(session, [person_id]).get(person_id) if let else None
    return Known(person_id, contact) if contact else None


@dataclass(frozen=True)
class Bookable:
    """A type that may be booked for somebody; `invitation` is the permission that is there."""

    kind: AppointmentType
    invitation: Invitation | None


def bookable(session: Session, person_id: UUID, *, now: datetime) -> list[Bookable]:
    """What staff may book for this person, a type that waits to be used first.

    A time for two only with intake's permission, and a first call that way as long as it is unused.
    """
    given = session.scalars(
        select(Invitation)
        .options(joinedload(Invitation.type))
        .where(Invitation.person_id == person_id, Invitation.given_by.is_(None))
        .order_by(Invitation.created_at.desc())
    ).all()
    waiting: dict[int, Invitation] = {}
    for one in given:
        if not is_used(session, one):
            waiting.setdefault(one.appointment_type_id, one)
    kinds = session.scalars(
        select(AppointmentType)
        .where(AppointmentType.ended_at.is_(None) | (AppointmentType.ended_at > now))
        .order_by(AppointmentType.id)
    ).all()
    found = [
        Bookable(kind, waiting.get(kind.id))
        for kind in kinds
        if kind.id in waiting or not kind.for_two
    ]
    return sorted(found, key=lambda one: one.invitation is None)


def is_used(session: Session, invitation: Invitation) -> bool:
    """Whether this permission has its time: it books one."""
    if invitation.couple_id is not None:
        return holds.standing_of_couple(session, invitation.couple_id) is not None
    found = holds.live_appointment(session, invitation.id)
    return found is not None and found.status != AppointmentStatus.PROPOSED


def book(
    session: Session,
    *,
    person_id: UUID,
    kind: AppointmentType,
    wanted: Wanted,
    how: str,
    location: str,
    settings: Settings,
    now: datetime,
    by: Hand,
    timezone: str | None = None,
) -> Appointment:
    """Book it by the staff's hand; the person is told by the usual rules. Sent twice, once.

    A time for two is asked for in the name of this one of them, and the other is asked. Whether
    intake's permission for two still stands, the caller has asked. Raises NotBookable, SlotTaken,
    AlreadyBooked, NoSuchWay, NotLicensedThere.
    """
    session.execute(
        select(ContactCopy.person_id).where(ContactCopy.person_id == person_id).with_for_update()
    )
    same = _same(session, person_id, kind, wanted)
    if same is not None:
        return same
    invitation = _permission(session, person_id, kind, by, now=now)
    appointment = bookings.book(
        session,
        invitation=invitation,
        wanted=wanted,
        how=how,
        timezone=timezone or zone_of(session, invitation, settings),
        location=location,
        settings=settings,
        now=now,
        by=by,
    )
    if wanted.against_rules:
        appointment.reason = by.reason
        session.flush()
    return appointment


def _same(
    session: Session, person_id: UUID, kind: AppointmentType, wanted: Wanted
) -> Appointment | None:
    """What was booked when the same form was sent before."""
    found = session.scalar(
        select(Appointment)
        .join(Participant)
        .where(
            Participant.person_id == person_id,
            Appointment.appointment_type_id == kind.id,
            Appointment.status.in_(LIVE_STATUSES),
            ~Appointment.lapsed,
            func.lower(Appointment.during) == wanted.start,
        )
    )
    return found if found is not None and holds.is_wanted(session, found, wanted) else None


def _permission(
    session: Session, person_id: UUID, kind: AppointmentType, by: Hand, *, now: datetime
) -> Invitation:
    """Intake's permission where one waits; else, for one person alone, one by the staff's hand."""
    if find(session, person_id) is None:
        raise NotBookable
    for one in bookable(session, person_id, now=now):
        if one.kind.id == kind.id and one.invitation is not None:
            return one.invitation
    if kind.for_two:
        raise NotBookable
    invitation = Invitation(
        id=uuid4(),
        person_id=person_id,
        # Nobody has this token: the person comes by the link of their appointment.
        token_sha256=token_sha256(new_token()),
        appointment_type_id=kind.id,
        given_by=str(by),
    )
    invitation.type = kind
    session.add(invitation)
    session.flush()
    return invitation


def zone_of(session: Session, invitation: Invitation, settings: Settings) -> str:
    """In whose zone this person is told: the one they chose, else the last known, else ours."""
    last = session.scalar(
        select(Participant.timezone)
        .where(Participant.person_id == invitation.person_id)
        .order_by(Participant.id.desc())
        .limit(1)
    )
    return invitation.chosen_timezone or last or invitation.timezone or settings.practice.timezone


def overlapping(
    session: Session,
    schedule_id: int,
    during: Range[datetime],
    *,
    besides: frozenset[UUID] = frozenset(),
) -> bool:
    """Whether somebody has that time, or keeps it for a moment: no reason ever overrides that."""
    return bool(
        session.scalar(
            select(
                exists()
                .where(Appointment.schedule_id == schedule_id)
                .where(Appointment.during.op("&&")(during))
                .where(Appointment.status.in_(LIVE_STATUSES), ~Appointment.lapsed)
                .where(
                    Appointment.hold_until.is_(None)
                    | (Appointment.hold_until > func.clock_timestamp())
                )
                .where(Appointment.id.not_in(besides))
            )
        )
    )


def give(
    session: Session,
    *,
    appointment_id: UUID,
    wanted: Wanted,
    settings: Settings,
    now: datetime,
    by: Hand,
) -> Appointment:
    """Move it, to another clinician where one is named, with the reason why (P23: the same id).

    The people are told by the usual message. Raises what `bookings.move` raises.
    """
    before = session.scalar(
        select(Schedule.practitioner_id)
        .join(Appointment, Appointment.schedule_id == Schedule.id)
        .where(Appointment.id == appointment_id)
    )
    appointment = bookings.move(
        session, appointment_id=appointment_id, wanted=wanted, settings=settings, now=now, by=by
    )
    other = wanted.practitioner_id not in (None, before)
    if other or wanted.against_rules:
        appointment.reason = by.reason
        session.flush()
    return appointment
