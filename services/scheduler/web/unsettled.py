"""What waits for staff as values: requests (P2), late wishes (P22), people elsewhere (L43)."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Wish
from services.scheduler.operations import appointments, changes, placings, requests
from services.scheduler.operations.appointments import Entry
from services.scheduler.request_models import ChangeRequest
from services.scheduler.web import agenda, words
from services.scheduler.web.agenda import Line
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web.audiences import current_staff
from shared.zones import zone

ASKS: Final = {Wish.MOVE: "asks for another time", Wish.CANCEL: "asks to cancel"}


@dataclass(frozen=True)
class Waiting:
    """One thing to settle: the appointment as its line, and who wants what of it.

    `until` is when a request lapses; `words` what the person added, for those who may read it. With
    neither a wish nor an end, somebody will be where their clinician holds no license.
    """

    entry: Entry
    line: Line
    when: When
    until: When | None = None
    wish: ChangeRequest | None = None
    asks: str = ""
    asked: str = ""
    added: bool = False
    words: str | None = None


def may_read() -> bool:
    """Whether whoever is signed in may read what a person wrote (L01)."""
    return current_staff().role is not Role.FRONT_DESK


def to_settle(session: Session, *, practitioner_id: UUID | None = None) -> list[Waiting]:
    """What staff have to see to, requests first; names and contact plans included."""
    found = requests.waiting(session, practitioner_id=practitioner_id)
    entries = appointments.entries(session, found)
    kept = [_request(entry) for entry in entries]
    late = changes.unsettled(session, practitioner_id=practitioner_id)
    away = placings.elsewhere(session, now=utcnow(), practitioner_id=practitioner_id)
    return [
        *kept,
        *(wished(session, row, with_words=False) for row in late),
        *(_elsewhere(entry) for entry in away),
    ]


def _elsewhere(entry: Entry) -> Waiting:
    one = entry.appointment
    here = zone(one.schedule.timezone)
    return Waiting(entry=entry, line=line_of(entry), when=When(one.starts_at, one.ends_at, here))


def _request(entry: Entry) -> Waiting:
    one = entry.appointment
    here = zone(one.schedule.timezone)
    assert one.reply_by is not None
    return Waiting(
        entry=entry,
        line=line_of(entry),
        when=When(one.starts_at, one.ends_at, here),
        until=When(one.reply_by, one.reply_by, here),
    )


def wished(session: Session, row: ChangeRequest, *, with_words: bool = True) -> Waiting:
    """A late wish as staff see it."""
    entry = appointments.entry(session, row.appointment_id)
    one = entry.appointment
    here = zone(one.schedule.timezone)
    who = next((person for person in entry.people if person.person_id == row.person_id), None)
    name = who.contact.name if who and who.contact else "A person whose name was erased"
    return Waiting(
        entry=entry,
        line=line_of(entry),
        when=When(one.starts_at, one.ends_at, here),
        wish=row,
        asks=f"{name} {ASKS[Wish(row.wish)]}",
        asked=_when(row, here),
        added=row.words_sealed is not None,
        words=changes.words_of(session, row) if with_words and may_read() else None,
    )


def about(session: Session, appointment_id: UUID) -> list[Waiting]:
    """Every wish there ever was about one appointment, the latest first."""
    rows = changes.of_appointment(session, appointment_id)
    return [wished(session, row) for row in reversed(rows)]


def line_of(entry: Entry) -> Line:
    """An appointment's line in the zone in which its clinician keeps their hours."""
    return agenda.line(entry, zone(entry.appointment.schedule.timezone), utcnow())


def _when(row: ChangeRequest, here: ZoneInfo) -> str:
    local = row.asked_at.astimezone(here)
    return f"{words.day(local.date())}, {words.clock(local)}"
