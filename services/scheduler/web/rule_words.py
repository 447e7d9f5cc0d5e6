"""Rules in words: their names, their values, and what was changed about them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from babel import Locale
from sqlalchemy.orm import Session

from services.scheduler.domain import public_holidays
from services.scheduler.domain.languages import LANGUAGES
from services.scheduler.models import AppointmentType
from services.scheduler.operations import appointment_types, directory, places, schedules
from services.scheduler.operations.rule_changes import latest
from services.scheduler.practice_models import RuleChange
from services.scheduler.web import words
from shared.places import NAMES
from shared.zones import zone_title

WAYS: Final = {"remote": "By phone or video", "in-person": "In person, in a room"}
_LABELS: Final = {
    "title": "Name",
    "duration": "Length",
    "step": "Begins every",
    "buffer_before": "Quiet before",
    "buffer_after": "Quiet after",
    "notice": "Notice before booking",
    "horizon": "How far ahead",
    "cancel_notice": "Cancel until",
    "move_notice": "Move until",
    "in_person": "In person",
    "for_two": "For two",
    "staff_only": "Only staff book it",
    "confirm": "Staff confirm",
    "cap_per_day": "At most a day",
    "cap_per_week": "At most a week",
    "ended": "Ended",
    "closed": "Closed",
    "name": "Name",
    "address": "Address",
    "location_id": "Location",
    "region": "Holidays of",
    "worked": "Open all the same on",
    "move_needs_both": "Both agree to move a time for two",
    "first_day": "First day",
    "last_day": "Last day",
    "reason": "Why",
    "languages": "Languages",
    "meets": "Meets people",
    "sees_couples": "Sees couples",
    "since": "From",
    "until": "Until",
    "appointment_type": "Only for",
    "hours": "Hours",
    "timezone": "Time zone",
    "neutral_sender": "Name on pages and in messages",
    "phone": "Phone",
}
_HOURS: Final = ("notice", "cancel_notice", "move_notice")
_MINUTES: Final = ("duration", "step", "buffer_before", "buffer_after")


def hours(length: timedelta | None) -> str:
    """A window: "12 hours", "1 hour", "90 min"; none: the practice's."""
    if length is None:
        return "as everywhere"
    minutes = round(length / timedelta(minutes=1))
    if minutes % 60:
        return f"{minutes} min"
    return f"{minutes // 60} hour{'' if minutes == 60 else 's'}"


def days(length: timedelta) -> str:
    """How far ahead: "42 days"."""
    return f"{length.days} day{'' if length.days == 1 else 's'}"


def value(field: str, given: Any) -> str:
    """One value of a rule, as history kept it."""
    if isinstance(given, bool):
        return "yes" if given else "no"
    if field in _HOURS:
        return hours(None if given is None else timedelta(minutes=given))
    if given in (None, "", [], 0):
        return "none"
    say = _SAID.get(field)
    return say(given) if say else str(given)


def _listed(names: Mapping[str, str]) -> Callable[[Any], str]:
    return lambda given: ", ".join(names.get(one, str(one)) for one in given)


def region(code: str) -> str:
    """A region as people call it: "New York", "Germany", "Germany, BY"."""
    country, _, part = code.partition("-")
    if country == "US" and part:
        return NAMES.get(part, part)
    name = _countries().get(country, country)
    return f"{name}, {part}" if part else name


_SAID: Final[Mapping[str, Callable[[Any], str]]] = {
    **dict.fromkeys(_MINUTES, words.minutes),
    **dict.fromkeys(
        ("first_day", "last_day", "since", "until"),
        lambda day: words.full_day(date.fromisoformat(day)),
    ),
    "horizon": lambda minutes: days(timedelta(minutes=minutes)),
    "region": region,
    "languages": _listed(LANGUAGES),
    "meets": _listed(WAYS),
    "worked": _listed({}),
    "hours": _listed({}),
    "timezone": zone_title,
}


@lru_cache(maxsize=1)
def _countries() -> Mapping[str, str]:
    return dict(Locale("en").territories)


@lru_cache(maxsize=1)
def regions() -> Sequence[tuple[str, str]]:
    """The regions to choose from: each state, then the countries by name."""
    states = sorted(
        (f"US-{part}" for part in public_holidays.regions()["US"] if part in NAMES), key=region
    )
    countries = sorted(public_holidays.regions(), key=region)
    return [(code, region(code)) for code in (*states, *countries)]


