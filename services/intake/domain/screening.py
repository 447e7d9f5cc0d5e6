"""The decision: answers in, one track with its rule and reasons out. The heart of intake.

What anyone sees is computed from a copy of the answers in which everything sealed is neutral, so a
person who confided something sees the same page, books the same call and gets the same messages as
anybody else (section 0, items 1 and 2). The page that says "please reach a person now" is the one
exception. Rules never read prose (item 4).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from services.intake.domain.condition import Answers, Value, holds
from services.intake.domain.facts import Facts, counted, neutral_copy
from services.intake.domain.pattern import Pattern, read_pattern
from services.intake.domain.questionnaire import (
    CRISIS,
    SUPPORT_NOW,
    Config,
    Flag,
    Rule,
    Screener,
)
from services.intake.domain.reads import reads

PRIORITIES: Final = ("urgent", "same_day", "routine")
INVITED_CALL: Final = "invited_call"
PRIVATE_CALL: Final = "private_call"
_BY_INVITATION: Final = frozenset(("self_call", "relational_call", "couples_call"))
_PATTERN_HOLD: Final = "pattern_hold"
_UNDER_13: Final = "under_13"


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What the table says about one person's answers. For clinical staff, but for `public_key`."""

    track: str
    rule: str
    reason: str
    public_key: str
    public_rule: str
    safety: str
    flags: tuple[str, ...]
    flag_reasons: Mapping[str, str]
    priority: str
    pattern: Pattern
    pattern_use: str
    partner_invite: str
    booking: str
    channels: tuple[str, ...]
    suggestions: tuple[str, ...]
    stored: bool
    trail: tuple[tuple[str, bool], ...]
    used: Mapping[str, Value | None]

    def as_document(self) -> dict[str, Any]:
        """The decision for JSON: the keys of a vignette's `expect`, with rules and reasons."""
        return {
            "track": self.track,
            "public_key": self.public_key,
            "flags": list(self.flags),
            "pattern": self.pattern.name,
            "pattern_use": self.pattern_use,
            "partner_invite": self.partner_invite,
            "booking": self.booking,
            "priority": self.priority,
            "channels": list(self.channels),
            "suggestions": list(self.suggestions),
            "stored": self.stored,
            "rule": self.rule,
            "reason": self.reason,
            "public_rule": self.public_rule,
            "safety": self.safety,
            "flag_reasons": dict(self.flag_reasons),
            "scales": {
                name: None if score is None else str(score)
                for name, score in (
                    ("pursue", self.pattern.pursue),
                    ("withdraw", self.pattern.withdraw),
                    ("cycle", self.pattern.cycle),
                )
            },
            "trail": [[rule, matched] for rule, matched in self.trail],
            "used": {
                name: list(value) if isinstance(value, tuple) else value
                for name, value in self.used.items()
            },
        }


class Case(Facts):
    """One person's answers under decision. Everything is computed once, when first asked for."""

    @classmethod
    def of(cls, screener: Screener, answers: Answers, config: Config) -> "Case":
        """The case of the answers that count."""
        return cls(screener, counted(screener, answers, config), config)

    @cached_property
    def _safety(self) -> str:
        return next(level.level for level in self.screener.safety_levels if holds(level.when, self))

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """Every flag that is up, in the definition's order."""
        return tuple(flag for flag in self.screener.flags if holds(flag.when, self))

    @cached_property
    def rule(self) -> Rule:
        """The first rule that matches."""
        return next(rule for rule in self.screener.rules if holds(rule.when, self))

    def trail(self) -> Iterator[tuple[str, bool]]:
        """The way through the table: each rule asked, and whether it matched."""
        for rule in self.screener.rules:
            yield rule.id, rule is self.rule
            if rule is self.rule:
                return

    def flagged(self, name: str) -> bool:
        """Whether the flag is up."""
        return any(flag.name == name for flag in self.flags)

    def safety(self) -> str:
        """danger, concern, unclear or clear."""
        return self._safety

    def track(self) -> str:
        """The rule's track."""
        return self.rule.track

    @property
    def under_13(self) -> bool:
        """Whether nothing about this person may be kept (L44)."""
        return self.answers.get("age_group") == _UNDER_13


def decide(screener: Screener, answers: Answers, config: Config) -> Decision:
    """Judge one person's answers, which must be valid ones (`answers.read_document`).

    Deterministic: the same definition, answers and settings give the same decision (L33).
    """
    case = Case.of(screener, answers, config)
    public_rule, public_key = _public(case, answers)
    suggestions = tuple(s.name for s in screener.suggestions if holds(s.when, case))
    return Decision(
        track=case.rule.track,
        rule=case.rule.id,
        reason=case.rule.staff,
        public_key=public_key,
        public_rule=public_rule,
        safety=case.safety(),
        flags=tuple(sorted(flag.name for flag in case.flags)),
        flag_reasons={flag.name: flag.staff for flag in case.flags},
        priority=min(
            (flag.priority for flag in case.flags), key=PRIORITIES.index, default=PRIORITIES[-1]
        ),
        pattern=read_pattern(screener, case.answers),
        pattern_use="hold" if _PATTERN_HOLD in suggestions else "ok",
        partner_invite=_invite(case),
        booking=screener.booking[public_key],
        channels=() if case.under_13 else case.channels(),
        suggestions=tuple(sorted(suggestions)),
        stored=not case.under_13,
        trail=tuple(case.trail()),
        used=_used(case),
    )


def _public(case: Case, answers: Answers) -> tuple[str, str]:
    """The rule and the key that decide what the person sees."""
    if case.rule.track == CRISIS:
        return case.rule.id, SUPPORT_NOW
    neutral = Case.of(case.screener, neutral_copy(case.screener, answers), case.config)
    key = neutral.rule.public_key
    if key in _BY_INVITATION and case.derived("invited"):
        key = INVITED_CALL
    return neutral.rule.id, key


def public_key(screener: Screener, answers: Answers, config: Config) -> str:
    """The key of the page that the person sees, and nothing else."""
    return _public(Case.of(screener, answers, config), answers)[1]


def _invite(case: Case) -> str:
    """Whether a partner may be invited: a permission for later, never a sending (item 3)."""
    if holds(case.screener.invite_offer, case):
        return "offer"
    return "hold" if holds(case.screener.invite_hold, case) else "none"


def _used(case: Case) -> dict[str, Value | None]:
    """The answers that the rule and the flags read, for the record (L34)."""
    conditions = [case.rule.when, *(flag.when for flag in case.flags)]
    read = frozenset().union(*(reads(case.screener, condition) for condition in conditions))
    return {item: value for item, value in case.answers.items() if item in read}
