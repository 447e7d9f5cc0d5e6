"""What is wrong with words before anyone gets them: a template may say no more than it must.

Security 8, L07, L24, security 31. What a template says is looked at as it stands, and once more as
a made-up person would get it.
"""

import re
from collections.abc import Iterator
from typing import Final

from services.notifier.domain.letter import is_linked
from services.notifier.domain.message import Kind
from services.notifier.domain.sms import segments
from services.notifier.domain.words import PLACEHOLDER, Slot, Words, paragraphs, placeholders
from services.notifier.operations.rendering import TellingWords, render
from services.notifier.operations.samples import sample
from shared.neutrality import telling_words
from shared.settings import Practice
from shared.vocabulary import Channel

LONGEST: Final = {Channel.EMAIL: 3000, Channel.SMS: 1000}
LONGEST_SUBJECT: Final = 78
"""RFC 5322, 2.1.1: what every mail program shows in one line."""

_ELSEWHERE: Final = re.compile(r"https?:|www\.|\S@\S|\b[a-z0-9-]{2,}\.[a-z]{2,}", re.IGNORECASE)
_WITHOUT_LINK: Final = frozenset({Kind.REMINDER, Kind.QUESTION})
"""Kinds whose text says a time, and may do without a link."""

_YES: Final = {"en": "YES", "es": "SI"}
"""What somebody replies who agrees to texts."""

Problems = dict[str, list[str]]


def proofread(words: Words, *, practice: Practice, public_url: str) -> Problems:
    """Return the sentences that stand beside `subject` and `body`; nothing if all is well."""
    found: Problems = {}
    if words.slot.channel is Channel.EMAIL:
        found["subject"] = list(_subject(words.subject))
    found["body"] = [
        *_size(words),
        *_plain(words.body, words.slot.allowed),
        *(_letter(words) if words.slot.channel is Channel.EMAIL else _texts(words)),
    ]
    found = {field: list(dict.fromkeys(said)) for field, said in found.items() if said}
    if not found:
        return _as_sent(words, practice, public_url)
    return found


def _subject(subject: str) -> Iterator[str]:
    if not subject.strip():
        yield "Write a subject."
    if len(subject) > LONGEST_SUBJECT or "\n" in subject or "\r" in subject:
        yield f"Keep the subject in one line of {LONGEST_SUBJECT} characters."
    yield from _plain(subject, frozenset({"sender"}))


def _size(words: Words) -> Iterator[str]:
    if not words.body:
        yield "Write what the message says."
    longest = LONGEST[words.slot.channel]
    if len(words.body) > longest:
        yield f"Keep it below {longest} characters."


def _plain(text: str, allowed: frozenset[str]) -> Iterator[str]:
    """Whatever the channel: neutral words, known placeholders, no markup, no address."""
    bare = PLACEHOLDER.sub("x", text)
    if telling := telling_words(bare):
        yield f"Someone may read this over a shoulder. Leave out: {', '.join(telling)}."
    unknown = sorted({name for name in placeholders(text) if name not in allowed})
    if unknown:
        yield f"Nothing can stand here for {', '.join(f'{{{name}}}' for name in unknown)}."
    if "{" in bare or "}" in bare:
        yield "A placeholder is a name from the list in braces, like {sender}."
    if "<" in bare or ">" in bare:
        yield "Write plain words, without < and >. How they look is done for you."
    if _ELSEWHERE.search(bare):
        yield "The only address is {link}. After a full stop comes a blank."


def _letter(words: Words) -> Iterator[str]:
    lines = [line.strip() for line in words.body.splitlines()]
    linked = [line for line in lines if "{link}" in line]
    if not linked:
        yield "Bring the link. End a line with what it does and {link}, like: See it: {link}"
    if not all(is_linked(line) for line in linked):
        yield "The link ends its line, after what it does and a colon, like: See it: {link}"
    blocks = re.split(r"\n\s*\n", words.body.strip())
    if "time" in words.slot.allowed and "{time}" not in (one.strip() for one in blocks):
        yield "Say the time: {time}, in a paragraph of its own."
    if any("{time}" in one and one.strip() != "{time}" for one in blocks):
        yield "{time} is a paragraph of its own."


def _texts(words: Words) -> Iterator[str]:
    wordings = [set(placeholders(one)) for one in _wordings(words)]
    if not all("STOP" in one for one in _wordings(words)):
        yield "Each wording says how to end texts, with the word STOP."
    yes = _YES.get(words.slot.locale, "YES")
    if words.slot.kind is Kind.QUESTION and not all(yes in one for one in _wordings(words)):
        yield f"Each wording says how to agree, with the word {yes}."
    if words.slot.kind not in _WITHOUT_LINK and wordings and "link" not in wordings[0]:
        yield "The first wording brings {link}."
    if "start" in words.slot.allowed:
        days = {"day", "day_short", "weekday"}
        if not all("start" in one and one & days for one in wordings):
            yield "Each wording says the day and {start}."


def _wordings(words: Words) -> list[str]:
    return re.split(r"\n\s*\n", words.body.strip())


def _as_sent(words: Words, practice: Practice, public_url: str) -> Problems:
    """What a made-up person would get: neutral as a whole, and a text in one segment (L24)."""
    slot = words.slot
    occasion = sample(slot, public_url=public_url, sender_address=practice.sender_address)
    try:
        message = render(occasion, practice, words)
    except TellingWords:
        return {"body": ["Filled in, it would say more than it may."]}
    if slot.channel is Channel.EMAIL:
        return {}
    encoding, parts, _ = segments(message.text)
    if parts == 1:
        return {}
    long = (
        f"On a long day it comes to {parts} texts of {encoding}. Add a paragraph with a shorter"
        " wording: the first that fits one text is sent."
    )
    return {"body": [long]}


def wordings_of(words: Words, *, practice: Practice, public_url: str) -> list[tuple[str, str]]:
    """Each wording of a text as a made-up person would get it, and what it costs in words."""
    slot = words.slot
    occasion = sample(slot, public_url=public_url, sender_address=practice.sender_address)
    found = []
    for one in paragraphs(words.body, dict.fromkeys(slot.allowed, "")):
        alone = Words(slot=slot, version=words.version, subject="", body=one)
        text = render(occasion, practice, alone).text
        encoding, parts, left = segments(text)
        room = f"{left} characters left" if parts == 1 else f"{parts} texts: too long"
        found.append((text, f"{encoding}, {room}"))
    return found


def slot_named(kind: str, locale: str, channel: str) -> Slot | None:
    """The slot of that name, if there is one."""
    try:
        return Slot(kind=Kind(kind), locale=locale, channel=Channel(channel))
    except ValueError:
        return None
