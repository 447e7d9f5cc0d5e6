"""Calendars that are kept elsewhere: where they are, what was read, whose times they take (P11).

What an entry is about is never kept, only from when until when. The address opens the calendar to
whoever has it, so it is sealed, and shown to nobody again but for the name of its host.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    DateTime,
    Text,
    bindparam,
    delete,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.scheduler.calendar_models import OutsideBusy, OutsideCalendar
from services.scheduler.domain.availability import Cause
from services.scheduler.domain.errors import NoSuchCalendar
from services.scheduler.domain.interval import (
    Interval,
    instant,
    minute_at_or_after,
    minute_at_or_before,
)
from services.scheduler.domain.outside import (
    AHEAD,
    TELL_AGAIN,
    Policy,
    Reading,
    Trouble,
    next_try,
)
from services.scheduler.models import Appointment, Practitioner, Schedule
from services.scheduler.providers.feeds import FeedRequest
from shared.contracts.scheduler import AttentionRequested
from shared.crypto import PRACTICE_SUBJECT, seal, unseal
from shared.db import database_now, numbers
from shared.messaging.outbox import publish

_LEASE: Final = timedelta(minutes=2)
"""Longer than a reading takes: another worker does not begin the same one meanwhile."""

_NOTHING: Final = timedelta(0)
_BEFORE: Final = timedelta(days=1)
# A whole reading once a day at least: the window moves on, and zones change their rules.
_VALIDATORS: Final = timedelta(days=1)
_KNOWN: Final = AHEAD - 3 * _VALIDATORS
"""How far from a reading on its busy times are known, whatever the reading left unchanged."""


@dataclass(frozen=True)
class Kept:
    """A calendar as staff see it: its host instead of its address, and how it is doing."""

    calendar: OutsideCalendar
    host: str
    busy_times: int
    withheld: bool

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """What is wrong, or what was read the safe way."""
        return tuple(Trouble(code) for code in (self.calendar.failure or "").split(",") if code)


def add(
    session: Session,
    schedule_id: int,
    *,
    name: str,
    address: str,
    policy: Policy,
    stale_after: timedelta,
) -> OutsideCalendar:
    """Keep where a calendar is, to be read within seconds. Until then its policy holds."""
    number = uuid4()
    calendar = OutsideCalendar(
        id=number,
        schedule_id=schedule_id,
        name=name,
        address_sealed=seal(
            session, subject_id=PRACTICE_SUBJECT, place=_place(number), value=address
        ),
        policy=policy,
        stale_after=stale_after,
    )
    session.add(calendar)
    session.flush()
    return calendar


def change(
    session: Session,
    schedule_id: int,
    calendar_id: UUID,
    *,
    name: str,
    policy: Policy,
    stale_after: timedelta,
) -> None:
    """Another name or policy, from now on. Raises NoSuchCalendar."""
    calendar = _locked(session, schedule_id, calendar_id)
    calendar.name, calendar.policy, calendar.stale_after = name, policy, stale_after
    session.flush()


def read_soon(session: Session, schedule_id: int, calendar_id: UUID) -> None:
    """Have it read whole within seconds. Raises NoSuchCalendar."""
    calendar = _locked(session, schedule_id, calendar_id)
    calendar.etag = calendar.last_modified = None
    calendar.due_at = database_now(session)
    session.flush()


def remove(session: Session, schedule_id: int, calendar_id: UUID) -> None:
    """Forget the calendar, its address and its busy times. Raises NoSuchCalendar."""
    session.delete(_locked(session, schedule_id, calendar_id))
    session.flush()


def _locked(session: Session, schedule_id: int, calendar_id: UUID) -> OutsideCalendar:
    calendar = session.get(OutsideCalendar, calendar_id, with_for_update=True)
    if calendar is None or calendar.schedule_id != schedule_id:
        raise NoSuchCalendar
    return calendar


def of_schedule(session: Session, schedule_id: int) -> list[Kept]:
    """The calendars of one clinician, in the order in which they came."""
    count = (
        select(func.count())
        .where(
            OutsideBusy.calendar_id == OutsideCalendar.id,
            func.upper(OutsideBusy.during) > func.clock_timestamp(),
        )
        .scalar_subquery()
    )
    rows = session.execute(
        select(OutsideCalendar, count, _withheld())
        .where(OutsideCalendar.schedule_id == schedule_id)
        .order_by(OutsideCalendar.created_at, OutsideCalendar.id)
    )
    return [Kept(one, _host(session, one), times, shut) for one, times, shut in rows]


def _host(session: Session, calendar: OutsideCalendar) -> str:
    return urlsplit(_address(session, calendar)).hostname or ""


def _address(session: Session, calendar: OutsideCalendar) -> str:
    found: str = unseal(
        session,
        subject_id=PRACTICE_SUBJECT,
        place=_place(calendar.id),
        sealed=calendar.address_sealed,
    )
    return found


def _place(calendar_id: UUID) -> str:
    return f"outside_calendar.address_sealed:{calendar_id}"


# ---------------------------------------------------------------- whose times they take


def _withheld() -> ColumnElement[bool]:
    """Whether clients are offered nothing because of this calendar, by the database's clock."""
    stale = or_(
        OutsideCalendar.read_at.is_(None),
        OutsideCalendar.read_at < func.clock_timestamp() - OutsideCalendar.stale_after,
    )
    failing = OutsideCalendar.failing_since.is_not(None)
    return or_(stale, failing & (OutsideCalendar.policy != Policy.USE_LAST))


