"""The pages of the types of appointment: add one, change it, end it, begin it again."""

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from services.scheduler.domain.errors import StaffRefused
from services.scheduler.models import AppointmentType
from services.scheduler.operations import appointment_types, schedules
from services.scheduler.web import rule_words
from services.scheduler.web.doors import own_settings
from services.scheduler.web.rights import hand, owner_decides
from services.scheduler.web.rule_forms import NewTypeForm, TypeForm
from services.scheduler.web.rule_pages import Filled, filled, is_owner, typed
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("rule_types", __name__, url_prefix="/staff/rules/types")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN}, sealed=False)

STEPS: Final = {
    schedules.PRIVATE_CALL: "The first call, alone, after the form. The form leads to it.",
    schedules.COUPLE_SESSION: "The first meeting of both, once both have said yes.",
}
_LATER: Final = "After the first call: staff book it, or let the person choose."
_NEW: Final = {"duration": "50", "step": "30", "buffer_after": "10", "horizon": "42"}


@pages.get("/new")
def new() -> ResponseReturnValue:
    """A form for one more type."""
    owner_decides()
    return _new_page()


@pages.post("/new")
def add() -> ResponseReturnValue:
    """Add it; whoever sees clients gives it, unless they are said not to."""
    owner_decides()
    try:
        form = load(NewTypeForm(), request.form)
        with database().begin() as session:
            appointment_types.add(session, values=form, by=hand())
    except (FormErrors, StaffRefused) as refusal:
        return _new_page(refusal)
    flash("Added. Everyone who sees clients gives it; change that with each of them.")
    return _overview()


def _new_page(refusal: FormErrors | StaffRefused | None = None) -> ResponseReturnValue:
    with database().begin() as session:
        shown = filled(session, {}, MultiDict(_NEW), refusal, beside="title")
    return make_response(_template(shown, None), shown.status)


def _overview() -> ResponseReturnValue:
    return redirect(url_for("rules.overview"), HTTPStatus.SEE_OTHER)


@pages.get("/<code>")
def kind(code: str) -> ResponseReturnValue:
    """One type, as it stands."""
    return _page(code)


@pages.post("/<code>")
def change(code: str) -> ResponseReturnValue:
    """Let these values stand from now on; what is booked stays as it is."""
    owner_decides()
    try:
        form = load(TypeForm(), request.form)
        with database().begin() as session:
            appointment_types.change(
                session, code, version=form.pop("version"), values=form, by=hand()
            )
    except (FormErrors, StaffRefused) as refusal:
        return _page(code, refusal)
    flash("Saved. It counts from now on. Times that are booked stay as they are.")
    return _overview()


def _page(code: str, refusal: FormErrors | StaffRefused | None = None) -> ResponseReturnValue:
    with database().begin() as session:
        one = appointment_types.find(session, code)
        values = typed(TypeForm(exclude=("version",)).dump(one))
        shown = filled(
            session,
            appointment_types.facts(one),
            values,
            refusal,
            about=f"type:{code}",
            beside="title",
        )
        html = _template(shown, one, **_end(session, one))
    return make_response(html, shown.status)


def _template(shown: Filled, one: AppointmentType | None, **more: Any) -> str:
    settings = own_settings()
    return render_template(
        "scheduler/rule_type.html",
        named_errors=rule_words.named_errors,
        shown=shown,
        kind=one,
        step=STEPS.get(one.code, _LATER) if one else None,
        usual=rule_words.hours(settings.booking_notice),
        usual_change=rule_words.hours(settings.change_notice),
        owner=is_owner(),
        **more,
    )


def _end(session: Session, one: AppointmentType) -> dict[str, Any]:
    """What to say before it is ended: who keeps a time of it, and whether a step needs it."""
    return {
        "standing": rule_words.stands(
            appointment_types.standing(session, one, now=utcnow()), "of it {is_} still to come"
        ),
        "needed": one.code in STEPS,
    }


@pages.post("/<code>/end")
def end(code: str) -> ResponseReturnValue:
    """Offer it no more. Pressed twice, it ends once."""
    owner_decides()
    with database().begin() as session:
        one = appointment_types.end(session, code, by=hand(), now=utcnow())
        count = appointment_types.standing(session, one, now=utcnow())
    flash(f"Ended. {rule_words.stands(count, 'of it {is_} still to come')}")
    return _overview()


@pages.post("/<code>/begin")
def begin(code: str) -> ResponseReturnValue:
    """Offer it again."""
    owner_decides()
    try:
        with database().begin() as session:
            appointment_types.begin_again(session, code, by=hand())
    except StaffRefused as refusal:
        return _page(code, refusal)
    flash("It is offered again.")
    return _overview()
