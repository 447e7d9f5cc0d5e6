"""A message in words: templates, a time, a link, and nothing of why."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, Literal
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.errand import FreeTime
from services.notifier.domain.incoming import Wish
from services.notifier.domain.message import Kind, OutgoingMessage, kind_of
from services.notifier.domain.neutrality import telling_words
from services.notifier.domain.sms import fits_one_segment, plain
from services.notifier.domain.wording import words_for
from shared.ics import invitation
from shared.settings import Practice
from shared.vocabulary import Channel

TEMPLATES: Final = Path(__file__).parent.parent / "templates" / "messages"

SAME_WORDS: Final = {
    Kind.RESUME: Kind.UPDATE,
    Kind.STAFF_REPLY: Kind.STAFF_NOTE,
    Kind.STAFF_CALENDAR: Kind.STAFF_NOTE,
}

_CALENDAR: Final[dict[Kind, Literal["REQUEST", "CANCEL"]]] = {
    Kind.CONFIRMATION: "REQUEST",
    Kind.MOVED: "REQUEST",
    Kind.CANCELLED: "CANCEL",
}


class TellingWords(Exception):
    """A rendered message would say what no message may say; it is not sent."""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """What a message is about: an appointment's `details`, the `time` of an offer, a bare link."""

    message_id: UUID
    purpose: str
    channel: Channel
    to: str
    locale: str
    link: str
    announced_at: datetime
    details: AppointmentDetails | None = None
    not_after: datetime | None = None
    time: FreeTime | None = None


@lru_cache(maxsize=1)
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@lru_cache(maxsize=32)
def wording(kind: Kind) -> str:
    """Name the words in use: a short hash of the templates, kept with each try."""
    digest = hashlib.sha256()
    for path in sorted((TEMPLATES / _folder(kind)).iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"{kind} {digest.hexdigest()[:7]}"


def render(occasion: Occasion, practice: Practice) -> OutgoingMessage:
    """Write the message. Raises TellingWords if the result would not be neutral (L07)."""
    kind = kind_of(occasion.purpose)
    words = _words(occasion, practice)
    if occasion.channel is Channel.SMS:
        message = _text_message(kind, occasion, words)
    else:
        message = _email(kind, occasion, words, practice)
    _refuse_telling(message, occasion.link)
    return message


def _folder(kind: Kind) -> str:
    """Where the words are. A link to go on says no more than any other: the same words for both."""
    return SAME_WORDS.get(kind, kind)


def _days(life: timedelta) -> int:
    """How long a link lives, in whole days, the same for everyone who got it that way."""
    return max(1, round(life / timedelta(days=1)))


def answer(wish: Wish, practice: Practice) -> str:
    """The fixed answer to a text of somebody's: one segment, and neutral like every message."""
    template = _templates().get_template(f"_answer_{wish}.txt")
    text = template.render(sender=practice.neutral_sender, phone=practice.phone)
    return plain(" ".join(text.split()))


def _words(occasion: Occasion, practice: Practice) -> dict[str, Any]:
    about = occasion.details or occasion.time
    time = about and words_for(
        about.start, about.end, timezone=about.timezone, locale=occasion.locale
    )
    end = occasion.not_after
    until = (
        words_for(end, end, timezone=occasion.time.timezone, locale=occasion.locale)
        if occasion.time and end
        else None
    )
    return {
        "sender": practice.neutral_sender,
        "phone": practice.phone,
        "link": occasion.link,
        "ask_where": bool(occasion.details and occasion.details.how == "video"),
        "with_whom": _first_name(occasion.details.practitioner_name) if occasion.details else "",
        "time": time,
        "until": until,
        "days": occasion.not_after and _days(occasion.not_after - occasion.announced_at),
    }


def _first_name(name: str) -> str:
    """A clinician's first name, which says nothing of what they do; none that would tell."""
    first = (name.split() or [""])[0]
    return "" if telling_words(first) else first


def _text_message(kind: Kind, occasion: Occasion, words: dict[str, Any]) -> OutgoingMessage:
    """The fullest wording that fits into one segment: L24 allows 160 characters.

    The link is worth more than long words for a day; where even short ones leave no room for it,
    a text does without.
    """
    template = _templates().get_template(f"{_folder(kind)}/sms.txt")
    wordings = [
        plain(" ".join(template.render(words | choice).split()))
        for choice in ({"compact": False}, {"compact": True}, {"compact": False, "link": ""})
    ]
    return OutgoingMessage(
        message_id=str(occasion.message_id),
        channel=Channel.SMS,
        to=occasion.to,
        text=next((text for text in wordings if fits_one_segment(text)), wordings[-1]),
    )


def _email(
    kind: Kind, occasion: Occasion, words: dict[str, Any], practice: Practice
) -> OutgoingMessage:
    templates = _templates()
    method = _CALENDAR.get(kind) if occasion.details else None
    return OutgoingMessage(
        message_id=str(occasion.message_id),
        channel=Channel.EMAIL,
        to=occasion.to,
        subject=templates.get_template(f"{_folder(kind)}/subject.txt").render(words).strip(),
        text=templates.get_template(f"{_folder(kind)}/body.txt").render(words).strip() + "\n",
        html=templates.get_template(f"{_folder(kind)}/body.html").render(words),
        calendar=_calendar(method, occasion, practice) if method else "",
        calendar_method=method,
    )


def _calendar(method: Literal["REQUEST", "CANCEL"], occasion: Occasion, practice: Practice) -> str:
    """The entry for the person's own calendar, stamped when the news arose: the same in each try.

    The link stays out: calendars are shared with family, and the link can move or cancel.
    """
    details = occasion.details
    assert details is not None
    return invitation(
        method=method,
        uid=details.uid,
        sequence=details.sequence,
        start=details.start,
        end=details.end,
        stamp=occasion.announced_at.replace(microsecond=0),
        organizer_name=practice.neutral_sender,
        organizer_address=practice.sender_address,
        attendee=occasion.to,
    ).decode()


def _refuse_telling(message: OutgoingMessage, link: str) -> None:
    """Look at all that someone else might see; the address and the link's token are no words."""
    surfaces = (message.subject, message.text, message.html, message.calendar)
    for surface in surfaces:
        bare = surface.replace(message.to, "")
        if link:
            bare = bare.replace(link, "")
        if telling_words(bare):
            raise TellingWords("The message holds a word that no message may hold.")
