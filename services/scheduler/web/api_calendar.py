"""The calendar by JSON: what stands there, and what moving somebody to a time would mean."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields, validate
from sqlalchemy.orm import Session

from services.scheduler.domain.contact import Contact, staff_plan
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import appointments, calendar
from services.scheduler.operations.appointments import Entry
from services.scheduler.schemas import Day, Strict, WallTime
from services.scheduler.web import agenda, desk_calendar
from services.scheduler.web.api_staff import PREFIX
from services.scheduler.web.doors import own_settings
from services.scheduler.web.on_behalf import to_move
from services.scheduler.web.rights import Rights, whose
from services.scheduler.web.rules import Broken, broken
from services.scheduler.web.staff_times import wall_start
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.vocabulary import AppointmentStatus, Channel
from shared.web import database
from shared.web.audiences import EVERY_ROLE, guard_api
from shared.web.openapi import SIGNED_IN

calendar_api: Final = Blueprint(
    "staff_calendar_api", __name__, url_prefix=PREFIX, description="What stands in the calendar."
)
guard_api(calendar_api, roles=EVERY_ROLE)


class DaysOfQuery(Strict):
    """Which local days of whose calendar; without a clinician, one's own or the first."""

    practitioner_id = fields.UUID(load_default=None)
    from_ = Day(data_key="from", required=True)
    days = fields.Integer(load_default=7, validate=validate.Range(1, 14))


class OpenSchema(Schema):
    """A stretch of the usual hours."""

    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")


class MarkSchema(OpenSchema):
    """Something that stands there. `what`: the short words of the calendar page."""

    kind = fields.String(
        metadata={"description": "first, one, two (and then maybe unsure), held, block or opened"}
    )
    what = fields.String()
    reason = fields.String()
    appointment_id = fields.UUID(allow_none=True)
    movable = fields.Boolean()


class DeskCalendarSchema(Schema):
    """Some days of one clinician, each instant with the offset of their zone."""

    practitioner_id = fields.UUID()
    timezone = fields.String()
    open = fields.List(fields.Nested(OpenSchema))
    marks = fields.List(fields.Nested(MarkSchema))


class MovingQuery(Strict):
    """A time by the wall clock of a clinician; without one, of the one who has it now."""

    practitioner_id = fields.UUID(load_default=None)
    day = Day(required=True)
    at = WallTime(required=True)


class MovingSchema(Schema):
    """What moving it there would mean. Nothing is changed by asking, and nothing is kept."""

    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")
    who = fields.String()
    was = fields.String()
    will_be = fields.String()
    possible = fields.Boolean(metadata={"description": "Whether whoever asks may move it there."})
    rule = fields.String(
        allow_none=True, metadata={"description": "Which rule that time breaks, if any."}
    )
    reason_needed = fields.Boolean()
    told = fields.List(
        fields.String(), metadata={"description": "Who is told of it, and how, one sentence each."}
    )


@calendar_api.get("/calendar")
@calendar_api.doc(security=SIGNED_IN)
@calendar_api.arguments(DaysOfQuery, location="query", unknown=RAISE)
@calendar_api.response(200, DeskCalendarSchema)
def shown(asked: dict[str, Any]) -> dict[str, Any]:
    """Some days of one clinician: the open hours, who comes, and what closes the rest."""
    with database().begin() as session:
        who = whose(session, asked["practitioner_id"])
        here, first = who.hours.zone, asked["from_"]
        standing = calendar.read(
            session,
            [who],
            since=agenda.midnight(first, here),
            until=agenda.midnight(first + timedelta(days=asked["days"]), here),
        )
        return {
            "practitioner_id": who.practitioner_id,
            "timezone": here.key,
            **desk_calendar.document(who, standing.of(who), first, asked["days"]),
        }


@calendar_api.get("/appointments/<uuid:appointment_id>/moving")
@calendar_api.doc(security=SIGNED_IN)
@calendar_api.arguments(MovingQuery, location="query", unknown=RAISE)
@calendar_api.response(200, MovingSchema)
def moving(asked: dict[str, Any], appointment_id: UUID) -> dict[str, Any]:
    """Which rule the time breaks, and what each person would be told, before it is moved."""
    now = utcnow()
    with database().begin() as session:
        entry = appointments.entry(session, appointment_id)
        one = entry.appointment
        who = whose(session, asked["practitioner_id"] or one.schedule.practitioner_id)
        start = wall_start(asked["day"], asked["at"], who.hours.zone)
        end = start + (one.ends_at - one.starts_at)
        found = _against(session, entry, who, start, now)
        bends = Rights.mine(session).may_bend(who.practitioner_id)
        other = who.practitioner_id != one.schedule.practitioner_id
    return {
        "start": start,
        "end": end,
        "who": " and ".join(
            str(person["name"]) for person in agenda.line(entry, who.hours.zone, now).people
        ),
        "was": When(one.starts_at, one.ends_at, who.hours.zone).weekday_clock,
        "will_be": When(start, end, who.hours.zone).weekday_clock,
        "possible": found is None or (found.ever and bends),
        "rule": found.sentence if found else None,
        "reason_needed": other or found is not None,
        "told": [told(person.contact, own_settings().channels) for person in entry.people],
    }


def _against(
    session: Session, entry: Entry, who: OpenSchedule, start: datetime, now: datetime
) -> Broken | None:
    """What stands against that start for whoever has this appointment."""
    if entry.appointment.status != AppointmentStatus.BOOKED:
        return Broken("Only what is booked can be moved.", ever=False)
    if start <= now:
        return Broken("That time is over.", ever=False)
    question = to_move(session, entry.appointment.id).question
    return broken(session, who, start, question, besides=question.besides)


def told(contact: Contact | None, channels: frozenset[Channel]) -> str:
    """How one person hears of a new time: never by a way that they did not call safe (L33)."""
    if contact is None:
        return "Nobody can be told: the name was erased."
    if contact.can_be_written_to(channels):
        ways = [
            word
            for word, way in (("email", Channel.EMAIL), ("text", Channel.SMS))
            if contact.can_be_written_to({way} & channels)
        ]
        return f"{contact.name} gets a short note with the new time, by {' or '.join(ways)}."
    if contact.can_be_called:
        plan = staff_plan(contact)[1]
        return f"{contact.name} is not written to. Please call {contact.shown_phone}. {plan}"
    return f"{contact.name} may not be written to or called, and hears of it when they call us."
