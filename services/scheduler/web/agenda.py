"""The staff's day and week as values: what stands where, who it is, how to reach them safely."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.contact import Contact, staff_plan
from services.scheduler.domain.hours import Hours, day_bounds
from services.scheduler.domain.interval import instant
from services.scheduler.operations.appointments import Attendee, Entry
from services.scheduler.web import words
from shared.places import NAMES
from shared.vocabulary import AppointmentStatus

ROW: Final = timedelta(minutes=30)

STATUS: Final = {
    AppointmentStatus.PENDING: ("Not confirmed", "day"),
    AppointmentStatus.BOOKED: ("Expected", "wait"),
    AppointmentStatus.ARRIVED: ("Here", "ok"),
    AppointmentStatus.FULFILLED: ("Came", "ok"),
    AppointmentStatus.NOSHOW: ("Did not come", "urgent"),
}


@dataclass(frozen=True)
class Line:
    """One appointment of a day's list."""

    starts: str
    iso: str
    length: str
    people: list[dict[str, Any]]
    what: str
    with_: str
    chip: tuple[str, str]
    over: bool
    where: str


def lines(entries: Iterable[Entry], zone: ZoneInfo, now: datetime) -> list[Line]:
    """The booked entries in order of time. Holds are left out: they may be gone in a minute."""
    return [_line(entry, zone, now) for entry in entries if not entry.held]


def _line(entry: Entry, zone: ZoneInfo, now: datetime) -> Line:
    one = entry.appointment
    at = one.starts_at.astimezone(zone)
    return Line(
        starts=words.clock(at),
        iso=at.strftime("%H:%M"),
        length=words.minutes(int((one.ends_at - one.starts_at) / timedelta(minutes=1))),
        people=[_person(who) for who in entry.people],
        what=f"{one.type.title}, by {entry.how}",
        with_=one.schedule.practitioner.name,
        chip=STATUS[AppointmentStatus(one.status)],
        over=one.ends_at <= now,
        where=" and ".join(
            dict.fromkeys(NAMES[who.location] for who in entry.people if who.location)
        ),
    )


def _person(who: Attendee) -> dict[str, Any]:
    contact = who.contact
    own = {
        "location": who.location,
        "participation": "accepted" if who.accepted else "needs-action",
        "inquiry": who.inquiry,
        "inquiry_id": who.inquiry,
    }
    if contact is None:
        return own | {"name": "A person whose name was erased", "plan": None, "phone": None}
    icon, plan = staff_plan(contact)
    return own | {
        "name": contact.name,
        "pronouns": contact.pronouns,
        "plan": plan,
        "icon": icon,
        "phone": contact.shown_phone if contact.can_be_called else None,
    }


def coming_days(entries: Iterable[Entry], zone: ZoneInfo) -> list[dict[str, Any]]:
    """How many people are booked on each of the days to come that have any."""
    counted: dict[date, int] = {}
    for entry in entries:
        if not entry.held:
            day = entry.appointment.starts_at.astimezone(zone).date()
            counted[day] = counted.get(day, 0) + len(entry.people)
    return [
        {"day": words.day(day), "iso": day.isoformat(), "count": counted[day]}
        for day in sorted(counted)
    ]


# ---------------------------------------------------------------- the week


@dataclass(frozen=True)
class Week:
    """A week's table: a column a day, a row each half hour."""

    days: list[dict[str, Any]]
    rows: list[dict[str, Any]]


