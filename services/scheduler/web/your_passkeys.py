"""Your passkeys: one more, or one less."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.scheduler.domain.errors import WrongPasskey
from services.scheduler.operations import own_sign_in, staff
from services.scheduler.operations.passkeys import Made
from services.scheduler.web import passkey_forms
from services.scheduler.web.sign_in_forms import PasskeyForm
from services.scheduler.web.your_sign_in import codes_page, fresh_or_again, onward, went_on
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("passkeys", __name__, url_prefix="/staff/your-sign-in/passkeys")
guard_staff(pages, sealed=False)


@pages.get("/new")
def form() -> ResponseReturnValue:
    """A name for it, and a button that asks the device."""
    return fresh_or_again() or _page()


def _page(errors: FormErrors | None = None, refusal: str | None = None) -> str:
    with database().begin() as session:
        asked = passkey_forms.to_make(session, staff.account(session, current_staff().account_id))
    given: Any = errors.given if errors else request.form
    return render_template(
        "scheduler/passkey.html",
        asked=asked,
        next=onward(),
        errors=errors.errors if errors else {},
        refusal=refusal,
        given=given,
    )


@pages.post("")
def keep() -> ResponseReturnValue:
    """Keep what the device has made."""
    again = fresh_or_again()
    if again is not None:
        return again
    here, who = passkey_forms.site(), current_staff()
    answer = passkey_forms.answered(f"make:{who.account_id}")
    try:
        sent = load(PasskeyForm(), request.form)
    except FormErrors as errors:
        return _page(errors), errors.status
    if here is None or answer is None:
        return _page(refusal="That took too long. Try once more."), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        with database().begin() as session:
            anew = own_sign_in.keep_passkey(
                session,
                was=who.session_id,
                account_id=who.account_id,
                made=Made(credential=answer[0], challenge=answer[1], name=sent["name"]),
                site=here,
                now=utcnow(),
            )
    except WrongPasskey as refusal:
        return _page(refusal=str(refusal)), HTTPStatus.UNPROCESSABLE_ENTITY
    if anew.codes:
        return went_on(anew.session, codes_page(anew.codes, ended=True))
    flash("Your passkey is kept. Your other browsers are signed out.")
    return went_on(anew.session, redirect(onward() or url_for("yours.overview"), 303))


@pages.post("/<credential_id>/remove")
def remove(credential_id: str) -> ResponseReturnValue:
    """It opens nothing any more."""
    again = fresh_or_again()
    if again is not None:
        return again
    with database().begin() as session:
        begun = own_sign_in.remove_passkey(
            session,
            was=current_staff().session_id,
            account_id=current_staff().account_id,
            credential_id=credential_id,
            now=utcnow(),
        )
    flash("The passkey is removed. Your other browsers are signed out.")
    return went_on(begun, redirect(url_for("yours.overview"), HTTPStatus.SEE_OTHER))
