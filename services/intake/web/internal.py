"""What the other services ask intake: who may book, and how a person may be reached."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from services.intake.operations import bookings, communications, contacts, practice
from services.intake.operations.contacts import ContactCard
from services.intake.schemas import PermissionQuerySchema
from shared.web import database, settings
from shared.web.audiences import guard_internal
from shared.web.problems import NotFound, flat_errors, problem

internal = Blueprint("internal", __name__, url_prefix="/internal")
guard_internal(internal)


@internal.get("/contacts/<uuid:person_id>")
def contact(person_id: UUID) -> ResponseReturnValue:
    """The newest contact of a person, without any address that may not be used."""
    with database().begin() as session:
        card = contacts.card(session, person_id=person_id)
    if card is None:
        raise NotFound("There is no such person.")
    return jsonify(_on_the_wire(card))


@internal.post("/booking-permissions")
def booking_permission() -> ResponseReturnValue:
    """What the token with this hash permits."""
    try:
        asked = PermissionQuerySchema().load(request.get_json(silent=True) or {})
    except ValidationError as error:
        return problem(422, "That was not understood", errors=list(flat_errors(error.messages)))
    with database().begin() as session:
        found = bookings.permission(session, token_sha256=bytes.fromhex(asked["token_sha256"]))
    if found is None:
        raise NotFound("This token permits nothing.")
    return jsonify(
        permission_id=found.permission_id,
        person_id=found.person_id,
        contact_version=found.contact.version,
        contact=_on_the_wire(found.contact),
        appointment_type=found.appointment_type,
        timezone=found.contact.timezone,
        joint=asdict(found.joint) if found.joint else None,
        unproven=found.unproven,
    )


@internal.get("/communications/<uuid:communication_id>")
def communication(communication_id: UUID) -> ResponseReturnValue:
    """What is to be sent under this id: 404 once it is not wanted any more."""
    with database().begin() as session:
        wanted = communications.find(session, communication_id=communication_id)
    if wanted is None:
        raise NotFound("Nothing is to be sent.")
    return jsonify(
        communication_id=wanted.communication_id,
        person_id=wanted.person_id,
        purpose=wanted.purpose,
        link=wanted.link,
        not_after=wanted.not_after.isoformat(),
    )


@internal.get("/set-up")
def set_up() -> ResponseReturnValue:
    """How far the practice has decided what the form needs: for the page that sets it up."""
    with database().begin() as session:
        decided = practice.current(session)
        states = practice.licensed_states(session, default=settings().practice.licensed_states)
    return jsonify(
        licensed_states=list(states),
        asks_about_self_harm=decided.asks_about_self_harm,
        notice=bool(decided.privacy_notice_version and decided.privacy_notice_date),
    )


def _on_the_wire(card: ContactCard) -> dict[str, Any]:
    return asdict(card)
