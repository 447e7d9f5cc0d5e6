"""What can be wrong with a definition that reads well: names that lead nowhere, values nobody can
choose, and above all visible things that would depend on sealed answers.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

from services.intake.domain.condition import (
    Always,
    AnswerContains,
    AnswerIn,
    AnswerNotIn,
    Condition,
    Derived,
    Flagged,
    OutsideList,
    SafetyIn,
    ScoreAtLeast,
    SettingOn,
    System,
    TrackIs,
    walk,
)
from services.intake.domain.definition import mentioned
from services.intake.domain.practice import PracticeSettings
from services.intake.domain.questionnaire import SAFETY_TOOL, SYSTEM_FIELDS, Item, Screener
from services.intake.domain.reads import reads
from services.intake.domain.screening import PRIORITIES

NOTICES_UPDATED_BY: Final = date(2026, 2, 16)
"""42 CFR Part 2 as amended: the day by which notices had to be updated (L29)."""

_OLD_NOTICE: Final = (
    "The Notice of Privacy Practices is from before February 16, 2026. By then a practice"
    " that keeps records of substance use treatment had to update it. Ask your lawyer."
)
_DERIVE: Final = "derive"
_PATTERN: Final = ("pursue", "withdraw", "cycle")
_CHANNELS: Final = frozenset(("email", "sms", "call", "voicemail"))
_NOT_FOR_PAGES: Final = (Flagged, SafetyIn, TrackIs, ScoreAtLeast)


def problems(screener: Screener) -> list[str]:
    """Everything wrong with the definition, one sentence each; empty when it may be used."""
    found = list(_names(screener))
    if found:
        return found  # the other checks follow names, and would trip over wrong ones
    found = list(_circles(screener))
    if found:
        return found
    checks: tuple[Callable[[Screener], Iterator[str]], ...] = (
        _twice,
        _unreached,
        _items,
        _order,
        _leaks,
        _table,
        _words,
    )
    return [problem for check in checks for problem in check(screener)]


def hindrances_to_going_live(licensed_states: tuple[str, ...]) -> list[str]:
    """Why the form may not be shown to the public with these settings (L43)."""
    if not licensed_states:
        return ["The list of licensed states is empty: nobody could be seen by anyone."]
    return []


def hints_about_the_notice(settings: PracticeSettings) -> list[str]:
    """What to look after about the Notice of Privacy Practices; it hinders nothing (L28, L29)."""
    if not settings.privacy_notice_version or settings.privacy_notice_date is None:
        return ["No Notice of Privacy Practices is named: people are asked whether they read one."]
    if settings.privacy_notice_date < NOTICES_UPDATED_BY:
        return [_OLD_NOTICE]
    return []


def conditions(screener: Screener) -> Iterator[tuple[str, Condition]]:
    """Every condition of the definition, with its place."""
    for section in screener.sections:
        yield f"section {section.id}", section.shown_when
        yield from ((f"item {item.id}", item.shown_when) for item in section.items)
    yield from ((f"derived {name}", when) for name, when in screener.derived.items())
    yield from ((f"safety {level.level}", level.when) for level in screener.safety_levels)
    yield from ((f"flag {flag.name}", flag.when) for flag in screener.flags)
    yield from ((f"rule {rule.id}", rule.when) for rule in screener.rules)
    yield from ((f"channel {way.name}", way.when) for way in screener.channels)
    yield from ((f"suggestion {hint.name}", hint.when) for hint in screener.suggestions)
    yield "invitation offer", screener.invite_offer
    yield "invitation hold", screener.invite_hold


def _names(screener: Screener) -> Iterator[str]:
    """Names used twice, and names that lead nowhere."""
    every = [item.id for section in screener.sections for item in section.items]
    every += [section.id for section in screener.sections]
    yield from (f"{name} is the name of two things." for name, n in Counter(every).items() if n > 1)
    for place, condition in conditions(screener):
        for part in walk(condition):
            yield from _dead_names(screener, place, part)
    for name, items in screener.scales.items():
        yield from (
            f"scale {name} counts {item}, which is not there."
            for item in items
            if item not in screener.items
        )
    if not screener.rules or not isinstance(screener.rules[-1].when, Always):
        yield "The last rule must match everyone."
    if not screener.safety_levels or not isinstance(screener.safety_levels[-1].when, Always):
        yield "The last safety level must match everyone."


def _dead_names(screener: Screener, place: str, part: Condition) -> Iterator[str]:
    known: dict[type, tuple[str, set[str]]] = {
        Derived: ("derived condition", set(screener.derived)),
        Flagged: ("flag", {flag.name for flag in screener.flags}),
        ScoreAtLeast: ("score", set(screener.scales)),
        TrackIs: ("track", {rule.track for rule in screener.rules}),
    }
    if type(part) in known:
        kind, names = known[type(part)]
        name = getattr(part, "name", "")
        if name not in names:
            yield f"{place} names the {kind} {name!r}, which is not there."
    yield from _dead_settings(place, part)
    if isinstance(part, SafetyIn):
        levels = {level.level for level in screener.safety_levels}
        yield from (f"{place} names the level {name!r}." for name in part.levels - levels)
    if not isinstance(part, System):
        for item in mentioned(part) if not part.parts() else ():
            if item not in screener.items and item not in SYSTEM_FIELDS:
                yield f"{place} asks about {item!r}, which is not there."
            elif isinstance(part, AnswerIn | AnswerNotIn | AnswerContains):
                yield from _dead_values(screener, place, part)


def _dead_settings(place: str, part: Condition) -> Iterator[str]:
    if isinstance(part, SettingOn) and part.name != SAFETY_TOOL:
        yield f"{place} names the setting {part.name!r}, which is not there."
    if isinstance(part, OutsideList) and part.setting != "licensed_states":
        yield f"{place} names the list {part.setting!r}, which is not there."


def _dead_values(
    screener: Screener, place: str, part: AnswerIn | AnswerNotIn | AnswerContains
) -> Iterator[str]:
    item = screener.items.get(part.item)
    if item is None:
        return
    possible: set[object] = {option.value for option in item.options}
    if item.type == "checkbox":
        possible = {True}
    for value in part.values:
        if value not in possible or (isinstance(value, bool) and item.type != "checkbox"):
            yield f"{place} waits for {value!r} as the answer to {item.id}: nobody can choose that."


def _items(screener: Screener) -> Iterator[str]:
    for item in screener.items.values():
        yield from _options(item)
        if not item.text:
            yield f"{item.id} has no words."
        if not item.why and not item.consent and not item.instrument:
            yield f"{item.id} does not say why we ask."
        if item.type == "text" and not item.max_length:
            yield f"{item.id} has no greatest length."
        if item.sealed and item.neutral is None and not item.free_text and not item.instrument:
            yield f"{item.id} is sealed and has no neutral value."
        if item.free_text and not item.sealed:
            yield f"{item.id} is free text and has to be sealed."


def _options(item: Item) -> Iterator[str]:
    values = [option.value for option in item.options]
    if item.type in ("single", "multi", "scale") and len(values) < 2:
        yield f"{item.id} has nothing to choose from."
    if len(set(map(str, values))) < len(values):
        yield f"{item.id} offers the same value twice."
    kind = int if item.type == "scale" else str
    yield from (
        f"{item.id}: the option value {value!r} needs quotes."
        for value in values
        if not isinstance(value, kind)
    )
    if item.neutral is not None and item.neutral not in values:
        yield f"{item.id}: its neutral value {item.neutral!r} is not an option."


def _order(screener: Screener) -> Iterator[str]:
    """A page depends on what came before it, and on nothing that is computed at the end."""
    seen: set[str] = set(SYSTEM_FIELDS)
    for section in screener.first_form:
        yield from _looks_ahead(f"section {section.id}", section.shown_when, seen)
        for item in section.items:
            yield from _looks_ahead(f"item {item.id}", item.shown_when, seen)
            seen.add(item.id)


def _looks_ahead(place: str, condition: Condition, seen: set[str]) -> Iterator[str]:
    if any(isinstance(part, _NOT_FOR_PAGES) for part in walk(condition)):
        yield f"{place} depends on the outcome, which is not known on a page."
        return
    # Through a derived name a page may touch questions that come later; read as not answered they
    # would hide it for ever, so only direct mentions are held to the order.
    yield from (
        f"{place} depends on {name}, which is asked later."
        for name in mentioned(condition)
        if name not in seen
    )


def _leaks(screener: Screener) -> Iterator[str]:
    """Nothing that is not sealed may be shown or hidden by a sealed answer."""
    yield from _leaking_outcomes(screener)
    for section in screener.sections:
        for item in section.items:
            if item.sealed:
                continue
            for condition in (section.shown_when, item.shown_when):
                for name in sorted(reads(screener, condition)):
                    if name in screener.items and screener.items[name].sealed:
                        yield f"{item.id} would show what was answered to {name}."


def _leaking_outcomes(screener: Screener) -> Iterator[str]:
    """What a person sees or is sent at the end follows from what is not sealed."""
    for way in screener.channels:
        for name in sorted(reads(screener, way.when)):
            if screener.items[name].sealed:
                yield f"channel {way.name} would show what was answered to {name}."
    for scale in _PATTERN:
        for name in screener.scales.get(scale, ()):
            if screener.items[name].sealed:
                yield f"scale {scale} counts {name}, which is sealed, and its reading is shown."


def _unreached(screener: Screener) -> Iterator[str]:
    """What stands below something that matches everyone."""
    for kind, rows in (
        ("rule", [(rule.id, rule.when) for rule in screener.rules]),
        ("safety level", [(level.level, level.when) for level in screener.safety_levels]),
    ):
        for name, when in rows[:-1]:
            if isinstance(when, Always):
                yield f"{kind} {name} matches everyone: nothing below it is ever reached."


def _twice(screener: Screener) -> Iterator[str]:
    for kind, names in (
        ("rules", [rule.id for rule in screener.rules]),
        ("flags", [flag.name for flag in screener.flags]),
        ("safety levels", [level.level for level in screener.safety_levels]),
        ("suggestions", [hint.name for hint in screener.suggestions]),
    ):
        yield from (
            f"There are {n} {kind} called {name}." for name, n in Counter(names).items() if n > 1
        )


def _circles(screener: Screener) -> Iterator[str]:
    """A derived condition that asks itself would never come to an end."""
    for name in screener.derived:
        waiting, met = [name], set[str]()
        while waiting:
            for part in walk(screener.derived[waiting.pop()]):
                if isinstance(part, Derived) and part.name not in met:
                    met.add(part.name)
                    waiting.append(part.name)
        if name in met:
            yield f"derived {name} depends on itself."


def _table(screener: Screener) -> Iterator[str]:
    for rule in screener.rules:
        if rule.public_key != _DERIVE and rule.public_key not in screener.client_text:
            yield f"rule {rule.id} shows {rule.public_key!r}, which has no words."
        if rule.track not in screener.front_desk_status:
            yield f"The track {rule.track!r} has no word for the front desk."
        if rule.public_key != _DERIVE and rule.public_key not in screener.booking:
            yield f"{rule.public_key!r} says nothing about booking."
    yield from (
        f"flag {flag.name}: {flag.priority!r} is not a priority."
        for flag in screener.flags
        if flag.priority not in PRIORITIES
    )
    if {way.name for way in screener.channels} != _CHANNELS:
        yield "The channels must be email, sms, call and voicemail."


def _words(screener: Screener) -> Iterator[str]:
    for section in screener.sections:
        yield from (
            f"section {section.id} names the notice {name!r}, which is not there."
            for name in section.notices
            if name not in screener.notices
        )
