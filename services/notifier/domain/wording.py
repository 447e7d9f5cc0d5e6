"""A moment in the words of the person who reads it: day, time, and the zone by name (P15)."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from babel.dates import format_date, format_time
from babel.units import format_unit

from services.notifier.domain.sms import GSM7_BASIC, Encoding, measure, plain
from shared.zones import zone, zone_title


@dataclass(frozen=True, kw_only=True)
class Language:
    """A language that messages are written in; `babel` says how it writes days and hours."""

    name: str
    babel: str
    day: str
    day_short: str
    stretch: str
    """A start and an end in one line."""
    appointment: str
    """What a calendar says, and nothing else (P19)."""
    choices: str
    """What the link to one's own choices is called, under every mail."""


LANGUAGES: Final[Mapping[str, Language]] = {
    "en": Language(
        name="English",
        babel="en_US",
        day="EEEE, MMMM d",
        day_short="EEE, MMM d",
        stretch="{start} to {end}, {zone}",
        appointment="Appointment",
        choices="Choose what is sent to you",
    ),
    "es": Language(
        name="Spanish",
        babel="es_US",
        day="EEEE, d 'de' MMMM",
        day_short="EEE d MMM",
        stretch="{start} a {end}, {zone}",
        appointment="Cita",
        choices="Elija qué se le envía",
    ),
}
"""The languages that messages are written in; any other reader gets the first."""


def language_of(locale: str) -> str:
    """Choose the language for a person's tag; English where there is no translation yet."""
    wanted = locale.replace("_", "-").split("-", maxsplit=1)[0].lower()
    return wanted if wanted in LANGUAGES else "en"


@dataclass(frozen=True, kw_only=True)
class TimeWords:
    """What a message says about a time; plain spaces only, so that a text stays GSM-7."""

    weekday: str
    day: str
    day_short: str
    start: str
    end: str
    zone: str
    zone_short: str


def words_for(start: datetime, end: datetime, *, timezone: str, locale: str) -> TimeWords:
    """Put a stretch of time into words, in the person's zone. Raises UnknownZone."""
    language, place = LANGUAGES[language_of(locale)], zone(timezone)
    title = zone_title(timezone, language.babel)
    first, last = start.astimezone(place), end.astimezone(place)

    def day(pattern: str) -> str:
        return format_date(first, pattern, locale=language.babel)

    return TimeWords(
        weekday=day("EEEE"),
        day=day(language.day),
        day_short=day(language.day_short),
        start=_clock(first, language.babel),
        end=_clock(last, language.babel),
        zone=title,
        zone_short=title.partition(" (")[0],
    )


def days_in_words(days: int, locale: str) -> str:
    """A number of days, as in "1 day" or "7 días"."""
    return format_unit(days, "day", "long", locale=LANGUAGES[language_of(locale)].babel)


def for_a_phone(text: str) -> str:
    """The text as GSM-7 can carry it, if that is a matter of spelling alone.

    GSM-7 has é, ñ, ü, ¿ and ¡, but not á, í, ó and ú: one of them turns the whole text into UCS-2
    of 70 characters. Spanish texts have been written without those accents for as long as there
    are texts, and "a.m." as "am".
    """
    text = plain(" ".join(text.split())).replace("a.m.", "am").replace("p.m.", "pm")
    bare = "".join(map(_bare, text))
    return bare if measure(bare).encoding is Encoding.GSM7 else text


def _bare(letter: str) -> str:
    return letter if letter in GSM7_BASIC else unicodedata.normalize("NFD", letter)[0]


def _clock(at: datetime, language: str) -> str:
    return plain(format_time(at.time(), "h:mm a", locale=language).lower())
