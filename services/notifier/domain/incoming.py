"""What somebody means who texts us back: stop, start, help, yes to a time, or free words.

Revoking is possible in any reasonable wording (47 CFR 64.1200(a)(10)), so whatever may mean "stop"
stops at once; that it was not one of the plain words is then looked at by staff.
"""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Wish(StrEnum):
    """What a text asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"
    CONFIRM = "confirm"
    OTHER = "other"
    AGREED = "agreed"
    """No wish, but an answer: to a number that has said yes to texts."""
    UNCLEAR = "unclear"
    """No wish, but an answer: to which time the text says yes can't be told."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a text was understood; `to_be_read` if it was more than one of the plain words."""

    wish: Wish
    to_be_read: bool


_PLAIN: Final = {
    **dict.fromkeys(
        ("stop", "stopall", "quit", "end", "revoke", "optout", "cancel", "unsubscribe"), Wish.STOP
    ),
    **dict.fromkeys(("start", "yes", "unstop"), Wish.START),
    **dict.fromkeys(("help", "info"), Wish.HELP),
    # The same in Spanish: our messages are in either language, and some carriers know English only.
    **dict.fromkeys(("alto", "parar", "pare", "basta"), Wish.STOP),
    **dict.fromkeys(("iniciar", "empezar", "si", "sí"), Wish.START),
    "ayuda": Wish.HELP,
    **dict.fromkeys(("c", "confirm", "confirmed", "confirmo", "confirmar"), Wish.CONFIRM),
}

_MEANS_STOP: Final = re.compile(
    r"\b(?:stop|stops|stopped|stopping|stopall|quit|revoke|optout|unsubscribe"
    r"|opt (?:me |us )?out|opting out|opted out"
    r"|(?:do not|dont|never|no longer) (?:want|text|message|contact|write|send|bother)"
    r"|no more|(?:remove|delete|forget) (?:me|us|my|this)"
    r"|take (?:me|us|my number|this number) off|off (?:your|the) list|leave (?:me|us) alone"
    r"|wrong (?:number|person)"
    r"|parar|no m[aá]s mensajes|n[uú]mero equivocado"
    r"|(?:cancel|end) (?:(?:these|the|all|my|your) )?"
    r"(?:texts?|messages?|reminders?|subscription))\b"
)


def read(body: str) -> Reading:
    """Understand a text. Case, punctuation and spaces between letters make no difference."""
    words = _words(body)
    plain = _PLAIN.get(words.replace(" ", ""))
    if plain is not None:
        return Reading(wish=plain, to_be_read=False)
    wish = Wish.STOP if _MEANS_STOP.search(words) else Wish.OTHER
    return Reading(wish=wish, to_be_read=bool(body.strip()))


def _words(body: str) -> str:
    text = unicodedata.normalize("NFKC", body).casefold()
    return re.sub(r"[\W_]+", " ", re.sub("['\u2019`]", "", text)).strip()
