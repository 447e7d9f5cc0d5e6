"""The screener's condition language as small frozen values, judged many times.

A judgement is True, False, or None for "not known yet". Only the count of steps meets None: it has
to say how many pages may follow before the answers that decide it are given. Everything else asks
about finished answers and gets a plain yes or no (Kleene's strong three-valued logic).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Protocol

Value = str | int | bool | tuple[str, ...]
"""One answer: an option, a text, a step of a scale, a tick, or the options chosen from several."""

Answers = Mapping[str, Value]
Truth = bool | None


class Unknown:
    """The answer to a question that has not come up yet."""


UNKNOWN: Final = Unknown()


class Facts(Protocol):
    """What a condition may ask about one person's answers."""

    def answer(self, item: str) -> Value | Unknown | None: ...
    def derived(self, name: str) -> Truth: ...
    def setting_list(self, name: str) -> Collection[str]: ...
    def setting_on(self, name: str) -> bool: ...
    def unsure_or_blank(self, item: str) -> bool: ...
    def flagged(self, name: str) -> bool: ...
    def safety(self) -> str: ...
    def score(self, name: str) -> Fraction | None: ...
    def track(self) -> str: ...
    def unread_free_text(self) -> bool: ...
    def no_safe_channel(self) -> bool: ...


class Condition(Protocol):
    """Something that holds, or not, or is not known yet."""

    def judge(self, facts: Facts) -> Truth: ...
    def parts(self) -> tuple["Condition", ...]: ...


class _Leaf:
    def parts(self) -> tuple[Condition, ...]:
        return ()


@dataclass(frozen=True)
class Always(_Leaf):
    """Holds for everyone."""

    def judge(self, facts: Facts) -> Truth:  # noqa: ARG002  (every condition is asked the same way)
        return True


@dataclass(frozen=True)
class AnswerIn(_Leaf):
    """The answer is one of these; a missing answer is not."""

    item: str
    values: frozenset[Value]

    def judge(self, facts: Facts) -> Truth:
        value = facts.answer(self.item)
        return None if isinstance(value, Unknown) else value in self.values


@dataclass(frozen=True)
class AnswerNotIn(_Leaf):
    """The answer is none of these; a missing answer counts."""

    item: str
    values: frozenset[Value]

    def judge(self, facts: Facts) -> Truth:
        value = facts.answer(self.item)
        return None if isinstance(value, Unknown) else value not in self.values


@dataclass(frozen=True)
class AnswerContains(_Leaf):
    """At least one of these was chosen where several may be."""

    item: str
    values: frozenset[Value]

    def judge(self, facts: Facts) -> Truth:
        value = facts.answer(self.item)
        if isinstance(value, Unknown):
            return None
        return isinstance(value, tuple) and not self.values.isdisjoint(value)


@dataclass(frozen=True)
class AnswerGiven(_Leaf):
    """There is an answer at all (`present: true`), or there is none (`missing: true`)."""

    item: str
    given: bool

    def judge(self, facts: Facts) -> Truth:
        value = facts.answer(self.item)
        return None if isinstance(value, Unknown) else (value is not None) == self.given


@dataclass(frozen=True)
class Derived(_Leaf):
    """A named condition of the definition holds."""

    name: str

    def judge(self, facts: Facts) -> Truth:
        return facts.derived(self.name)


@dataclass(frozen=True)
class Flagged(_Leaf):
    """A flag is up."""

    name: str

    def judge(self, facts: Facts) -> Truth:
        return facts.flagged(self.name)


@dataclass(frozen=True)
class SafetyIn(_Leaf):
    """The safety level is one of these."""

    levels: frozenset[str]

    def judge(self, facts: Facts) -> Truth:
        return facts.safety() in self.levels


@dataclass(frozen=True)
class TrackIs(_Leaf):
    """The rules chose this track."""

    name: str

    def judge(self, facts: Facts) -> Truth:
        return facts.track() == self.name


@dataclass(frozen=True)
class ScoreAtLeast(_Leaf):
    """A score was reached; a score that is missing was not."""

    name: str
    least: int

    def judge(self, facts: Facts) -> Truth:
        score = facts.score(self.name)
        return score is not None and score >= self.least


@dataclass(frozen=True)
class OutsideList(_Leaf):
    """The answer is not on a list among the practice's settings; a missing answer says nothing."""

    setting: str
    item: str

    def judge(self, facts: Facts) -> Truth:
        value = facts.answer(self.item)
        if isinstance(value, Unknown):
            return None
        return value is not None and value not in facts.setting_list(self.setting)


@dataclass(frozen=True)
class SettingOn(_Leaf):
    """The practice has switched something on."""

    name: str

    def judge(self, facts: Facts) -> Truth:
        return facts.setting_on(self.name)


@dataclass(frozen=True)
class UnsureOrBlank(_Leaf):
    """One of these was left unsure or unsaid, or was shown and left blank."""

    items: tuple[str, ...]

    def judge(self, facts: Facts) -> Truth:
        return any(facts.unsure_or_blank(item) for item in self.items)


@dataclass(frozen=True)
class UnreadFreeText(_Leaf):
    """There is prose that no clinician has read."""

    def judge(self, facts: Facts) -> Truth:
        return facts.unread_free_text()


@dataclass(frozen=True)
class NoSafeChannel(_Leaf):
    """No way to reach this person is both safe and agreed to."""

    def judge(self, facts: Facts) -> Truth:
        return facts.no_safe_channel()


@dataclass(frozen=True)
class System(_Leaf):
    """Something only later steps know, such as a permission to invite: never true before."""

    name: str
    values: frozenset[Value]

    def judge(self, facts: Facts) -> Truth:
        value = facts.answer(self.name)
        return not isinstance(value, Unknown) and value in self.values


@dataclass(frozen=True)
class All:
    """Every part holds."""

    conditions: tuple[Condition, ...]

    def judge(self, facts: Facts) -> Truth:
        known = True
        for part in self.conditions:
            truth = part.judge(facts)
            if truth is False:
                return False
            known = known and truth is not None
        return True if known else None

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions


@dataclass(frozen=True)
class AnyOf:
    """At least one part holds."""

    conditions: tuple[Condition, ...]

    def judge(self, facts: Facts) -> Truth:
        known = True
        for part in self.conditions:
            truth = part.judge(facts)
            if truth is True:
                return True
            known = known and truth is not None
        return False if known else None

    def parts(self) -> tuple[Condition, ...]:
        return self.conditions


@dataclass(frozen=True)
class Not:
    """The part does not hold."""

    condition: Condition

    def judge(self, facts: Facts) -> Truth:
        truth = self.condition.judge(facts)
        return None if truth is None else not truth

    def parts(self) -> tuple[Condition, ...]:
        return (self.condition,)


def holds(condition: Condition, facts: Facts) -> bool:
    """Whether it certainly holds."""
    return condition.judge(facts) is True


def possible(condition: Condition, facts: Facts) -> bool:
    """Whether it holds or may still come to hold."""
    return condition.judge(facts) is not False


def walk(condition: Condition) -> Iterator[Condition]:
    """The condition and everything inside it."""
    yield condition
    for part in condition.parts():
        yield from walk(part)
