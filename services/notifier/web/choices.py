"""What a person wants sent to them: a page behind a link that stands under every mail.

It says nothing of anyone: no name, no address, no time, and it is the same bytes for all who want
the same. Opening it changes nothing, since mail programs open links by themselves.
"""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields

from services.notifier.domain.preferences import Preferences
from services.notifier.operations import preferences
from services.notifier.settings import Settings
from shared.web import database, settings
from shared.web.audiences import guard_client, guard_hooks
from shared.web.forms import load
from shared.web.language import say
from shared.web.problems import NotFound, Refusal

pages = Blueprint("choices", __name__)
guard_client(pages)
one_click = Blueprint("one_click", __name__, url_prefix=preferences.ONE_CLICK)

_PATH: Final = "/<uuid:person_id>/<mark>"


class ChoicesForm(Schema):
    """What is ticked is wanted; a box that is not ticked is not sent by a browser."""

    emails = fields.Boolean(load_default=False)
    texts = fields.Boolean(load_default=False)
    offers = fields.Boolean(load_default=False)


class NotOneClick(Refusal):
    """What was posted is not what a mail program posts (RFC 8058, 3.1)."""

    status = HTTPStatus.BAD_REQUEST
    title = "Send List-Unsubscribe=One-Click"


def _check_mark() -> None:
    """Refuse an address that we never wrote. Raises NotFound."""
    ours: Settings = settings()
    given = request.view_args or {}
    if not preferences.is_theirs(ours, given["person_id"], given["mark"]):
        raise NotFound


pages.before_request(_check_mark)
guard_hooks(one_click, _check_mark)


@pages.get(preferences.PAGE + _PATH)
def page(person_id: UUID, mark: str) -> ResponseReturnValue:
    """What is sent now, to be ticked or not."""
    with database().begin() as session:
        if not preferences.known(session, person_id):
            raise NotFound
        wanted = preferences.of(session, person_id)
    action = url_for(".save", person_id=person_id, mark=mark)
    return render_template("notifier/choices.html", wanted=wanted, action=action)


@pages.post(preferences.PAGE + _PATH)
def save(person_id: UUID, mark: str) -> ResponseReturnValue:
    """Keep it. It holds from this moment on."""
    wanted = Preferences(**load(ChoicesForm(), request.form))
    with database().begin() as session:
        if not preferences.known(session, person_id):
            raise NotFound
        preferences.choose(session, person_id, lambda _: wanted, way="page")
    flash(say("Saved. It counts from now on."))
    return redirect(url_for(".page", person_id=person_id, mark=mark), HTTPStatus.SEE_OTHER)


@one_click.get(_PATH)
def lead_on(person_id: UUID, mark: str) -> ResponseReturnValue:
    """A mail program without the button opens the address instead: to the page, which asks."""
    return redirect(url_for("choices.page", person_id=person_id, mark=mark), HTTPStatus.SEE_OTHER)


@one_click.post(_PATH)
def turn_off(person_id: UUID, mark: str) -> ResponseReturnValue:  # noqa: ARG001 - checked above
    """No more word of free times (RFC 8058). Said twice, it is one choice."""
    if request.form.get("List-Unsubscribe") != "One-Click":
        raise NotOneClick
    with database().begin() as session:
        if preferences.known(session, person_id):
            preferences.choose(session, person_id, preferences.without_offers, way="one-click")
    return "", HTTPStatus.NO_CONTENT
