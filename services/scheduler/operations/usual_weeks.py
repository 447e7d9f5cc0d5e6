"""The weeks of hours of one clinician: the one that always holds, those of some months, of one
type of appointment alone, or at a location. Each is written as a whole, known by what it is for.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import BadHours, BadWeek
from services.scheduler.domain.hours import WallRange, WeeklyRange, at_once
from services.scheduler.models import AppointmentType, Availability, Schedule
from services.scheduler.operations import rule_changes
from services.scheduler.operations.rule_changes import Facts
from services.scheduler.operations.schedules import refuse_bad_hours
from services.scheduler.practice_models import Location

_DAYS: Final = ("", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


class For(NamedTuple):
    """What a week of hours is for: first and last day, the code of a type, the id of a location.

    None: without such an end, for any type, wherever.
    """

    since: date | None = None
    until: date | None = None
    appointment_type: str | None = None
    location_id: int | None = None

    @property
    def key(self) -> str:
        """Its name in addresses and in history."""
        return "_".join("" if one is None else str(one) for one in self)


ALWAYS: Final = For()


@dataclass(frozen=True)
class Week:
    """Ranges in the order of the days, and what they are for."""

    of: For = ALWAYS
    weekly: Sequence[WeeklyRange] = ()

    def facts(self) -> Facts:
        """What its form shows. A week without hours is none."""
        if not self.weekly:
            return {}
        said = [
            f"{_DAYS[one.weekday]} {one.wall.start:%H:%M} to {one.wall.end:%H:%M}"
            for one in self.weekly
        ]
        return {**self.of._asdict(), "hours": said}

    @property
    def version(self) -> str:
        """See `rule_changes`."""
        return rule_changes.version_of(self.facts())


def weeks(session: Session, schedule_id: int) -> list[Week]:
    """Those that somebody wrote hours for: first for any type and always, then by what they are."""
    rows = session.execute(
        select(
            Availability.weekday,
            Availability.starts,
            Availability.ends,
            Availability.overnight,
            Availability.since,
            Availability.until,
            AppointmentType.code,
            Availability.location_id,
        )
        .outerjoin(AppointmentType, AppointmentType.id == Availability.appointment_type_id)
        .where(Availability.schedule_id == schedule_id)
        .order_by(Availability.weekday, Availability.starts)
    )
    found: dict[For, list[WeeklyRange]] = {}
    for weekday, starts, ends, overnight, since, until, code, place in rows:
        one = WeeklyRange(weekday, WallRange(starts, ends, overnight), since, until)
        found.setdefault(For(since, until, code, place), []).append(one)
    return [Week(of, found[of]) for of in sorted(found, key=_in_order)]


def _in_order(of: For) -> tuple[str, date, date, int]:
    return (
        of.appointment_type or "",
        of.since or date.min,
        date.max if of.until is None else of.until,
        of.location_id or 0,
    )


def week_of(found: Sequence[Week], of: For) -> Week:
    """That one of them; nothing was written for it: one without hours."""
    return next((one for one in found if one.of == of), Week(of))


def usual(found: Sequence[Week]) -> Week:
    """The one that always holds, for any type: where it is said wherever, or else anywhere."""
    always = [one for one in found if one.of[:3] == (None, None, None)]
    return week_of(found, ALWAYS) if len(always) != 1 else always[0]


def set_week(
    session: Session,
    schedule_id: int,
    practitioner_id: UUID,
    *,
    was: For | None,
    of: For,
    weekly: Sequence[WeeklyRange],
    shortest: timedelta,
    version: str | None,
    by: Hand,
) -> None:
    """Write a week, in place of the one that `was`; without ranges it is taken away.

    `was` None: one more. `shortest` is the length of a visit for hours of any type. Raises BadWeek,
    BadHours, and, for a `version` that is not that of what stands, ChangedMeanwhile. Appointments
    that stand outside the new hours stay: only people move people.
    """
    session.get_one(Schedule, schedule_id, with_for_update=True)
    found = weeks(session, schedule_id)
    before = Week(of) if was is None else week_of(found, was)
    if version is not None:
        rule_changes.refuse_stale(before.facts(), version)
    after = Week(of, [replace(one, since=of.since, until=of.until) for one in weekly])
    if weekly:
        if was != of and week_of(found, of).weekly:
            raise BadWeek("since", "There is a week of hours for the same already. Change that.")
        kind, place = _kind(session, of), _place(session, of)
        refuse_bad_hours(after.weekly, kind.duration if kind else shortest)
        _refuse_two_at_once(after, [one for one in found if one.of not in (before.of, of)])
    _delete(session, schedule_id, before.of)
    if weekly:
        session.add_all(
            Availability(
                schedule_id=schedule_id,
                weekday=one.weekday,
                starts=one.wall.start,
                ends=one.wall.end,
                overnight=one.wall.overnight,
                since=one.since,
                until=one.until,
                appointment_type_id=kind.id if kind else None,
                location_id=place,
            )
            for one in after.weekly
        )
    about = f"hours:{practitioner_id}:{before.of.key}"
    rule_changes.record(session, about, before.facts(), after.facts(), by=by)


def _kind(session: Session, of: For) -> AppointmentType | None:
    if of.since and of.until and of.until < of.since:
        raise BadWeek("until", "The last day has to be the first one or later.")
    if of.appointment_type is None:
        return None
    kind = session.scalar(
        select(AppointmentType).where(
            AppointmentType.code == of.appointment_type, AppointmentType.ended_at.is_(None)
        )
    )
    if kind is None:
        raise BadWeek("appointment_type", "This type can not be booked any more. Choose another.")
    return kind


def _place(session: Session, of: For) -> int | None:
    if of.location_id is None:
        return None
    open_one = select(Location.id).where(Location.id == of.location_id, Location.ended_at.is_(None))
    place = session.scalar(open_one.with_for_update(read=True, key_share=True))
    if place is None:
        raise BadWeek("location_id", "This location is closed. Choose another.")
    return place


def _refuse_two_at_once(week: Week, others: Sequence[Week]) -> None:
    """Hours of the same type that hold on the same days: a slip, or two places at once."""
    kept = [
        one
        for other in others
        if other.of.appointment_type == week.of.appointment_type
        for one in other.weekly
    ]
    counted: dict[int, int] = {}
    found = []
    for one in week.weekly:
        place = counted.get(one.weekday, 0)
        counted[one.weekday] = place + 1
        if any(at_once(one, other) for other in kept):
            said = "These hours overlap with those of another week that holds at the same time."
            found.append((one.weekday, place, said))
    if found:
        raise BadHours(found)


def _delete(session: Session, schedule_id: int, of: For) -> None:
    kind = (
        select(AppointmentType.id)
        .where(AppointmentType.code == of.appointment_type)
        .scalar_subquery()
    )
    session.execute(
        delete(Availability).where(
            Availability.schedule_id == schedule_id,
            Availability.since.is_not_distinct_from(of.since),
            Availability.until.is_not_distinct_from(of.until),
            Availability.appointment_type_id.is_not_distinct_from(kind),
            Availability.location_id.is_not_distinct_from(of.location_id),
        )
    )
