"""What is wrong with a practice's own words for one place, as sentences beside its field."""

import re
from typing import Final

from services.intake.domain.edits import Pairs, Place, Words

LONGEST: Final = 1500
_LONGEST_LABEL: Final = 160
_PLACEHOLDER: Final = re.compile(r"\{\w+\}")


def problems(place: Place, now: Words) -> list[str]:
    """Everything wrong with it; empty when it may be published."""
    if isinstance(now, str):
        assert isinstance(place.words, str)
        return _of_text(place.words, now)
    assert isinstance(place.words, list)
    return _of_options(place, place.words, now)


def _of_text(was: str, now: str) -> list[str]:
    if not now:
        return ["This needs some words."] if was else []
    found = []
    if len(now) > LONGEST:
        found.append(f"Make it {LONGEST:,} characters at most.")
    missing = sorted(set(_PLACEHOLDER.findall(was)) - set(_PLACEHOLDER.findall(now)))
    strange = sorted(set(_PLACEHOLDER.findall(now)) - set(_PLACEHOLDER.findall(was)))
    if missing:
        found.append(f"Keep {' and '.join(missing)}: something is put in there.")
    if strange:
        found.append(f"Nothing can be put in for {' and '.join(strange)} here.")
    return found


def _of_options(place: Place, was: Pairs, now: Pairs) -> list[str]:
    values = [str(value) for value, _ in now]
    before = [str(value) for value, _ in was]
    labels = [label.casefold() for _, label in now]
    found = []
    if not all(labels):
        found.append("Each answer needs some words.")
    if any(len(label) > _LONGEST_LABEL for label in labels):
        found.append(f"Make each answer {_LONGEST_LABEL} characters at most.")
    if len(set(labels)) < len(labels):
        found.append("Two answers say the same.")
    if len(now) < 2:
        found.append("Leave at least two answers to choose from.")
    stays = [value for value in before if value in place.fixed]
    if [value for value in values if value in place.fixed] != stays:
        found.append("The rules read some of these answers: those stay, in their order.")
    if not place.open and set(values) - set(before):
        found.append("No answer can be added here: the rules read these answers.")
    return found
