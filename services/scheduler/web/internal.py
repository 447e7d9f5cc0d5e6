"""What the other services may ask, with a service token: ids in, times and public facts out."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from services.scheduler.joint_models import MoveProposal
from services.scheduler.operations import (
    appointment_types,
    appointments,
    directory,
    proposals,
    schedules,
    staff,
    waitlist,
    waitlist_answers,
)
from services.scheduler.operations.appointments import Place
from services.scheduler.operations.waitlist_answers import Offered
from services.scheduler.web import tickets
from services.scheduler.web.doors import own_settings
from services.scheduler.web.words import initials
from shared.clock import utcnow
from shared.practice import decided
from shared.vocabulary import AppointmentStatus as Status
from shared.web import database, public_link
from shared.web.audiences import guard_internal
from shared.web.problems import NotFound

pages = Blueprint("internal", __name__, url_prefix="/internal")
guard_internal(pages)


@pages.get("/appointments/<uuid:appointment_id>/for/<uuid:person_id>")
def appointment_for(appointment_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """One person's part of an appointment, as it is now: what a message to them may say."""
    with database().begin() as session:
        place = appointments.for_person(session, appointment_id=appointment_id, person_id=person_id)
    return jsonify(_document(place))


@pages.get("/practice")
def practice() -> ResponseReturnValue:
    """What the owner decided last about name, number and zone; nothing yet: an empty object."""
    with database().begin() as session:
        found = decided(session)
    return jsonify(found.as_document() if found else {})


@pages.get("/people/<uuid:person_id>/appointments")
def appointments_of(person_id: UUID) -> ResponseReturnValue:
    """Everything that a person has had, the latest first, for the inquiry's page."""
    with database().begin() as session:
        found = appointments.of_person(session, person_id)
    return jsonify([_document(place) for place in found])


@pages.get("/communications/<uuid:communication_id>")
def communication(communication_id: UUID) -> ResponseReturnValue:
    """What is to be sent under this id. Raises NotFound once it is not wanted any more."""
    with database().begin() as session:
        offered = waitlist_answers.told_of(session, communication_id)
        place = appointments.told_of(session, communication_id)
        proposed = proposals.told_of(session, communication_id)
    if offered is not None:
        return jsonify(_offer(offered))
    if proposed is not None:
        proposal, theirs = proposed
        return jsonify(_update(communication_id, theirs, _of_use(proposal, theirs)))
    if place is None or not (place.waiting or place.appointment.status == Status.CANCELLED):
        raise NotFound
    until = place.appointment.reply_by if place.waiting else place.appointment.starts_at
    assert until is not None
    return jsonify(_update(communication_id, place, until))


def _update(communication_id: UUID, place: Place, until: datetime) -> dict[str, object]:
    """The neutral note with the person's own link, the same for whatever it is about."""
    return {
        "communication_id": str(communication_id),
        "person_id": str(place.participant.person_id),
        "purpose": "update",
        "link": tickets.manage_url(place),
        "not_after": until.isoformat(),
    }


def _of_use(proposal: MoveProposal, place: Place) -> datetime:
    """A question is of use until the answer is due, its end until the time they have."""
    return place.appointment.starts_at if proposal.ended_at else proposal.reply_by


@pages.get("/appointment-types")
def types() -> ResponseReturnValue:
    """What can be booked here, those that have ended among them: what reminders are planned by."""
    with database().begin() as session:
        found = appointment_types.every(session)
        return jsonify(
            [
                {"code": one.code, "title": one.title, "ended": one.ended_at is not None}
                for one in found
            ]
        )


@pages.get("/practitioners")
def practitioners() -> ResponseReturnValue:
    """Who sees clients here, as the practice's own page shows them."""
    with database().begin() as session:
        found = schedules.practitioners(session)
    return jsonify(
        [
            {
                "id": str(one.id),
                "name": one.name,
                "credentials": one.credentials,
                "states": one.states,
                "about": one.about,
                "initials": initials(one.name),
            }
            for one in found
        ]
    )


@pages.get("/staff")
def everyone() -> ResponseReturnValue:
    """Who has an account here: whom a task may be given to."""
    with database().begin() as session:
        found = directory.everyone(session)
    return jsonify(
        [
            {
                "account_id": str(one.id),
                "name": one.name,
                "role": one.role,
                "practitioner_id": str(one.practitioner_id) if one.practitioner_id else None,
            }
            for one in found
        ]
    )


@pages.get("/staff/<uuid:account_id>/address")
def staff_address(account_id: UUID) -> Response:
    """How to write to someone who works here. Raises NotFound."""
    with database().begin() as session:
        found = directory.address(session, account_id)
    if found is None:
        raise NotFound
    email, name = found
    return jsonify({"email": email, "name": name})


@pages.get("/staff-sessions/<uuid:session_id>")
def staff_session(session_id: UUID) -> Response:
    """Whose session it is, if it still stands. Raises NotFound."""
    with database().begin() as session:
        found = staff.confirm(session, session_id=session_id, now=utcnow())
    if found is None:
        raise NotFound
    return jsonify(
        {
            "session_id": str(found.id),
            "account_id": str(found.account.id),
            "name": found.account.name,
            "role": found.account.role,
            "second_factor": found.second_factor,
        }
    )


def _offer(offered: Offered) -> dict[str, object]:
    """A time that is kept for somebody: which, where they are, and until when it is of use."""
    one, token = offered.offer, waitlist.offer_token(own_settings(), offered.offer)
    return {
        "communication_id": str(one.communication_id),
        "person_id": str(offered.entry.person_id),
        "purpose": "offer",
        "link": public_link("scheduler", f"/w/{token}"),
        "not_after": one.expires_at.isoformat(),
        "time": {
            "start": one.starts_at.isoformat(),
            "end": offered.ends_at.isoformat(),
            "timezone": offered.entry.timezone,
        },
    }


def _document(place: Place) -> dict[str, object]:
    one = place.appointment
    return {
        "appointment_id": str(one.id),
        "sequence": one.sequence,
        "status": place.status,
        "start": one.starts_at.isoformat(),
        "end": one.ends_at.isoformat(),
        "timezone": place.participant.timezone,
        "how": place.participant.how,
        "type": one.type.code,
        "uid": one.uid,
        "manage_url": tickets.manage_url(place),
        "practitioner_name": place.practitioner.name,
    }