def week(first: date, count: int, hours: Hours, entries: Sequence[Entry], *, now: datetime) -> Week:
    """The table from `first` for `count` days in the zone of `hours`.

    Rows go by the wall clock, so that nine o'clock is one row on every day, also on the days on
    which clocks change.
    """
    zone = hours.zone
    days = [first + timedelta(days=n) for n in range(count)]
    columns = [_column(day, hours, entries) for day in days]
    top = min([8, *(cell.top // 2 for column in columns for cell in column.cells)])
    bottom = max([17, *(-(-cell.bottom // 2) for column in columns for cell in column.cells)])
    today = now.astimezone(zone).date()
    return Week(
        days=[
            {"name": f"{day:%a}", "label": words.day(day), "day": day.day, "today": day == today}
            for day in days
        ],
        rows=[
            _row(row, top * 2, bottom * 2, columns, days, today)
            for row in range(top * 2, bottom * 2)
        ],
    )


@dataclass(frozen=True)
class _Cell:
    """Something in a column: from row `top` until just before row `bottom`."""

    top: int
    bottom: int
    kind: str
    title: str
    inquiry: UUID | None = None


@dataclass(frozen=True)
class _Column:
    open_rows: frozenset[int]
    cells: list[_Cell]


def _column(day: date, hours: Hours, entries: Sequence[Entry]) -> _Column:
    zone = hours.zone
    bounds = day_bounds(day, zone)
    opened: set[int] = set()
    for interval in hours.during(bounds):
        start, end = max(interval.start, bounds.start), min(interval.end, bounds.end)
        if start < end:
            opened.update(range(*_rows(instant(start), instant(end), day, zone)))
    cells = [
        _cell(entry, day, zone) for entry in entries if bounds.start <= _minute(entry) < bounds.end
    ]
    return _Column(frozenset(opened), _apart(cells))


def _minute(entry: Entry) -> float:
    return entry.appointment.starts_at.timestamp() / 60


def _rows(start: datetime, end: datetime, day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The rows by the wall clock; what ends after midnight ends with the day."""
    first = start.astimezone(zone)
    last = end.astimezone(zone)
    top = (first.hour * 60 + first.minute) // 30
    if last.date() > day:
        return top, 48
    return top, max(top + 1, -(-(last.hour * 60 + last.minute) // 30))


def _cell(entry: Entry, day: date, zone: ZoneInfo) -> _Cell:
    one = entry.appointment
    top, bottom = _rows(one.starts_at, one.ends_at, day, zone)
    at = words.clock(one.starts_at.astimezone(zone)).split(" ")[0]
    if entry.held:
        until = words.clock(one.hold_until.astimezone(zone)) if one.hold_until else ""
        return _Cell(top, bottom, "ev-held", f"{at} Held until {until}")
    names = " and ".join(_short(who.contact) for who in entry.people)
    if one.couple_id is None:
        return _Cell(top, bottom, "ev-first", f"{at} {names}, call", one.invitation_id)
    unsure = ", not confirmed" if one.status == AppointmentStatus.PENDING else ""
    return _Cell(top, bottom, "ev-two", f"{at} {names}{unsure}")


def _short(contact: Contact | None) -> str:
    """A name for a narrow cell on a screen that others may see: "Rowan T."."""
    if contact is None:
        return "Someone"
    first, *rest = contact.name.split() or ["Someone"]
    return f"{first} {rest[-1][0]}." if rest else first


def _apart(cells: list[_Cell]) -> list[_Cell]:
    """Two that share a half hour go into one cell: a table has one place for each."""
    apart: list[_Cell] = []
    for cell in sorted(cells, key=lambda one: one.top):
        if apart and cell.top < apart[-1].bottom:
            last = apart.pop()
            apart.append(
                _Cell(
                    last.top,
                    max(last.bottom, cell.bottom),
                    last.kind,
                    f"{last.title} · {cell.title}",
                )
            )
        else:
            apart.append(cell)
    return apart


def _row(
    row: int, top: int, bottom: int, columns: list[_Column], days: list[date], today: date
) -> dict[str, Any]:
    cells = []
    for column, day in zip(columns, days, strict=True):
        begun = next((one for one in column.cells if one.top <= row < one.bottom), None)
        if begun is not None and begun.top != row:
            continue
        cells.append(
            {
                "event": begun,
                "span": min(begun.bottom, bottom) - row if begun else 1,
                "open": row in column.open_rows,
                "today": day == today,
            }
        )
    hour = row // 2
    label = f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}" if row % 2 == 0 else None
    return {"label": label, "cells": cells, "first": row == top}


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins."""
    return instant(day_bounds(day, zone).start)
