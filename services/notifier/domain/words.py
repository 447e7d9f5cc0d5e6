"""The words of a message before they are filled in: which there are, and what may stand in them.

A template is plain text with placeholders in braces and nothing else: it can compute nothing, name
nobody, and hold no markup. The first line of an e-mail is its subject. A text has one wording a
paragraph, from the fullest to the shortest.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from services.notifier.domain.message import TO_STAFF, Kind
from services.notifier.domain.wording import LANGUAGES
from shared.vocabulary import Channel

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
_WITH_STOP: Final = re.compile(PLACEHOLDER.pattern + r"(\.?)")
SUBJECT: Final = "Subject: "

SAME_WORDS: Final = {
    Kind.RESUME: Kind.UPDATE,
    Kind.STAFF_REPLY: Kind.STAFF_NOTE,
    Kind.STAFF_CALENDAR: Kind.STAFF_NOTE,
    Kind.STAFF_CALL: Kind.STAFF_NOTE,
}
"""A link to go on with says no more than any other: the same words for both."""

MEANINGS: Final = {
    "sender": "the neutral name of the practice",
    "phone": "the phone number of the practice",
    "link": "the reader's own link",
    "time": "the whole time, as a block of its own",
    "day": "weekday, month and day",
    "day_short": "the same, short",
    "weekday": "the day of the week",
    "start": "when it begins",
    "end": "when it ends",
    "zone": "the time zone and its city",
    "zone_short": "the time zone",
    "with_whom": "the first name of the one they meet; the paragraph goes if there is none to say",
    "if_video": "nothing; the paragraph goes unless they meet by video",
    "until_weekday": "the day until which the time is kept",
    "until": "the hour until which the time is kept",
    "days": "how long the link works, as in 7 days",
}
"""Every placeholder there is, and what stands there in the end."""

_ALWAYS: Final = frozenset({"sender", "phone", "link"})
_TIME: Final = frozenset({"day", "day_short", "weekday", "start", "end", "zone", "zone_short"})
_OF_KIND: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.CONFIRMATION: _TIME,
    Kind.MOVED: _TIME,
    Kind.CANCELLED: _TIME,
    Kind.REMINDER: _TIME,
    Kind.OFFER: _TIME | {"until", "until_weekday"},
    Kind.INVITATION: frozenset({"days"}),
}
_OF_EMAIL: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.CONFIRMATION: frozenset({"time"}),
    Kind.MOVED: frozenset({"time", "with_whom"}),
    Kind.CANCELLED: frozenset({"time"}),
    Kind.REMINDER: frozenset({"time", "if_video"}),
    Kind.OFFER: frozenset({"time"}),
}


@dataclass(frozen=True, kw_only=True, order=True)
class Slot:
    """One place for words: what for, in which language, by which channel."""

    kind: Kind
    locale: str
    channel: Channel

    @property
    def allowed(self) -> frozenset[str]:
        """The placeholders that may stand here."""
        if self.kind is Kind.QUESTION:
            return _ALWAYS - {"link"}
        by_email = self.channel is Channel.EMAIL
        more = _OF_EMAIL.get(self.kind, frozenset()) if by_email else frozenset()
        return _ALWAYS | _OF_KIND.get(self.kind, frozenset()) | more


@dataclass(frozen=True, kw_only=True)
class Words:
    """One version of the words for a slot. Version 1 is the one that Softstart brings."""

    slot: Slot
    version: int
    subject: str
    body: str

    @property
    def reference(self) -> str:
        """The name that is kept with each try: the slot, the version, and a hash of its words."""
        said = f"{self.subject}\0{self.body}".encode()
        slot, digest = self.slot, hashlib.sha256(said).hexdigest()[:7]
        return f"{slot.kind} {slot.locale} {slot.channel} {self.version} {digest}"


def slot_for(kind: Kind, locale: str, channel: Channel) -> Slot:
    """Where the words for this kind stand. Notes to staff are in English."""
    language = "en" if kind in TO_STAFF else locale
    return Slot(kind=SAME_WORDS.get(kind, kind), locale=language, channel=channel)


def slots() -> Iterator[Slot]:
    """Every slot there is: clients' in each language, staff's in English, texts where one goes."""
    for kind in Kind:
        if kind in SAME_WORDS:
            continue
        for locale in ("en",) if kind in TO_STAFF else LANGUAGES:
            if kind is not Kind.QUESTION:
                yield Slot(kind=kind, locale=locale, channel=Channel.EMAIL)
            if kind not in (TO_STAFF - {Kind.STAFF_TEST}) | {Kind.INVITATION}:
                yield Slot(kind=kind, locale=locale, channel=Channel.SMS)


def placeholders(template: str) -> list[str]:
    """The names of the placeholders in a template, in order."""
    return PLACEHOLDER.findall(template)


def paragraphs(body: str, values: Mapping[str, str | None]) -> list[str]:
    """The paragraphs that are to be said, unfilled: one with a value that is not there goes."""
    written = re.split(r"\n[ \t]*\n", body.replace("\r\n", "\n").strip())
    said = (paragraph.strip() for paragraph in written)
    return [one for one in said if all(values[name] is not None for name in placeholders(one))]


def fill(template: str, values: Mapping[str, str | None]) -> str:
    """Put the values in; what a value says is never read as a placeholder itself.

    A sentence that ends in "1:30 p.m." has one full stop.
    """
    return _WITH_STOP.sub(
        lambda found: f"{(said := values[found[1]] or '')}{'' if said.endswith('.') else found[2]}",
        template,
    )
