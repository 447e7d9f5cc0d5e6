"""IANA time zones from the pinned `tzdata` wheel, never from the machine.

tzdata 2026 changed the rules of Vancouver, Edmonton, Winnipeg and Morocco. A machine whose own
zone files are older would show a caller in Vancouver another hour than their phone does, so every
zone comes from the wheel that the lock file pins, and older data is refused at start.
"""

import zoneinfo
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import get_timezone_location, get_timezone_name

# Wall time 10:00 in Vancouver on this day is 17:00Z by the rules of 2026 and 18:00Z by older ones.
_WITNESS = datetime(2026, 12, 1, 17, tzinfo=UTC)


COMMON = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
)
"""Where most people are who see a page of ours: first in every list."""

_NOT_PLACES = ("Etc/", "SystemV/", "posix/", "right/")


class ZoneDataTooOld(RuntimeError):
    """The time zone data is older than 2026; local times would be wrong."""


class UnknownZone(ValueError):
    """Not the name of a place in the IANA time zone database."""


def use_pinned_zones() -> None:
    """Make zoneinfo read the `tzdata` wheel only. Call before any zone is loaded.

    Raises ZoneDataTooOld when the data that is found predates the rules of 2026.
    """
    zoneinfo.reset_tzpath(())
    ZoneInfo.clear_cache()
    _every_name.cache_clear()
    _names.cache_clear()
    if _WITNESS.astimezone(ZoneInfo("America/Vancouver")).hour != 10:
        raise ZoneDataTooOld(
            "The time zone data is older than 2026 and would show wrong times. "
            "Run `make install` to get the version that Softstart is built with."
        )


@lru_cache(maxsize=1)
def _every_name() -> frozenset[str]:
    # `Factory` means that nobody has set a zone yet.
    return frozenset(zoneinfo.available_timezones() - {"Factory", "localtime", "posixrules"})


@lru_cache(maxsize=1)
def _names() -> frozenset[str]:
    """Names of places: no `EST`, `Etc/GMT+5`, `localtime` or bare abbreviations."""
    return frozenset(
        name
        for name in _every_name()
        if name == "UTC" or ("/" in name and not name.startswith(_NOT_PLACES))
    )


def zone_names() -> list[str]:
    """Every accepted zone name, sorted, for a select."""
    return sorted(_names())


def zone_options(locale: str = "en_US") -> list[tuple[str, str]]:
    """Every accepted zone and its words, for a select: the common ones first and in full."""
    common = [(name, zone_title(name, locale)) for name in COMMON]
    others = [(name, name.replace("_", " ")) for name in zone_names() if name not in COMMON]
    return common + others


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name. Raises UnknownZone."""
    if name not in _names():
        raise UnknownZone(f"{name!r} is not a time zone we know.")
    return ZoneInfo(name)


def zone_of_the_database(name: str) -> ZoneInfo:
    """The zone of any IANA name, such as `Etc/GMT+5`, whether or not it is a place's.

    For documents from elsewhere; whoever chooses one chooses a place. Raises UnknownZone.
    """
    if name not in _every_name():
        raise UnknownZone(f"{name!r} is not a time zone we know.")
    return ZoneInfo(name)


def zone_title(name: str, locale: str = "en_US") -> str:
    """The zone in words, the same all year: "Eastern Time (New York)". Raises UnknownZone."""
    tz = zone(name)
    if name == "UTC":
        # Babel takes UTC for no place at all, and would say that its region is not known.
        return str(Locale.parse(locale).time_zones["Etc/UTC"]["long"]["standard"])
    words = get_timezone_name(tz, width="long", locale=locale, zone_variant="generic")
    city = get_timezone_location(tz, locale=locale, return_city=True).rpartition("/")[2]
    return words if city in words else f"{words} ({city})"
