"""The words that Softstart brings: files, one for each slot, that are version 1 of every template.

They change with the program, which is why each try keeps a hash of its words beside the version.
"""

from functools import cache
from pathlib import Path
from typing import Final

from services.notifier.domain.incoming import Wish
from services.notifier.domain.words import SUBJECT, Slot, Words
from shared.vocabulary import Channel

TEMPLATES: Final = Path(__file__).parent.parent / "templates" / "messages"


@cache
def shipped(slot: Slot) -> Words:
    """Version 1 of a slot's words."""
    text = (TEMPLATES / slot.locale / slot.kind / f"{slot.channel}.txt").read_text("utf-8")
    subject = ""
    if slot.channel is Channel.EMAIL:
        first, _, text = text.partition("\n")
        subject = first.removeprefix(SUBJECT)
    return Words(slot=slot, version=1, subject=subject, body=text.strip())


@cache
def answer_words(wish: Wish, locale: str) -> str:
    """The fixed answer to a word like STOP or C, not filled in. Carriers demand some of them."""
    return (TEMPLATES / locale / "answers" / f"{wish}.txt").read_text("utf-8").strip()
