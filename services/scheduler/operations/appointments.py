"""Looking at appointments: by a person's own link, for the other services, and for the staff."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from services.scheduler.domain.appointment import Participation
from services.scheduler.domain.contact import Contact
from services.scheduler.domain.errors import NoSuchLink
from services.scheduler.models import Appointment, Invitation, Participant, Practitioner, Schedule
from services.scheduler.operations import participants
from services.scheduler.operations.invitations import contacts
from shared.tokens import token_sha256
from shared.vocabulary import AppointmentStatus

_WHOLE = (
    joinedload(Appointment.type),
    joinedload(Appointment.schedule).joinedload(Schedule.practitioner),
)


@dataclass(frozen=True)
class Place:
    """One person's view of one appointment. Nothing of anybody else's is in it (P18)."""

    appointment: Appointment
    participant: Participant

    @property
    def practitioner(self) -> Practitioner:
        """Whom the person meets."""
        return self.appointment.schedule.practitioner

    @property
    def status(self) -> AppointmentStatus:
        """Where the appointment is in its life; not confirmed in time, it is over already."""
        if self.appointment.lapsed:
            return AppointmentStatus.CANCELLED
        return AppointmentStatus(self.appointment.status)

    @property
    def asked(self) -> bool:
        """Whether the time waits for this person's answer."""
        return (
            self.status is AppointmentStatus.PENDING
            and self.participant.status == Participation.NEEDS_ACTION
        )

    @property
    def waiting(self) -> bool:
        """Whether there is word for this person: their own answer is wanted, or staff's is."""
        for_staff = self.appointment.couple_id is None
        return self.asked or (self.status is AppointmentStatus.PENDING and for_staff)


def opened_by(session: Session, token: str) -> tuple[Place, Invitation | None]:
    """What a manage link opens, and the person's own permission: it books again once that is over.

    Of two people, one may never have come by the link that would have shown theirs to us.
    Raises NoSuchLink.
    """
    row = session.execute(_OPENED, {"token": token_sha256(token)}).one_or_none()
    if row is None:
        raise NoSuchLink
    participant, permission = row
    return Place(participant.appointment, participant), permission


def _opened() -> Select[Participant, Invitation]:
    """Both in one statement: every page of a person's own begins with it."""
    one = aliased(Invitation)
    own = (
        select(one.id)
        .where(
            one.person_id == Participant.person_id,
            case(
                (Appointment.couple_id.is_(None), one.id == Appointment.invitation_id),
                else_=one.couple_id == Appointment.couple_id,
            ),
        )
        .order_by(one.created_at.desc())
        .limit(1)
        .correlate(Participant, Appointment)
        .scalar_subquery()
    )
    return (
        select(Participant, Invitation)
        .join(Participant.appointment)
        .outerjoin(Invitation, Invitation.id == own)
        .options(
            contains_eager(Participant.appointment).options(*_WHOLE), joinedload(Invitation.type)
        )
        .where(Participant.token_sha256 == bindparam("token"))
    )


_OPENED: Final = _opened()


def for_person(session: Session, *, appointment_id: UUID, person_id: UUID) -> Place:
    """One person's part of an appointment. Raises NoSuchLink, whichever of the two is unknown."""
    return _place(
        session,
        (Participant.appointment_id == appointment_id) & (Participant.person_id == person_id),
    )


def _place(session: Session, which: object) -> Place:
    participant = session.scalar(
        select(Participant)
        .options(joinedload(Participant.appointment).options(*_WHOLE))
        .where(which)  # type: ignore[arg-type]
    )
    if participant is None:
        raise NoSuchLink
    return Place(participant.appointment, participant)


def place_of(session: Session, appointment: Appointment, person_id: UUID) -> Place:
    """The person's part of an appointment that was just booked or moved."""
    return for_person(session, appointment_id=appointment.id, person_id=person_id)


def held(session: Session, invitation_id: UUID) -> Appointment | None:
    """The hold that this permission has, with whom it is, unless it has run out."""
    return session.scalar(
        select(Appointment)
        .options(*_WHOLE)
        .where(
            Appointment.invitation_id == invitation_id,
            Appointment.status == AppointmentStatus.PROPOSED,
            Appointment.hold_until > func.clock_timestamp(),
        )
    )


def of_invitation(session: Session, invitation: Invitation) -> Place | None:
    """The appointment that was booked with this permission and still stands.

    Of two, whichever of them chose it, and only until it is over: then they may choose the next.
    """
    by = Appointment.invitation_id == invitation.id
    if invitation.couple_id is not None:
        by = and_(
            Appointment.couple_id == invitation.couple_id,
            Appointment.status.not_in((AppointmentStatus.FULFILLED, AppointmentStatus.NOSHOW)),
            func.upper(Appointment.during) > func.clock_timestamp(),
        )
    participant = session.scalar(
        select(Participant)
        .join(Appointment)
        .options(joinedload(Participant.appointment).options(*_WHOLE))
        .where(
            by,
            Appointment.status.not_in((AppointmentStatus.PROPOSED, AppointmentStatus.CANCELLED)),
            ~Appointment.lapsed,
            Participant.person_id == invitation.person_id,
        )
        .order_by(Appointment.created_at.desc())
        .limit(1)
    )
    return Place(participant.appointment, participant) if participant else None


def chosen_with(session: Session, appointment: Appointment) -> Invitation:
    """The permission of whoever chose the time. Raises NoSuchLink."""
    found = session.get(Invitation, appointment.invitation_id)
    if found is None:
        raise NoSuchLink
    return found


