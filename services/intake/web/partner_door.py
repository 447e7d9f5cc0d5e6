"""The door that an invitation leads to. Opening it looks nothing up and uses nothing up.

Mail scanners open links, and whoever passed one on may try it: the page is the same for every
address that looks like one. Only the button asks, and only once is the answer yes (L09).
"""

from http import HTTPStatus

from flask import Blueprint, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from services.intake.operations import invitations, practice
from services.intake.web import drafts
from services.intake.web.client import is_open
from services.intake.web.form import NotOpenYet
from shared.clock import utcnow
from shared.tokens import new_token
from shared.web import database, settings
from shared.web.audiences import guard_client

pages = Blueprint("door", __name__, url_prefix="/i/<token>", template_folder="../templates")
guard_client(pages)


@pages.get("")
def door(token: str) -> ResponseReturnValue:
    """What one may do here, in the same bytes for everyone."""
    with database().begin() as session:
        days = practice.current(session).invite_expires_days
    return render_template("intake/door.html", token=token, days=days)


@pages.post("")
def begin(token: str) -> ResponseReturnValue:
    """Use the link up, and begin a form of one's own."""
    with database().begin() as session:
        opened = is_open(session)
    if not opened:
        raise NotOpenYet("Please call us instead. We are glad to help by phone.")
    own = new_token()
    with database().begin() as session:
        form = invitations.begin(
            session,
            invitation_token=token,
            token=own,
            licensed_states=settings().practice.licensed_states,
            now=utcnow(),
        )
    if form is None:
        return render_template("intake/door_closed.html"), HTTPStatus.NOT_FOUND
    response = make_response(redirect(url_for("form.step", number=1), HTTPStatus.SEE_OTHER))
    drafts.remember(response, own)
    return response