def stands(count: int, where: str) -> str:
    """Whoever has a time that the rules would not give any more keeps it; nobody: no words.

    `where` has {is_} or {lies} for its verb.
    """
    if count == 0:
        return ""
    if count == 1:
        return f"One appointment {where.format(is_='is', lies='lies')}; it stands."
    return f"{count} appointments {where.format(is_='are', lies='lie')}; they stand."


def named_errors(errors: Mapping[str, list[str]]) -> dict[str, str]:
    """For the box on top of a page, where a sentence stands without its field: with its name."""
    return {
        field: f"{_LABELS[field]}: {said[0]}" if field in _LABELS else said[0]
        for field, said in errors.items()
    }


def summary(kind: AppointmentType) -> str:
    """A type in a line."""
    said = [
        words.minutes(round(kind.duration / timedelta(minutes=1))),
        "in person" if kind.in_person else "by phone or video",
    ]
    if kind.for_two:
        said.append("for two")
    if kind.staff_only:
        said.append("staff book it")
    if kind.confirm:
        said.append("staff confirm")
    return ", ".join(said)


# ---------------------------------------------------------------- what was changed


def trail(
    session: Session, zone: ZoneInfo, about: str = "", *, count: int = 20
) -> list[dict[str, Any]]:
    """The latest changes: who, when, about what, and each field from what to what."""
    rows = latest(session, about, count=count)
    names = _names(session) if rows else {}
    return [
        {
            "who": names.get(row.actor, "Somebody"),
            "day": words.full_day(row.at.astimezone(zone).date()),
            "clock": words.clock(row.at.astimezone(zone)),
            "what": names.get(row.about) or _of_its_own(row, names),
            "lines": _lines(row, names),
        }
        for row in rows
    ]


def _names(session: Session) -> dict[str, str]:
    """What the hands and the rules are called now."""
    found = {f"staff:{one.id}": one.name for one in directory.everyone(session)}
    found |= {f"type:{one.code}": one.title for one in appointment_types.every(session)}
    for house in places.houses(session):
        found[f"location:{house.location.id}"] = house.location.name
        found |= {f"room:{one.id}": f"{one.name}, {house.location.name}" for one in house.rooms}
    for one in schedules.practitioners(session):
        for about in ("fit", "shares", "hours", "zone"):
            found[f"{about}:{one.id}"] = one.name
    return found


_OF_THEIR_OWN: Final = {
    "holidays": "Public holidays",
    "closure": "Closed days",
    "couples": "Times for two",
    "practice": "The practice",
}


def _of_its_own(row: RuleChange, names: Mapping[str, str]) -> str:
    if row.about.startswith("hours:"):
        return f"{names.get(row.about.rpartition(':')[0], 'Somebody')}: weekly hours"
    return _OF_THEIR_OWN.get(row.about.partition(":")[0], row.about)


def _lines(row: RuleChange, names: Mapping[str, str]) -> list[str]:
    about, _, _ = row.about.partition(":")
    if about == "hours" and not (row.before and row.after):
        kept = row.after or row.before
        said = ", ".join(
            f"{_label(about, name, names).lower()} {_said(about, name, kept[name], names)}"
            for name in ("since", "until", "appointment_type", "location_id")
            if kept.get(name) is not None
        )
        of = f" ({said})" if said else ""
        return [f"{'Added' if row.after else 'Taken away'}{of}: {value('hours', kept['hours'])}"]
    if not row.before:
        said = _ended(row.after) if about == "closure" else "Added."
        return [said]
    if not row.after:
        return [f"Open again: {_ended(row.before)}"]
    order = [*_LABELS]
    return [
        f"{_label(about, name, names)}: {_said(about, name, row.before.get(name), names)}"
        f" → {_said(about, name, row.after.get(name), names)}"
        for name in sorted(
            {*row.before, *row.after},
            key=lambda name: (order.index(name) if name in order else -1, name),
        )
    ]


def _label(about: str, name: str, names: Mapping[str, str]) -> str:
    return names.get(f"type:{name}", name) if about == "shares" else _LABELS.get(name, name)


def _said(about: str, name: str, given: Any, names: Mapping[str, str]) -> str:
    if about == "shares":
        return f"share {given}" if given else "not given"
    if name == "appointment_type" and given:
        return names.get(f"type:{given}", str(given))
    if name == "location_id" and given:
        return names.get(f"location:{given}", "another location")
    return value(name, given)


def _ended(facts: Mapping[str, Any]) -> str:
    first, last = date.fromisoformat(facts["first_day"]), date.fromisoformat(facts["last_day"])
    why = f" ({facts['reason']})" if facts.get("reason") else ""
    return f"{words.full_days(first, last)}{why}"