def told_of(session: Session, communication_id: UUID) -> Place | None:
    """Whom a communication is for, and about what; None when they need not be told any more."""
    participant = session.scalar(
        select(Participant)
        .options(joinedload(Participant.appointment).options(*_WHOLE))
        .where(Participant.communication_id == communication_id)
    )
    return Place(participant.appointment, participant) if participant else None


def of_person(session: Session, person_id: UUID) -> list[Place]:
    """Everything that a person has had, the latest first."""
    rows = session.scalars(
        select(Participant)
        .join(Appointment)
        .options(joinedload(Participant.appointment).options(*_WHOLE))
        .where(Participant.person_id == person_id)
        .order_by(func.lower(Appointment.during).desc())
    )
    return [Place(row.appointment, row) for row in rows]


@dataclass(frozen=True)
class Attendee:
    """One person of an entry, for staff: who it is, where they will be, whether they said yes.

    `said_at`: when they last said where they will be. `confirmed`: they texted that they will come.
    """

    person_id: UUID
    contact: Contact | None
    how: str
    location: str | None
    said_at: datetime | None
    accepted: bool
    confirmed: bool
    inquiry: UUID | None


@dataclass(frozen=True)
class Entry:
    """An appointment or a hold in the staff's calendar, with the people and how to reach them."""

    appointment: Appointment
    people: tuple["Attendee", ...]

    @property
    def held(self) -> bool:
        """Whether it is only kept for somebody, not booked."""
        return self.appointment.status == AppointmentStatus.PROPOSED

    @property
    def elsewhere(self) -> tuple["Attendee", ...]:
        """Those who will be where their clinician holds no license (L43)."""
        states = self.appointment.schedule.practitioner.states
        return tuple(one for one in self.people if one.location and one.location not in states)

    @property
    def how(self) -> str:
        """By phone, by video or in person; of two people, each in their own way."""
        return " and ".join(dict.fromkeys(one.how for one in self.people)) or "phone"


def between(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    practitioner_id: UUID | None = None,
) -> list[Entry]:
    """What stands in the calendar from `since` until `until`, in order of time, names included."""
    return entries(session, session.scalars(_shown(since, until, practitioner_id)).unique().all())


def standing(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    practitioner_id: UUID | None = None,
) -> list[Entry]:
    """Who still has a time then: what was held, missed or over is left out."""
    found = between(session, since=since, until=until, practitioner_id=practitioner_id)
    return [one for one in found if one.appointment.status in _AHEAD]


_AHEAD = (AppointmentStatus.PENDING, AppointmentStatus.BOOKED)


def entry(session: Session, appointment_id: UUID) -> Entry:
    """One appointment as staff see it, whatever became of it. Raises NoSuchLink."""
    row = session.scalar(
        select(Appointment)
        .options(*_WHOLE, selectinload(Appointment.participants))
        .where(Appointment.id == appointment_id)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchLink
    return entries(session, [row])[0]


def entries(session: Session, rows: Sequence[Appointment]) -> list[Entry]:
    """Rows that were read whole, with the people of each and how to reach them."""
    everyone = [one for row in rows for one in row.participants]
    known = contacts(session, [one.person_id for one in everyone])
    where = participants.locations(session, everyone)
    inquiries = _inquiries(session, rows)
    return [Entry(row, _people(row, known, where, inquiries)) for row in rows]


def _shown(since: datetime, until: datetime, practitioner_id: UUID | None) -> Select[Appointment]:
    query = (
        select(Appointment)
        .join(Schedule)
        .options(*_WHOLE, selectinload(Appointment.participants))
        .where(
            Appointment.during.op("&&")(Range(since, until, bounds="[)")),
            Appointment.status != AppointmentStatus.CANCELLED,
            Appointment.hold_until.is_(None) | (Appointment.hold_until > func.clock_timestamp()),
            ~Appointment.lapsed,
        )
        .order_by(func.lower(Appointment.during), Schedule.id)
    )
    if practitioner_id is not None:
        query = query.where(Schedule.practitioner_id == practitioner_id)
    return query


def _people(
    appointment: Appointment,
    known: Mapping[UUID, Contact],
    where: Mapping[tuple[UUID, UUID], str],
    inquiries: Mapping[UUID, UUID],
) -> tuple[Attendee, ...]:
    return tuple(
        Attendee(
            person_id=one.person_id,
            contact=known.get(one.person_id),
            how=one.how,
            location=where.get((one.appointment_id, one.person_id)),
            said_at=one.said_at,
            accepted=one.status == Participation.ACCEPTED,
            confirmed=one.confirmed_sequence == appointment.sequence,
            inquiry=inquiries.get(one.person_id),
        )
        for one in appointment.participants
    )


def _inquiries(session: Session, rows: Iterable[Appointment]) -> dict[UUID, UUID]:
    """The inquiry of each person: that of this appointment, else what their first call was for."""
    own = {row.invitation_id for row in rows}
    people = [one.person_id for row in rows for one in row.participants]
    found: dict[UUID, UUID] = {}
    for person_id, number in session.execute(
        select(Invitation.person_id, Invitation.id)
        .where(
            Invitation.person_id.in_(people),
            Invitation.couple_id.is_(None),
            Invitation.given_by.is_(None),
        )
        .order_by(Invitation.created_at)
    ):
        if number in own or person_id not in found:
            found[person_id] = number
    return found
