"""Blocking, opening, days off and being away, by JSON: the same acts and rights as on the pages."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Response, make_response
from flask_smorest import Blueprint
from marshmallow import RAISE, Schema, fields
from sqlalchemy.dialects.postgresql import Range

from services.scheduler.domain.errors import BadStretch
from services.scheduler.operations import absences, openings, schedules
from services.scheduler.practice_models import TimeChange, TimeOff
from services.scheduler.schemas import Strict
from services.scheduler.web.absences import settle, start_absence
from services.scheduler.web.api_staff import PREFIX, NeedsAnotherLook
from services.scheduler.web.rights import Rights, hand, whose
from services.scheduler.web.staff_documents import WhoseSchema
from services.scheduler.web.staff_forms import AwayForm, DaysOffForm, StretchForm
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import EVERY_ROLE, guard_api
from shared.web.openapi import SIGNED_IN
from shared.web.problems import NotFound

time: Final = Blueprint(
    "staff_time_api", __name__, url_prefix=PREFIX, description="Blocked, opened, off, away."
)
guard_api(time, roles=EVERY_ROLE)

AHEAD: Final = timedelta(days=400)


class NewChangeSchema(StretchForm):
    """Time to block or to open, by the wall clock of the clinician; without one, one's own."""

    practitioner_id = fields.UUID(load_default=None)


class ChangeSchema(Schema):
    """A stretch that staff blocked or opened."""

    id = fields.Integer()
    what = fields.String(metadata={"description": "block or open"})
    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")
    reason = fields.String()
    standing = fields.List(
        fields.UUID(),
        metadata={"description": "Appointments within a block: they stay until people move them."},
    )


class ChangesSchema(Schema):
    """From now on, in order of time."""

    practitioner_id = fields.UUID()
    timezone = fields.String()
    changes = fields.List(fields.Nested(ChangeSchema))


class NewDaysOffSchema(DaysOffForm):
    """Whole local days off for one clinician; without one, oneself."""

    practitioner_id = fields.UUID(load_default=None)


class DaysOffSchema(Schema):
    """Whole days off; those of the whole practice are kept elsewhere."""

    id = fields.Integer()
    first_day = fields.Date()
    last_day = fields.Date()
    reason = fields.String()


@time.get("/time-changes")
@time.doc(security=SIGNED_IN)
@time.arguments(WhoseSchema, location="query", unknown=RAISE)
@time.response(HTTPStatus.OK, ChangesSchema)
def changes(asked: dict[str, Any]) -> dict[str, Any]:
    """What is blocked or opened from now on."""
    now = utcnow()
    with database().begin() as session:
        who = whose(session, asked["practitioner_id"])
        found = openings.changes(session, [who.id], during=Range(now, now + AHEAD, bounds="[)"))
        return {
            "practitioner_id": who.practitioner_id,
            "timezone": who.hours.zone.key,
            "changes": [_change(session, who.practitioner_id, one) for one in found],
        }


def _change(session: Any, practitioner_id: UUID, one: TimeChange) -> dict[str, Any]:
    standing = (
        [] if one.opens else absences.affected(session, practitioner_id, one.during, now=utcnow())
    )
    return {
        "id": one.id,
        "what": "open" if one.opens else "block",
        "start": one.during.lower,
        "end": one.during.upper,
        "reason": one.reason,
        "standing": [entry.appointment.id for entry in standing],
    }


@time.post("/time-changes")
@time.doc(security=SIGNED_IN)
@time.arguments(NewChangeSchema)
@time.response(HTTPStatus.CREATED, ChangeSchema)
def change(sent: dict[str, Any]) -> dict[str, Any]:
    """Block a stretch or open one. Appointments in it stay. Sent twice, it is there once."""
    with database().begin() as session:
        who = whose(session, sent["practitioner_id"])
        opens, rights = sent["what"] == "open", Rights.mine(session)
        (rights.refuse_bending if opens else rights.refuse_blocking)(who.practitioner_id)
        try:
            during = openings.stretch(sent["day"], sent["starts"], sent["ends"], who.hours.zone)
            row = openings.change(
                session, who.id, during=during, opens=opens, by=hand(sent["reason"]), now=utcnow()
            )
        except BadStretch as bad:
            raise NeedsAnotherLook({"until": [str(bad)]}) from bad
        return _change(session, who.practitioner_id, row)


