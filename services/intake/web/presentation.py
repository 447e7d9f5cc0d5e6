"""One page of the form, made ready for the template: cards, follow-ups, values, errors, words.

Answers that are sealed are never in it, except what could not be kept and would otherwise be lost:
that was typed on this very page and is given back on it once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from flask import url_for
from markupsafe import Markup

from services.intake.domain import pages
from services.intake.domain.condition import AnswerContains, AnswerIn, walk
from services.intake.domain.contact_points import spoken_phone
from services.intake.domain.pages import Problem
from services.intake.domain.places import PLACES
from services.intake.domain.questionnaire import Item, Section
from services.intake.operations.forms import Form
from services.intake.web.wording import linked

SEALED_NOTE: Final = (
    "We do not show private answers again. If you answered before, what you said is kept. "
    "Answer here only if you want to change it."
)
UNKNOWN: Final = (
    "This page was sent something that it does not ask for. Look at your answers and send it again."
)
_MAY_BE_BLANK: Final = "You can leave it blank."
_AUTOCOMPLETE: Final = {"name_used": "given-name"}
# Short headings for consents; the consent's own words stand at the box, unchanged.
_CONSENT_TITLES: Final = {
    "c_screening": "About this form",
    "c_not_emergency": "Not for emergencies",
    "c_npp": "Notice of Privacy Practices",
    "c_partner_privacy": "You and your partner",
    "c_email": "Email about appointments",
    "c_sms": "Text messages",
}


@dataclass(kw_only=True)
class Card:
    """One question with what belongs below it."""

    question: dict[str, Any]
    kind: str
    value: Any
    errors: list[str]
    layout: str
    follow: list["Card"] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        """Whether anything on the card needs another look."""
        return bool(self.errors) or any(card.bad for card in self.follow)


@dataclass(frozen=True, kw_only=True)
class Typed:
    """What was just sent, and what of it could be kept."""

    given: Mapping[str, Any]
    kept: frozenset[str]


class PageView:
    """A page of a form as the template shows it."""

    def __init__(
        self,
        form: Form,
        section: Section,
        *,
        practice: str,
        links: Mapping[str, tuple[str, str]],
        problems: Sequence[Problem] = (),
        typed: Typed | None = None,
        remark: str = "",
    ) -> None:
        self._form, self._typed = form, typed
        self._practice, self._links = practice, links
        self._facts = pages.facts(form.screener, form.answers, form.config)
        self.section = section
        self.steps = form.steps()
        self.number = self.steps.index(section) + 1
        self.total = len(self.steps)
        shown = pages.rendered(form.screener, section, form.answers, form.config)
        by_item = {problem.item: problem for problem in problems}
        self.errors = {item.id: [by_item[item.id].text] for item in shown if item.id in by_item}
        self.box = {
            item.id: self._in_the_box(item, by_item[item.id])
            for item in shown
            if item.id in by_item
        }
        if remark:
            self.errors["main"] = [remark]
            self.box["main"] = remark
        self.cards = [self._card(item, shown) for item in shown if item.follows is None]

    @property
    def sealed_note(self) -> str:
        """The same words for everyone who comes back to a page with sealed questions."""
        place = pages.index_of(self._form.screener, self.section)
        back = place <= self._form.response.furthest or self._typed is not None
        return SEALED_NOTE if self.section.sealed and back else ""

    @property
    def last(self) -> bool:
        """Whether sending this page sends the form."""
        return self.section == self._form.screener.first_form[-1]

    @property
    def scales(self) -> bool:
        """Whether the page is one of scales, which say once why we ask."""
        return bool(self.cards) and all(card.kind == "scale" for card in self.cards)

    @property
    def reasons(self) -> str:
        """Why we ask, for a page of scales."""
        whys = dict.fromkeys(card.question["why"] for card in self.cards)
        return " ".join(why for why in whys if why != "Same as above.")

    def notices(self) -> list[str]:
        """The section's own notices, in words."""
        promised = self._form.config.safety_tool
        left_out = frozenset() if promised else self._form.screener.promises
        return [
            self._form.screener.notices[name]
            for name in self.section.notices
            if name not in left_out
        ]

    def _in_the_box(self, item: Item, problem: Problem) -> str:
        if not problem.missing:
            return problem.text
        words = _CONSENT_TITLES.get(item.id, item.text)
        return f"Tick “{words}”" if item.type == "checkbox" else f"Answer “{words}”"

    def _card(self, item: Item, shown: Sequence[Item]) -> Card:
        below = [other for other in shown if other.follows == item.id]
        return Card(
            question=self._question(item, below),
            kind=_kind(item),
            value=self._value(item),
            errors=self.errors.get(item.id, []),
            layout=_layout(item),
            follow=[self._card(other, shown) for other in below],
        )

    def _question(self, item: Item, below: Sequence[Item]) -> dict[str, Any]:
        opening = {value for other in below for value in _opening(item, other)}
        found: dict[str, Any] = {
            "id": item.id,
            "type": item.type,
            "text": _CONSENT_TITLES.get(item.id, item.text),
            "help": item.help or (_MAY_BE_BLANK if _kind(item) == "reach" else ""),
            "why": item.why,
            "max_length": item.max_length,
            "autocomplete": _AUTOCOMPLETE.get(item.id),
            "options": [
                {"value": o.value, "label": o.label, "opens": o.value in opening}
                for o in item.options
            ],
        }
        if item.consent:
            words = consent_words(item, self._practice, self._links)
            found["label" if item.type == "checkbox" else "help"] = words
        # On a page whose intro says that anything may be skipped, no question repeats it.
        if not (self.section.sealed and self.section.intro) and not item.instrument:
            found["required"] = self._facts.needs(item)
        return found

    def _value(self, item: Item) -> Any:
        if self._typed is not None and (not item.sealed or item.id not in self._typed.kept):
            return self._typed.given.get(item.id)
        if item.sealed:
            return None
        value = self._form.answers.get(item.id)
        return spoken_phone(value) if item.type == "phone" and isinstance(value, str) else value


