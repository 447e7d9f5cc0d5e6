"""A table of days or of people side by side: a row each half hour of the wall clock.

Rows go by the wall clock, so that nine o'clock is one row on every day, also on the days on which
clocks change. A table has one place for each half hour: people come first, and what is closed fills
the rows that they leave.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.hours import day_bounds
from services.scheduler.domain.interval import Interval, instant
from services.scheduler.web import words
from services.scheduler.web.marks import CLOSED, Mark, on_day

ROWS: Final = 48
FIRST_ROW, LAST_ROW = 16, 34
"""What is shown at least: from 8 am until 5 pm."""


@dataclass(frozen=True)
class Head:
    """What stands above a column: a short name, a number under it, and both in words."""

    name: str
    number: int | None
    label: str
    today: bool
    href: str | None = None


@dataclass(frozen=True)
class Part:
    """One thing in a place of the table."""

    kind: str
    text: str
    appointment_id: UUID | None


@dataclass(frozen=True)
class Cell:
    """What is written from row `top` until just before row `bottom`."""

    top: int
    bottom: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Column:
    """One day of one clinician."""

    head: Head
    open_rows: frozenset[int]
    cells: list[Cell]


@dataclass(frozen=True)
class Grid:
    """The table: a column a day or a person, a row each half hour."""

    heads: list[Head]
    rows: list[dict[str, Any]]
    hours: tuple[int, int]
    """The first hour of the wall clock that is shown, and the one that ends the table."""


def column(
    head: Head, day: date, zone: ZoneInfo, opened: Iterable[Interval], found: list[Mark]
) -> Column:
    """One local day: where it is open, who comes, and why the rest is closed."""
    bounds = day_bounds(day, zone)
    open_rows: set[int] = set()
    for one in opened:
        start, end = max(one.start, bounds.start), min(one.end, bounds.end)
        if start < end:
            open_rows.update(range(*_rows(instant(start), instant(end), day, zone)))
    cells: list[Cell] = []
    for mark in on_day(found, day, zone):
        top, bottom = _rows(mark.start, mark.end, day, zone)
        part = Part(mark.kind, _text(mark, zone), mark.appointment_id)
        if mark.people:
            cells = _together(cells, Cell(top, bottom, (part,)))
        else:
            taken = {row for cell in cells for row in range(cell.top, cell.bottom)}
            cells += [Cell(a, b, (part,)) for a, b in _runs(top, bottom, taken)]
    return Column(head, frozenset(open_rows), sorted(cells, key=lambda cell: cell.top))


def _text(mark: Mark, zone: ZoneInfo) -> str:
    if mark.people:
        return f"{words.clock(mark.start.astimezone(zone)).split(' ')[0]} {mark.what}"
    return f"{mark.what}: {mark.reason}" if mark.reason else mark.what


def _rows(start: datetime, end: datetime, day: date, zone: ZoneInfo) -> tuple[int, int]:
    """The rows by the wall clock; what ends after midnight ends with the day."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    top = (first.hour * 60 + first.minute) // 30
    if last.date() > day:
        return top, ROWS
    return top, max(top + 1, -(-(last.hour * 60 + last.minute) // 30))


def _together(cells: list[Cell], new: Cell) -> list[Cell]:
    """Those that share a half hour go into one place."""
    shared = [one for one in cells if one.top < new.bottom and new.top < one.bottom]
    kept = [one for one in cells if one not in shared]
    together = [*shared, new]
    return [
        *kept,
        Cell(
            min(one.top for one in together),
            max(one.bottom for one in together),
            tuple(part for one in together for part in one.parts),
        ),
    ]


def _runs(top: int, bottom: int, taken: set[int]) -> Iterator[tuple[int, int]]:
    """The rows from `top` until `bottom` that nobody has, as stretches."""
    begun: int | None = None
    for row in range(top, bottom + 1):
        free = row < bottom and row not in taken
        if free and begun is None:
            begun = row
        elif not free and begun is not None:
            yield begun, row
            begun = None


def grid(columns: Sequence[Column]) -> Grid:
    """The columns side by side. Whole days off don't stretch the table to the whole night."""
    cells = [
        cell
        for one in columns
        for cell in one.cells
        if any(part.kind != CLOSED for part in cell.parts)
    ]
    opened = [row for one in columns for row in one.open_rows]
    top = min([FIRST_ROW, *(cell.top for cell in cells), *opened])
    bottom = max([LAST_ROW, *(cell.bottom for cell in cells), *(row + 1 for row in opened)])
    top, bottom = top - top % 2, bottom + bottom % 2
    return Grid(
        heads=[one.head for one in columns],
        rows=[_row(row, top, bottom, columns) for row in range(top, bottom)],
        hours=(top // 2, bottom // 2),
    )


def _row(row: int, top: int, bottom: int, columns: Sequence[Column]) -> dict[str, Any]:
    cells = []
    for one in columns:
        begun = next((cell for cell in one.cells if cell.top <= row < cell.bottom), None)
        if begun is not None and max(begun.top, top) != row:
            continue
        cells.append(
            {
                "parts": begun.parts if begun else (),
                "span": min(begun.bottom, bottom) - row if begun else 1,
                "open": row in one.open_rows,
                "today": one.head.today,
            }
        )
    hour = row // 2
    label = f"{hour % 12 or 12} {'am' if hour < 12 else 'pm'}" if row % 2 == 0 else None
    return {"label": label, "cells": cells, "first": row == top}
