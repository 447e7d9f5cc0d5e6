"""The time picker's page as values: three weeks of days, and the times of one of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from services.scheduler.domain.availability import Offer
from services.scheduler.domain.hours import clock_changes
from services.scheduler.domain.interval import instant
from services.scheduler.operations.offers import Offers
from services.scheduler.web import words
from services.scheduler.web.tickets import slot_value
from shared.web.language import say

WEEKS_SHOWN = 3
_WEEK = timedelta(weeks=1)
_SHOWN = WEEKS_SHOWN * _WEEK

Link = Callable[..., str]
"""Writes the address of this same page for another `day` or `from_`."""


@dataclass(frozen=True)
class Picker:
    """What `scheduler/choose.html` draws."""

    title: str
    caption: str
    weeks: list[list[dict[str, Any] | None]]
    earlier: str | None
    later: str | None
    day: str | None
    parts: list[dict[str, Any]]
    clock_notes: list[str]
    any_free: bool


def picker(
    offers: Offers,
    *,
    zone: ZoneInfo,
    now: datetime,
    link: Link,
    day: date | None = None,
    first: date | None = None,
    near: date | None = None,
) -> Picker:
    """The page for `day`, or for the soonest free day (from `first` on, if that is given).

    With `near`, which nobody asked for: that day if it has times, else the next one that has.
    """
    days = offers.by_day(zone)
    today = now.astimezone(zone).date()
    chosen = day or _soonest(days, first or near) or near
    start = _window(today, first or chosen or today)
    last = start + _SHOWN - timedelta(days=1)
    end = max(days, default=today)
    return Picker(
        title=words.month(max(start, today), last),
        caption=say(
            "Days with free times, %(days)s, %(year)s",
            days=words.days(max(start, today), last),
            year=last.year,
        ),
        weeks=_weeks(start, days, today, chosen, link),
        earlier=link(from_=(start - _SHOWN).isoformat()) if start > today else None,
        later=link(from_=(last + timedelta(days=1)).isoformat()) if end > last else None,
        day=words.day(chosen) if chosen else None,
        parts=_parts(days.get(chosen, []), offers, zone) if chosen else [],
        clock_notes=[words.clock_change(one) for one in clock_changes(zone, start, last)],
        any_free=bool(days),
    )


def _soonest(days: dict[date, list[Offer]], first: date | None) -> date | None:
    return min((one for one in days if first is None or first <= one), default=None)


def _window(today: date, shown: date) -> date:
    """The Sunday with which the three weeks begin that `shown` lies in, counted from this week."""
    sunday = today - timedelta(days=today.isoweekday() % 7)
    return sunday + max(0, (shown - sunday) // _SHOWN) * _SHOWN


def _weeks(
    start: date,
    days: dict[date, list[Offer]],
    today: date,
    chosen: date | None,
    link: Link,
) -> list[list[dict[str, Any] | None]]:
    def cell(one: date) -> dict[str, Any] | None:
        if one < today:
            return None
        return {
            "day": one.day,
            "label": words.day(one),
            "free": _dots(len(days.get(one, []))),
            "href": link(day=one.isoformat()),
            "today": one == today,
            "chosen": one == chosen,
        }

    return [
        [cell(start + week * _WEEK + timedelta(days=n)) for n in range(7)]
        for week in range(WEEKS_SHOWN)
    ]


def _dots(free: int) -> int:
    """No, a few (1), some (2) or many (3) times."""
    return 0 if free == 0 else 1 if free < 4 else 2 if free < 8 else 3


_PARTS = (("Morning", "sun", 0), ("Afternoon", "noon", 12), ("Evening", "moon", 17))


def _parts(offered: Sequence[Offer], offers: Offers, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The times of one day under the parts of the day."""
    parts = [{"name": say(name), "icon": icon, "slots": []} for name, icon, _ in _PARTS]
    seen: set[str] = set()
    for offer in offered:
        at = instant(offer.start).astimezone(zone)
        label = words.clock(at)
        # On the night on which clocks go back the same hour comes twice.
        again = label in seen
        seen.add(label)
        part = max(n for n, (_, _, hour) in enumerate(_PARTS) if at.hour >= hour)
        slots = parts[part]["slots"]
        assert isinstance(slots, list)
        host = offers.first_host(offer)
        slots.append(
            {
                "value": slot_value(instant(offer.start), host.practitioner_id),
                "label": say("%(time)s, the second time", time=label) if again else label,
                "with": host.first_name,
            }
        )
    return parts
