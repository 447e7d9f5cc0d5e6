"""The console's verbs about an invitation and about two people. For clinicians only.

The front desk is shown nothing of it, on neither person's page.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.intake.couple_models import Couple
from services.intake.models import QuestionnaireResponse, ResponseStatus
from services.intake.operations import (
    audit,
    couples,
    joint,
    joint_permissions,
    personal_pages,
    policies,
)
from services.intake.operations.couples import MayNotInvite, PairView
from services.intake.operations.joint import NotReleasable
from services.intake.operations.links import Links
from services.intake.operations.readers import Reader
from services.intake.schemas import OpenInvitationSchema, ReleaseJointSchema
from services.intake.web import couple_words
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import load
from shared.web.problems import NotFound, Refusal

pages = Blueprint(
    "staff_couples",
    __name__,
    url_prefix="/staff/inquiries/<uuid:response_id>",
    template_folder="../templates",
)
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})


class NotYet(Refusal):
    """Something has to happen first."""

    status = HTTPStatus.CONFLICT
    title = "Not yet"


@pages.post("/invitation")
def open_invitation(response_id: UUID) -> ResponseReturnValue:
    """Let this person invite a partner: the one act on which what they see depends."""
    how = load(OpenInvitationSchema(), request.form)["how"]
    with database().begin() as session:
        try:
            couples.open_step(
                session,
                response=_sent(session, response_id),
                how=how,
                reader=_reader(),
                links=Links.of(settings()),
                now=utcnow(),
            )
        except MayNotInvite as refusal:
            raise NotYet(couple_words.HINDRANCES[refusal.why]) from refusal
    flash("They can invite now. If there is a safe way, a neutral message says so.")
    return _back(response_id)


@pages.post("/paper")
def ask_to_sign(response_id: UUID) -> ResponseReturnValue:
    """Ask this person to read and sign the policy on private information."""
    with database().begin() as session:
        policies.ask(
            session,
            response=_sent(session, response_id),
            reader=_reader(),
            links=Links.of(settings()),
            now=utcnow(),
        )
    flash("It is on their page now. If there is a safe way, a neutral message says so.")
    return _back(response_id)


@pages.post("/personal-page")
def replace_personal_page(response_id: UUID) -> ResponseReturnValue:
    """End the old link to this person's page, for instance when somebody else has seen it."""
    with database().begin() as session:
        response, links = _sent(session, response_id), Links.of(settings())
        personal_pages.replace(session, person_id=response.person_id, links=links)
        audit.note(session, reader=_reader(), act="replace-page", response_id=response.id)
        personal_pages.tell(session, person_id=response.person_id, links=links, now=utcnow())
    flash("The old link opens nothing any more. A neutral message brings them the new one.")
    return _back(response_id)


@pages.post("/joint")
def release(response_id: UUID) -> ResponseReturnValue:
    """Let the two meet together."""
    reason = load(ReleaseJointSchema(), request.form)["reason"]
    with database().begin() as session:
        try:
            joint.release(
                session,
                couple=_couple(session, response_id),
                reader=_reader(),
                reason=reason,
                links=Links.of(settings()),
                now=utcnow(),
            )
        except NotReleasable as refusal:
            raise NotYet("Both private calls come first, and nothing may block it.") from refusal
    flash("Released. Both hear of it at one moment, once both have signed.")
    return _back(response_id)


@pages.post("/joint/withdraw")
def withdraw(response_id: UUID) -> ResponseReturnValue:
    """No time for two can be chosen any more, and one that lies ahead is given back."""
    with database().begin() as session:
        joint.withdraw(
            session, couple=_couple(session, response_id), reader=_reader(), now=utcnow()
        )
    flash("Withdrawn. A time together that lies ahead is cancelled, in the usual words.")
    return _back(response_id)


@pages.post("/part")
def part(response_id: UUID) -> ResponseReturnValue:
    """The two go on separately."""
    with database().begin() as session:
        couples.end(session, couple=_couple(session, response_id), reader=_reader(), now=utcnow())
    flash("They go on separately. A time together that lies ahead is cancelled.")
    return _back(response_id)


# ---------------------------------------------------------------- what the inquiry's page shows


def cards(session: Session, *, response: QuestionnaireResponse, reader: Reader) -> dict[str, Any]:
    """What a clinician sees of it on an inquiry's page. Noted for both before it is shown."""
    if not reader.clinical or response.status != ResponseStatus.COMPLETED:
        return {}
    pair = couples.read(session, response_id=response.id, reader=reader, now=utcnow())
    return {
        "couple_words": couple_words,
        "standing": None if response.invited else couples.standing(session, response=response),
        "asked_to_sign": policies.asked(session, person_id=response.person_id),
        "signature": policies.signature(session, person_id=response.person_id),
        "pair": pair,
        "sides": _sides(session, pair) if pair else [],
        "released": joint_permissions.standing(session, pair.couple) if pair else None,
    }


def _sides(session: Session, pair: PairView) -> list[dict[str, Any]]:
    return [
        {
            "title": title,
            "response": response,
            "call": call,
            "signed": policies.signature(session, person_id=response.person_id) is not None,
        }
        for title, response, call in zip(
            ("Who asked first", "Who was invited"), (pair.a, pair.b), pair.calls, strict=True
        )
        if response is not None
    ]


def _reader() -> Reader:
    staff = current_staff()
    return Reader(account_id=staff.account_id, name=staff.name, role=Role(staff.role))


def _sent(session: Session, response_id: UUID) -> QuestionnaireResponse:
    found = session.get(QuestionnaireResponse, response_id)
    if found is None or found.status != ResponseStatus.COMPLETED:
        raise NotFound("There is no such inquiry.")
    return found


def _couple(session: Session, response_id: UUID) -> Couple:
    found = couples.of_response(session, response_id=response_id)
    if found is None:
        raise NotFound("Nobody was invited here.")
    return found


def _back(response_id: UUID) -> ResponseReturnValue:
    return redirect(url_for("staff.inquiry", response_id=response_id), HTTPStatus.SEE_OTHER)
