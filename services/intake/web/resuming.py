"""Saved for later: what is kept and where, a link to a safe channel, and going on by that link."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.intake.operations import resuming
from services.intake.operations.forms import Form
from services.intake.operations.resuming import CONSENT_FOR, EnoughLinks, NothingAgreed
from services.intake.web import drafts
from services.intake.web.presentation import consent_question
from services.intake.web.senders import sender
from shared.tokens import new_token
from shared.web import database, public_link, settings
from shared.web.audiences import guard_client
from shared.web.problems import NotFound, Refusal

pages = Blueprint("resuming", __name__, template_folder="../templates")
guard_client(pages)

NONE_TICKED: Final = "Tick the box if you want a link. You can also do without one."


class LinksEnough(Refusal):
    """Asked for a link too often."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "We have sent you links today"


class LinkOver(NotFound):
    """A link that is unknown, replaced, too old, or whose form was sent: one answer for all."""

    title = "This link does not open anything"


@pages.get("/saved")
def saved() -> ResponseReturnValue:
    """What was written is kept in this browser for a while; a link may lead back to it."""
    with database().begin() as session:
        form = drafts.current(session)
    return _saved(form)


@pages.post("/saved")
def send_link() -> ResponseReturnValue:
    """Send a link by the ways that are ticked."""
    agreed = [way for way, consent in CONSENT_FOR.items() if consent in request.form]
    with database().begin() as session:
        form = drafts.current(session, for_change=True)
        if form is None or form.completed:
            return redirect(url_for("form.resume"), 303)
        try:
            resuming.send_link(
                session,
                form,
                agreed=agreed,
                sent_from=asdict(sender()),
                page=public_link("intake", "/b/"),
                kept_for=settings().drafts_live,
            )
        except NothingAgreed:
            return _saved(form, missing=True), HTTPStatus.UNPROCESSABLE_ENTITY
        except EnoughLinks as enough:
            raise LinksEnough(
                "Look at your messages, or wait until tomorrow. What you wrote is kept here."
            ) from enough
    return redirect(url_for(".on_its_way"), 303)


@pages.get("/saved/sent")
def on_its_way() -> ResponseReturnValue:
    """A link was asked for."""
    return render_template("intake/on_its_way.html", days=settings().draft_days)


@pages.get("/b/<token>")
def come_back(token: str) -> ResponseReturnValue:
    """Asks whether to go on here; a scanner that opens links changes nothing by it."""
    with database().begin() as session:
        _opened(resuming.find(session, token=token))
    return render_template("intake/come_back.html", token=token)


@pages.post("/b/<token>")
def go_on(token: str) -> ResponseReturnValue:
    """From now on this browser has the form."""
    mine = new_token()
    with database().begin() as session:
        form = _opened(resuming.find(session, token=token, for_change=True))
        resuming.move_here(form, token=mine)
    response = make_response(redirect(url_for("form.resume"), 303))
    drafts.remember(response, mine)
    return response


def _opened(form: Form | None) -> Form:
    if form is None:
        raise LinkOver("It was used up, replaced by a newer one, or it is older than we keep it.")
    return form


def _saved(form: Form | None, *, missing: bool = False) -> str:
    begun = form is not None and not form.completed
    asked = _consents(form) if form is not None and begun else []
    errors = {asked[0]["id"]: [NONE_TICKED]} if missing and asked else {}
    return render_template(
        "intake/saved.html", days=settings().draft_days, consents=asked, errors=errors
    )


def _consents(form: Form) -> list[dict[str, Any]]:
    """A box for each way that is safe, with the very words that the form has for it (L22)."""
    return [
        consent_question(form.screener.items[CONSENT_FOR[way]], settings().practice.name)
        for way in resuming.ways(form)
    ]
