"""The editor's fields: one for each place that may be worded, and what they hold when sent."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from marshmallow import Schema, fields, validate

from services.intake.domain.edit_problems import LONGEST
from services.intake.domain.edits import Pairs, Place, Words

_OWN: Final = "own_"
_FAR: Final = 1000


@dataclass(frozen=True, kw_only=True)
class Row:
    """One answer in the editor."""

    value: str
    label: str
    turn: int
    fixed: bool
    hidden: bool


def schema(places: Iterable[Place]) -> Schema:
    """What a page with these places may send. How long words may be is said by place, not here."""
    found: dict[str, fields.Field[Any]] = {}
    for place in places:
        if not place.options:
            found[place.id] = _some_words(place.id)
            continue
        for value in _values(place):
            label, turn = f"{place.id}.{value}.label", f"{place.id}.{value}.turn"
            found[label] = _some_words(label)
            found[turn] = fields.Integer(
                load_default=_FAR,
                attribute=_key(turn),
                validate=validate.Range(0, _FAR, error="Write a small number."),
            )
        hide, add = f"{place.id}.hide", f"{place.id}.add"
        found[hide] = fields.List(fields.String(), load_default=list, attribute=_key(hide))
        found[add] = _some_words(add)
    made: Schema = Schema.from_dict(found)()
    return made


def _some_words(name: str) -> fields.String:
    long = validate.Length(max=10 * LONGEST, error="This is far too long.")
    return fields.String(load_default="", validate=long, attribute=_key(name))


def _key(name: str) -> str:
    """Marshmallow makes a dictionary in a dictionary of a name with a dot."""
    return name.replace(".", "/")


def _values(place: Place) -> list[str]:
    """The answers that are there, with those of the practice's own: room for twenty."""
    assert isinstance(place.words, list)
    reviewed = [str(value) for value, _ in place.words]
    return reviewed + ([f"{_OWN}{n}" for n in range(1, 21)] if place.open else [])


def words(place: Place, sent: Mapping[str, Any], now: Words) -> Words:
    """What was sent for one place."""
    if not isinstance(place.words, list):
        return " ".join(str(sent[_key(place.id)]).split())
    assert isinstance(now, list)
    kept = [row for row in rows(place, now) if row.value not in sent[_key(f"{place.id}.hide")]]
    kept.sort(key=lambda row: _turn(place, row, sent))
    values: dict[str, Any] = {str(value): value for value, _ in [*place.words, *now]}
    found: Pairs = [
        [values[row.value], " ".join(sent[_key(f"{place.id}.{row.value}.label")].split())]
        for row in kept
    ]
    added = " ".join(sent[_key(f"{place.id}.add")].split())
    if added:
        free = (name for name in _values(place) if name.startswith(_OWN) and name not in values)
        found.append([next(free, _OWN), added])
    return found


def _turn(place: Place, row: Row, sent: Mapping[str, Any]) -> int:
    turn: int = sent[_key(f"{place.id}.{row.value}.turn")]
    return row.turn if turn == _FAR else turn


def rows(place: Place, now: Words) -> list[Row]:
    """The answers as the editor lists them: those that are shown, then those that are hidden."""
    assert isinstance(place.words, list)
    assert isinstance(now, list)
    return list(_rows(place, place.words, now))


def _rows(place: Place, reviewed: Pairs, now: Pairs) -> Iterator[Row]:
    shown = {str(value) for value, _ in now}
    hidden = [[value, label] for value, label in reviewed if str(value) not in shown]
    for turn, (value, label) in enumerate([*now, *hidden], 1):
        name = str(value)
        yield Row(
            value=name,
            label=label,
            turn=turn,
            fixed=name in place.fixed,
            hidden=name not in shown,
        )
