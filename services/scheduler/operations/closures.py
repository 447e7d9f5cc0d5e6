"""Days on which the whole practice is closed: public holidays of its region, and its own."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.scheduler.domain import public_holidays
from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import BadStretch, UnknownHoliday, UnknownRegion
from services.scheduler.operations import rule_changes
from services.scheduler.operations.openings import LONGEST_OFF
from services.scheduler.operations.rule_changes import Facts
from services.scheduler.practice_models import PracticeRules, TimeOff

_HOLIDAYS = "holidays"


def rules(session: Session, *, lock: bool = False) -> PracticeRules:
    """The practice's one row; with `lock`, nobody else changes it until the commit.

    A practice that has said nothing yet keeps no holidays.
    """
    if not lock:
        return session.scalar(select(PracticeRules)) or PracticeRules(
            holidays=None, worked=[], move_needs_both=True
        )
    session.execute(insert(PracticeRules).values(id=1).on_conflict_do_nothing())
    query = select(PracticeRules).with_for_update().execution_options(populate_existing=True)
    return session.scalars(query).one()


def holiday_facts(row: PracticeRules) -> Facts:
    """The region, and the names of those on which the practice is open all the same."""
    return {"region": row.holidays, "worked": sorted(row.worked)}


def set_holidays(
    session: Session,
    *,
    version: str,
    region: str | None,
    worked: Sequence[str],
    today: date,
    by: Hand,
) -> PracticeRules:
    """Close on the holidays of a region, but for those in `worked`; no region: on none.

    Raises ChangedMeanwhile, UnknownRegion, UnknownHoliday.
    """
    row = rules(session, lock=True)
    before = holiday_facts(row)
    rule_changes.refuse_stale(before, version)
    if region is not None and not public_holidays.known(region):
        raise UnknownRegion
    # A name that is kept already may stay, though the next years have no such day.
    if not {*worked} <= {*public_holidays.names(region, today.year), *row.worked}:
        raise UnknownHoliday
    row.holidays, row.worked = region, sorted({*worked})
    rule_changes.record(session, _HOLIDAYS, before, holiday_facts(row), by=by)
    return row


def closed_days(session: Session, *, since: date) -> Sequence[TimeOff]:
    """The practice's own closed days that are not over, in order."""
    return session.scalars(
        select(TimeOff)
        .where(TimeOff.schedule_id.is_(None), TimeOff.last_day >= since)
        .order_by(TimeOff.first_day, TimeOff.id)
    ).all()


def close(
    session: Session, *, first: date, last: date, reason: str, today: date, by: Hand
) -> TimeOff:
    """Whole local days without work. Sent twice, they are there once. Raises BadStretch."""
    if last < first:
        raise BadStretch("The last day has to come after the first.")
    if last < today:
        raise BadStretch("Those days are over.")
    if last - first > LONGEST_OFF:
        raise BadStretch("At most a year at a time.")
    rules(session, lock=True)
    for one in closed_days(session, since=today):
        if (one.first_day, one.last_day) == (first, last):
            return one
    row = TimeOff(first_day=first, last_day=last, reason=reason)
    session.add(row)
    session.flush()
    rule_changes.record(session, f"closure:{row.id}", {}, _facts(row), by=by)
    return row


def open_again(session: Session, closure_id: int, *, by: Hand) -> bool:
    """These are usual days again; whether there was anything to open. History keeps what it was."""
    row = session.scalar(
        select(TimeOff)
        .where(TimeOff.id == closure_id, TimeOff.schedule_id.is_(None))
        .with_for_update()
    )
    if row is None:
        return False
    rule_changes.record(session, f"closure:{row.id}", _facts(row), {}, by=by)
    session.delete(row)
    session.flush()
    return True


def _facts(row: TimeOff) -> Facts:
    return {"first_day": row.first_day, "last_day": row.last_day, "reason": row.reason}
