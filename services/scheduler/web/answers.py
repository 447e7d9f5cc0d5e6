"""A time for two that the other has chosen: yes or no, by the person's own link.

What is said here is never shown to the other: they see that the time is booked, or is free again.
"""

from http import HTTPStatus

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from services.scheduler.domain.contact import ways_to_talk
from services.scheduler.domain.errors import (
    ChangeRefused,
    NoSuchWay,
    NotLicensedThere,
)
from services.scheduler.operations import joint
from services.scheduler.schemas import AcceptForm
from services.scheduler.web import tickets
from services.scheduler.web.choosing import elsewhere
from services.scheduler.web.client import own, stays
from services.scheduler.web.doors import ask_again, guest
from shared.clock import utcnow
from shared.web.audiences import guard_client
from shared.web.forms import FormErrors, load
from shared.web.language import say

pages = Blueprint("answers", __name__)
guard_client(pages)


@pages.get("/m/<token>/answer")
def question(token: str) -> ResponseReturnValue:
    """Does this time work for you?"""
    with guest("m", token) as (_, who):
        assert who.place is not None
        if not who.place.asked:
            # Answered already, or too late: the page about the time says what is true now.
            return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)
    return _question(token)


def _question(token: str, errors: FormErrors | None = None) -> ResponseReturnValue:
    with guest("m", token) as (session, who):
        assert who.place is not None
        page = render_template(
            "scheduler/answer.html",
            ways=ways_to_talk(who.place.practitioner.video_room),
            errors=errors.errors if errors else {},
            given=errors.given if errors else {},
            **own(session, who),
        )
        return make_response(page, errors.status if errors else HTTPStatus.OK)


@pages.post("/m/<token>/accept")
def accept(token: str) -> ResponseReturnValue:
    """Say yes: with both, it is booked. Sent twice, it is said once."""
    try:
        form = load(AcceptForm(), request.form)
        ask_again("m", token)
        with guest("m", token) as (session, who):
            assert who.place is not None
            joint.accept(
                session,
                appointment_id=who.place.appointment.id,
                person_id=who.person_id,
                how=form["how"],
                location=form["location"],
                now=utcnow(),
            )
    except FormErrors as errors:
        return _question(token, errors)
    except NoSuchWay as refusal:
        return _question(token, FormErrors({"how": [str(refusal)]}, request.form))
    except NotLicensedThere:
        return elsewhere("m", token, form["location"], back="choose")
    except ChangeRefused as refusal:
        return stays(token, refusal)
    return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)


@pages.post("/m/<token>/decline")
def decline(token: str) -> ResponseReturnValue:
    """Say no, without a reason: the time is given back."""
    try:
        with guest("m", token) as (session, who):
            assert who.place is not None
            joint.decline(session, appointment_id=who.place.appointment.id, person_id=who.person_id)
    except ChangeRefused as refusal:
        return stays(token, refusal)
    flash(say("Thank you. Nobody is told more than that the time is free again."))
    return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)
