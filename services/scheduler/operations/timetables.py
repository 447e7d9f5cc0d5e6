"""When everybody works, read once and kept in the process under the version of what was read.

A request asks for the versions alone (one row), and brings along only what this process has not
read yet. A version comes from one sequence and is never given twice, not even by a transaction that
is rolled back, so a copy can't be mistaken for another; it is kept under the version that stood in
the same row, so nothing that was committed between the two statements can slip in under an old
one. A practice whose row of rules is missing has no version, and is read each time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cache, cached_property
from typing import Any, Final, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    bindparam,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session

from services.scheduler.domain.caps import Caps
from services.scheduler.domain.hours import Hours, WallRange, WeeklyRange
from services.scheduler.domain.interval import (
    Interval,
    minute_at_or_after,
    minute_at_or_before,
)
from services.scheduler.domain.timetable import DaysOff, OpenSchedule, Practice, Seat, Stretch
from services.scheduler.models import (
    Availability,
    DateOverride,
    Practitioner,
    Schedule,
)
from services.scheduler.practice_models import (
    Location,
    PracticeRules,
    Room,
    TimeChange,
    TimeOff,
    TypeOffered,
)
from shared.db import ask
from shared.zones import zone

_RECENT: Final = func.current_date() - 3
"""Yesterday may still run overnight, and may still be today further west."""

_PRACTICE: Final = 0
"""Stands for the practice where the others have the id of a schedule."""


@dataclass
class _Copies:
    """What this process has read from one database."""

    practice: Practice = field(default_factory=Practice)
    schedules: dict[int, OpenSchedule] = field(default_factory=dict)
    everyone: tuple[Any, "Timetables | None"] = (None, None)


_copies: WeakKeyDictionary[Engine, _Copies] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Timetables:
    """Everyone who sees clients, by name, and what holds for all of them.

    As long as nothing changes it is one and the same object, so that what is computed from all of
    it may be kept, too.
    """

    practice: Practice
    schedules: Sequence[OpenSchedule]

    @cached_property
    def by_number(self) -> dict[int, OpenSchedule]:
        """The same by id, in the same order."""
        return {one.id: one for one in self.schedules}

    @cached_property
    def zones(self) -> dict[int, ZoneInfo]:
        """In whose time each of them works."""
        return {one.id: one.hours.zone for one in self.schedules}

    @cached_property
    def capped(self) -> list[OpenSchedule]:
        """Those who take only so many a day or a week."""
        return [one for one in self.schedules if one.caps]


class Stamp(NamedTuple):
    """The versions that hold now: the schedules in order, each one's, and the practice's rules'."""

    ids: Sequence[int]
    versions: Sequence[int]
    rules: int | None


def timetables(
    session: Session,
    *,
    only: int | None = None,
    practitioner_id: UUID | None = None,
    stamp: Stamp | None = None,
) -> Timetables:
    """When everybody works from now on, or one of them: one statement; two after a change.

    That one is named by the id of the schedule, or of the person. With a `stamp` of everybody that
    was read in this transaction along with something else, one fewer.
    """
    one, person = only is not None, practitioner_id is not None
    if stamp is None:
        which = {"only": only, "practitioner_id": practitioner_id}
        stamp = Stamp(*ask(session, versions(one=one, person=person), which).one())
    ids, versions_now, rules = stamp
    copies = _copies.setdefault(_engine(session), _Copies())
    known, everyone = copies.everyone
    if everyone is not None and known == stamp and rules is not None:
        return everyone
    unknown = [
        number
        for number, version in zip(ids, versions_now, strict=True)
        if not _is_known(copies.schedules.get(number), version)
    ]
    practice = copies.practice if _is_known(copies.practice, rules) else None
    found: dict[int, OpenSchedule] = {}
    if unknown or practice is None:
        for number, document in session.execute(_documents(unknown, practice is None)):
            if number == _PRACTICE:
                practice = _practice(document)
            else:
                found[number] = _schedule(number, document)
    assert practice is not None
    copies.practice = practice
    copies.schedules.update(found)
    present = (found.get(number) or copies.schedules.get(number) for number in ids)
    tables = Timetables(practice, [one for one in present if one is not None])
    if not one and not person:
        copies.everyone = (stamp, tables)
    return tables


