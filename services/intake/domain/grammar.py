"""Reading a condition as the YAML file writes it.

{q: id, in: [..]}   {q: id, not_in: [..]}   {q: id, contains_any: [..]}   {q: id, missing: true}
{q: id, present: true}   {is: derived_name}   {flag: name}   {safety: [levels]}   {track: name}
{sum: score_name, gte: n}   {setting_list: name, excludes_q: id}   {unsure_or_blank: [ids]}
{unread_free_text: true}   {no_safe_channel: true}   {system: name, in: [..]}   {setting: name}
{all: [..]}   {any: [..]}   {not: condition}   true
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.intake.domain.condition import (
    All,
    Always,
    AnswerContains,
    AnswerGiven,
    AnswerIn,
    AnswerNotIn,
    AnyOf,
    Condition,
    Derived,
    Flagged,
    NoSafeChannel,
    Not,
    OutsideList,
    SafetyIn,
    ScoreAtLeast,
    SettingOn,
    System,
    TrackIs,
    UnreadFreeText,
    UnsureOrBlank,
    Value,
)
from services.intake.domain.errors import BadDefinition

Form = Callable[[Mapping[str, Any], str], Condition]


def parse(document: object, place: str) -> Condition:
    """The condition that a part of the file stands for. Raises BadDefinition naming `place`."""
    if document is True:
        return Always()
    if not isinstance(document, dict):
        raise BadDefinition(place, "is not a condition.")
    form = _FORMS.get(" ".join(sorted(map(str, document))))
    if form is None:
        words = ", ".join(map(str, document)) or "nothing"
        raise BadDefinition(place, f"a condition of {words} has no meaning.")
    return form(document, place)


def _parts(found: object, place: str) -> tuple[Condition, ...]:
    if not isinstance(found, list) or not found:
        raise BadDefinition(place, "needs a list of conditions.")
    return tuple(parse(part, place) for part in found)


def _values(found: object, place: str) -> frozenset[Value]:
    if not isinstance(found, list) or not found:
        raise BadDefinition(place, "needs a list of values.")
    return frozenset(found)


def _names(found: object, place: str) -> tuple[str, ...]:
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise BadDefinition(place, "needs a list of names.")
    return tuple(found)


def _true(found: object, place: str) -> None:
    if found is not True:
        raise BadDefinition(place, "can only say true here; for the opposite use not.")


def _given(document: Mapping[str, Any], place: str) -> Condition:
    _true(document["present"], place)
    return AnswerGiven(document["q"], given=True)


def _missing(document: Mapping[str, Any], place: str) -> Condition:
    _true(document["missing"], place)
    return AnswerGiven(document["q"], given=False)


def _unread(document: Mapping[str, Any], place: str) -> Condition:
    _true(document["unread_free_text"], place)
    return UnreadFreeText()


def _unreachable(document: Mapping[str, Any], place: str) -> Condition:
    _true(document["no_safe_channel"], place)
    return NoSafeChannel()


# A condition is told by its keys, sorted and joined.
_FORMS: Final[Mapping[str, Form]] = {
    "in q": lambda d, place: AnswerIn(d["q"], _values(d["in"], place)),
    "not_in q": lambda d, place: AnswerNotIn(d["q"], _values(d["not_in"], place)),
    "contains_any q": lambda d, place: AnswerContains(d["q"], _values(d["contains_any"], place)),
    "present q": _given,
    "missing q": _missing,
    "is": lambda d, _: Derived(d["is"]),
    "flag": lambda d, _: Flagged(d["flag"]),
    "safety": lambda d, place: SafetyIn(frozenset(_names(d["safety"], place))),
    "track": lambda d, _: TrackIs(d["track"]),
    "gte sum": lambda d, _: ScoreAtLeast(d["sum"], d["gte"]),
    "excludes_q setting_list": lambda d, _: OutsideList(d["setting_list"], d["excludes_q"]),
    "unsure_or_blank": lambda d, place: UnsureOrBlank(_names(d["unsure_or_blank"], place)),
    "unread_free_text": _unread,
    "no_safe_channel": _unreachable,
    "setting": lambda d, _: SettingOn(d["setting"]),
    "in system": lambda d, place: System(d["system"], _values(d["in"], place)),
    "all": lambda d, place: All(_parts(d["all"], place)),
    "any": lambda d, place: AnyOf(_parts(d["any"], place)),
    "not": lambda d, place: Not(parse(d["not"], place)),
}
