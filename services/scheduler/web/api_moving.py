"""Another time for two, for programs: ask for one, say yes or no to it, take it back (N7)."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any

from flask import Response, make_response
from flask_smorest import Blueprint
from marshmallow import Schema, fields
from sqlalchemy.orm import Session

from services.scheduler.operations import appointments, moving
from services.scheduler.schemas import (
    AppointmentSchema,
    MoveSchema,
    Strict,
    where_they_will_be,
)
from services.scheduler.web import proposed
from services.scheduler.web.api import (
    own_document,
    participating,
    refusing,
    still_permitted,
    wanted_of,
)
from services.scheduler.web.doors import Guest, own_settings
from services.scheduler.web.repeated import RepeatSchema, once, said
from shared.clock import utcnow
from shared.web.audiences import guard_api

agreeing = Blueprint("moving_api", __name__, url_prefix="/api", description="Another time for two.")
guard_api(agreeing)


class YesSchema(Strict):
    """A yes to another time, and where one will be then."""

    location = where_they_will_be()


class ProposalSchema(Schema):
    """Another time for two, in the eyes of one of them; without one, the rest is null."""

    state = fields.String(
        metadata={
            "description": "none; mine: asked for by this person; asked: waits for their answer; "
            "declined: they have said no; over: what they asked for came to nothing."
        }
    )
    start = fields.AwareDateTime(format="iso", allow_none=True)
    end = fields.AwareDateTime(format="iso", allow_none=True)
    reply_by = fields.AwareDateTime(format="iso", allow_none=True)
    practitioner_name = fields.String(allow_none=True)


@agreeing.get("/appointment/proposal")
@agreeing.response(HTTPStatus.OK, ProposalSchema)
def show() -> dict[str, Any]:
    """What is asked for, and what one has to do with it."""
    with participating() as (session, who):
        return _document(session, who)


@agreeing.post("/appointment/proposal")
@agreeing.arguments(RepeatSchema, location="headers")
@agreeing.arguments(MoveSchema)
@agreeing.response(HTTPStatus.CREATED, ProposalSchema)
def propose(sent: dict[str, Any], wanted: dict[str, Any]) -> Response:
    """Ask for another time, where both have to agree; it is kept until `reply_by`.

    409 with what is still free if somebody was quicker; the time they have stands.
    """
    still_permitted("m")
    with participating() as (session, who):

        def act() -> Response:
            assert who.place is not None
            moving.propose(
                session,
                appointment_id=who.place.appointment.id,
                person_id=who.person_id,
                wanted=wanted_of(wanted),
                location=wanted["location"],
                settings=own_settings(),
                now=utcnow(),
            )
            return said(ProposalSchema(), _document(session, who), HTTPStatus.CREATED)

        return once(session, who, sent["key"], act, refusing(session, who, wanted))


@agreeing.delete("/appointment/proposal")
@agreeing.response(HTTPStatus.NO_CONTENT)
def withdraw() -> Response:
    """Take back what one has asked for; where nothing is, the answer is the same."""
    with participating() as (session, who):
        assert who.place is not None
        moving.withdraw(session, appointment_id=who.place.appointment.id, person_id=who.person_id)
    return make_response("", HTTPStatus.NO_CONTENT)


@agreeing.post("/appointment/proposal/accept")
@agreeing.arguments(YesSchema)
@agreeing.response(HTTPStatus.OK, AppointmentSchema)
def accept(answer: dict[str, Any]) -> dict[str, Any]:
    """Say yes: it is moved for both. Said twice, the answer is the same."""
    still_permitted("m")
    with participating() as (session, who):
        assert who.place is not None
        moved = moving.accept(
            session,
            appointment_id=who.place.appointment.id,
            person_id=who.person_id,
            location=answer["location"],
            now=utcnow(),
        )
        return own_document(appointments.place_of(session, moved, who.person_id))


@agreeing.post("/appointment/proposal/decline")
@agreeing.response(HTTPStatus.OK, ProposalSchema)
def decline() -> dict[str, Any]:
    """Say no, without a reason: the time stays, and nobody is told."""
    with participating() as (session, who):
        assert who.place is not None
        moving.decline(session, appointment_id=who.place.appointment.id, person_id=who.person_id)
        return _document(session, who)


def _document(session: Session, who: Guest) -> dict[str, Any]:
    assert who.place is not None
    found = proposed.told(session, who.place)
    if found is None:
        none = dict.fromkeys(("start", "end", "reply_by", "practitioner_name"))
        return {"state": "none", **none}
    return {
        "state": found.state,
        "start": found.when.start,
        "end": found.when.end,
        "reply_by": found.until.start,
        "practitioner_name": found.with_,
    }
