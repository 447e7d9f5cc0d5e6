"""Everything that stands in some clinicians' calendars in a stretch of time, for the staff's eyes.

Each kind of thing is read once, however many clinicians there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.scheduler.calendar_models import OutsideBusy
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import appointments, openings
from services.scheduler.operations.appointments import Entry
from services.scheduler.practice_models import TimeChange, TimeOff

_A_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Standing:
    """What stands there: people, and why nobody else can be booked."""

    entries: Sequence[Entry] = ()
    changes: Sequence[TimeChange] = ()
    off: Sequence[TimeOff] = ()
    elsewhere: Sequence[OutsideBusy] = ()

    def of(self, schedule: OpenSchedule) -> "Standing":
        """What concerns this clinician."""
        return Standing(
            [one for one in self.entries if one.appointment.schedule_id == schedule.id],
            [one for one in self.changes if one.schedule_id == schedule.id],
            [one for one in self.off if one.schedule_id in (None, schedule.id)],
            [one for one in self.elsewhere if one.schedule_id == schedule.id],
        )


def read(
    session: Session, who: Sequence[OpenSchedule], *, since: datetime, until: datetime
) -> Standing:
    """What stands in these calendars from `since` until `until`, each kind in order of time."""
    numbers = [one.id for one in who]
    during = Range(since, until, bounds="[)")
    one = who[0].practitioner_id if len(who) == 1 else None
    return Standing(
        entries=appointments.between(session, since=since, until=until, practitioner_id=one),
        changes=openings.changes(session, numbers, during=during),
        # A local day may begin a day before ours or end a day after it.
        off=openings.days_off(
            session, numbers, first=(since - _A_DAY).date(), last=(until + _A_DAY).date()
        ),
        elsewhere=session.scalars(
            select(OutsideBusy)
            .where(OutsideBusy.schedule_id.in_(numbers), OutsideBusy.during.op("&&")(during))
            .order_by(func.lower(OutsideBusy.during))
        ).all(),
    )
