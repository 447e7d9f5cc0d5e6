"""What a person wished when it was too late to do it alone, in the words of their own page."""

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Outcome, Wish
from services.scheduler.operations import changes
from services.scheduler.operations.appointments import Place
from services.scheduler.request_models import ChangeRequest
from services.scheduler.web import words
from shared.clock import utcnow
from shared.web.language import say
from shared.zones import zone

VERB: Final = {Wish.MOVE: "move", Wish.CANCEL: "cancel"}


ASKED: Final = {
    Wish.MOVE: "You asked us %(when)s to move it.",
    Wish.CANCEL: "You asked us %(when)s to cancel it.",
}
WAITING: Final = "Your time stands until we have answered. If it can not wait, please call."
KEPT: Final = "We could not change it this late, so your time stays as it is."


def told(session: Session, place: Place) -> list[str]:
    """A sentence for each wish of this person, the latest of its kind; nothing of another's."""
    found = changes.of_person(
        session,
        appointment_id=place.appointment.id,
        person_id=place.participant.person_id,
    )
    latest: dict[Wish, ChangeRequest] = {}
    for row in found:
        latest.setdefault(Wish(row.wish), row)
    zone_of = zone(place.participant.timezone)
    return [_sentence(wish, row, zone_of) for wish, row in latest.items()]


def _sentence(wish: Wish, row: ChangeRequest, zone_of: ZoneInfo) -> str:
    asked = say(ASKED[wish], when=_when(row.asked_at, zone_of))
    if row.outcome is None:
        return f"{asked} {say(WAITING)}"
    if row.outcome == Outcome.KEPT:
        return f"{asked} {say(KEPT)}"
    return f"{asked} {say('That is done.')}"


def _when(at: datetime, zone_of: ZoneInfo) -> str:
    local, today = at.astimezone(zone_of), utcnow().astimezone(zone_of).date()
    if local.date() == today:
        return say("today at %(time)s", time=words.clock(local))
    return say("on %(day)s", day=words.weekday_clock(local))
