"""Where will you be when we meet? Asked once more on a person's own page, before a video session.

What is said here is never shown to the other of two (P18), and never cancels anything.
"""

from http import HTTPStatus

from flask import Blueprint, flash, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from services.scheduler.domain.errors import ChangeRefused
from services.scheduler.operations import placings
from services.scheduler.schemas import WhereForm
from services.scheduler.web import tickets
from services.scheduler.web.client import own, stays
from services.scheduler.web.doors import guest
from shared.clock import utcnow
from shared.web.audiences import guard_client
from shared.web.forms import FormErrors, load
from shared.web.language import say

pages = Blueprint("where", __name__)
guard_client(pages)


@pages.post("/m/<token>/where")
def confirm(token: str) -> ResponseReturnValue:
    """Say where one will be. Sent twice, it is said once."""
    try:
        form = load(WhereForm(), request.form)
        with guest("m", token) as (session, who):
            assert who.place is not None
            placings.confirm(
                session,
                appointment_id=who.place.appointment.id,
                person_id=who.person_id,
                location=form["location"],
                now=utcnow(),
            )
    except FormErrors as errors:
        return _again(token, errors)
    except ChangeRefused as refusal:
        return stays(token, refusal)
    flash(say("Thank you. We have noted where you will be."))
    return redirect(tickets.link(token), HTTPStatus.SEE_OTHER)


def _again(token: str, errors: FormErrors) -> ResponseReturnValue:
    with guest("m", token) as (session, who):
        page = render_template(
            "scheduler/ticket.html", errors=errors.errors, given=errors.given, **own(session, who)
        )
        return make_response(page, errors.status)
