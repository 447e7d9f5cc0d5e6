"""The form of weekly hours: what was typed, what it means, and what is wrong beside each range."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from typing import Final

from marshmallow import ValidationError
from werkzeug.datastructures import MultiDict

from services.scheduler.domain.errors import BadHours
from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.schemas import WallTime

WEEKDAYS: Final = {
    1: "Monday",
    2: "Tuesday",
    3: "Wednesday",
    4: "Thursday",
    5: "Friday",
    6: "Saturday",
    7: "Sunday",
}
_MIDNIGHT: Final = time(0)
MOST_A_DAY: Final = 6


@dataclass
class Row:
    """One range as it was typed, and the sentence beside it if it can't be kept."""

    starts: str = ""
    ends: str = ""
    error: str | None = None


@dataclass
class WeekForm:
    """Rows by weekday, Monday first, blank ones left out."""

    rows: dict[int, list[Row]] = field(default_factory=lambda: {day: [] for day in WEEKDAYS})

    @classmethod
    def of(cls, weekly: Iterable[WeeklyRange]) -> "WeekForm":
        """The form filled with the hours that are kept now."""
        form = cls()
        for one in weekly:
            form.rows[one.weekday].append(Row(f"{one.wall.start:%H:%M}", f"{one.wall.end:%H:%M}"))
        return form

    @classmethod
    def read(cls, given: MultiDict[str, str]) -> "WeekForm":
        """What was typed: `from-1` and `until-1`, as often as there are ranges on a Monday."""
        form = cls()
        for day in WEEKDAYS:
            pairs = zip(given.getlist(f"from-{day}"), given.getlist(f"until-{day}"), strict=False)
            form.rows[day] = [
                Row(starts.strip()[:20], ends.strip()[:20])
                for starts, ends in pairs
                if starts.strip() or ends.strip()
            ][:MOST_A_DAY]
        return form

    def weekly(self) -> list[WeeklyRange]:
        """The hours that were typed; rows that are no times get their error and are left out."""
        found = []
        for day, rows in self.rows.items():
            for row in rows:
                wall = _wall(row)
                if wall is not None:
                    found.append(WeeklyRange(day, wall))
        return found

    def mark(self, problems: Iterable[tuple[int, int, str]]) -> None:
        """Put the domain's sentences beside their ranges."""
        for day, place, sentence in problems:
            self.rows[day][place].error = sentence

    @property
    def errors(self) -> Mapping[str, str]:
        """Field id -> sentence, for the box on top of the page."""
        return {
            f"from-{day}-{place}": f"{WEEKDAYS[day]}: {row.error}"
            for day, rows in self.rows.items()
            for place, row in enumerate(rows)
            if row.error
        }


def _wall(row: Row) -> WallRange | None:
    if not row.starts or not row.ends:
        row.error = "Write both times, or leave both blank."
        return None
    reader = WallTime()
    try:
        start, end = reader.deserialize(row.starts), reader.deserialize(row.ends)
    except ValidationError:
        row.error = "Write the times like this: 09:30."
        return None
    assert isinstance(start, time)
    assert isinstance(end, time)
    return wall_range(start, end)


def wall_range(start: time, end: time) -> WallRange:
    """From `start` until `end`; until midnight is until the day's end, not until its beginning."""
    return WallRange(start, end, overnight=end == _MIDNIGHT)


def beside_ranges(bad: BadHours, weekly: Sequence[WeeklyRange]) -> dict[int, str]:
    """The sentences by place: the domain counts each weekday's ranges, who sent them the list."""
    places = {
        day: [index for index, one in enumerate(weekly) if one.weekday == day]
        for day, _, _ in bad.problems
    }
    return {places[day][nth]: sentence for day, nth, sentence in bad.problems}
