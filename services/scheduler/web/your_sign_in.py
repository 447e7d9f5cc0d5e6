"""Your sign-in: password, code app, recovery codes, and the browsers in which you are signed in.

What changes how somebody signs in is asked only of a session that is at most ten minutes old
(ASVS 7.5.1), and ends all their others.
"""

import hashlib
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

import segno
from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.wrappers import Response

from services.scheduler.domain.errors import StaffRefused, WeakPassword, WrongCode
from services.scheduler.operations import own_sign_in, passkeys, second_factor, sign_in_events
from services.scheduler.staff_models import StaffSession
from services.scheduler.web import passkey_forms, sign_in_words
from services.scheduler.web.doors import own_settings
from services.scheduler.web.sign_in_forms import AppForm, NewPasswordForm
from services.scheduler.web.staff_door import identity_of
from shared.clock import utcnow
from shared.web import database, page_link
from shared.web.audiences import current_staff, guard_staff, staff_page
from shared.web.forms import FormErrors, load
from shared.web.sessions import IDLE, issue_staff_session, session_of_request

pages = Blueprint("yours", __name__, url_prefix="/staff/your-sign-in")
guard_staff(pages, sealed=False)

SETTING_UP: Final = timedelta(minutes=15)


@pages.get("")
def overview() -> ResponseReturnValue:
    """All of it; and when something sealed was asked for, why it has to come first."""
    who = current_staff()
    now = utcnow()
    with database().begin() as session:
        return render_template(
            "scheduler/your_sign_in.html",
            needed="needed" in request.args and not who.second_factor,
            next=onward(),
            required=own_settings().second_factor == "required",
            has=second_factor.factors(session, who.account_id),
            can_have_passkeys=passkey_forms.site() is not None,
            passkeys=[
                sign_in_words.passkey(one, now=now)
                for one in passkeys.kept(session, who.account_id)
            ],
            sessions=[
                sign_in_words.session(one, now=now, here=one.id == who.session_id)
                for one in own_sign_in.sessions(
                    session, account_id=who.account_id, seen_since=now - IDLE, now=now
                )
            ],
            events=sign_in_words.events(
                session, sign_in_events.latest(session, who.account_id), now=now
            ),
        )


def onward() -> str | None:
    """The page that was asked for before this one, if it is one of ours."""
    asked = request.args.get("next")
    return staff_page(asked) if asked else None


def fresh_or_again() -> Response | None:
    """None when they proved themselves just now; else the way to the door, and back to here."""
    begun = session_of_request()
    if begun is not None and begun.fresh(utcnow()):
        return None
    here = page_link("scheduler", "/staff/your-sign-in")
    back = request.script_root + request.path if request.method == "GET" else here
    query = urlencode({"again": "1", "next": back})
    return redirect(f"{url_for('door.sign_in')}?{query}", HTTPStatus.SEE_OTHER)


def went_on(begun: StaffSession, shown: str | Response) -> Response:
    """That page, with the new session in the browser."""
    response = make_response(shown)
    issue_staff_session(response, identity_of(begun), utcnow())
    return response


# ---------------------------------------------------------------- the code app


def _signer() -> URLSafeTimedSerializer:
    # Nothing is kept before a first code was shown: the secret travels with its form. Whoever
    # holds it in the browser sees it on the page anyway; signed, it is ours and this account's.
    return URLSafeTimedSerializer(
        own_settings().secret_key,
        salt=f"softstart.app:{current_staff().account_id}",
        signer_kwargs={"digest_method": hashlib.sha256},
    )


def new_setup() -> str:
    """A new secret, signed for this account."""
    return str(_signer().dumps(second_factor.new_secret()))


def secret_in(setup: str) -> str | None:
    """The secret of a form that we sent to this account in the last quarter of an hour."""
    try:
        return str(_signer().loads(setup, max_age=int(SETTING_UP.total_seconds())))
    except BadSignature:
        return None


def address_for_app(secret: str) -> str:
    """What an app reads from the square."""
    return second_factor.address(
        secret, name=current_staff().name, practice=own_settings().practice.neutral_sender
    )


@pages.get("/app")
def app_form() -> ResponseReturnValue:
    """A square to read, and a field for the first code. Looking at it keeps nothing."""
    return fresh_or_again() or _app_page(new_setup())


def _app_page(setup: str, errors: FormErrors | None = None) -> str:
    secret = secret_in(setup)
    assert secret is not None
    square = segno.make(address_for_app(secret), error="m")
    return render_template(
        "scheduler/code_app.html",
        # Its colours are the sheet's; no style stands in it, and the policy allows none.
        square=Markup(square.svg_inline(omitsize=True, svgclass="qr", lineclass=None)),  # noqa: S704
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        link=address_for_app(secret),
        setup=setup,
        next=onward(),
        errors=errors.errors if errors else {},
    )


