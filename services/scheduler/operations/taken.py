"""What is taken: appointments, holds that have not run out, and what stands in other calendars.

One statement, whatever the number of clinicians. PostgreSQL counts in whole minutes and hands over
one row for each schedule, which costs a fifth of a row for each appointment.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from typing import Any, Final, Literal

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Integer,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    func,
    literal,
    not_,
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
from services.scheduler.operations.statuses import FAR, LIVE, PROPOSED
from shared.db import ask, in_one, numbers

_LONGEST: Final = timedelta(days=1)
"""No appointment is longer (see its table)."""

_QUIETEST: Final = timedelta(days=1)
"""No appointment keeps others away for longer, before itself or after."""

_NEAR: Final = timedelta(hours=4)
"""But hardly one takes longer, its quiet included: those few are found in an index of their own."""

_ROUNDING: Final = timedelta(minutes=5)
"""What is taken is rounded outwards to whole minutes, and so are the rules."""

_NOTHING: Final = Columns()
_NONE: Final = slice(0)


@dataclass(frozen=True)
class TakenTimes:
    """What is taken in the order of schedules, whose each is, and its type; by room, its use.

    What has no type is no appointment of ours: it stands in another calendar.
    """

    schedules: Sequence[int] = ()
    columns: Columns = _NOTHING
    kinds: Sequence[int | None] = ()
    rooms: Rooms = field(default_factory=dict)

    @cached_property
    def busy(self) -> Mapping[int, BusyTime]:
        """What is busy, by schedule."""
        return {
            number: BusyTime((self.columns.part(part),)) for number, part in self._parts.items()
        }

    @cached_property
    def _parts(self) -> dict[int, slice]:
        return dict(_runs(self.schedules))

    def starts(self, schedule_id: int, kind: int | None = None) -> list[Minute]:
        """When appointments and holds begin, as the caps count them: of one type, or of any."""
        part = self._parts.get(schedule_id, _NONE)
        rows = zip(self.columns.starts[part], self.kinds[part], strict=True)
        if kind is None:
            return [start for start, of in rows if of is not None]
        return [start for start, of in rows if of == kind]

    def count(self, kind: int, within: range) -> Counter[int]:
        """How many of that type begin within these minutes, by schedule."""
        rows = zip(self.schedules, self.columns.starts, self.kinds, strict=True)
        return Counter(number for number, start, of in rows if of == kind and start in within)


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
    alone: whether a worker runs makes no difference (P3). For a visit in person, what others have
    in a room is read along.
    """
    policy = question.policy
    since -= policy.before + _ROUNDING
    until += policy.duration + policy.after + _ROUNDING
    row = ask(
        session,
        _taken(question.kind.in_person, question.by_staff, *_besides(question)),
        {
            **_asked(schedule_ids, question),
            "since": since,
            "until": until,
            "since_near": since - _NEAR,
            "until_near": until + _NEAR,
            "since_far": since - _LONGEST - _QUIETEST,
            "until_far": until + _QUIETEST,
        },
    ).one()
    numbers, *columns, kinds, places = (one or () for one in row)
    found = Columns(*columns)
    rooms: dict[int, list[Busy]] = {}
    if question.kind.in_person:
        for start, end, room in zip(found.starts, found.ends, places, strict=True):
            if room is not None:
                rooms.setdefault(room, []).append(Busy(start, end))
    return TakenTimes(numbers, found, kinds, rooms)


@cache
def _taken(in_person: bool, by_staff: bool, *besides: bool) -> Select[Any]:
    """Built once for each way to ask: it takes longer to build than to answer."""
    rows = union_all(
        _appointments("near", in_person, *besides),
        _appointments("far", in_person, *besides),
        _elsewhere(by_staff),
    ).subquery()
    return select(*(_array(one, rows.c.schedule_id) for one in rows.c))


def _asked(schedule_ids: Collection[int], question: Question) -> dict[str, Any]:
    """What of a question stands in a statement."""
    return {
        "schedule_ids": in_one(schedule_ids),
        "besides_invitation": question.besides_invitation,
        "besides": list(question.besides),
    }


def _besides(question: Question) -> tuple[bool, bool]:
    """Whether a permission, and whether appointments, are in nobody's way."""
    return question.besides_invitation is not None, bool(question.besides)


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


def _appointments(reach: Literal["near", "far"], in_person: bool, *besides: bool) -> Select[Any]:
    """Found in the index by when they begin, then measured with the quiet that they want.

    By the longest there may be, most of what the index gives would be of other days.
    """
    begins, ends = func.lower(Appointment.during), func.upper(Appointment.during)
    return select(
        Appointment.schedule_id,
        _minute(func.floor, begins).label("starts"),
        _minute(func.ceil, ends).label("ends"),
        _minute(func.ceil, Appointment.buffer_before).label("before"),
        _minute(func.ceil, Appointment.buffer_after).label("after"),
        case(
            (Appointment.status == PROPOSED, literal(Cause.HOLD, Text)),
            else_=literal(Cause.APPOINTMENT, Text),
        ).label("cause"),
        Appointment.appointment_type_id.label("kind"),
        Appointment.room_id.label("room"),
    ).where(
        or_(_OF_THEM, Appointment.room_id.is_not(None)) if in_person else _OF_THEM,
        *_in_the_way(*besides),
        FAR if reach == "far" else not_(FAR),
        begins > _at(f"since_{reach}"),
        begins < _at(f"until_{reach}"),
        ends + Appointment.buffer_after > _at("since"),
        begins - Appointment.buffer_before < _at("until"),
    )


def _elsewhere(by_staff: bool) -> Select[Any]:
    """What other calendars say, in the same columns; it wants no quiet around itself."""
    rows = outside_rows(for_staff=by_staff).subquery()
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
    within = ahead_of(question)
    asked = {
        **_asked(schedule_ids, question),
        "kind": question.kind.id,
        "since": instant(within.start),
        "until": instant(within.stop),
    }
    rows = session.execute(_ahead(*_besides(question)), asked)
    return dict.fromkeys(schedule_ids, 0) | dict(rows.all())


@cache
def _ahead(*besides: bool) -> Select[int, int]:
    begins = func.lower(Appointment.during)
    return (
        select(Appointment.schedule_id, func.count())
        .where(
            _OF_THEM,
            *_in_the_way(*besides),
            Appointment.appointment_type_id == bindparam("kind"),
            begins >= _at("since"),
            begins < _at("until"),
        )
        .group_by(Appointment.schedule_id)
    )


def ahead_of(question: Question) -> range:
    """The minutes from now through the horizon."""
    now = question.now
    return range(minute_at_or_before(now), minute_at_or_after(now + question.kind.horizon))


_OF_THEM: Final = Appointment.schedule_id == func.any(numbers("schedule_ids"))


def _at(name: str) -> ColumnElement[datetime]:
    return bindparam(name, type_=DateTime(timezone=True))


def _in_the_way(besides_invitation: bool, besides: bool) -> Iterator[ColumnElement[bool]]:
    """Which rows keep others away now, but for what the question says is in nobody's way."""
    yield Appointment.status.in_(LIVE)
    yield or_(
        Appointment.status != PROPOSED,
        Appointment.hold_until > func.clock_timestamp(),
    )
    yield ~Appointment.lapsed
    if besides_invitation:
        yield Appointment.invitation_id.is_distinct_from(bindparam("besides_invitation"))
    if besides:
        yield Appointment.id != func.all(bindparam("besides", type_=ARRAY(Uuid)))


def _minute(rounded: Any, value: Any) -> Any:
    return cast(rounded(func.date_part("epoch", value) / 60), Integer)
