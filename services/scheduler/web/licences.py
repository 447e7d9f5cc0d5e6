"""Where each clinician holds a license: who will be elsewhere is not offered a time (L43)."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.scheduler.operations import schedules
from services.scheduler.schemas import LicencesForm
from services.scheduler.web.choosing import read_uuid
from services.scheduler.web.weeks import editable
from shared.places import STATES
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("licences", __name__, url_prefix="/staff/licenses")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN}, sealed=False)


@pages.get("")
def licences() -> ResponseReturnValue:
    """One's own states, or for the owner anyone's."""
    return _page()


@pages.post("")
def save() -> ResponseReturnValue:
    """These states count from the next booking on; what is booked stays."""
    try:
        states = load(LicencesForm(), request.form)["states"]
    except FormErrors as errors:
        return _page(errors), errors.status
    with database().begin() as session:
        who = editable(session, read_uuid(request.args.get("who")))
        schedules.set_states(session, who.practitioner_id, states=states)
    flash("Saved. Times that are booked already stay as they are.")
    return redirect(url_for("practice.people"), HTTPStatus.SEE_OTHER)


def _page(errors: FormErrors | None = None) -> str:
    with database().begin() as session:
        who = editable(session, read_uuid(request.args.get("who")))
    return render_template(
        "scheduler/licences.html",
        who=who,
        states=STATES,
        chosen=errors.given.getlist("states") if errors else who.states,
        errors=errors.errors if errors else {},
    )