def outside_rows(*, for_staff: bool = False) -> CompoundSelect[Any]:
    """What calendars kept elsewhere take: schedule, first and last instant, and why.

    Rows for a larger statement, which is given `schedule_ids`, `since` and `until`. A calendar that
    can't be trusted now takes all of it, but for staff where its policy leaves them the choice; so
    does the time that no reading has reached.
    """
    shut = _withheld()
    if for_staff:
        shut = shut & (OutsideCalendar.policy != Policy.STAFF_ONLY)
    of_them = func.any(numbers("schedule_ids"))
    theirs = OutsideCalendar.schedule_id == of_them
    busy_there, unread_there = (literal(one, Text) for one in (Cause.OUTSIDE, Cause.UNREAD))
    begin, end = (bindparam(at, type_=DateTime(timezone=True)) for at in ("since", "until"))
    times = select(
        OutsideBusy.schedule_id,
        func.lower(OutsideBusy.during).label("begins"),
        func.upper(OutsideBusy.during).label("ends"),
        busy_there.label("cause"),
    ).where(
        OutsideBusy.schedule_id == of_them,
        OutsideBusy.during.op("&&")(func.tstzrange(begin, end)),
    )
    closed = select(OutsideCalendar.schedule_id, begin, end, unread_there).where(theirs, shut)
    known_until = OutsideCalendar.read_at + _KNOWN
    unknown = select(OutsideCalendar.schedule_id, known_until, end, unread_there).where(
        theirs, known_until < end
    )
    return union_all(times, closed, unknown)


@dataclass(frozen=True)
class Unread:
    """A calendar that can't be read now, whose it is, and whether clients are offered nothing."""

    practitioner: Practitioner
    calendar: OutsideCalendar
    withheld: bool


def unread(session: Session) -> list[Unread]:
    """Every calendar that can't be read now, or was not for too long."""
    shut = _withheld()
    rows = session.execute(
        select(Practitioner, OutsideCalendar, shut)
        .join(Schedule, Schedule.practitioner_id == Practitioner.id)
        .join(OutsideCalendar, OutsideCalendar.schedule_id == Schedule.id)
        .where(or_(OutsideCalendar.failing_since.is_not(None), shut))
        .where(OutsideCalendar.tried_at.is_not(None), Practitioner.left_at.is_(None))
        .order_by(Practitioner.name, OutsideCalendar.created_at)
    )
    return [Unread(*row) for row in rows]


# ---------------------------------------------------------------- reading


