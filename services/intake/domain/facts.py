"""What one person's answers say, for conditions to ask.

Two rules live here. A visible answer counts only while its question is shown, so that going back
and choosing otherwise leaves nothing behind. A sealed answer counts for good once it was given: a
disclosure is never dropped by going back (requirements, section 0, item 5).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from services.intake.domain.condition import (
    UNKNOWN,
    Answers,
    Truth,
    Unknown,
    Value,
    holds,
)
from services.intake.domain.questionnaire import SYSTEM_FIELDS, Config, Item, Screener, Section

_UNSURE: frozenset[Value] = frozenset(("not_sure", "prefer_not"))
# An invited person is asked neither: the invitation says both (system_fields in the definition).
PRESET: Mapping[str, Value] = {"who_for": "couple", "attending": "two"}


@dataclass(frozen=True)
class Facts:
    """Answers under a definition and a practice's settings.

    `open_items` are the questions that have not come up yet; only the count of steps knows any.
    """

    screener: Screener
    answers: Answers
    config: Config
    open_items: Collection[str] = frozenset()

    def answer(self, item: str) -> Value | Unknown | None:
        """The answer, None when there is none, UNKNOWN when it has not come up."""
        if item in self.answers:
            return self.answers[item]
        if item == "invited_by_partner":
            return "no"
        return UNKNOWN if item in self.open_items else None

    def derived(self, name: str) -> Truth:
        """A named condition of the definition."""
        return self.screener.derived[name].judge(self)

    def setting_list(self, name: str) -> Collection[str]:
        """A list among the settings."""
        return self.config.list(name)

    def setting_on(self, name: str) -> bool:
        """Whether the practice has switched this on."""
        return self.config.on(name)

    def score(self, name: str) -> Fraction | None:
        """The plain sum of an instrument; none unless every item is answered."""
        steps = [self.answers.get(item) for item in self.screener.scales[name]]
        if not all(isinstance(step, int) for step in steps):
            return None
        return Fraction(sum(step for step in steps if isinstance(step, int)))

    def asked(self, section: Section) -> bool:
        """Whether the page is shown for certain."""
        return holds(section.shown_when, self)

    def preset(self, item: Item) -> bool:
        """Whether the invitation has answered it: then it is not asked, and nothing sets it."""
        return item.id in PRESET and self.answers.get("invited_by_partner") == "yes"

    def shown(self, item: Item) -> bool:
        """Whether the question is shown, its page included."""
        section = self.screener.section_of[item.id]
        return not self.preset(item) and self.asked(section) and holds(item.shown_when, self)

    def needs(self, item: Item) -> bool:
        """Whether the form can't be sent without it, given that it is shown.

        A form of a minor stops early, and their tick would bind nobody: no consent is demanded of
        them (vignette V20).
        """
        return item.required and (not item.consent or self.derived("adult") is True)

    def unsure_or_blank(self, item: str) -> bool:
        """Left unsure or unsaid; or shown, and left blank."""
        value = self.answers.get(item)
        if value is not None:
            return value in _UNSURE
        return self.shown(self.screener.items[item])

    def unread_free_text(self) -> bool:
        """Whether there is prose that no clinician has read. What it says is never looked at."""
        if self.answers.get("free_text_read") is True:
            return False
        return any(item.free_text and item.id in self.answers for item in self.items())

    def channels(self) -> tuple[str, ...]:
        """The ways to reach this person that are both safe and agreed to, sorted."""
        return tuple(sorted(way.name for way in self.screener.channels if holds(way.when, self)))

    def no_safe_channel(self) -> bool:
        """Whether there is no way at all."""
        return not self.channels()

    def items(self) -> Collection[Item]:
        """Every item of the definition."""
        return self.screener.items.values()

    # Only a case that is being decided knows these (`screening.Case`).
    def flagged(self, name: str) -> bool:
        """Raises ValueError: no page may depend on a flag."""
        raise ValueError(f"No page may depend on the flag {name}.")

    def safety(self) -> str:
        """Raises ValueError: no page may depend on the safety level."""
        raise ValueError("No page may depend on the safety level.")

    def track(self) -> str:
        """Raises ValueError: no page may depend on the track."""
        raise ValueError("No page may depend on the track.")


def counted(screener: Screener, answers: Answers, config: Config) -> dict[str, Value]:
    """The answers that count, in the order of the form."""
    standing: dict[str, Value] = {name: answers[name] for name in SYSTEM_FIELDS if name in answers}
    if standing.get("invited_by_partner") == "yes":
        standing.update(PRESET)
    for section in screener.sections:
        for item in section.items:
            if item.id in answers and (
                item.sealed or Facts(screener, standing, config).shown(item)
            ):
                standing[item.id] = answers[item.id]
    return standing


def neutral_copy(screener: Screener, answers: Answers) -> dict[str, Value]:
    """The answers with everything sealed replaced by its neutral value.

    A function of the other answers alone: what a sealed question holds, and whether it holds
    anything, makes no difference (section 0, item 2).
    """
    copy = {
        name: value
        for name, value in answers.items()
        if name not in screener.items or not screener.items[name].sealed
    }
    copy.update(
        (item.id, item.neutral)
        for item in screener.items.values()
        if item.sealed and item.neutral is not None
    )
    return copy
