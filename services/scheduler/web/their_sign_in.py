"""Somebody else's sign-in, for the owner: an invitation anew or taken back, a second step reset."""

from http import HTTPStatus
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.scheduler.domain.errors import HasTimes, NotYours
from services.scheduler.operations import (
    colleagues,
    own_sign_in,
    second_factor,
    sign_in_events,
)
from services.scheduler.web import sign_in_words
from services.scheduler.web.sign_in_forms import ReasonForm
from services.scheduler.web.your_sign_in import fresh_or_again
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, public_link
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("theirs", __name__, url_prefix="/staff/people/<uuid:account_id>/sign-in")
guard_staff(pages, roles={Role.OWNER})


@pages.get("")
def overview(account_id: UUID) -> ResponseReturnValue:
    """Whether they came, what they have beside a password, and what happened to it."""
    return _page(account_id)


def _page(account_id: UUID, errors: FormErrors | None = None) -> str:
    now = utcnow()
    with database().begin() as session:
        found = colleagues.find(session, account_id, now=now)
        return render_template(
            "scheduler/their_sign_in.html",
            account=found.account,
            came=found.came,
            until=sign_in_words.at(found.invited_until, now) if found.invited_until else None,
            is_me=account_id == current_staff().account_id,
            has=second_factor.factors(session, account_id),
            events=sign_in_words.events(
                session, sign_in_events.latest(session, account_id), now=now
            ),
            errors=errors.errors if errors else {},
            given=errors.given if errors else {},
        )


@pages.post("/reset")
def reset(account_id: UUID) -> ResponseReturnValue:
    """Forget their second step, with a reason. One's own is not reset here."""
    again = fresh_or_again()
    if again is not None:
        return again
    try:
        form = load(ReasonForm(), request.form)
    except FormErrors as errors:
        return _page(account_id, errors), errors.status
    if account_id == current_staff().account_id:
        raise NotYours
    with database().begin() as session:
        account = own_sign_in.reset_another(
            session,
            account_id=account_id,
            by=current_staff().account_id,
            reason=form["reason"],
            now=utcnow(),
        )
        name = account.name
    flash(f"Done. {name} is signed out everywhere, and sets up a second step at the next sign-in.")
    return redirect(url_for(".overview", account_id=account_id), HTTPStatus.SEE_OTHER)


@pages.post("/invitation")
def invite_again(account_id: UUID) -> ResponseReturnValue:
    """A new link, shown once; the one before works no more."""
    with database().begin() as session:
        token = colleagues.invite_again(
            session, account_id=account_id, by=current_staff().account_id, now=utcnow()
        )
        return render_template(
            "scheduler/colleague_added.html",
            account=colleagues.find(session, account_id, now=utcnow()).account,
            link=public_link("scheduler", f"/staff/welcome/{token}"),
            anew=True,
        )


@pages.post("/invitation/take-back")
def take_back(account_id: UUID) -> ResponseReturnValue:
    """The link works no more, and nobody can book with them."""
    try:
        with database().begin() as session:
            colleagues.take_back(
                session, account_id=account_id, by=current_staff().account_id, now=utcnow()
            )
    except HasTimes as refusal:
        flash(str(refusal))
        return redirect(url_for(".overview", account_id=account_id), HTTPStatus.SEE_OTHER)
    flash("The invitation is taken back. Its link works no more.")
    return redirect(url_for("practice.people"), HTTPStatus.SEE_OTHER)
