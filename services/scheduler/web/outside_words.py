"""A calendar kept elsewhere, in plain words: how it is doing, what is wrong, and what follows."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from services.scheduler.calendar_models import OutsideCalendar
from services.scheduler.domain.outside import Policy, Trouble
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations.outside import Kept, Unread
from services.scheduler.web import words
from services.scheduler.web.rights import Rights

POLICIES: Final[Mapping[Policy, str]] = {
    Policy.BLOCK: "Offer no times until it can be read again",
    Policy.STAFF_ONLY: "Offer clients no times; staff may still book",
    Policy.USE_LAST: "Go on with what was read last, until that is too old",
}
AGES: Final[Mapping[int, str]] = {
    60: "1 hour",
    240: "4 hours",
    720: "12 hours",
    1440: "1 day",
    4320: "3 days",
}
"""Minutes after which a reading is too old, and how one says it."""

TROUBLES: Final[Mapping[Trouble, str]] = {
    Trouble.GONE: "The address does not open the calendar any more. Add the calendar again with "
    "a new one.",
    Trouble.SERVER: "The other calendar's server has trouble.",
    Trouble.UNREACHABLE: "Nobody answers at the address.",
    Trouble.NOT_SECURE: "The address can not be opened safely over https.",
    Trouble.PRIVATE_ADDRESS: "The address leads into a private network. Use one on the internet.",
    Trouble.TOO_SLOW: "Reading it took too long.",
    Trouble.NOT_A_CALENDAR: "At the address there is a page, not a calendar. Look for its iCal or "
    "ICS address.",
    Trouble.TOO_LARGE: "The calendar is larger than we can read.",
    Trouble.TOO_MUCH: "Something in it repeats more often than we can follow.",
    Trouble.CUT_OFF: "Its end is missing.",
    Trouble.BAD_LINE: "Some lines of it can not be read.",
    Trouble.BAD_VALUE: "Some times or values in it can not be read.",
    Trouble.BAD_RULE: "An entry repeats by a rule that can not be read.",
    Trouble.NO_START: "An entry does not say when it begins.",
    Trouble.UNKNOWN_ZONE: "An entry names a time zone that nobody knows.",
    Trouble.UNKNOWN_KIND: "It holds a kind of entry that we can not read.",
    Trouble.BACKWARDS: "An entry ends before it begins. The time in between counts as busy.",
    Trouble.SAME_UID: "Different entries have the same name inside. All of them count as busy.",
}


def line(kept: Kept, who: OpenSchedule) -> dict[str, Any]:
    """One calendar for the page: its state as a chip, and sentences that say the rest."""
    calendar = kept.calendar
    chip, said = _state(kept, who)
    return {
        "id": calendar.id,
        "name": calendar.name,
        "host": kept.host,
        "chip": chip,
        "said": said,
        "troubles": [TROUBLES[trouble] for trouble in kept.troubles],
        "policy": POLICIES[Policy(calendar.policy)],
        "age": age(calendar),
    }


def age(calendar: OutsideCalendar) -> str:
    """When a reading of it is too old, in words."""
    minutes = int(calendar.stale_after / timedelta(minutes=1))
    return AGES.get(minutes, f"{minutes} minutes")


def _state(kept: Kept, who: OpenSchedule) -> tuple[tuple[str, str], list[str]]:
    calendar, zone = kept.calendar, who.hours.zone
    if calendar.tried_at is None:
        return ("Not read yet", "wait"), [
            "It is read within a few seconds. Until then no times are offered."
        ]
    times = "1 busy time" if kept.busy_times == 1 else f"{kept.busy_times} busy times"
    read = (
        f"Last read {moment(calendar.read_at, zone)}, {times} ahead."
        if calendar.read_at
        else "It has never been read."
    )
    if calendar.failing_since is None and not kept.withheld:
        return ("Read", "ok"), [read, f"Next at {_clock(calendar.due_at, zone)}."]
    since = f"since {moment(calendar.failing_since, zone)}" if calendar.failing_since else "lately"
    return ("Can not be read", "urgent" if kept.withheld else "day"), [
        f"It could not be read {since}.",
        read,
        _consequence(kept, who),
        f"We try again at {_clock(calendar.due_at, zone)}.",
    ]


def _consequence(kept: Kept, who: OpenSchedule) -> str:
    calendar = kept.calendar
    if kept.withheld:
        return kept_back(calendar, who.first_name)
    assert calendar.read_at is not None
    until = moment(calendar.read_at + calendar.stale_after, who.hours.zone)
    return f"What was read last holds until {until}."


def kept_back(calendar: OutsideCalendar, name: str) -> str:
    """What it means for people that nothing is offered because of it."""
    if calendar.policy == Policy.STAFF_ONLY:
        return f"Clients are offered no times with {name}; staff may still book."
    return f"No times are offered with {name} until it is read again."


def banners(unread: Iterable[Unread], rights: Rights) -> list[dict[str, Any]]:
    """What stands on top of Today and the calendar, with a link for who may change it."""
    return [
        {
            "name": one.practitioner.name,
            "withheld": one.withheld,
            "consequence": kept_back(one.calendar, one.practitioner.name.split()[0])
            if one.withheld
            else "What was read last still holds.",
            "who": one.practitioner.id if rights.may_bend(one.practitioner.id) else None,
        }
        for one in unread
    ]


def moment(at: datetime, zone: ZoneInfo) -> str:
    """Day and time by the clinician's own clock: "Wednesday, November 25 at 10:05 am"."""
    there = at.astimezone(zone)
    return f"{words.day(there.date())} at {words.clock(there)}"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return words.clock(at.astimezone(zone))
