"""What stands in a calendar besides the hours, each thing as words for a narrow place.

The table and the plain list write the same words, so that neither says more than the other.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.dialects.postgresql import Range

from services.scheduler.domain.contact import Contact
from services.scheduler.domain.hours import day_bounds
from services.scheduler.domain.interval import instant
from services.scheduler.operations.appointments import Entry
from services.scheduler.operations.calendar import Standing
from services.scheduler.operations.schedules import PRIVATE_CALL
from services.scheduler.web import words
from shared.vocabulary import AppointmentStatus

_SURE = {
    AppointmentStatus.PENDING: ", not confirmed",
    AppointmentStatus.ARRIVED: ", here",
    AppointmentStatus.FULFILLED: ", came",
    AppointmentStatus.NOSHOW: ", did not come",
}


@dataclass(frozen=True)
class Mark:
    """Something from `start` until `end`. `kind` is the class that draws it, `what` its words."""

    start: datetime
    end: datetime
    kind: str
    what: str
    appointment_id: UUID | None = None
    reason: str = ""

    @property
    def people(self) -> bool:
        """Whether somebody has this time, or keeps it for a moment."""
        return self.kind not in (CLOSED, OPENED)


CLOSED = "ev-block"
OPENED = "ev-opened"


def marks(standing: Standing, zone: ZoneInfo) -> list[Mark]:
    """Everything that stands there, people first, the rest in order of time; days are `zone`'s."""
    found = [_appointment(entry, zone) for entry in standing.entries]
    found += [
        _mark(
            one.during,
            OPENED if one.opens else CLOSED,
            "Opened" if one.opens else "Blocked",
            one.reason,
        )
        for one in standing.changes
    ]
    found += [
        Mark(
            instant(day_bounds(one.first_day, zone).start),
            instant(day_bounds(one.last_day, zone).end),
            CLOSED,
            "Day off" if one.schedule_id else "Closed",
            reason=one.reason,
        )
        for one in standing.off
    ]
    found += [_mark(one.during, CLOSED, "Busy elsewhere", "") for one in standing.elsewhere]
    return sorted(found, key=lambda one: (not one.people, one.start))


def _mark(during: Range[datetime], kind: str, what: str, reason: str) -> Mark:
    assert during.lower is not None
    assert during.upper is not None
    return Mark(during.lower, during.upper, kind, what, reason=reason)


def _appointment(entry: Entry, zone: ZoneInfo) -> Mark:
    one = entry.appointment
    if entry.held:
        until = words.clock(one.hold_until.astimezone(zone)) if one.hold_until else ""
        return Mark(one.starts_at, one.ends_at, "ev-held", f"Held until {until}")
    status = AppointmentStatus(one.status)
    names = " and ".join(short(who.contact) for who in entry.people)
    if one.couple_id is not None:
        kind = "ev-two"
    elif one.type.code == PRIVATE_CALL:
        kind, names = "ev-first", f"{names}, call"
    else:
        kind = "ev-one"
    if status is AppointmentStatus.PENDING:
        kind += " ev-unsure"
    return Mark(one.starts_at, one.ends_at, kind, names + _SURE.get(status, ""), one.id)


def short(contact: Contact | None) -> str:
    """A name for a narrow cell on a screen that others may see: "Rowan T."."""
    if contact is None:
        return "Someone"
    first, *rest = contact.name.split() or ["Someone"]
    return f"{first} {rest[-1][0]}." if rest else first


def on_day(found: list[Mark], day: date, zone: ZoneInfo) -> Iterator[Mark]:
    """Those that touch a local day, cut to it; who has a time is where it begins."""
    bounds = day_bounds(day, zone)
    first, last = instant(bounds.start), instant(bounds.end)
    for one in found:
        if one.people:
            if first <= one.start < last:
                yield one
        elif one.start < last and first < one.end:
            yield Mark(
                max(one.start, first), min(one.end, last), one.kind, one.what, reason=one.reason
            )
