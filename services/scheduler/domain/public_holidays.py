"""Days on which a region does not work, by the `holidays` library."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import Final

import holidays

_OBSERVED: Final = " (observed)"


@lru_cache(maxsize=64)
def of_year(region: str, year: int) -> MappingProxyType[date, str]:
    """The holidays of a region like US-NY, by date; of a region that nobody knows, none."""
    country, _, part = region.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=part or None, years=year)
    except (NotImplementedError, AttributeError):
        return MappingProxyType({})
    return MappingProxyType(dict(found))


@lru_cache(maxsize=1)
def regions() -> Mapping[str, tuple[str, ...]]:
    """The countries that the library knows (ISO 3166), each with its parts."""
    known_ones = holidays.list_supported_countries(include_aliases=False)
    return MappingProxyType({country: tuple(parts) for country, parts in known_ones.items()})


def known(region: str) -> bool:
    """Whether it is a country like US, or a part of one like US-NY, that the library knows."""
    country, dash, part = region.partition("-")
    return country in regions() and (not dash or part in regions()[country])


def names(region: str | None, year: int) -> list[str]:
    """What the holidays of that year and the next two are called, each once, in their order."""
    if region is None:
        return []
    return list(
        dict.fromkeys(
            name.removesuffix(_OBSERVED)
            for later in range(3)
            for _, called in sorted(of_year(region, year + later).items())
            for name in called.split("; ")
        )
    )


def closed(region: str | None, worked: Collection[str], first: date, last: date) -> dict[date, str]:
    """The holidays from `first` through `last` by date, but for those in `worked` by name.

    A day on which two are kept is worked when one of them is; so is the day on which a worked one
    is observed.
    """
    if region is None:
        return {}
    return {
        day: name
        for year in range(first.year, last.year + 1)
        for day, name in of_year(region, year).items()
        if first <= day <= last
        and not any(one.removesuffix(_OBSERVED) in worked for one in (*name.split("; "), name))
    }
