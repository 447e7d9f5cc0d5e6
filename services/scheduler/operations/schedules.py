"""When people work here: the usual week, single days that differ, and what can be booked at all."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import BadHours
from services.scheduler.domain.hours import WallRange, WeeklyRange, problems
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import (
    AppointmentType,
    Availability,
    DateOverride,
    Practitioner,
    Schedule,
)
from services.scheduler.operations import rule_changes
from services.scheduler.operations.timetables import timetables
from shared.zones import zone

PRIVATE_CALL = "private-call"
COUPLE_SESSION = "couple-session"
INDIVIDUAL_SESSION = "individual-session"

_TYPES = (
    {
        "code": PRIVATE_CALL,
        "title": "Private call",
        "duration": timedelta(minutes=20),
        "step": timedelta(minutes=30),
        "buffer_before": timedelta(0),
        "buffer_after": timedelta(minutes=10),
        "notice": None,
        "horizon": timedelta(days=42),
        "for_two": False,
        "staff_only": False,
    },
    {
        "code": INDIVIDUAL_SESSION,
        "title": "Individual session",
        "duration": timedelta(minutes=50),
        "step": timedelta(minutes=30),
        "buffer_before": timedelta(0),
        "buffer_after": timedelta(minutes=10),
        "notice": None,
        "horizon": timedelta(days=42),
        "for_two": False,
        # Agreed on in the first call: staff book it, or let the person choose.
        "staff_only": True,
    },
    {
        "code": COUPLE_SESSION,
        "title": "Couple session",
        "duration": timedelta(minutes=80),
        "step": timedelta(minutes=30),
        "buffer_before": timedelta(minutes=10),
        "buffer_after": timedelta(minutes=10),
        # Two people have to say yes, the second at the latest a day before.
        "notice": timedelta(hours=48),
        "horizon": timedelta(days=42),
        "for_two": True,
        "staff_only": False,
    },
)


def ensure_types(session: Session) -> None:
    """The appointment types that every practice begins with; existing ones stay as they are."""
    session.execute(
        insert(AppointmentType).values(list(_TYPES)).on_conflict_do_nothing()  # see `code`
    )


def appointment_type(session: Session, code: str) -> AppointmentType | None:
    """The type that intake and links name by its code."""
    return session.scalar(select(AppointmentType).where(AppointmentType.code == code))


def open_schedules(session: Session, practitioner_id: UUID | None = None) -> list[OpenSchedule]:
    """Everyone who sees clients, with their hours, by name; or the one who is named."""
    return list(timetables(session, practitioner_id=practitioner_id).schedules)


def add_practitioner(
    session: Session,
    *,
    name: str,
    credentials: str,
    timezone: str,
    states: Sequence[str],
    about: str = "",
    video_room: str | None = None,
) -> Practitioner:
    """Someone who sees clients, with a schedule that has no hours yet."""
    zone(timezone)
    practitioner = Practitioner(
        name=name,
        credentials=credentials,
        about=about,
        states=list(states),
        video_room=video_room,
        schedule=Schedule(timezone=timezone),
    )
    session.add(practitioner)
    session.flush()
    return practitioner


def schedule_of(session: Session, practitioner_id: UUID) -> Schedule | None:
    """The schedule of someone who works here."""
    return session.scalar(
        select(Schedule)
        .join(Practitioner)
        .where(Practitioner.id == practitioner_id, Practitioner.left_at.is_(None))
    )


def set_weekly_hours(
    session: Session, schedule_id: int, *, weekly: Sequence[WeeklyRange], shortest: timedelta
) -> None:
    """Replace the usual week; hours stay wall time. `shortest` is the length of a visit.

    Hours of one type alone stay, and who sat in one place all week goes on sitting there. Raises
    BadHours, naming each range that can not be kept. Appointments that stand outside the new hours
    stay: only people move people.
    """
    refuse_bad_hours(weekly, shortest)
    session.get_one(Schedule, schedule_id, with_for_update=True)
    of_any_type = (
        Availability.schedule_id == schedule_id,
        Availability.appointment_type_id.is_(None),
    )
    places = set(session.scalars(select(Availability.location_id).where(*of_any_type)))
    session.execute(delete(Availability).where(*of_any_type))
    session.add_all(
        Availability(
            schedule_id=schedule_id,
            weekday=one.weekday,
            starts=one.wall.start,
            ends=one.wall.end,
            overnight=one.wall.overnight,
            since=one.since,
            until=one.until,
            location_id=next(iter(places)) if len(places) == 1 else None,
        )
        for one in weekly
    )
    session.flush()


def refuse_bad_hours(weekly: Sequence[WeeklyRange], shortest: timedelta) -> None:
    """Raises BadHours for ranges that end before they start, overlap, or hold no visit."""
    found = [
        (weekday, bad.place, bad.problem)
        for weekday in sorted({one.weekday for one in weekly})
        for bad in problems([one.wall for one in weekly if one.weekday == weekday], shortest)
    ]
    if found:
        raise BadHours(found)


def closed_days(session: Session, schedule_id: int, *, since: date) -> list[date]:
    """The dates from `since` on that are closed whatever the usual week says."""
    return list(
        session.scalars(
            select(DateOverride.day)
            .where(
                DateOverride.schedule_id == schedule_id,
                DateOverride.starts.is_(None),
                DateOverride.day >= since,
            )
            .order_by(DateOverride.day)
        )
    )


def override_day(
    session: Session, schedule_id: int, *, day: date, ranges: Iterable[WallRange]
) -> None:
    """Other hours on one local date, in place of what was said about it before; none: closed."""
    reset_day(session, schedule_id, day=day)
    rows = [
        DateOverride(
            schedule_id=schedule_id,
            day=day,
            starts=wall.start,
            ends=wall.end,
            overnight=wall.overnight,
        )
        for wall in ranges
    ] or [DateOverride(schedule_id=schedule_id, day=day)]
    session.add_all(rows)
    session.flush()


def reset_day(session: Session, schedule_id: int, *, day: date) -> None:
    """Back to the usual week on that date."""
    session.get_one(Schedule, schedule_id, with_for_update=True)
    session.execute(
        delete(DateOverride).where(DateOverride.schedule_id == schedule_id, DateOverride.day == day)
    )


def set_states(session: Session, practitioner_id: UUID, *, states: Sequence[str]) -> None:
    """This clinician holds a license there, from the next booking on (L43)."""
    practitioner = session.get_one(Practitioner, practitioner_id, with_for_update=True)
    practitioner.states = list(states)
    session.flush()


def set_zone(session: Session, schedule_id: int, *, timezone: str, by: Hand) -> None:
    """The hours are by that clock from now on; what is booked, blocked or opened stays a moment.

    Raises UnknownZone.
    """
    zone(timezone)
    schedule = session.get_one(Schedule, schedule_id, with_for_update=True)
    was, schedule.timezone = schedule.timezone, timezone
    about = f"zone:{schedule.practitioner_id}"
    rule_changes.record(session, about, {"timezone": was}, {"timezone": timezone}, by=by)


def practitioners(session: Session) -> list[Practitioner]:
    """Everyone who sees clients here, by name."""
    return list(
        session.scalars(
            select(Practitioner).where(Practitioner.left_at.is_(None)).order_by(Practitioner.name)
        )
    )


def introduced(session: Session, practitioner_id: UUID) -> dict[str, str]:
    """The words by which the practice's page introduces someone."""
    found = session.get_one(Practitioner, practitioner_id)
    return {"credentials": found.credentials, "about": found.about}


def introduce(session: Session, practitioner_id: UUID, *, credentials: str, about: str) -> None:
    """Let the practice's page introduce someone by these words; empty: by the name alone."""
    practitioner = session.get_one(Practitioner, practitioner_id, with_for_update=True)
    practitioner.credentials, practitioner.about = credentials, about
    session.flush()
