"""Another time for two: one asks for it, the other says yes or no, each by their own link (N7)."""

from http import HTTPStatus

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from services.scheduler.domain.errors import ChangeRefused, NotLicensedThere
from services.scheduler.operations import moving
from services.scheduler.schemas import Strict, where_they_will_be
from services.scheduler.web import tickets
from services.scheduler.web.choosing import elsewhere, to_another_time
from services.scheduler.web.client import own, stays
from services.scheduler.web.doors import ask_again, guest
from shared.clock import utcnow
from shared.web.audiences import guard_client
from shared.web.forms import FormErrors, load
from shared.web.language import say

pages = Blueprint("agreeing", __name__)
guard_client(pages)


class YesForm(Strict):
    """A yes to another time, and where one will be then."""

    location = where_they_will_be()


@pages.post("/m/<token>/propose")
def propose(token: str) -> ResponseReturnValue:
    """Ask for another time; the one they have stands until both have said yes."""
    try:
        ask_again("m", token)
        refused = to_another_time(token, moving.propose)
    except ChangeRefused as refusal:
        return stays(token, refusal)
    if refused is not None:
        return refused
    return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)


@pages.post("/m/<token>/propose/withdraw")
def withdraw(token: str) -> ResponseReturnValue:
    """Take back what one has asked for."""
    with guest("m", token) as (session, who):
        assert who.place is not None
        moving.withdraw(session, appointment_id=who.place.appointment.id, person_id=who.person_id)
    flash(say("Taken back. Your time stays as it is."))
    return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)


@pages.get("/m/<token>/new-time")
def question(token: str) -> ResponseReturnValue:
    """Does another time work for you? Answered already, or over: the page about the time."""
    return _question(token)


def _question(token: str, errors: FormErrors | None = None) -> ResponseReturnValue:
    with guest("m", token) as (session, who):
        known = own(session, who)
        if known["proposed"] is None or known["proposed"].state != "asked":
            return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)
        page = render_template(
            "scheduler/new_time.html",
            errors=errors.errors if errors else {},
            given=errors.given if errors else {},
            **known,
        )
        return make_response(page, errors.status if errors else HTTPStatus.OK)


@pages.post("/m/<token>/new-time/accept")
def accept(token: str) -> ResponseReturnValue:
    """Say yes: it is moved for both. Sent twice, it is said once."""
    try:
        form = load(YesForm(), request.form)
        ask_again("m", token)
        with guest("m", token) as (session, who):
            assert who.place is not None
            moving.accept(
                session,
                appointment_id=who.place.appointment.id,
                person_id=who.person_id,
                location=form["location"],
                now=utcnow(),
            )
    except FormErrors as errors:
        return _question(token, errors)
    except NotLicensedThere:
        return elsewhere("m", token, form["location"], back="choose")
    except ChangeRefused as refusal:
        return stays(token, refusal)
    flash(say("Moved. This is your time now."))
    return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)


@pages.post("/m/<token>/new-time/decline")
def decline(token: str) -> ResponseReturnValue:
    """Say no, without a reason: the time stays, and nobody is told."""
    try:
        with guest("m", token) as (session, who):
            assert who.place is not None
            moving.decline(
                session, appointment_id=who.place.appointment.id, person_id=who.person_id
            )
    except ChangeRefused as refusal:
        return stays(token, refusal)
    flash(say("Thank you. Your time stays as it is. Nobody is told what you answered."))
    return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)