@pages.post("/app")
def keep_app() -> ResponseReturnValue:
    """Keep it once its first code fits, and show the recovery codes."""
    again = fresh_or_again()
    if again is not None:
        return again
    setup = request.form.get("setup", "")
    secret = secret_in(setup)
    if secret is None:
        flash("That page was open too long. Here is a new square.")
        return redirect(url_for(".app_form", next=request.args.get("next")), HTTPStatus.SEE_OTHER)
    try:
        form = load(AppForm(), request.form)
        with database().begin() as session:
            anew = own_sign_in.set_up_app(
                session,
                was=current_staff().session_id,
                account_id=current_staff().account_id,
                secret=secret,
                typed=form["code"],
                now=utcnow(),
            )
    except FormErrors as errors:
        return _app_page(setup, errors), errors.status
    except WrongCode as wrong:
        refused = FormErrors({"code": [str(wrong)]}, request.form)
        return _app_page(setup, refused), refused.status
    if not anew.codes:
        flash("Your code app is set up. Your other browsers are signed out.")
        return went_on(anew.session, redirect(onward() or url_for(".overview"), 303))
    return went_on(anew.session, codes_page(anew.codes, ended=True))


def codes_page(codes: list[str], *, ended: bool = False) -> str:
    """Ten codes, shown once; `ended`: the other browsers were signed out just now."""
    return render_template("scheduler/recovery_codes.html", codes=codes, ended=ended, next=onward())


@pages.post("/app/remove")
def remove_app() -> ResponseReturnValue:
    """Take the app back."""
    again = fresh_or_again()
    if again is not None:
        return again
    with database().begin() as session:
        begun = own_sign_in.remove_app(
            session,
            was=current_staff().session_id,
            account_id=current_staff().account_id,
            now=utcnow(),
        )
    flash("The code app is removed. Your other browsers are signed out.")
    return went_on(begun, redirect(url_for(".overview"), HTTPStatus.SEE_OTHER))


@pages.post("/recovery-codes")
def make_codes() -> ResponseReturnValue:
    """Ten new ones, shown once; those before are of no use any more."""
    again = fresh_or_again()
    if again is not None:
        return again
    who = current_staff()
    with database().begin() as session:
        if not second_factor.has_any(session, who.account_id):
            return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)
        codes = second_factor.new_recovery_codes(session, account_id=who.account_id)
    return codes_page(codes)


# ---------------------------------------------------------------- the password


@pages.get("/password")
def password_form() -> ResponseReturnValue:
    """The password of now, and another."""
    return fresh_or_again() or _password_page({})


def _password_page(errors: dict[str, Any]) -> str:
    return render_template("scheduler/new_password.html", errors=errors)


@pages.post("/password")
def change_password() -> ResponseReturnValue:
    """Keep the new one, and end every other session."""
    again = fresh_or_again()
    if again is not None:
        return again
    try:
        form = load(NewPasswordForm(), request.form)
        with database().begin() as session:
            begun = own_sign_in.change_password(
                session,
                was=current_staff().session_id,
                account_id=current_staff().account_id,
                settings=own_settings(),
                now=utcnow(),
                **form,
            )
    except FormErrors as errors:
        return _password_page(errors.errors), errors.status
    except WeakPassword as weak:
        return _password_page({"password": [str(weak)]}), HTTPStatus.UNPROCESSABLE_ENTITY
    if isinstance(begun, StaffRefused):
        return _password_page({"current": [str(begun)]}), HTTPStatus.UNPROCESSABLE_ENTITY
    flash("Your password is changed. Your other browsers are signed out.")
    return went_on(begun, redirect(url_for(".overview"), HTTPStatus.SEE_OTHER))


# ---------------------------------------------------------------- sessions


@pages.post("/sessions/<uuid:session_id>/end")
def end_session(session_id: UUID) -> ResponseReturnValue:
    """Sign out one other browser."""
    with database().begin() as session:
        own_sign_in.end_one(
            session, account_id=current_staff().account_id, session_id=session_id, now=utcnow()
        )
    flash("That browser is signed out. Within a minute nothing opens there any more.")
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


@pages.post("/sessions/end-others")
def end_others() -> ResponseReturnValue:
    """Sign out every browser but this one."""
    who = current_staff()
    with database().begin() as session:
        count = own_sign_in.end_all(
            session, account_id=who.account_id, now=utcnow(), but=who.session_id
        )
        if count:
            sign_in_events.note(session, who.account_id, "others-ended")
    flash("Every other browser is signed out." if count else "There was no other browser.")
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)
