"""Looking at appointments: by a person's own link, for the other services, and for the staff."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session, joinedload, selectinload

from services.scheduler.domain.contact import Contact
from services.scheduler.domain.errors import NoSuchLink
from services.scheduler.models import Appointment, Invitation, Participant, Practitioner, Schedule
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
        """Where the appointment is in its life."""
        return AppointmentStatus(self.appointment.status)


def by_token(session: Session, token: str) -> Place:
    """What a manage link opens. Raises NoSuchLink."""
    return _place(session, Participant.token_sha256 == token_sha256(token))


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
    """The appointment that was booked with this permission and still stands."""
    participant = session.scalar(
        select(Participant)
        .join(Appointment)
        .options(joinedload(Participant.appointment).options(*_WHOLE))
        .where(
            Appointment.invitation_id == invitation.id,
            Appointment.status.not_in((AppointmentStatus.PROPOSED, AppointmentStatus.CANCELLED)),
            Participant.person_id == invitation.person_id,
        )
        .order_by(Appointment.created_at.desc())
        .limit(1)
    )
    return Place(participant.appointment, participant) if participant else None


def invitation_of(session: Session, place: Place) -> Invitation | None:
    """The permission behind an appointment: it books again once that is cancelled."""
    return session.scalar(
        select(Invitation)
        .options(joinedload(Invitation.type))
        .where(
            Invitation.id == place.appointment.invitation_id,
            Invitation.person_id == place.participant.person_id,
        )
    )


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
class Entry:
    """An appointment or a hold in the staff's calendar, with the people and how to reach them."""

    appointment: Appointment
    people: tuple[tuple[UUID, Contact | None], ...]

    @property
    def held(self) -> bool:
        """Whether it is only kept for somebody, not booked."""
        return self.appointment.status == AppointmentStatus.PROPOSED

    @property
    def how(self) -> str:
        """By phone, by video or in person."""
        participants = self.appointment.participants
        return participants[0].how if participants else "phone"


def between(
    session: Session,
    *,
    since: datetime,
    until: datetime,
    practitioner_id: UUID | None = None,
) -> list[Entry]:
    """What stands in the calendar from `since` until `until`, in order of time, names included."""
    rows = session.scalars(_standing(since, until, practitioner_id)).unique().all()
    known = contacts(session, [one.person_id for row in rows for one in row.participants])
    return [Entry(row, _people(row.participants, known)) for row in rows]


def _standing(
    since: datetime, until: datetime, practitioner_id: UUID | None
) -> Select[Appointment]:
    query = (
        select(Appointment)
        .join(Schedule)
        .options(*_WHOLE, selectinload(Appointment.participants))
        .where(
            Appointment.during.op("&&")(Range(since, until, bounds="[)")),
            Appointment.status != AppointmentStatus.CANCELLED,
            Appointment.hold_until.is_(None) | (Appointment.hold_until > func.clock_timestamp()),
        )
        .order_by(func.lower(Appointment.during), Schedule.id)
    )
    if practitioner_id is not None:
        query = query.where(Schedule.practitioner_id == practitioner_id)
    return query


def _people(
    participants: Iterable[Participant], known: dict[UUID, Contact]
) -> tuple[tuple[UUID, Contact | None], ...]:
    return tuple((one.person_id, known.get(one.person_id)) for one in participants)