@time.delete("/time-changes/<int:change_id>")
@time.doc(security=SIGNED_IN)
@time.response(HTTPStatus.NO_CONTENT)
def remove(change_id: int) -> Response:
    """Back to the usual hours there."""
    with database().begin() as session:
        row = openings.find(session, change_id)
        if row is None:
            raise NotFound
        _refuse_blocking(session, row)
        openings.remove(session, change_id)
    return make_response("", HTTPStatus.NO_CONTENT)


def _refuse_blocking(session: Any, row: TimeChange | TimeOff) -> None:
    for one in schedules.open_schedules(session):
        if one.id == row.schedule_id:
            Rights.mine(session).refuse_blocking(one.practitioner_id)


@time.post("/days-off")
@time.doc(security=SIGNED_IN)
@time.arguments(NewDaysOffSchema)
@time.response(HTTPStatus.CREATED, DaysOffSchema)
def take_off(sent: dict[str, Any]) -> TimeOff:
    """Whole local days off. Appointments on them stay."""
    with database().begin() as session:
        who = whose(session, sent["practitioner_id"])
        Rights.mine(session).refuse_blocking(who.practitioner_id)
        try:
            openings.whole_days(sent["first_day"], sent["last_day"], who.hours.zone)
            return openings.take_off(
                session,
                who.id,
                first=sent["first_day"],
                last=sent["last_day"],
                reason=sent["reason"] or "",
                today=utcnow().astimezone(who.hours.zone).date(),
            )
        except BadStretch as bad:
            raise NeedsAnotherLook({"last_day": [str(bad)]}) from bad


@time.delete("/days-off/<int:off_id>")
@time.doc(security=SIGNED_IN)
@time.response(HTTPStatus.NO_CONTENT)
def remove_off(off_id: int) -> Response:
    """These are usual days again."""
    with database().begin() as session:
        row = openings.find_off(session, off_id)
        if row is None:
            raise NotFound
        _refuse_blocking(session, row)
        openings.remove_off(session, off_id)
    return make_response("", HTTPStatus.NO_CONTENT)


# ---------------------------------------------------------------- away


class PlanSchema(Strict):
    """What is to become of one appointment: given to a colleague, or, without one, cancelled."""

    appointment_id = fields.UUID(required=True)
    practitioner_id = fields.UUID(load_default=None)


class NewAbsenceSchema(AwayForm):
    """Somebody is away: choose a new random `id`; the same one again begins nothing new."""

    practitioner_id = fields.UUID(load_default=None)
    plans = fields.List(fields.Nested(PlanSchema), required=True)


class VisitSchema(Schema):
    """What became of one of them."""

    appointment_id = fields.UUID()
    plan = fields.String()
    outcome = fields.String(
        allow_none=True,
        metadata={"description": "cancelled, given, gone or refused; null while it waits."},
    )
    called_at = fields.AwareDateTime(format="iso", allow_none=True)


class AbsenceSchema(Schema):
    """An absence, and how far everyone has been seen to."""

    id = fields.UUID()
    reason = fields.String()
    visits = fields.List(fields.Nested(VisitSchema))


@time.post("/absences")
@time.doc(security=SIGNED_IN)
@time.arguments(NewAbsenceSchema)
@time.response(HTTPStatus.CREATED, AbsenceSchema)
def begin(sent: dict[str, Any]) -> dict[str, Any]:
    """Block the days, and cancel or give away each appointment of the list, each once."""
    with database().begin() as session:
        who = whose(session, sent["practitioner_id"])
        Rights.mine(session).refuse_blocking(who.practitioner_id)
        plans = {one["appointment_id"]: one["practitioner_id"] for one in sent["plans"]}
        days = (sent["first_day"], sent["last_day"])
        try:
            start_absence(session, who, sent["id"], days, sent["reason"], plans)
        except BadStretch as bad:
            raise NeedsAnotherLook({"last_day": [str(bad)]}) from bad
    settle(sent["id"])
    return _absence(sent["id"])


@time.get("/absences/<uuid:absence_id>")
@time.doc(security=SIGNED_IN)
@time.response(HTTPStatus.OK, AbsenceSchema)
def absence(absence_id: UUID) -> dict[str, Any]:
    """How far everyone has been seen to."""
    return _absence(absence_id)


def _absence(absence_id: UUID) -> dict[str, Any]:
    with database().begin() as session:
        found = absences.find(session, absence_id)
        if found is None:
            raise NotFound
        return {
            "id": found.id,
            "reason": found.reason,
            "visits": list(absences.visits(session, absence_id)),
        }
