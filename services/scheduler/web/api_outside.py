"""Calendars kept elsewhere, for programs of the staff: the same operations as behind the page."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE

from services.scheduler.operations import outside
from services.scheduler.web.outside_documents import (
    CalendarSchema,
    CalendarsSchema,
    NewCalendarSchema,
    calendar_document,
)
from services.scheduler.web.staff_documents import WhoseSchema
from services.scheduler.web.weeks import editable
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_api
from shared.web.openapi import SIGNED_IN

calendars = Blueprint(
    "outside_api",
    __name__,
    url_prefix="/api/staff/calendars",
    description="Calendars kept elsewhere.",
)
guard_api(calendars, roles={Role.OWNER, Role.CLINICIAN})


@calendars.get("")
@calendars.doc(security=SIGNED_IN)
@calendars.arguments(WhoseSchema, location="query", unknown=RAISE)
@calendars.response(HTTPStatus.OK, CalendarsSchema)
def known(asked: dict[str, Any]) -> dict[str, Any]:
    """The calendars of one clinician, and how each is doing."""
    with database().begin() as session:
        who = editable(session, asked["practitioner_id"])
        kept = outside.of_schedule(session, who.id)
    return {"calendars": [calendar_document(one) for one in kept]}


@calendars.post("")
@calendars.doc(security=SIGNED_IN)
@calendars.arguments(NewCalendarSchema)
@calendars.response(HTTPStatus.CREATED, CalendarSchema)
def add(sent: dict[str, Any]) -> dict[str, Any]:
    """Keep another calendar. It is read within seconds; until then no times are offered."""
    with database().begin() as session:
        who = editable(session, sent.pop("practitioner_id"))
        calendar = outside.add(session, who.id, **sent)
        kept = outside.of_schedule(session, who.id)
    return next(calendar_document(one) for one in kept if one.calendar.id == calendar.id)


@calendars.post("/<uuid:calendar_id>/read")
@calendars.doc(security=SIGNED_IN)
@calendars.arguments(WhoseSchema, location="query", unknown=RAISE)
@calendars.response(HTTPStatus.NO_CONTENT)
def read(asked: dict[str, Any], calendar_id: UUID) -> None:
    """Have it read within seconds instead of minutes."""
    with database().begin() as session:
        who = editable(session, asked["practitioner_id"])
        outside.read_soon(session, who.id, calendar_id)


@calendars.delete("/<uuid:calendar_id>")
@calendars.doc(security=SIGNED_IN)
@calendars.arguments(WhoseSchema, location="query", unknown=RAISE)
@calendars.response(HTTPStatus.NO_CONTENT)
def remove(asked: dict[str, Any], calendar_id: UUID) -> None:
    """Forget the calendar: what is busy there does not count any more."""
    with database().begin() as session:
        who = editable(session, asked["practitioner_id"])
        outside.remove(session, who.id, calendar_id)
