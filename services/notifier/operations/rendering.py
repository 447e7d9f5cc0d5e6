"""A message in words: a template, a time, a link, and nothing of why."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final, Literal
from uuid import UUID

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.errand import FreeTime
from services.notifier.domain.incoming import Wish
from services.notifier.domain.letter import Foot, as_text, body
from services.notifier.domain.message import Kind, OutgoingMessage, kind_of
from services.notifier.domain.sms import fits_one_segment
from services.notifier.domain.wording import (
    LANGUAGES,
    days_in_words,
    for_a_phone,
    language_of,
    words_for,
)
from services.notifier.domain.words import Slot, Words, fill, paragraphs, slot_for
from services.notifier.operations.shipped import TEMPLATES, answer_words
from shared.ics import invitation
from shared.neutrality import telling_words
from shared.settings import Practice
from shared.vocabulary import Channel

_CALENDAR: Final[dict[Kind, Literal["REQUEST", "CANCEL"]]] = {
    Kind.CONFIRMATION: "REQUEST",
    Kind.MOVED: "REQUEST",
    Kind.CANCELLED: "CANCEL",
}

Values = dict[str, str | None]


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
    choices: str = ""
    """Where its reader chooses what they are sent; empty for the practice's own people."""
    one_click: str = ""
    """Where a mail program says that no more of these are wanted; only where that may be said."""

    @property
    def language(self) -> str:
        """The language it is written in."""
        return language_of(self.locale)

    @property
    def slot(self) -> Slot:
        """Where its words stand."""
        return slot_for(kind_of(self.purpose), self.language, self.channel)


@lru_cache(maxsize=1)
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["dialled"] = _dialled
    return environment


def _dialled(said: str, phone: str) -> Markup:
    """A line whose phone number is dialled by pressing it, and stays in one piece."""
    number = Markup('<a href="tel:{}" style="white-space:nowrap">{}</a>').format(
        phone.replace(" ", ""), phone
    )
    return escape(said).replace(escape(phone), number)


def render(occasion: Occasion, practice: Practice, words: Words) -> OutgoingMessage:
    """Write the message. Raises TellingWords if the result would not be neutral (L07)."""
    values = _values(occasion, practice)
    if occasion.channel is Channel.SMS:
        message = _text_message(occasion, words, values)
    else:
        message = _email(occasion, words, values, practice)
    _refuse_telling(message, occasion.link, occasion.choices)
    return message


def answer(wish: Wish, practice: Practice, locale: str) -> str:
    """The fixed answer to a text of somebody's: one segment, and neutral like every message."""
    values = {"sender": practice.neutral_sender, "phone": practice.phone}
    return for_a_phone(fill(answer_words(wish, language_of(locale)), values))


def _values(occasion: Occasion, practice: Practice) -> Values:
    """What stands for each placeholder; None where there is nothing to say."""
    details, locale = occasion.details, occasion.locale
    values: Values = {
        "sender": practice.neutral_sender,
        "phone": practice.phone,
        "link": occasion.link or None,
        "if_video": "" if details and details.how == "video" else None,
        "with_whom": (_first_name(details.practitioner_name) if details else "") or None,
    }
    about = details or occasion.time
    if about is not None:
        time = words_for(about.start, about.end, timezone=about.timezone, locale=locale)
        values |= vars(time) | {"time": ""}
    end = occasion.not_after
    if end is not None:
        values["days"] = days_in_words(_days(end - occasion.announced_at), locale)
    if end is not None and occasion.time is not None:
        until = words_for(end, end, timezone=occasion.time.timezone, locale=locale)
        values |= {"until_weekday": until.weekday, "until": until.start}
    return values


def _days(life: timedelta) -> int:
    """How long a link lives, in whole days, the same for everyone who got it that way."""
    return max(1, round(life / timedelta(days=1)))


def _first_name(name: str) -> str:
    """A clinician's first name, which says nothing of what they do; none that would tell."""
    first = (name.split() or [""])[0]
    return "" if telling_words(first) else first


def _text_message(occasion: Occasion, words: Words, values: Values) -> OutgoingMessage:
    """The fullest wording that fits into one segment: L24 allows 160 characters.

    The link is worth more than long words for a day; where even short ones leave no room for it,
    a text does without.
    """
    short = {name: value and for_a_phone(value) for name, value in values.items()}
    wordings = [for_a_phone(fill(one, short)) for one in paragraphs(words.body, values)]
    return OutgoingMessage(
        message_id=str(occasion.message_id),
        channel=Channel.SMS,
        to=occasion.to,
        text=next((text for text in wordings if fits_one_segment(text)), wordings[-1]),
    )


def _email(occasion: Occasion, words: Words, values: Values, practice: Practice) -> OutgoingMessage:
    letter = body(words.body, values)
    day = values.get("day") or ""
    time = {
        "day": day[:1].upper() + day[1:],
        "stretch": fill(LANGUAGES[occasion.language].stretch, values) if day else "",
    }
    subject = " ".join(fill(words.subject, values).split())
    method = _CALENDAR.get(words.slot.kind) if occasion.details else None
    label = LANGUAGES[occasion.language].choices
    foot = Foot(label=label, link=occasion.choices) if occasion.choices else None
    return OutgoingMessage(
        message_id=str(occasion.message_id),
        channel=Channel.EMAIL,
        to=occasion.to,
        subject=subject,
        text=as_text(
            letter,
            time=f"{time['day']}\n{time['stretch']}",
            link=occasion.link,
            sender=practice.neutral_sender,
            foot=foot,
        ),
        html=_templates()
        .get_template("_letter.html")
        .render(
            letter=letter,
            time=time,
            link=occasion.link,
            subject=subject,
            locale=words.slot.locale,
            sender=practice.neutral_sender,
            phone=practice.phone,
            foot=foot,
        ),
        calendar=_calendar(method, occasion, practice) if method else "",
        calendar_method=method,
        one_click=occasion.one_click,
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
        summary=LANGUAGES[occasion.language].appointment,
    ).decode()


def _refuse_telling(message: OutgoingMessage, *links: str) -> None:
    """Look at all that someone else might see; the address and a link's token are no words."""
    surfaces = (message.subject, message.text, message.html, message.calendar)
    for surface in surfaces:
        bare = surface.replace(message.to, "")
        for link in filter(None, links):
            bare = bare.replace(link, "")
        if telling_words(bare):
            raise TellingWords("The message holds a word that no message may hold.")
