"""What would suit somebody who waits: as the form has it, as values, and in words."""

from collections.abc import Iterable, Sequence
from datetime import time, timedelta
from itertools import product
from typing import Any, Final
from uuid import UUID

from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.operations.waitlist import Wish
from services.scheduler.web import words
from services.scheduler.web.week_form import WEEKDAYS
from shared.web.language import say

_MIDNIGHT: Final = time(0)
_NOON: Final = time(12)
_FIVE: Final = time(17)

PARTS: Final = {
    "morning": ("Morning, before noon", WallRange(_MIDNIGHT, _NOON)),
    "afternoon": ("Afternoon, noon to 5 pm", WallRange(_NOON, _FIVE)),
    "evening": ("Evening, after 5 pm", WallRange(_FIVE, _MIDNIGHT, overnight=True)),
}


def wish(form: dict[str, Any], timezone: str) -> Wish:
    """What was chosen on the page. Days without a time of day are whole days, and the reverse."""
    return Wish(
        location=form["location"],
        timezone=timezone,
        lasts=timedelta(weeks=form["weeks"]),
        practitioner_ids=form["with_"],
        times=_weekly(sorted(set(form["days"])), [part for part in PARTS if part in form["parts"]]),
    )


def ticked(weekly: Sequence[WeeklyRange]) -> tuple[list[int], list[str]]:
    """The days and the times of day that the form would show; none where it can't."""
    days = sorted({one.weekday for one in weekly})
    parts = [name for name, (_, wall) in PARTS.items() if wall in {one.wall for one in weekly}]
    if set(_weekly(days, parts)) != set(weekly):
        return [], []
    return ([] if len(days) == len(WEEKDAYS) else days), ([] if len(parts) == len(PARTS) else parts)


def parts_of(weekly: Iterable[WeeklyRange]) -> tuple[list[str], list[str]]:
    """The boxes of a table of days and parts of days, as `1-morning`; in words, what fits in none.

    A program may have said it by the minute.
    """
    boxes = {wall: part for part, (_, wall) in PARTS.items()}
    weekly = list(weekly)
    chosen = [f"{one.weekday}-{boxes[one.wall]}" for one in weekly if one.wall in boxes]
    return chosen, [_range(one) for one in weekly if one.wall not in boxes]


def in_words(weekly: Sequence[WeeklyRange]) -> str:
    """What would suit, in a line."""
    days, parts = ticked(weekly)
    if not weekly:
        return say("Any time")
    if not days and not parts:
        return "; ".join(_range(one) for one in weekly)
    on = _listed(say(f"{WEEKDAYS[day]}s") for day in days) or say("Any day")
    return f"{on}, {_listed(map(say, parts), 'or')}" if parts else on


def people(names: dict[UUID, str], wished: Iterable[UUID]) -> str:
    """With whom, in a line; who left is not named any more."""
    return _listed((names[one] for one in wished if one in names), "or") or say(
        "Anyone who is free"
    )


def _weekly(days: Sequence[int], parts: Sequence[str]) -> list[WeeklyRange]:
    if not days and not parts:
        return []
    return [
        WeeklyRange(day, PARTS[part][1])
        for day, part in product(days or list(WEEKDAYS), parts or list(PARTS))
    ]


def _range(one: WeeklyRange) -> str:
    end = say("midnight") if one.wall.end == _MIDNIGHT else words.clock(one.wall.end)
    hours = say("%(start)s to %(end)s", start=words.clock(one.wall.start), end=end)
    return f"{say(WEEKDAYS[one.weekday])}, {hours}"


def _listed(some: Iterable[str], last: str = "and") -> str:
    *most, final = [*some] or [""]
    return f"{', '.join(most)} {say(last)} {final}" if most else final
