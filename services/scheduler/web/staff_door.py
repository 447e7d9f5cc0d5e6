"""The way in for staff: the first account, a password of one's own, signing in and out."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from services.scheduler.domain.device import in_words
from services.scheduler.domain.errors import StaffRefused, TooManyTries, WeakPassword, WrongPasskey
from services.scheduler.operations import second_factor, staff
from services.scheduler.operations.passkeys import Answer
from services.scheduler.operations.staff import HalfWay, NewColleague
from services.scheduler.schemas import OwnerForm, PasswordForm, SignInForm
from services.scheduler.staff_models import StaffSession
from services.scheduler.web import half_way, passkey_forms
from services.scheduler.web.doors import own_settings
from services.scheduler.web.sign_in_forms import CodeForm
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import (
    clear_staff_session,
    current_staff,
    guard_staff,
    present_staff,
    staff_page,
)
from shared.web.forms import FormErrors, load
from shared.web.identity import StaffIdentity
from shared.web.sessions import issue_staff_session

pages = Blueprint("door", __name__, url_prefix="/staff")
guard_staff(
    pages,
    doors={
        "first_run",
        "make_owner",
        "welcome",
        "choose_password",
        "link",
        "use_link",
        "sign_in",
        "enter",
        "second_step",
        "prove",
        "by_passkey",
        "prove_by_passkey",
    },
    sealed=False,
)


def identity_of(session: StaffSession) -> StaffIdentity:
    """Who is signed in, as every service's cookie says it."""
    return StaffIdentity(
        session_id=session.id,
        account_id=session.account.id,
        name=session.account.name,
        role=Role(session.account.role),
        second_factor=session.second_factor,
    )


def device() -> str:
    """The browser that asks, in plain words."""
    return in_words(request.headers.get("User-Agent", ""))


def signed_in(session: StaffSession, to: str) -> Response:
    """On to that page, with the session in the browser."""
    response = redirect(to, HTTPStatus.SEE_OTHER)
    issue_staff_session(make_response(response), identity_of(session), utcnow())
    half_way.forget(make_response(response))
    return response


def arrived(found: StaffSession | HalfWay, next_page: str | None) -> Response:
    """In, or on to the second step."""
    if isinstance(found, StaffSession):
        return signed_in(found, staff_page(next_page))
    response = redirect(url_for("door.second_step"), HTTPStatus.SEE_OTHER)
    half_way.remember(make_response(response), found, next_page)
    return response


# ---------------------------------------------------------------- links that work once


@pages.get("/first-run/<token>")
def first_run(token: str) -> ResponseReturnValue:
    """The form of the first account. Looking at it uses nothing up."""
    with database().begin() as session:
        staff.refuse_expired(session, token=token, purpose="first-run", now=utcnow())
    return _first_run_page(token)


def _first_run_page(token: str, errors: FormErrors | None = None) -> str:
    return render_template("scheduler/first_run.html", token=token, **_again(errors))


def _again(errors: FormErrors | None) -> dict[str, Any]:
    """What a form needs to come back with everything that was typed."""
    return {
        "errors": errors.errors if errors else {},
        "given": errors.given if errors else {},
    }


@pages.post("/first-run/<token>")
def make_owner(token: str) -> ResponseReturnValue:
    """Make the owner and sign them in. A bad field leaves the link as it was."""
    try:
        form = load(OwnerForm(), request.form)
        with database().begin() as session:
            begun = staff.make_owner(
                session,
                token=token,
                password=form.pop("password"),
                person=NewColleague(**form),
                settings=own_settings(),
                now=utcnow(),
                device=device(),
            )
    except FormErrors as errors:
        return _first_run_page(token, errors), errors.status
    except WeakPassword as weak:
        return _first_run_page(token, _password(weak)), HTTPStatus.UNPROCESSABLE_ENTITY
    flash("Welcome. This is what there is to set up.")
    return signed_in(begun, url_for("setting_up.overview"))


@pages.get("/welcome/<token>")
def welcome(token: str) -> ResponseReturnValue:
    """Where a new colleague chooses a password."""
    with database().begin() as session:
        staff.refuse_expired(session, token=token, purpose="welcome", now=utcnow())
    return _welcome_page(token)


def _welcome_page(token: str, errors: FormErrors | None = None) -> str:
    return render_template("scheduler/welcome.html", token=token, **_again(errors))


def _password(weak: WeakPassword) -> FormErrors:
    return FormErrors({"password": [str(weak)]}, request.form)


@pages.post("/welcome/<token>")
def choose_password(token: str) -> ResponseReturnValue:
    """Keep the password and sign in."""
    try:
        form = load(PasswordForm(), request.form)
        with database().begin() as session:
            begun = staff.welcome(
                session,
                token=token,
                password=form["password"],
                settings=own_settings(),
                now=utcnow(),
                device=device(),
            )
    except FormErrors as errors:
        return _welcome_page(token, errors), errors.status
    except WeakPassword as weak:
        return _welcome_page(token, _password(weak)), HTTPStatus.UNPROCESSABLE_ENTITY
    if begun.account.practitioner_id is None:
        return signed_in(begun, url_for("staff.today"))
    flash("Welcome. Set your hours, so that people can book with you.")
    return signed_in(begun, url_for("practice.hours"))


@pages.get("/link/<token>")
def link(token: str) -> ResponseReturnValue:
    """A button that signs in: opening a link changes nothing (P20)."""
    with database().begin() as session:
        staff.refuse_expired(session, token=token, purpose="sign-in", now=utcnow())
    return render_template("scheduler/sign_in_link.html", token=token)


