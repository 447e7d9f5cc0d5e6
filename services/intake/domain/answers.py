"""Reading one answer: what a form or a JSON document gives, checked against its question.

Free text is trimmed, its line ends made one kind, and its letters composed (NFC); apart from that
it is kept as typed. Control characters are refused: a database can't store NUL, the others hide.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from services.intake.domain.condition import Value
from services.intake.domain.contact_points import read_email, read_phone
from services.intake.domain.errors import AnswerRefused, BadDocument
from services.intake.domain.questionnaire import Item, Screener

_LONGEST: Final = 320  # no e-mail address or phone number is longer, however oddly written
_TICKED: Final = frozenset(("yes", "on", "true", "1"))
_SYSTEM: Final[Mapping[str, tuple[type, frozenset[Value]]]] = {
    "invited_by_partner": (str, frozenset(("yes", "no"))),
    "free_text_read": (bool, frozenset((True, False))),
}

_CHOOSE: Final = "Choose one of the answers."
_ONLY_ONE: Final = "Choose one answer only."
_NOT_SURE: Final = " “Not sure” is a fine answer."
_NO_CONTROL: Final = "There is a sign in this text that we cannot keep. Type it again, please."
_ONE_LINE: Final = "Write this on one line, please."


def read(item: Item, given: object) -> Value | None:
    """The answer as a value, or None for no answer. Raises AnswerRefused.

    `given` is what came in: text, number, true or false, or a list of texts. A form's one field
    that was sent several times comes as a list.
    """
    if isinstance(given, list | tuple) and item.type != "multi":
        if len(given) > 1:
            raise AnswerRefused(_ONLY_ONE)
        given = given[0] if given else None
    if given is None or given is False or given == "":
        return None
    match item.type:
        case "checkbox":
            return _tick(given)
        case "multi":
            return _several(item, given)
        case "single" | "scale" | "us_state_or_outside":
            return _choice(item, given)
    return _text(item, given)


def _tick(given: object) -> Value:
    if given is True or given in _TICKED:
        return True
    raise AnswerRefused("Tick the box, or leave it empty.")


def _choice(item: Item, given: object) -> Value:
    for option in item.options:
        # A form sends "3" where the scale says 3; True is not 1 here, though Python thinks so.
        if not isinstance(given, bool) and given in (option.value, str(option.value)):
            return option.value
    raise AnswerRefused(_CHOOSE)


def _several(item: Item, given: object) -> Value | None:
    chosen = given if isinstance(given, list | tuple) else [given]
    known = [str(option.value) for option in item.options]
    if not all(isinstance(part, str) and (part in known or not part) for part in chosen):
        raise AnswerRefused("Choose any of the answers.")
    # In the definition's order, so that the same choice is always the same value.
    return tuple(value for value in known if value in chosen) or None


def _text(item: Item, given: object) -> Value | None:
    if not isinstance(given, str):
        raise AnswerRefused("Write this in words, please.")
    text = unicodedata.normalize("NFC", given.replace("\r\n", "\n").replace("\r", "\n"))
    text = text.strip(" " if item.type == "email" else None)
    if not text:
        return None
    longest = item.max_length or _LONGEST
    if len(text) > longest:
        raise AnswerRefused(
            f"This is {len(text):,} characters long. Make it {longest:,} at most, please."
        )
    if any(_unkeepable(sign) for sign in text):
        raise AnswerRefused(_NO_CONTROL)
    if "\n" in text and not item.free_text:
        raise AnswerRefused(_ONE_LINE)
    if item.type == "email":
        return read_email(text)
    return read_phone(text) if item.type == "phone" else text


def _unkeepable(sign: str) -> bool:
    """Control characters and halves of surrogate pairs. Line ends and tabs are fine."""
    return unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\t"


def missing(item: Item) -> str:
    """What to say beside a question that needs an answer."""
    match item.type:
        case "checkbox":
            return "Tick this box to go on."
        case "us_state_or_outside":
            return "Choose a state, or “Outside the US”."
        case "text" | "email" | "phone":
            return "Write something here, please. We need it to go on."
    unsure = any(option.label == "Not sure" for option in item.options)
    return "Choose one." + (_NOT_SURE if unsure else "")


def read_document(screener: Screener, document: Mapping[str, Any]) -> dict[str, Value]:
    """A whole document of answers in JSON's types. Raises BadDocument naming the first bad one."""
    answers: dict[str, Value] = {}
    for name, given in document.items():
        value = _system(name, given) if name in _SYSTEM else _listed(screener, name, given)
        if value is not None:
            answers[name] = value
    return answers


def _system(name: str, given: object) -> Value:
    kind, values = _SYSTEM[name]
    if not isinstance(given, kind) or given not in values:
        raise BadDocument(name, "is set by software to one of two values.")
    assert isinstance(given, str | bool)
    return given


def _listed(screener: Screener, name: str, given: object) -> Value | None:
    if name not in screener.items:
        raise BadDocument(name, "is not a question of this form.")
    try:
        return read(screener.items[name], given)
    except AnswerRefused as refusal:
        raise BadDocument(name, refusal.text) from refusal
