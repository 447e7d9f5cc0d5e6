"""Which questions stand behind a condition, through derived names, flags and the safety level."""

from collections.abc import Iterable

from services.intake.domain.condition import (
    AnswerContains,
    AnswerGiven,
    AnswerIn,
    AnswerNotIn,
    Condition,
    Derived,
    Flagged,
    NoSafeChannel,
    OutsideList,
    SafetyIn,
    ScoreAtLeast,
    UnreadFreeText,
    UnsureOrBlank,
    walk,
)
from services.intake.domain.questionnaire import Screener


def reads(screener: Screener, condition: Condition) -> frozenset[str]:
    """The ids of every item that can sway the condition. Raises KeyError for a name unknown."""
    found: set[str] = set()
    followed: set[str] = set()
    waiting: list[Condition] = [condition]
    while waiting:
        for part in walk(waiting.pop()):
            found.update(_items(screener, part))
            name = f"{type(part).__name__}:{getattr(part, 'name', '')}"
            if name not in followed:
                followed.add(name)
                waiting.extend(_behind(screener, part))
    return frozenset(found)


def _items(screener: Screener, part: Condition) -> Iterable[str]:
    match part:
        case AnswerIn() | AnswerNotIn() | AnswerContains() | AnswerGiven() | OutsideList():
            return (part.item,)
        case UnsureOrBlank():
            return part.items
        case ScoreAtLeast():
            return screener.scales[part.name]
        case UnreadFreeText():
            return (item.id for item in screener.items.values() if item.free_text)
    return ()


def _behind(screener: Screener, part: Condition) -> Iterable[Condition]:
    match part:
        case Derived():
            return (screener.derived[part.name],)
        case Flagged():
            return (flag.when for flag in screener.flags if flag.name == part.name)
        case SafetyIn():
            return (level.when for level in screener.safety_levels)
        case NoSafeChannel():
            return (way.when for way in screener.channels)
    return ()