@pages.post("/link/<token>")
def use_link(token: str) -> ResponseReturnValue:
    """Sign in with a one-time link."""
    with database().begin() as session:
        found = staff.sign_in_by_link(session, token=token, now=utcnow(), device=device())
    return arrived(found, None)


# ---------------------------------------------------------------- in and out


@pages.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in page; whoever is in already goes on."""
    onward = staff_page(request.args.get("next"))
    if present_staff() is not None and not {"away", "again"} & {*request.args}:
        return redirect(onward, HTTPStatus.SEE_OTHER)
    return _sign_in_page(request.args.get("next"), away="away" in request.args)


def _sign_in_page(next_page: str | None, *, away: bool = False, refusal: str | None = None) -> str:
    with database().begin() as session:
        asked = passkey_forms.to_ask(session, None)
    return render_template(
        "scheduler/sign_in.html",
        asked=asked,
        openid=own_settings().openid,
        next=next_page,
        away=away,
        again="again" in request.args,
        refusal=refusal,
        email=request.form.get("email", ""),
    )


@pages.post("/sign-in")
def enter() -> ResponseReturnValue:
    """Sign in, or say that the two do not go together, whichever of them is wrong."""
    try:
        form = load(SignInForm(), request.form)
    except FormErrors:
        return _sign_in_page(
            request.form.get("next"), refusal="Write your e-mail address and your password."
        ), HTTPStatus.UNPROCESSABLE_ENTITY
    with database().begin() as session:
        found = staff.sign_in(
            session,
            email=form["email"],
            password=form["password"],
            place=request.remote_addr or "",
            now=utcnow(),
            device=device(),
        )
    if isinstance(found, StaffRefused):
        return _refused(found, _sign_in_page(form["next"], refusal=str(found)))
    return arrived(found, form["next"])


def _refused(refusal: StaffRefused, shown: str) -> ResponseReturnValue:
    page = make_response(shown)
    page.status_code = HTTPStatus.UNAUTHORIZED
    if isinstance(refusal, TooManyTries):
        page.status_code = HTTPStatus.TOO_MANY_REQUESTS
        page.headers["Retry-After"] = str(int(refusal.wait.total_seconds()) + 1)
    return page


@pages.get("/sign-in/second-step")
def second_step() -> ResponseReturnValue:
    """What is asked of whoever has shown a password or a link; nobody else sees it."""
    found = half_way.who()
    if found is None:
        return redirect(url_for("door.sign_in"), HTTPStatus.SEE_OTHER)
    return _second_step_page(found[0])


def _second_step_page(half: HalfWay, refusal: str | None = None) -> str:
    with database().begin() as session:
        has = second_factor.factors(session, half.account_id)
        asked = passkey_forms.to_ask(session, half.account_id) if has.passkeys else None
    return render_template("scheduler/second_step.html", has=has, asked=asked, refusal=refusal)


@pages.post("/sign-in/second-step")
def prove() -> ResponseReturnValue:
    """The code of an app, or a recovery code: in, or why not."""
    found = half_way.who()
    if found is None:
        return redirect(url_for("door.sign_in"), HTTPStatus.SEE_OTHER)
    half, next_page = found
    try:
        form = load(CodeForm(), request.form)
    except FormErrors as errors:
        return _second_step_page(half, "Type the code."), errors.status
    with database().begin() as session:
        begun = staff.finish(session, half=half, typed=form["code"], now=utcnow(), device=device())
    if isinstance(begun, StaffRefused):
        return _refused(begun, _second_step_page(half, str(begun)))
    return signed_in(begun, staff_page(next_page))


@pages.post("/sign-in/second-step/passkey")
def prove_by_passkey() -> ResponseReturnValue:
    """A passkey as the second step."""
    found = half_way.who()
    if found is None:
        return redirect(url_for("door.sign_in"), HTTPStatus.SEE_OTHER)
    half, next_page = found
    begun = _by_passkey(half)
    if isinstance(begun, StaffRefused):
        return _refused(begun, _second_step_page(half, str(begun)))
    return signed_in(begun, staff_page(next_page))


@pages.post("/sign-in/passkey")
def by_passkey() -> ResponseReturnValue:
    """A passkey alone, whose device has made sure who holds it."""
    next_page = request.form.get("next")
    begun = _by_passkey(None)
    if isinstance(begun, StaffRefused):
        return _refused(begun, _sign_in_page(next_page, refusal=str(begun)))
    return signed_in(begun, staff_page(next_page))


def _by_passkey(half: HalfWay | None) -> StaffSession | StaffRefused:
    here = passkey_forms.site()
    sent = passkey_forms.answered(f"ask:{half.account_id if half else None}")
    if here is None or sent is None:
        return WrongPasskey()
    with database().begin() as session:
        return staff.finish_by_passkey(
            session,
            half=half,
            answer=Answer(credential=sent[0], challenge=sent[1], site=here),
            place=request.remote_addr or "",
            now=utcnow(),
            device=device(),
        )


@pages.post("/sign-out")
def leave() -> ResponseReturnValue:
    """End the session here and in the table, so that it ends everywhere."""
    with database().begin() as session:
        staff.sign_out(session, session_id=current_staff().session_id, now=utcnow())
    response = make_response(redirect(url_for("door.sign_in"), HTTPStatus.SEE_OTHER))
    clear_staff_session(response)
    # What stands in the browser's cache is of people (ASVS 14.3.1).
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response