def consent_words(item: Item, practice: str, links: Mapping[str, tuple[str, str]]) -> Markup:
    """A consent's own words, with the practice's name and with links where they point somewhere."""
    return linked(item.text.replace("{practice_name}", practice), links)


def consent_links() -> dict[str, tuple[str, str]]:
    """What the consents' words point to."""
    privacy = url_for("client.privacy")
    return {
        "npp_link": (f"{privacy}#notice", "Read the notice."),
        "sms_terms_link": (f"{privacy}#texts", "about our texts."),
        "privacy_link": (f"{privacy}#what-we-keep", "what we keep."),
    }


def consent_question(item: Item, practice: str) -> dict[str, Any]:
    """A consent by itself, for a page that asks for nothing else."""
    return {
        "id": item.id,
        "text": _CONSENT_TITLES.get(item.id, item.text),
        "label": consent_words(item, practice, consent_links()),
    }


def _kind(item: Item) -> str:
    """How the template draws it."""
    if item.instrument:
        return "measure"
    if item.type in ("email", "phone"):
        return "reach"
    return {"single": "choices", "multi": "choices", "us_state_or_outside": "select"}.get(
        item.type, item.type
    )


def _layout(item: Item) -> str:
    """Short answers side by side, many in two columns, long ones one below the other."""
    lengths = [len(option.label) for option in item.options]
    if not lengths or item.type == "us_state_or_outside":
        return ""
    if len(lengths) <= 3 and max(lengths) <= 20:
        return "row"
    four_short = len(lengths) == 4 and max(lengths) <= 24
    return "two" if four_short or len(lengths) >= 6 else ""


def _opening(item: Item, below: Item) -> set[object]:
    """The answers to `item` on which `below` is shown."""
    return {
        value
        for part in walk(below.shown_when)
        if isinstance(part, AnswerIn | AnswerContains) and part.item == item.id
        for value in part.values
    }


def places() -> list[tuple[str | int, str]]:
    """Every place to choose from, as value and label."""
    return [(option.value, option.label) for option in PLACES]
