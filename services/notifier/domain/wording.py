"""A moment in the words of the person who reads it: day, time, and the zone by name (P15)."""

from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date, format_time

from shared.zones import zone, zone_title

LOCALES = {"en": "en_US"}
"""The languages that messages are written in; any other reader gets the first."""


def babel_locale(locale: str) -> str:
    """Choose the locale for a person's language tag; English where there is no translation yet."""
    return LOCALES.get(locale.replace("_", "-").split("-", maxsplit=1)[0].lower(), "en_US")


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
    language, place = babel_locale(locale), zone(timezone)
    title = zone_title(timezone, language)
    first, last = start.astimezone(place), end.astimezone(place)
    return TimeWords(
        weekday=format_date(first, "EEEE", locale=language),
        day=format_date(first, "EEEE, MMMM d", locale=language),
        day_short=format_date(first, "EEE, MMM d", locale=language),
        start=_clock(first, language),
        end=_clock(last, language),
        zone=title,
        zone_short=title.partition(" (")[0],
    )


def _clock(at: datetime, language: str) -> str:
    return format_time(at.time(), "h:mm a", locale=language).lower()
