"""What is taken: appointments, holds that have not run out, and what stands in other calendars.

One statement, whatever the number of clinicians. PostgreSQL counts in whole minutes and hands over
one row for each schedule, which costs a fifth of a row for each appointment.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from services.scheduler.domain.availability import Busy, Cause
from services.scheduler.domain.interval import (
    Minute,
    instant,
    minute_at_or_after,
    minute_at_or_before,
)
from services.scheduler.domain.rooms import Rooms
from services.scheduler.models import Appointment
from services.scheduler.operations.outside import outside_rows
from services.scheduler.operations.question import Question
from shared.vocabulary import LIVE_STATUSES, AppointmentStatus

# No appointment is longer than a day (see its table): what began two days ago is in nobody's way.
MARGIN: Final = timedelta(days=2)


class Start(NamedTuple):
    """An appointment or hold as the caps count it."""

    at: Minute
    kind: int


@dataclass(frozen=True)
class TakenTimes:
    """By schedule, what is busy and what begins; by room, when it is in use."""

    busy: Mapping[int, list[Busy]] = field(default_factory=dict)
    starts: Mapping[int, list[Start]] = field(default_factory=dict)
    rooms: Rooms = field(default_factory=dict)


def taken_times(
    session: Session,
    schedule_ids: Collection[int],
    question: Question,
    *,
    since: datetime,
    until: datetime,
) -> TakenTimes:
    """What begins from `since` until `until`, but for what the question says is in nobody's way.

    A hold ends by the database's clock alone: whether a worker runs makes no difference (P3). For
    a visit in person, the rooms that others use are read along.
    """
    since, until = since - MARGIN, until + MARGIN
    rows = union_all(
        _appointments(schedule_ids, question, since, until),
        _elsewhere(schedule_ids, question, since, until),
    ).subquery()
    per_schedule = select(
        rows.c.schedule_id, *(func.array_agg(column) for column in list(rows.c)[1:])
    ).group_by(rows.c.schedule_id)
    wanted = set(schedule_ids)
    busy: dict[int, list[Busy]] = {}
    starts: dict[int, list[Start]] = {}
    rooms: dict[int, list[Busy]] = {}
    for row in session.execute(per_schedule):
        number, begins, ends, before, after, cause, kinds, places = row
        if number in wanted:
            busy[number] = list(map(Busy, begins, ends, before, after, cause))
            starts[number] = [
                Start(at, kind) for at, kind in zip(begins, kinds, strict=True) if kind is not None
            ]
        for begin, end, room in zip(begins, ends, places, strict=True):
            if room is not None:
                rooms.setdefault(room, []).append(Busy(begin, end))
    return TakenTimes(busy, starts, rooms)


def _appointments(
    schedule_ids: Collection[int], question: Question, since: datetime, until: datetime
) -> Select[Any]:
    of_them = _of(schedule_ids)
    return select(
        Appointment.schedule_id,
        _minute(func.floor, func.lower(Appointment.during)).label("starts"),
        _minute(func.ceil, func.upper(Appointment.during)).label("ends"),
        _minute(func.ceil, Appointment.buffer_before).label("before"),
        _minute(func.ceil, Appointment.buffer_after).label("after"),
        case(
            (Appointment.status == AppointmentStatus.PROPOSED, literal(Cause.HOLD, Text)),
            else_=literal(Cause.APPOINTMENT, Text),
        ).label("cause"),
        Appointment.appointment_type_id.label("kind"),
        Appointment.room_id.label("room"),
    ).where(
        or_(of_them, Appointment.room_id.is_not(None)) if question.kind.in_person else of_them,
        *_in_the_way(question),
        func.lower(Appointment.during) > since,
        func.lower(Appointment.during) < until,
    )


def _elsewhere(
    schedule_ids: Collection[int], question: Question, since: datetime, until: datetime
) -> Select[Any]:
    """What other calendars say, in the same columns; it wants no quiet around itself."""
    rows = outside_rows(
        schedule_ids, since=since, until=until, for_staff=question.by_staff
    ).subquery()
    return select(
        rows.c.schedule_id,
        _minute(func.floor, rows.c.begins),
        _minute(func.ceil, rows.c.ends),
        literal(0),
        literal(0),
        rows.c.cause,
        null(),
        null(),
    )


def ahead(session: Session, schedule_ids: Collection[int], question: Question) -> dict[int, int]:
    """How many appointments of the type each of them has from now through the horizon."""
    begins = func.lower(Appointment.during)
    within = ahead_of(question)
    rows = session.execute(
        select(Appointment.schedule_id, func.count())
        .where(
            _of(schedule_ids),
            *_in_the_way(question),
            Appointment.appointment_type_id == question.kind.id,
            begins >= instant(within.start),
            begins < instant(within.stop),
        )
        .group_by(Appointment.schedule_id)
    )
    return dict.fromkeys(schedule_ids, 0) | dict(rows.all())


def ahead_of(question: Question) -> range:
    """The minutes from now through the horizon."""
    now = question.now
    return range(minute_at_or_before(now), minute_at_or_after(now + question.kind.horizon))


def _of(schedule_ids: Collection[int]) -> ColumnElement[bool]:
    return Appointment.schedule_id == func.any(cast([*schedule_ids], ARRAY(BigInteger)))


def _in_the_way(question: Question) -> Iterator[ColumnElement[bool]]:
    """Which rows keep others away now, but for what the question says is in nobody's way."""
    yield Appointment.status.in_(LIVE_STATUSES)
    yield or_(
        Appointment.status != AppointmentStatus.PROPOSED,
        Appointment.hold_until > func.clock_timestamp(),
    )
    yield ~Appointment.lapsed
    if question.besides_invitation is not None:
        yield Appointment.invitation_id.is_distinct_from(question.besides_invitation)
    if question.besides:
        yield Appointment.id.not_in(question.besides)


def _minute(rounded: Any, value: Any) -> Any:
    return cast(rounded(func.extract("epoch", value) / 60), Integer)
