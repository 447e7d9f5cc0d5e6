"""Where one will be, said once more before a session by video, for programs (L43)."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any

from flask_smorest import Blueprint

from services.scheduler.operations import appointments, placings
from services.scheduler.schemas import AppointmentSchema, WhereForm
from services.scheduler.web.api import own_document, participating
from shared.clock import utcnow
from shared.web.audiences import guard_api

where = Blueprint(
    "where_api", __name__, url_prefix="/api", description="Where one will be, said once more."
)
guard_api(where)


@where.post("/appointment/where")
@where.arguments(WhereForm)
@where.response(HTTPStatus.OK, AppointmentSchema)
def confirm(sent: dict[str, Any]) -> dict[str, Any]:
    """Say where one will be, while `location_asked` is not null. Nothing is ever cancelled by it.

    409 while nobody asks, and once it is over.
    """
    with participating() as (session, who):
        assert who.place is not None
        appointment_id = who.place.appointment.id
        placings.confirm(
            session,
            appointment_id=appointment_id,
            person_id=who.person_id,
            location=sent["location"],
            now=utcnow(),
        )
        place = appointments.for_person(
            session, appointment_id=appointment_id, person_id=who.person_id
        )
        return own_document(place)
