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
from shared.zones import zone

VERB: Final = {Wish.MOVE: "move", Wish.CANCEL: "cancel"}


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
    asked = f"You asked us {_when(row.asked_at, zone_of)} to {VERB[wish]} it."
    if row.outcome is None:
        return f"{asked} Your time stands until we have answered. If it can not wait, please call."
    if row.outcome == Outcome.KEPT:
        return f"{asked} We could not change it this late, so your time stays as it is."
    return f"{asked} That is done."


def _when(at: datetime, zone_of: ZoneInfo) -> str:
    local, today = at.astimezone(zone_of), utcnow().astimezone(zone_of).date()
    if local.date() == today:
        return f"today at {words.clock(local)}"
    return f"on {local:%A} at {words.clock(local)}"
