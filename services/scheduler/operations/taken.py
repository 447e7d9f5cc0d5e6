"""What is taken: appointments, holds that have not run out, and what stands in other calendars.

One statement, whatever the number of clinicians. PostgreSQL counts in whole minutes and hands over
one row for each schedule, which costs a fifth of a row for each appointment.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
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
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from services.scheduler.domain.availability import Busy, BusyTime, Cause, Columns
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
from shared.db import numbers
from shared.vocabulary import LIVE_STATUSES, AppointmentStatus

_LONGEST: Final = timedelta(days=1)
"""No appointment is longer (see its table)."""

_QUIETEST: Final = timedelta(days=1)
"""No appointment keeps others away for longer, before itself or after."""

_ROUNDING: Final = timedelta(minutes=5)
"""What is taken is rounded outwards to whole minutes, and so are the rules."""

_FREE: Final = BusyTime()


@dataclass(frozen=True)
class TakenTimes:
    """By schedule, what is busy, and the type of each; by room, when it is in use.

    What has no type is no appointment of ours: it stands in another calendar.
    """

    busy: Mapping[int, BusyTime] = field(default_factory=dict)
    kinds: Mapping[int, Sequence[int | None]] = field(default_factory=dict)
    rooms: Rooms = field(default_factory=dict)

    def starts(self, schedule_id: int, kind: int | None = None) -> list[Minute]:
        """When appointments and holds begin, as the caps count them: of one type, or of any."""
        begins = (
            start for part in self.busy.get(schedule_id, _FREE).parts for start in part.starts
        )
        rows = zip(begins, self.kinds.get(schedule_id, ()), strict=True)
        if kind is None:
            return [start for start, of in rows if of is not None]
        return [start for start, of in rows if of == kind]


def taken_times(
    session: Session,
    schedule_ids: Collection[int],
    question: Question,
    *,
    since: datetime,
    until: datetime,
) -> TakenTimes:
    """What begins from `since` until `until`, and what else may keep visits of then away.

    Left out is what the question says is in nobody's way. A hold ends by the database's clock
    alone: whether a worker runs makes no difference (P3). For a visit in person, the rooms that
    others use are read along.
    """
    policy = question.policy
    since -= policy.before + _ROUNDING
    until += policy.duration + policy.after + _ROUNDING
    rows = union_all(
        _appointments(schedule_ids, question, since, until),
        _elsewhere(schedule_ids, question, since, until),
    ).subquery()
    row = session.execute(select(*(_array(one, rows.c.schedule_id) for one in rows.c))).one()
    numbers, *columns, kinds, places = (one or () for one in row)
    wanted = set(schedule_ids)
    theirs = {number: part for number, part in _runs(numbers) if number in wanted}
    rooms: dict[int, list[Busy]] = {}
    if question.kind.in_person:
        starts, ends, *_ = columns
        for start, end, room in zip(starts, ends, places, strict=True):
            if room is not None:
                rooms.setdefault(room, []).append(Busy(start, end))
    return TakenTimes(
        {
            number: BusyTime((Columns(*(column[part] for column in columns)),))
            for number, part in theirs.items()
        },
        {number: kinds[part] for number, part in theirs.items()},
        rooms,
    )


def _array(column: ColumnElement[Any], order: ColumnElement[Any]) -> ColumnElement[Any]:
    """A whole column in one value, taken as the driver reads it: nobody looks at each item."""
    return func.array_agg(aggregate_order_by(column, order), type_=NullType())


def _runs(numbers: Sequence[int]) -> Iterator[tuple[int, slice]]:
    """Each number of a sorted list, and where it stands."""
    begin = 0
    while begin < len(numbers):
        end = bisect_right(numbers, numbers[begin], begin)
        yield numbers[begin], slice(begin, end)
        begin = end


def _appointments(
    schedule_ids: Collection[int], question: Question, since: datetime, until: datetime
) -> Select[Any]:
    """Found in the index by when they begin, then measured with the quiet that they want."""
    of_them = _of(schedule_ids)
    begins, ends = func.lower(Appointment.during), func.upper(Appointment.during)
    return select(
        Appointment.schedule_id,
        _minute(func.floor, begins).label("starts"),
        _minute(func.ceil, ends).label("ends"),
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
        begins > since - _LONGEST - _QUIETEST,
        begins < until + _QUIETEST,
        ends + Appointment.buffer_after > since,
        begins - Appointment.buffer_before < until,
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
    return Appointment.schedule_id == func.any(numbers(schedule_ids))


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
    return cast(rounded(func.date_part("epoch", value) / 60), Integer)
