"""What a case's document is made of, read from JSON's own types.

A reader takes a value and gives it back as the domain has it, or raises Wrong with what it has to
be. Readers of lists and objects are made from those of what is in them.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar
from zoneinfo import ZoneInfo

from shared.zones import UnknownZone, zone_of_the_database

T = TypeVar("T")
Reader: TypeAlias = Callable[[object], T]

MOST_MINUTES: Final = 10 * 366 * 24 * 60
"""Ten years: whoever says more has mistaken the unit."""

_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2999
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_WALL: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:00)?", re.ASCII)


class Wrong(ValueError):
    """A value that can't be used: where in the document it stands, and what it has to be."""

    def __init__(self, problem: str, *steps: str | int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.steps = steps


@contextmanager
def _inside(step: str | int) -> Iterator[None]:
    try:
        yield
    except Wrong as wrong:
        raise Wrong(wrong.problem, step, *wrong.steps) from wrong


# ---------------------------------------------------------------- lists and objects


def listed(read: Reader[T]) -> Reader[list[T]]:
    """A list of such values."""

    def of_list(value: object) -> list[T]:
        if not isinstance(value, list):
            raise Wrong("has to be a list.")
        found = []
        for n, one in enumerate(value):
            with _inside(n):
                found.append(read(one))
        return found

    return of_list


class Part(NamedTuple):
    """One part of an object. Without a `default` it is needed; some may be null, that's unsaid."""

    read: Reader[Any]
    default: Any = ...
    nullable: bool = False


def perhaps(read: Reader[Any], default: Any = None) -> Part:
    """A part that may be null, and then, or left out, is the default."""
    return Part(read, default, nullable=True)


def parts(passed_over: Callable[[str], bool], known: Mapping[str, Part]) -> Reader[dict[str, Any]]:
    """An object of known parts. What is neither known nor passed over is refused."""

    def of_object(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Wrong("has to be an object.")
        for name in value:
            if name not in known and not passed_over(name):
                raise Wrong("is not a part of a case.", name)
        return {name: _part(name, part, value) for name, part in known.items()}

    return of_object


def _part(name: str, part: Part, given: Mapping[str, object]) -> Any:
    if name not in given:
        if part.default is ...:
            raise Wrong("is missing.", name)
        return part.default
    if given[name] is None and part.nullable:
        return part.default
    with _inside(name):
        return part.read(given[name])


# ---------------------------------------------------------------- single values


def whole(least: int, most: int) -> Reader[int]:
    """A whole number from `least` through `most`: `30.0`, `"30"` and `true` are something else."""

    def of_number(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Wrong("has to be a whole number.")
        if not least <= value <= most:
            raise Wrong(f"has to lie between {least} and {most}.")
        return value

    return of_number


minutes: Final = whole(0, MOST_MINUTES)
signed_minutes: Final = whole(-MOST_MINUTES, MOST_MINUTES)


def truth(value: object) -> bool:
    """True or false; neither 1 nor "true"."""
    if not isinstance(value, bool):
        raise Wrong("has to be true or false.")
    return value


def word(words: Collection[str]) -> Reader[str]:
    """One of these words."""

    def of_word(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            raise Wrong(f"has to be one of {', '.join(words)}.")
        return value

    return of_word


def instant(value: object) -> datetime:
    """A point in time with its offset, in UTC, seconds and all."""
    try:
        found = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError:
        found = None
    if found is None or found.utcoffset() is None:
        raise Wrong("has to be an instant such as 2026-03-01T15:00:00Z.")
    return _of_our_times(found).astimezone(UTC)


def day(value: object) -> date:
    """A local date, written the one way that the format has."""
    try:
        found = date.fromisoformat(
            value if isinstance(value, str) and _DATE.fullmatch(value) else ""
        )
    except ValueError:
        raise Wrong("has to be a date such as 2026-03-01.") from None
    return _of_our_times(found)


D = TypeVar("D", date, datetime)


def _of_our_times(found: D) -> D:
    """Days are counted on from it; at the ends of the calendar that would lead out of it."""
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise Wrong(f"has to lie in the years {_FIRST_YEAR} to {_LAST_YEAR}.")
    return found


def wall(value: object) -> time:
    """A time on the wall, to the minute."""
    match = _WALL.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Wrong("has to be a time such as 09:30.")
    return time(int(match[1]), int(match[2]))


def closing(value: object) -> time | None:
    """A time on the wall; None is 24:00, the midnight at the end of the day."""
    return None if value in ("24:00", "24:00:00") else wall(value)


def zone(value: object) -> ZoneInfo:
    """A time zone by its IANA name, also one that is no place's."""
    try:
        return zone_of_the_database(value if isinstance(value, str) else "")
    except UnknownZone:
        raise Wrong("has to be an IANA time zone such as Europe/Paris.") from None