def _is_known(copy: OpenSchedule | Practice | None, version: int | None) -> bool:
    return copy is not None and version is not None and copy.version == version


def _engine(session: Session) -> Engine:
    bind = session.get_bind()
    return bind.engine if isinstance(bind, Connection) else bind


# ---------------------------------------------------------------- what is read


@cache
def versions(*, one: bool = False, person: bool = False) -> Select[Any]:
    """What a `Stamp` is made of, in one row: of all, or of whom the parameter names: `only` by the
    schedule, `practitioner_id` by the person.
    """
    in_order = (Practitioner.name, Schedule.id)
    query = (
        select(
            _array(aggregate_order_by(Schedule.id, *in_order)),
            _array(aggregate_order_by(Schedule.version, *in_order)),
            select(PracticeRules.version).scalar_subquery(),
        )
        .select_from(Schedule)
        .join(Practitioner)
        .where(Practitioner.left_at.is_(None))
    )
    if one:
        query = query.where(Schedule.id == bindparam("only"))
    if person:
        query = query.where(Schedule.practitioner_id == bindparam("practitioner_id"))
    return query


def _array(values: Any) -> ColumnElement[Any]:
    return func.coalesce(func.array_agg(values), literal([], ARRAY(BigInteger)))


def _documents(schedule_ids: list[int], practice: bool) -> Any:
    """One row for each unknown schedule, and one for the practice, in one statement."""
    documents: list[Select[Any]] = [_of_schedules(schedule_ids)]
    if practice:
        documents.append(select(literal(_PRACTICE, BigInteger), _of_practice()))
    return union_all(*documents)


def _of_schedules(schedule_ids: list[int]) -> Select[Any]:
    mine = Schedule.id
    document = func.jsonb_build_object(
        "version", Schedule.version,
        "practitioner", Practitioner.id,
        "name", Practitioner.name,
        "video", Practitioner.video_room.is_not(None),
        "states", Practitioner.states,
        "couples", Practitioner.sees_couples,
        "languages", Practitioner.languages,
        "meets", Practitioner.meets,
        "zone", Schedule.timezone,
        "caps", func.jsonb_build_array(Schedule.cap_per_day, Schedule.cap_per_week),
        "week", _rows(
            (
                Availability.weekday,
                Availability.starts,
                Availability.ends,
                Availability.overnight,
                Availability.since,
                Availability.until,
                Availability.appointment_type_id,
                Availability.location_id,
            ),
            Availability.schedule_id == mine,
        ),
        "days", _rows(
            (DateOverride.day, DateOverride.starts, DateOverride.ends, DateOverride.overnight),
            DateOverride.schedule_id == mine,
            DateOverride.day >= _RECENT,
        ),
        "off", _rows(
            (TimeOff.first_day, TimeOff.last_day, TimeOff.reason),
            TimeOff.schedule_id == mine,
            TimeOff.last_day >= _RECENT,
        ),
        "changes", _rows(
            (
                TimeChange.opens,
                func.lower(TimeChange.during),
                func.upper(TimeChange.during),
                TimeChange.reason,
            ),
            TimeChange.schedule_id == mine,
            func.upper(TimeChange.during) >= _RECENT,
        ),
        "given", _rows(
            (TypeOffered.appointment_type_id, TypeOffered.offered, TypeOffered.weight),
            TypeOffered.schedule_id == mine,
        ),
        type_=JSONB,
    )  # fmt: skip
    return select(Schedule.id, document).join(Practitioner).where(Schedule.id.in_(schedule_ids))


