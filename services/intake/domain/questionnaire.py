"""The screener as values: sections, items, options, rules and words.

The words follow FHIR's Questionnaire where it has them. Everything here is frozen: a definition is
read once (`definition.py`), linted (`lint.py`) and asked for ever after.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from services.intake.domain.condition import Always, Condition, Value

ItemType = Literal[
    "single", "multi", "text", "email", "phone", "scale", "us_state_or_outside", "checkbox"
]
Level = Literal["open", "private", "sealed"]

CRISIS: Final = "crisis"
SUPPORT_NOW: Final = "support_now"
SAFETY_TOOL: Final = "safety_tool"
BUSINESS_DAYS: Final = "{business_days}"
_DAYS: Final = {1: "one business day", 2: "two business days", 3: "three business days"}
SYSTEM_FIELDS: Final = ("invited_by_partner", "free_text_read")
"""Set by software, never typed by a client."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One answer to choose."""

    value: str | int
    label: str


@dataclass(frozen=True, kw_only=True)
class Item:
    """One question, one statement of an instrument, or one consent."""

    id: str
    text: str
    type: ItemType
    level: Level
    required: bool = False
    shown_when: Condition = field(default_factory=Always)
    options: tuple[Option, ...] = ()
    why: str = ""
    help: str = ""
    max_length: int | None = None
    neutral: Value | None = None
    free_text: bool = False
    consent: bool = False
    instrument: str | None = None
    follows: str | None = None  # the item of the same page whose answer opens this one

    @property
    def sealed(self) -> bool:
        """Whether only clinical staff may see it, and no page may show it again."""
        return self.level == "sealed"

    def label(self, value: Value) -> str:
        """An answer in the words the person chose it by."""
        labels = {option.value: option.label for option in self.options}
        if isinstance(value, tuple):
            return ", ".join(labels.get(part, part) for part in value)
        if value is True:
            return "Yes"
        return labels.get(value, str(value))


@dataclass(frozen=True, kw_only=True)
class Instrument:
    """A published measure, word for word, with its source."""

    id: str
    lead: str
    attribution: str
    items: tuple[Item, ...]


@dataclass(frozen=True, kw_only=True)
class Section:
    """One page of the form."""

    id: str
    title: str
    shown_when: Condition
    items: tuple[Item, ...]
    intro: str = ""
    note: str = ""
    after: str = ""  # words for everyone below the last question
    notices: tuple[str, ...] = ()
    instrument: Instrument | None = None
    later: bool = False  # a step of its own after the private call, never part of the first form

    @cached_property
    def sealed(self) -> bool:
        """Whether anything on the page is sealed."""
        return any(item.sealed for item in self.items)


@dataclass(frozen=True, kw_only=True)
class SafetyLevel:
    """One level of the safety ladder; the first that matches counts."""

    level: str
    when: Condition


@dataclass(frozen=True, kw_only=True)
class Flag:
    """Something staff should know. All that match are kept."""

    name: str
    when: Condition
    staff: str
    priority: str = "routine"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of the decision table. The first that matches gives the track."""

    id: str
    track: str
    public_key: str
    when: Condition
    staff: str


@dataclass(frozen=True, kw_only=True)
class Named:
    """A condition with a name: a suggestion, a channel, a permission."""

    name: str
    when: Condition


@dataclass(frozen=True, kw_only=True)
class PatternRule:
    """The cut points of the pattern reading: ours, not validated, and never used to route."""

    min_answered: int
    floor: int
    lead: int


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A support line, shown to everyone."""

    id: str
    label: str
    how: str
    checked: str


@dataclass(frozen=True, kw_only=True)
class ClientText:
    """What a person reads at the end, and the same words without a promise to get in touch."""

    heading: str
    body: str
    body_without_followup: str = ""

    def worded(self, config: "Config") -> "ClientText":
        """As it is shown with these settings: no more is promised than staff do (L36)."""
        promised = config.safety_tool or not self.body_without_followup
        body = self.body if promised else self.body_without_followup
        days = config.routine_business_days
        said = _DAYS.get(days, f"{days} business days")
        return ClientText(heading=self.heading, body=body.replace(BUSINESS_DAYS, said))


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings that rules read. The practice's own stand above the file's defaults."""

    licensed_states: tuple[str, ...] = ()
    invite_expires_days: int = 14
    invite_reminder_day: int = 5
    safety_tool: bool = True
    """Whether the self-harm questions are asked, and a follow-up promised (N8, L36)."""
    routine_business_days: int = 2
    """How soon somebody gets back to a person, as the pages promise it."""

    def on(self, name: str) -> bool:
        """A setting that is on or off. Raises KeyError for one that rules can't read."""
        return {SAFETY_TOOL: self.safety_tool}[name]

    def list(self, name: str) -> tuple[str, ...]:
        """A setting that is a list. Raises KeyError for one that rules can't read."""
        return {"licensed_states": self.licensed_states}[name]


@dataclass(frozen=True, kw_only=True)
class Screener:
    """The whole definition. `sha256` is of the very text it was read from, `rules_sha256` of the
    parts that decide, which an edit of words leaves as they are.
    """

    id: str
    version: str
    locale: str
    title: str
    sha256: str
    rules_sha256: str
    estimated_minutes: int
    config: Config
    notices: Mapping[str, str]
    promises: frozenset[str]  # the notices that promise that somebody gets in touch
    resources: tuple[Resource, ...]
    sections: tuple[Section, ...]
    scales: Mapping[str, tuple[str, ...]]
    pattern: PatternRule
    derived: Mapping[str, Condition]
    safety_levels: tuple[SafetyLevel, ...]
    flags: tuple[Flag, ...]
    rules: tuple[Rule, ...]
    invite_offer: Condition
    invite_hold: Condition
    booking: Mapping[str, str]
    channels: tuple[Named, ...]
    suggestions: tuple[Named, ...]
    client_text: Mapping[str, ClientText]
    pattern_text: Mapping[str, str]
    front_desk_status: Mapping[str, str]
    pattern_hold_text: str

    @cached_property
    def first_form(self) -> tuple[Section, ...]:
        """The pages of the form itself, in order, without the later steps."""
        return tuple(section for section in self.sections if not section.later)

    @cached_property
    def items(self) -> Mapping[str, Item]:
        """Every item of the form by its id."""
        return {item.id: item for section in self.sections for item in section.items}

    @cached_property
    def section_of(self) -> Mapping[str, Section]:
        """The page on which an item stands."""
        return {item.id: section for section in self.sections for item in section.items}

    def section(self, section_id: str) -> Section | None:
        """A page of the first form by its id."""
        return next((found for found in self.first_form if found.id == section_id), None)

    def consents(self) -> Iterator[Item]:
        """The consents, in order."""
        return (item for item in self.items.values() if item.consent)
