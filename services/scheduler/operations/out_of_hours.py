"""Appointments that stand outside of the hours: nothing moves them but people, so somebody counts.

After a change of hours, closures or holidays its page says how many there are.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.scheduler.domain.hours import local_date
from services.scheduler.domain.interval import (
    Interval,
    minute_at_or_after,
    minute_at_or_before,
)
from services.scheduler.domain.timetable import OpenSchedule, Practice, working_time
from services.scheduler.models import Appointment
from services.scheduler.operations.timetables import timetables
from shared.vocabulary import AppointmentStatus


def count(session: Session, *, now: datetime, only: int | None = None) -> int:
    """How many that are still to come lie outside of what is open; of one schedule, or of all."""
    session.flush()
    tables = timetables(session, only=only)
    everyone = {one.id: one for one in tables.schedules}
    visits: dict[int, list[_Visit]] = {}
    for schedule_id, kind, during in session.execute(
        select(Appointment.schedule_id, Appointment.appointment_type_id, Appointment.during).where(
            Appointment.schedule_id.in_(everyone),
            Appointment.status.in_((AppointmentStatus.BOOKED, AppointmentStatus.PENDING)),
            ~Appointment.lapsed,
            func.lower(Appointment.during) > now,
        )
    ):
        assert during.lower is not None
        assert during.upper is not None
        span = Interval(minute_at_or_before(during.lower), minute_at_or_after(during.upper))
        visits.setdefault(schedule_id, []).append(_Visit(kind, span))
    return sum(
        _outside(everyone[schedule_id], tables.practice, found)
        for schedule_id, found in visits.items()
    )


class _Visit(NamedTuple):
    kind: int
    during: Interval


def _outside(schedule: OpenSchedule, practice: Practice, visits: Sequence[_Visit]) -> int:
    """How many of them do not lie whole within one stretch of working time, or are shut out."""
    zone = schedule.hours.zone
    first = local_date(min(one.during.start for one in visits), zone)
    last = local_date(max(one.during.end for one in visits), zone)
    found = 0
    for kind, during in visits:
        working = working_time(schedule, practice, kind, placed=False, first=first, last=last)
        is_open = any(
            one.start <= during.start and during.end <= one.end
            for opened in working.opened
            for one in opened.hours
        )
        is_shut = any(one.start < during.end and during.start < one.end for one in working.shut)
        found += is_shut or not is_open
    return found
