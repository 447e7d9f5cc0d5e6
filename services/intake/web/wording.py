"""Words that pages put together: places in a text, numbers, ways to reach a person."""

from collections.abc import Mapping
from typing import Final

from markupsafe import Markup, escape

from services.intake.domain.condition import Value
from services.intake.domain.contact_points import spoken_phone
from services.intake.domain.places import PLACES
from services.intake.domain.questionnaire import Item
from services.intake.operations.contacts import ContactCard

_NUMBERS: Final = {5: "five", 9: "nine", 10: "ten", 15: "fifteen", 20: "twenty", 25: "twenty-five"}
_NUMBERS_ON: Final = {30: "thirty", 40: "forty", 45: "forty-five", 50: "fifty", 60: "sixty"}
_PLACE_NAMES: Final = {option.value: option.label for option in PLACES}
_CALL_AS: Final = {
    "first_name": "first name only",
    "hang_up": "a wrong number if someone else answers",
}


def number(count: int) -> str:
    """A number of minutes as one would say it; odd ones as digits."""
    return {**_NUMBERS, **_NUMBERS_ON}.get(count, str(count))


def place(code: str) -> str:
    """A state's name."""
    return _PLACE_NAMES.get(code, code)


def linked(text: str, links: Mapping[str, tuple[str, str]]) -> Markup:
    """The text with each `{name}` made a link: name -> (address, words)."""
    found = escape(text)
    for name, (href, words) in links.items():
        link = Markup('<a href="{}">{}</a>').format(href, words)
        found = Markup(found.replace(f"{{{name}}}", link))  # noqa: S704 - both sides are escaped
    return found


def answer(item: Item, value: Value) -> str:
    """An answer as staff read it."""
    if item.type == "phone" and isinstance(value, str):
        return spoken_phone(value)
    return item.label(value)


def ways(card: ContactCard) -> list[tuple[str, str]]:
    """How we will reach this person, as the person reads it: heading and words."""
    found: list[tuple[str, str]] = []
    if card.channels["call"] and card.phone:
        found.append(("By phone", ", ".join([spoken_phone(card.phone), *_manners(card)])))
    if card.channels["sms"] and card.phone:
        found.append(("By text", spoken_phone(card.phone)))
    if card.channels["email"] and card.email:
        found.append(("By email", card.email))
    return found


def _manners(card: ContactCard) -> list[str]:
    manners = [_CALL_AS[card.call_as]] if card.call_as in _CALL_AS else []
    return manners if card.channels["voicemail"] else [*manners, "no voice message"]


def plan(card: ContactCard, *, clinical: bool) -> str:
    """How staff may reach this person, and what they must not do. `clinical`: may read the note."""
    if not any(card.channels.values()):
        return "There is no safe way to reach this person. Wait for them to call."
    said = [_calling(card)]
    said.append("Texts are fine." if card.channels["sms"] else "No texts.")
    said.append(f"Email: {card.email}." if card.email else "No email.")
    if card.contact_notes_present:
        first = "read it first" if clinical else "ask a clinician before you call"
        said.append(f"They left a note about reaching them safely: {first}.")
    return " ".join(said)


def _calling(card: ContactCard) -> str:
    number_for_texts = f" Number for texts: {spoken_phone(card.phone)}." if card.phone else ""
    if not card.channels["call"] or not card.phone:
        return f"Do not call.{number_for_texts}"
    manner = f", {_CALL_AS[card.call_as]}" if card.call_as in _CALL_AS else ""
    may = card.channels["voicemail"]
    voice = "A voice message may give a name and a number." if may else "No voice message."
    return f"Call {spoken_phone(card.phone)}{manner}. {voice}"
