"""The staff's day as values: who comes when, how to reach them safely, what can be done."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from services.scheduler.domain.appointment import Act, possible
from services.scheduler.domain.contact import Contact, staff_plan
from services.scheduler.domain.hours import day_bounds
from services.scheduler.domain.interval import instant
from services.scheduler.domain.placing import Placing, placing
from services.scheduler.operations.appointments import Attendee, Entry
from services.scheduler.web import words
from shared.places import NAMES
from shared.vocabulary import AppointmentStatus

STATUS: Final = {
    AppointmentStatus.PROPOSED: ("Held", "hold"),
    AppointmentStatus.PENDING: ("Not confirmed", "day"),
    AppointmentStatus.BOOKED: ("Expected", "wait"),
    AppointmentStatus.ARRIVED: ("Here", "ok"),
    AppointmentStatus.FULFILLED: ("Came", "ok"),
    AppointmentStatus.NOSHOW: ("Did not come", "urgent"),
    AppointmentStatus.CANCELLED: ("Cancelled", ""),
}


@dataclass(frozen=True)
class Line:
    """One appointment of a day's list."""

    appointment_id: UUID
    starts: str
    iso: str
    length: str
    people: list[dict[str, Any]]
    what: str
    with_: str
    chip: tuple[str, str]
    over: bool
    where: str
    placed: str
    confirmed: str
    elsewhere: list[str]
    acts: list[tuple[str, str]]


def lines(entries: Iterable[Entry], zone: ZoneInfo, now: datetime) -> list[Line]:
    """The booked entries in order of time. Holds are left out: they may be gone in a minute."""
    return [line(entry, zone, now) for entry in entries if not entry.held]


def line(entry: Entry, zone: ZoneInfo, now: datetime) -> Line:
    """One appointment as its line, times in `zone`."""
    one = entry.appointment
    at = one.starts_at.astimezone(zone)
    placings = [_placing(entry, who, now) for who in entry.people]
    return Line(
        appointment_id=one.id,
        starts=words.clock(at),
        iso=at.strftime("%H:%M"),
        length=words.minutes(int((one.ends_at - one.starts_at) / timedelta(minutes=1))),
        people=[_person(who, placed) for who, placed in zip(entry.people, placings, strict=True)],
        what=f"{one.type.title}, by {entry.how}",
        with_=one.schedule.practitioner.name,
        chip=STATUS[AppointmentStatus(one.status)],
        over=one.ends_at <= now,
        where=" and ".join(
            dict.fromkeys(NAMES[who.location] for who in entry.people if who.location)
        ),
        placed=_PLACED.get(frozenset(one for one in placings if one), ""),
        confirmed=_confirmed([who.confirmed for who in entry.people]),
        elsewhere=[
            f"{_person(who)['name']} will be in {NAMES[who.location or '']}"
            for who in entry.elsewhere
        ],
        acts=acts(entry, now),
    )


def _confirmed(said: Collection[bool]) -> str:
    """Who has texted that they will come, in words; nothing where nobody has."""
    if not any(said):
        return ""
    return "Confirmed by text" if all(said) else "Confirmed by text by one of the two"


_PLACED: Final = {
    frozenset({Placing.SAID}): "confirmed",
    frozenset({Placing.ASKED}): "not confirmed yet",
    frozenset(Placing): "confirmed by one of the two",
}


def _placing(entry: Entry, who: Attendee, now: datetime) -> Placing | None:
    """Whether this person has said, now that it is near, where they will be (L43)."""
    one = entry.appointment
    if one.status not in (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED):
        return None
    return placing(
        how=who.how,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        said_at=who.said_at,
        now=now,
    )


_ACTS: Final = {Act.ARRIVE: "Here now", Act.FULFIL: "Took place", Act.MISS: "Did not come"}


def acts(entry: Entry, now: datetime) -> list[tuple[str, str]]:
    """(act, words) of what staff may say now about whether somebody came."""
    one = entry.appointment
    status = AppointmentStatus(one.status)
    found = [
        (act.value, words_)
        for act, words_ in _ACTS.items()
        if possible(act, status, one.starts_at, now=now)
    ]
    if status is AppointmentStatus.NOSHOW:
        return [(act, "Came after all") for act, _ in found]
    return found


def _person(who: Attendee, placed: Placing | None = None) -> dict[str, Any]:
    return {
        "location": who.location,
        "location_confirmed": None if placed is None else placed is Placing.SAID,
        "participation": "accepted" if who.accepted else "needs-action",
        "inquiry": who.inquiry,
        "inquiry_id": who.inquiry,
    } | reachable(who.contact)


def reachable(contact: Contact | None) -> dict[str, Any]:
    """A name, and how that person may be reached safely: never the one without the other (L33)."""
    if contact is None:
        return {"name": "A person whose name was erased", "plan": None, "phone": None}
    icon, plan = staff_plan(contact)
    return {
        "name": contact.name,
        "pronouns": contact.pronouns,
        "plan": plan,
        "icon": icon,
        "phone": contact.shown_phone if contact.can_be_called else None,
    }


def coming_days(entries: Iterable[Entry], zone: ZoneInfo) -> list[dict[str, Any]]:
    """How many people are booked on each of the days to come that have any."""
    counted: dict[date, int] = {}
    for entry in entries:
        if not entry.held:
            day = entry.appointment.starts_at.astimezone(zone).date()
            counted[day] = counted.get(day, 0) + len(entry.people)
    return [
        {"day": words.day(day), "iso": day.isoformat(), "count": counted[day]}
        for day in sorted(counted)
    ]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins."""
    return instant(day_bounds(day, zone).start)
