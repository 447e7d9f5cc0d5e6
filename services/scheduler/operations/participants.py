"""The people of an appointment: an own link, an own zone, and where each of them will be."""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Actor, Participation
from services.scheduler.domain.contact import ways_to_talk
from services.scheduler.domain.errors import NoSuchLink, NoSuchWay, NotLicensedThere
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import Appointment, Participant, Practitioner, Schedule
from services.scheduler.operations.schedules import open_schedules
from services.scheduler.settings import Settings
from shared.crypto import SubjectErased, seal, unseal_if_readable
from shared.tokens import derived_token, token_sha256


def manage_token(settings: Settings, participant: Participant) -> str:
    """The person's own link to the appointment: written again for each message, kept nowhere."""
    return derived_token(
        settings.secret_key,
        "manage",
        participant.appointment_id,
        participant.person_id,
        participant.generation,
    )


def add(
    session: Session,
    appointment: Appointment,
    *,
    person_id: UUID,
    timezone: str,
    how: str,
    settings: Settings,
    status: Participation = Participation.ACCEPTED,
) -> Participant:
    """One more person, with a link of their own."""
    participant = part_in(
        appointment,
        person_id=person_id,
        timezone=timezone,
        how=how,
        settings=settings,
        status=status,
    )
    session.add(participant)
    return participant


def part_in(
    appointment: Appointment,
    *,
    person_id: UUID,
    timezone: str,
    how: str,
    settings: Settings,
    status: Participation = Participation.ACCEPTED,
) -> Participant:
    """The same, to be written down by whoever asks: see `booked`."""
    participant = Participant(
        appointment_id=appointment.id,
        person_id=person_id,
        timezone=timezone,
        how=how,
        status=status,
        generation=0,
    )
    participant.token_sha256 = token_sha256(manage_token(settings, participant))
    return participant


def of(session: Session, appointment_id: UUID) -> list[Participant]:
    """Everyone who belongs to an appointment."""
    return list(
        session.scalars(
            select(Participant)
            .where(Participant.appointment_id == appointment_id)
            .order_by(Participant.id)
        )
    )


def own(session: Session, appointment_id: UUID, person_id: UUID) -> Participant:
    """One person's part in an appointment. Raises NoSuchLink for somebody else."""
    for one in of(session, appointment_id):
        if one.person_id == person_id:
            return one
    raise NoSuchLink


def person_ids(session: Session, appointment_id: UUID) -> tuple[UUID, ...]:
    """Who they are."""
    return tuple(one.person_id for one in of(session, appointment_id))


def hand(person_id: UUID) -> str:
    """Whose hand it was, where there are two: for the history, which no page of theirs shows."""
    return f"{Actor.CLIENT}:{person_id}"


def refuse_other_ways(session: Session, appointment: Appointment, how: str) -> None:
    """Raises NoSuchWay when one can't talk like that with this clinician."""
    if how in dict(ways_to_talk(None)):
        return  # one can like that with everybody
    room = session.scalar(
        select(Practitioner.video_room).join(Schedule).where(Schedule.id == appointment.schedule_id)
    )
    if how not in dict(ways_to_talk(room)):
        raise NoSuchWay


# ---------------------------------------------------------------- where they will be


def refuse_elsewhere(asked: Collection[OpenSchedule], location: str) -> None:
    """Raises NotLicensedThere unless one of those who are asked may work there.

    Somebody without any state is licensed nowhere (L43).
    """
    if asked and not any(location in one.states for one in asked):
        raise NotLicensedThere


def licensed_in(session: Session, location: str) -> list[tuple[UUID, str]]:
    """(practitioner, name) of those who may work there."""
    return [
        (one.practitioner_id, one.name) for one in open_schedules(session) if location in one.states
    ]


def say_where(session: Session, participant: Participant, location: str) -> None:
    """Keep where this person will be, sealed with their own key. Raises NoSuchLink if erased."""
    try:
        participant.location_sealed = seal(
            session,
            subject_id=participant.person_id,
            place=_place(participant),
            value=location,
        )
    except SubjectErased as error:
        raise NoSuchLink from error
    participant.said_at = func.clock_timestamp()


def confirm_by_text(
    session: Session, *, appointment_id: UUID, person_id: UUID, sequence: int, now: datetime
) -> None:
    """Note that this person has texted that they will come.

    It counts as long as the appointment is what they said yes to; an older yes never replaces it.
    """
    session.execute(
        update(Participant)
        .where(
            Participant.appointment_id == appointment_id,
            Participant.person_id == person_id,
            func.coalesce(Participant.confirmed_sequence, -1) < sequence,
        )
        .values(confirmed_sequence=sequence, confirmed_at=now)
    )


def locations(
    session: Session, participants: Iterable[Participant]
) -> dict[tuple[UUID, UUID], str]:
    """Where people said they will be, by (appointment, person). Whoever was erased is left out."""
    read = {
        (one.appointment_id, one.person_id): unseal_if_readable(
            session, subject_id=one.person_id, place=_place(one), sealed=one.location_sealed
        )
        for one in participants
    }
    return {whose: location for whose, location in read.items() if location is not None}


def _place(participant: Participant) -> str:
    return f"participant.location_sealed:{participant.appointment_id}/{participant.person_id}"
