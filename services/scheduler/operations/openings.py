"""Time that staff block within the usual hours or open beside them, and whole days off.

What is blocked is not offered any more. Who has a time in it keeps it: only people move people.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import BadStretch
from services.scheduler.domain.hours import day_bounds, resolve
from services.scheduler.domain.interval import instant
from services.scheduler.models import Schedule
from services.scheduler.practice_models import TimeChange, TimeOff

_MIDNIGHT = time(0)
LONGEST_OFF = timedelta(days=366)


def stretch(day: date, starts: time, ends: time, zone: ZoneInfo) -> Range[datetime]:
    """From `starts` until `ends` on that day's wall clock; until 00:00 is until the day's end.

    Raises BadStretch when nothing is between them, as in an hour that a clock change skips.
    """
    last = day + timedelta(days=1) if ends == _MIDNIGHT else day
    start, end = resolve(day, starts, zone), resolve(last, ends, zone)
    if last == day and ends <= starts:
        raise BadStretch("The end has to be later than the start.")
    if end <= start:
        raise BadStretch("Clocks skip that time on this day.")
    return Range(instant(start), instant(end), bounds="[)")


def whole_days(first: date, last: date, zone: ZoneInfo) -> Range[datetime]:
    """From the first local day's midnight through the last one's. Raises BadStretch."""
    if last < first:
        raise BadStretch("The last day has to come after the first.")
    if last - first > LONGEST_OFF:
        raise BadStretch("At most a year at a time.")
    return Range(
        instant(day_bounds(first, zone).start), instant(day_bounds(last, zone).end), bounds="[)"
    )


def _in_turn(session: Session, schedule_id: int) -> None:
    """One change of a clinician's time after the other.

    Rows that name the schedule hold a share of its key: whoever wrote one in the same transaction,
    as an absence does, would wait for the next one who did for ever if we asked for the key, too.
    """
    session.get_one(Schedule, schedule_id, with_for_update={"key_share": True})


def change(
    session: Session,
    schedule_id: int,
    *,
    during: Range[datetime],
    opens: bool,
    by: Hand,
    now: datetime,
) -> TimeChange:
    """Open or block a stretch, with a reason for colleagues. Sent twice, it is there once.

    Raises BadStretch when it is over already.
    """
    if during.upper is None or during.upper <= now:
        raise BadStretch("That time is over.")
    _in_turn(session, schedule_id)
    same = session.scalar(
        select(TimeChange).where(
            TimeChange.schedule_id == schedule_id,
            TimeChange.during == during,
            TimeChange.opens == opens,
        )
    )
    if same is not None:
        return same
    row = TimeChange(
        schedule_id=schedule_id,
        during=during,
        opens=opens,
        reason=by.reason or "",
        actor=str(by),
    )
    session.add(row)
    session.flush()
    return row


def changes(
    session: Session, schedule_ids: Iterable[int], *, during: Range[datetime]
) -> list[TimeChange]:
    """What staff opened or blocked in that stretch, in order of time."""
    return list(
        session.scalars(
            select(TimeChange)
            .where(
                TimeChange.schedule_id.in_(list(schedule_ids)), TimeChange.during.op("&&")(during)
            )
            .order_by(func.lower(TimeChange.during), TimeChange.id)
        )
    )


def find(session: Session, change_id: int) -> TimeChange | None:
    """One of them, by its number."""
    return session.get(TimeChange, change_id)


def remove(session: Session, change_id: int) -> None:
    """Back to the usual hours there. Removed already, nothing happens."""
    session.execute(delete(TimeChange).where(TimeChange.id == change_id))


def take_off(
    session: Session, schedule_id: int, *, first: date, last: date, reason: str, today: date
) -> TimeOff:
    """Whole local days off for one clinician. Sent twice, they are off once. Raises BadStretch."""
    if last < today:
        raise BadStretch("Those days are over.")
    _in_turn(session, schedule_id)
    same = session.scalar(
        select(TimeOff).where(
            TimeOff.schedule_id == schedule_id,
            TimeOff.first_day == first,
            TimeOff.last_day == last,
        )
    )
    if same is not None:
        return same
    row = TimeOff(schedule_id=schedule_id, first_day=first, last_day=last, reason=reason)
    session.add(row)
    session.flush()
    return row


def days_off(
    session: Session, schedule_ids: Iterable[int], *, first: date, last: date
) -> list[TimeOff]:
    """Days off of these clinicians, and those of the whole practice, from `first` to `last`."""
    return list(
        session.scalars(
            select(TimeOff)
            .where(
                TimeOff.schedule_id.in_(list(schedule_ids)) | TimeOff.schedule_id.is_(None),
                TimeOff.first_day <= last,
                TimeOff.last_day >= first,
            )
            .order_by(TimeOff.first_day, TimeOff.id)
        )
    )


def find_off(session: Session, off_id: int) -> TimeOff | None:
    """Days off by their number; those of the whole practice are not ours to touch."""
    found = session.get(TimeOff, off_id)
    return found if found is not None and found.schedule_id is not None else None


def remove_off(session: Session, off_id: int) -> None:
    """These days are usual ones again. Removed already, nothing happens."""
    session.execute(delete(TimeOff).where(TimeOff.id == off_id, TimeOff.schedule_id.is_not(None)))