def _of_practice() -> ColumnElement[Any]:
    rules = select(
        func.jsonb_build_array(PracticeRules.version, PracticeRules.holidays, PracticeRules.worked)
    ).scalar_subquery()
    return func.jsonb_build_object(
        "rules", rules,
        "off", _rows(
            (TimeOff.first_day, TimeOff.last_day, TimeOff.reason),
            TimeOff.schedule_id.is_(None),
            TimeOff.last_day >= _RECENT,
        ),
        "rooms", _rows(
            (Room.location_id, Room.id),
            Room.location_id == Location.id,
            Room.ended_at.is_(None),
            Location.ended_at.is_(None),
        ),
        type_=JSONB,
    )  # fmt: skip


def _rows(columns: Sequence[Any], *where: ColumnElement[bool]) -> ColumnElement[Any]:
    """The rows of a table as an array of arrays; none: null."""
    return select(func.jsonb_agg(func.jsonb_build_array(*columns))).where(*where).scalar_subquery()


# ---------------------------------------------------------------- as values


def _practice(document: dict[str, Any]) -> Practice:
    version, region, worked = document["rules"] or (None, None, ())
    rooms: dict[int, tuple[int, ...]] = {}
    for place, room in sorted(document["rooms"] or ()):
        rooms[place] = (*rooms.get(place, ()), room)
    return Practice(version, region, frozenset(worked), _days_off(document["off"]), rooms)


def _schedule(number: int, document: dict[str, Any]) -> OpenSchedule:
    seats = tuple(_seat(row) for row in document["week"] or ())
    changes = document["changes"] or ()
    given = document["given"] or ()
    return OpenSchedule(
        id=number,
        practitioner_id=UUID(document["practitioner"]),
        name=document["name"],
        video=document["video"],
        states=frozenset(document["states"]),
        hours=Hours(
            zone(document["zone"]),
            tuple(seat.weekly for seat in seats),
            _overrides(document["days"] or ()),
        ),
        seats=seats,
        days_off=_days_off(document["off"]),
        extra=tuple(_opened(change) for change in changes if change[0]),
        blocked=tuple(_blocked(change) for change in changes if not change[0]),
        sees_couples=document["couples"],
        languages=frozenset(document["languages"]),
        meets=frozenset(document["meets"]),
        caps=Caps(*document["caps"]),
        not_given=frozenset(kind for kind, offered, _ in given if not offered),
        weights={kind: weight for kind, _, weight in given},
        version=document["version"],
    )


def _seat(row: Sequence[Any]) -> Seat:
    weekday, starts, ends, overnight, since, until, kind, place = row
    weekly = WeeklyRange(weekday, _wall(starts, ends, overnight), _date(since), _date(until))
    return Seat(weekly, kind, place)


def _overrides(rows: Iterable[Sequence[Any]]) -> dict[date, list[WallRange]]:
    found: dict[date, list[WallRange]] = {}
    for day, starts, ends, overnight in rows:
        ranges = found.setdefault(date.fromisoformat(day), [])
        if starts is not None:
            ranges.append(_wall(starts, ends, overnight))
    return found


def _days_off(rows: Iterable[Sequence[Any]] | None) -> tuple[DaysOff, ...]:
    return tuple(
        DaysOff(date.fromisoformat(first), date.fromisoformat(last), reason)
        for first, last, reason in rows or ()
    )


def _opened(change: Sequence[Any]) -> Stretch:
    _, start, end, reason = change
    within = Interval(minute_at_or_after(_instant(start)), minute_at_or_before(_instant(end)))
    return Stretch(within, reason)


def _blocked(change: Sequence[Any]) -> Stretch:
    _, start, end, reason = change
    around = Interval(minute_at_or_before(_instant(start)), minute_at_or_after(_instant(end)))
    return Stretch(around, reason)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _wall(starts: str, ends: str, overnight: bool) -> WallRange:
    return WallRange(time.fromisoformat(starts), time.fromisoformat(ends), overnight)


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