def claim_due(session: Session, *, limit: int = 8) -> list[FeedRequest]:
    """What has to be read now, for this worker alone while the lease lasts."""
    rows = session.execute(
        select(OutsideCalendar, Schedule.timezone)
        .join(Schedule, Schedule.id == OutsideCalendar.schedule_id)
        .join(Practitioner, Practitioner.id == Schedule.practitioner_id)
        .where(OutsideCalendar.due_at <= func.clock_timestamp(), Practitioner.left_at.is_(None))
        .order_by(OutsideCalendar.due_at)
        .limit(limit)
        .with_for_update(of=OutsideCalendar, skip_locked=True)
    ).all()
    now = database_now(session)
    requests = [_request(session, calendar, timezone, now) for calendar, timezone in rows]
    for calendar, _ in rows:
        calendar.due_at = now + _LEASE
        calendar.tried_at = now
    session.flush()
    return requests


def _request(
    session: Session, calendar: OutsideCalendar, timezone: str, now: datetime
) -> FeedRequest:
    whole = calendar.tried_at is None or calendar.tried_at.date() != now.date()
    return FeedRequest(
        calendar_id=calendar.id,
        address=_address(session, calendar),
        timezone=timezone,
        window=Interval(minute_at_or_before(now - _BEFORE), minute_at_or_after(now + AHEAD)),
        ours=_ours(session, calendar.schedule_id, now),
        etag=None if whole else calendar.etag,
        last_modified=None if whole else calendar.last_modified,
    )


def _ours(session: Session, schedule_id: int, now: datetime) -> tuple[str, ...]:
    """Our own appointments may stand in the clinician's calendar: we know better when they are."""
    return tuple(
        session.scalars(
            select(Appointment.uid).where(
                Appointment.schedule_id == schedule_id,
                func.upper(Appointment.during) > now - 2 * _BEFORE,
            )
        )
    )


def keep(session: Session, *, calendar_id: UUID, reading: Reading) -> bool:
    """Write down what was read, or that it could not be; the last whole reading stays meanwhile.

    Staff are told of an outage once, and of one that comes and goes once in an hour. Returns
    whether the calendar was read. One that was removed meanwhile is nothing to write down.
    """
    calendar = session.get(OutsideCalendar, calendar_id, with_for_update=True)
    if calendar is None:
        return False
    now = database_now(session)
    calendar.failure = ",".join(sorted(reading.troubles)) or None
    if reading.whole:
        _keep_whole(session, calendar, reading)
    else:
        calendar.failing_since = calendar.failing_since or now
        calendar.etag = calendar.last_modified = None
        _tell(session, calendar, now)
    calendar.due_at = next_try(now, calendar.failing_since)
    session.flush()
    return reading.whole


def _keep_whole(session: Session, calendar: OutsideCalendar, reading: Reading) -> None:
    if reading.busy is not None:
        _replace(session, calendar, reading.busy)
        calendar.etag, calendar.last_modified = reading.etag, reading.last_modified
    calendar.read_at = calendar.tried_at
    calendar.failing_since = None


def _replace(session: Session, calendar: OutsideCalendar, times: Sequence[Interval]) -> None:
    wanted = {(instant(one.start), instant(one.end)) for one in times}
    rows = session.execute(
        select(func.lower(OutsideBusy.during), func.upper(OutsideBusy.during)).where(
            OutsideBusy.calendar_id == calendar.id
        )
    )
    known = {(start, end) for start, end in rows}
    if wanted == known:
        return
    session.execute(delete(OutsideBusy).where(OutsideBusy.calendar_id == calendar.id))
    session.add_all(
        OutsideBusy(
            calendar_id=calendar.id,
            schedule_id=calendar.schedule_id,
            during=Range(start, end, bounds="[)"),
        )
        for start, end in sorted(wanted)
    )


def _tell(session: Session, calendar: OutsideCalendar, now: datetime) -> None:
    """Staff find a note that something waits in the calendar; Today says what it is."""
    since, told = calendar.failing_since, calendar.told_at
    assert since is not None
    if told is None or (told < since and now - told >= TELL_AGAIN):
        publish(session, AttentionRequested(attention_id=uuid4()))
        calendar.told_at = now
