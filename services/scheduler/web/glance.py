"""What the People page says of each clinician at one look: fit, the week ahead, what is next."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy.orm import Session

from services.scheduler.domain.languages import LANGUAGES
from services.scheduler.domain.timetable import OpenSchedule, Way
from services.scheduler.operations import appointments, offers, schedules
from services.scheduler.operations.question import Question
from services.scheduler.web import words
from services.scheduler.web.doors import own_settings
from services.scheduler.web.weeks import visit
from shared.zones import zone_title

AHEAD: Final = timedelta(days=7)


class Glance(NamedTuple):
    """Of one clinician, in words."""

    booked: str
    next_free: str
    fit: str


def glances(session: Session, *, now: datetime) -> dict[UUID, Glance]:
    """By practitioner. `next_free`: for a first call, as clients are offered it."""
    everyone = schedules.open_schedules(session)
    question = Question(kind=visit(session), notice=own_settings().booking_notice, now=now)
    found = offers.offers(session, question)
    soonest: dict[int, datetime] = {}
    for offer in found.starts:
        for host in offer.hosts:
            soonest.setdefault(host, offers.at(offer))
    entries = appointments.between(session, since=now, until=now + AHEAD)
    booked = Counter(one.appointment.schedule_id for one in entries if not one.held)
    return {
        one.practitioner_id: Glance(
            booked=_booked(booked[one.id]),
            next_free=_when(soonest.get(one.id), one),
            fit=_fit(one),
        )
        for one in everyone
    }


def _booked(count: int) -> str:
    return f"{count or 'Nothing'} booked in the next seven days"


def _when(at: datetime | None, who: OpenSchedule) -> str:
    if at is None:
        return "No free time for a first call"
    local = at.astimezone(who.hours.zone)
    clock = f"{words.day(local.date())}, {words.clock(local)}"
    return f"Next free for a first call: {clock}, {zone_title(who.hours.zone.key)}"


_WAYS: Final = {Way.REMOTE: "by phone or video", Way.IN_PERSON: "in person"}


def _fit(who: OpenSchedule) -> str:
    spoken = [str(LANGUAGES.get(code, code)) for code in sorted(who.languages)]
    ways = [title for way, title in _WAYS.items() if way in who.meets]
    said = [f"{does} {_and(what)}" for does, what in (("Speaks", spoken), ("meets", ways)) if what]
    return ", ".join([*said, *([] if who.sees_couples else ["sees no couples"])])


def _and(words_: list[str]) -> str:
    return " and ".join([", ".join(words_[:-1]), words_[-1]] if len(words_) > 1 else words_)
