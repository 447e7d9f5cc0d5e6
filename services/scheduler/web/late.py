"""Too close to the time to change it here: the person sends a wish, and staff settle it (P22)."""

from http import HTTPStatus

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.scheduler.domain.errors import ChangeRefused
from services.scheduler.operations import changes
from services.scheduler.web.client import own, stays
from services.scheduler.web.doors import guest, own_settings
from services.scheduler.web.late_forms import WishForm
from shared.clock import utcnow
from shared.web.audiences import guard_client
from shared.web.forms import FormErrors, load
from shared.web.language import say

pages = Blueprint("late", __name__)
guard_client(pages)


@pages.post("/m/<token>/wish")
def wish(token: str) -> ResponseReturnValue:
    """Put the wish down. Sent twice, it is one; the time stands until staff have answered."""
    try:
        form = load(WishForm(), request.form)
        with guest("m", token) as (session, who):
            assert who.place is not None
            changes.ask(
                session,
                appointment_id=who.place.appointment.id,
                person_id=who.person_id,
                wish=form["wish"],
                words=form["words"],
                settings=own_settings(),
                now=utcnow(),
            )
    except FormErrors as errors:
        return _again(token, errors)
    except ChangeRefused as refusal:
        return stays(token, refusal)
    flash(say("Sent. A person will read it."))
    return redirect(url_for("client.change", token=token), HTTPStatus.SEE_OTHER)


def _again(token: str, errors: FormErrors) -> ResponseReturnValue:
    with guest("m", token) as (session, who):
        page = render_template(
            "scheduler/manage.html", errors=errors.errors, given=errors.given, **own(session, who)
        )
        return make_response(page, errors.status)
