"""A late wish about an appointment, for programs: asked for, and what became of it (P22)."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.scheduler.operations import appointments, changes
from services.scheduler.web import tickets
from services.scheduler.web.api import participating
from services.scheduler.web.doors import Guest, own_settings
from services.scheduler.web.late_forms import WishesSchema, WishForm
from shared.clock import utcnow
from shared.web.audiences import guard_api

late = Blueprint(
    "late_api", __name__, url_prefix="/api", description="Asking for a change when it is late."
)
guard_api(late)


@late.get("/appointment/wishes")
@late.response(HTTPStatus.OK, WishesSchema)
def wishes() -> dict[str, Any]:
    """What one asked for, and what became of it; nothing of anybody else's."""
    with participating() as (session, who):
        return _document(session, who)


@late.post("/appointment/wishes")
@late.arguments(WishForm)
@late.response(HTTPStatus.CREATED, WishesSchema)
def ask(sent: dict[str, Any]) -> dict[str, Any]:
    """Ask staff to move or to cancel it; the time stands until they have. Sent twice, it is one.

    409 while one can do it alone, and once the time is over.
    """
    with participating() as (session, who):
        assert who.place is not None
        changes.ask(
            session,
            appointment_id=who.place.appointment.id,
            person_id=who.person_id,
            wish=sent["wish"],
            words=sent["words"],
            settings=own_settings(),
            now=utcnow(),
        )
        return _document(session, who)


def _document(session: Session, who: Guest) -> dict[str, Any]:
    assert who.place is not None
    place = appointments.place_of(session, who.place.appointment, who.person_id)
    ticket = tickets.Ticket.of(place, now=utcnow(), settings=own_settings())
    return {
        "may_ask": ticket.wishes,
        "wishes": changes.of_person(
            session,
            appointment_id=who.place.appointment.id,
            person_id=who.person_id,
        ),
    }
