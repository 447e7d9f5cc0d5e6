"""The pattern reading: who tends to reach and who tends to step back, in a person's own words.

Descriptive only. The cut points are ours and not validated; the reading chooses no track.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from services.intake.domain.condition import Answers
from services.intake.domain.questionnaire import Screener

PURSUER: Final = "pursuer-leaning"
WITHDRAWER: Final = "withdrawer-leaning"
MIXED: Final = "mixed"
NONE: Final = "none"


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """The reading, and the scales behind it: 0-16, 0-16 and 0-8, or None when not scored."""

    name: str
    pursue: Fraction | None
    withdraw: Fraction | None
    cycle: Fraction | None


def _scale(screener: Screener, answers: Answers, name: str) -> Fraction | None:
    """The total; with one answer short of all, scaled up exactly, without rounding."""
    items = screener.scales[name]
    steps = [step for item in items if isinstance(step := answers.get(item), int)]
    if len(steps) < min(screener.pattern.min_answered, len(items)):
        return None
    return Fraction(sum(steps) * len(items), len(steps))


def read_pattern(screener: Screener, answers: Answers) -> Pattern:
    """The reading of the answers that count."""
    pursue, withdraw = _scale(screener, answers, "pursue"), _scale(screener, answers, "withdraw")
    return Pattern(
        name=_lean(screener, pursue, withdraw),
        pursue=pursue,
        withdraw=withdraw,
        cycle=_scale(screener, answers, "cycle"),
    )


def _lean(screener: Screener, pursue: Fraction | None, withdraw: Fraction | None) -> str:
    if pursue is None or withdraw is None or max(pursue, withdraw) < screener.pattern.floor:
        return NONE
    if abs(pursue - withdraw) < screener.pattern.lead:
        return MIXED
    return PURSUER if pursue > withdraw else WITHDRAWER
