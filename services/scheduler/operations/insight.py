"""Counts for the page of insight: a fixed number of statements, and nobody's name.

Times are looked up by clinician and start, which an index holds; days and hours are those of the
practice's zone.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from sqlalchemy import ColumnElement, Date, Integer, Select, and_, case, cast, exists, func, select
from sqlalchemy.orm import Session

from services.scheduler.domain.insight import Cell, Period
from services.scheduler.domain.interval import Interval, merged
from services.scheduler.domain.timetable import OpenSchedule, Practice, working_time
from services.scheduler.models import Appointment, AppointmentType, Invitation, Participant
from services.scheduler.operations.statuses import LIVE, MISSED
from services.scheduler.waitlist_models import WaitlistEntry
from shared.vocabulary import AppointmentStatus as Status

_STARTS: Final = func.lower(Appointment.during)
_STOOD: Final = (Status.BOOKED, Status.ARRIVED, Status.FULFILLED)
_KINDS: Final = ("schedule_id", "status", "confirmed", "week", "weekday", "hour")
_CAME: Final = (Status.ARRIVED, Status.FULFILLED)


@dataclass
class Attendance:
    """Of times that somebody said something about afterwards: who came, and who did not."""

    came: int = 0
    missed: int = 0

    @property
    def settled(self) -> int:
        """Both."""
        return self.came + self.missed


@dataclass(frozen=True)
class Sought:
    """Who was given the right to choose a time of a type, and what became of it."""

    title: str
    asked: int
    booked: int
    waited: int


@dataclass(frozen=True)
class Times:
    """What took place in the period. `confirmed` by text, `unconfirmed` not; minutes by week."""

    attended: dict[bool, Attendance]
    booked: dict[int, Counter[date]]
    starts: Counter[Cell] = field(default_factory=Counter)


def times(session: Session, schedule_ids: Sequence[int], period: Period) -> Times:
    """Booked, attended and missed times of those clinicians: two statements."""
    attended = {True: Attendance(), False: Attendance()}
    booked: dict[int, Counter[date]] = {number: Counter() for number in schedule_ids}
    starts: Counter[Cell] = Counter()
    live = and_(Appointment.status.in_(LIVE), Appointment.status.in_(_STOOD))
    for row in (
        *session.execute(_counted(schedule_ids, period, live)),
        *session.execute(_counted(schedule_ids, period, Appointment.status == MISSED)),
    ):
        booked[row.schedule_id][row.week] += row.minutes
        starts[row.weekday, row.hour] += row.times
        if row.status in _CAME:
            attended[row.confirmed].came += row.times
        elif row.status == Status.NOSHOW:
            attended[row.confirmed].missed += row.times
    return Times(attended, booked, starts)


def _counted(
    schedule_ids: Sequence[int], period: Period, wanted: ColumnElement[bool]
) -> Select[Any]:
    since, until = period.bounds
    here = func.timezone(period.zone.key, _STARTS)
    confirmed = exists().where(
        Participant.appointment_id == Appointment.id,
        Participant.confirmed_sequence == Appointment.sequence,
    )
    one = (
        select(
            Appointment.schedule_id,
            Appointment.status,
            confirmed.label("confirmed"),
            cast(func.date_trunc("week", here), Date).label("week"),
            cast(func.extract("isodow", here), Integer).label("weekday"),
            cast(func.extract("hour", here), Integer).label("hour"),
            (func.extract("epoch", func.upper(Appointment.during) - _STARTS) / 60).label("long"),
        )
        .where(Appointment.schedule_id.in_(schedule_ids), since <= _STARTS, until > _STARTS, wanted)
        .subquery()
    )
    kinds = [one.c[name] for name in _KINDS]
    return select(
        *kinds,
        func.count().label("times"),
        cast(func.sum(one.c.long), Integer).label("minutes"),
    ).group_by(*kinds)


def first_calls(session: Session, period: Period) -> dict[int, int]:
    """How many have or had a first time that many days after they could choose one."""
    since, until = period.bounds
    days = cast(func.date(func.timezone(period.zone.key, _STARTS)), Date) - func.date(
        func.timezone(period.zone.key, Invitation.created_at)
    )
    found = (
        select(cast(days, Integer), func.count())
        .select_from(Invitation)
        .join(Appointment, Appointment.invitation_id == Invitation.id)
        .where(
            Invitation.created_at >= since,
            Invitation.created_at < until,
            Invitation.given_by.is_(None),
            Appointment.couple_id.is_(None),
            Appointment.status.in_(LIVE),
            Appointment.status.in_(_STOOD),
        )
        .group_by(days)
    )
    return {row[0]: row[1] for row in session.execute(found)}


def sought(session: Session, period: Period) -> list[Sought]:
    """Of those who came to choose a time in the period, by type: who has one, and who waits (N10).

    Nobody is counted as refused who has a time by now, however they came by it.
    """
    since, until = period.bounds
    has = exists().where(
        Appointment.invitation_id == Invitation.id,
        Appointment.couple_id.is_(None),
        Appointment.status.in_(LIVE),
        Appointment.status != Status.PROPOSED,
    )
    waits = exists().where(
        WaitlistEntry.person_id == Invitation.person_id,
        WaitlistEntry.invitation_id == Invitation.id,
    )
    one = (
        select(AppointmentType.title, has.label("has"), waits.label("waits"))
        .select_from(Invitation)
        .join(AppointmentType, AppointmentType.id == Invitation.appointment_type_id)
        .where(
            Invitation.created_at >= since,
            Invitation.created_at < until,
            Invitation.couple_id.is_(None),
            Invitation.ended_at.is_(None),
        )
        .subquery()
    )
    rows = session.execute(
        select(
            one.c.title,
            func.count(),
            func.sum(case((one.c.has, 1), else_=0)),
            func.sum(case((~one.c.has & one.c.waits, 1), else_=0)),
        )
        .group_by(one.c.title)
        .order_by(one.c.title)
    )
    return [Sought(title, asked, int(has), int(waited)) for title, asked, has, waited in rows]


def wished(session: Session, period: Period) -> Counter[Cell]:
    """The hours for which people began to wait, once a person and hour (N10)."""
    since, until = period.bounds
    every = session.scalars(
        select(WaitlistEntry.times).where(
            WaitlistEntry.created_at >= since, WaitlistEntry.created_at < until
        )
    )
    return Counter(cell for times in every for cell in _cells(times))


def _cells(times: Iterable[tuple[int, str, str]]) -> set[Cell]:
    found = set[Cell]()
    for weekday, starts, ends in times:
        last = (int(ends[:2]) * 60 + int(ends[3:5]) + 59) // 60 or 24
        found |= {(weekday, hour) for hour in range(int(starts[:2]), last)}
    return found


def opened(schedule: OpenSchedule, practice: Practice, period: Period) -> list[Interval]:
    """The hours of one clinician, for any type, by the usual week as it stands today."""
    kinds = {0, *schedule.own_kinds}
    found = (
        one
        for kind in kinds
        for part in working_time(
            schedule, practice, kind, placed=False, first=period.first, last=period.last
        ).opened
        for one in part.hours
    )
    return merged(found)
