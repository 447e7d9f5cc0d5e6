"""How the practice's page introduces each clinician: letters after the name, and a few words."""

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import fields, post_load, validate

from services.scheduler.operations import schedules
from services.scheduler.schemas import Strict
from services.scheduler.web.choosing import read_uuid
from services.scheduler.web.weeks import editable
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("introduction", __name__, url_prefix="/staff/introduction")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN}, sealed=False)

LONGEST: Final = {"credentials": 80, "about": 200}


def _line(longest: int) -> fields.String:
    long = validate.Length(max=longest, error=f"Please keep it to {longest} characters.")
    return fields.String(load_default="", validate=long)


class IntroductionForm(Strict):
    """What anybody may read about someone who sees clients; both may stay empty."""

    credentials = _line(LONGEST["credentials"])
    about = _line(LONGEST["about"])

    @post_load
    def _in_one_line(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: " ".join(words.split()) for name, words in data.items()}


@pages.get("")
def introduction() -> ResponseReturnValue:
    """One's own words, or for the owner anyone's."""
    return _page()


@pages.post("")
def save() -> ResponseReturnValue:
    """The practice's page shows them from the next minute on."""
    try:
        form = load(IntroductionForm(), request.form)
    except FormErrors as errors:
        return _page(errors), errors.status
    with database().begin() as session:
        who = editable(session, read_uuid(request.args.get("who")))
        schedules.introduce(session, who.practitioner_id, **form)
    flash("Saved. Your page for clients shows it within a minute.")
    return redirect(url_for("practice.people"), HTTPStatus.SEE_OTHER)


def _page(errors: FormErrors | None = None) -> str:
    with database().begin() as session:
        who = editable(session, read_uuid(request.args.get("who")))
        words = schedules.introduced(session, who.practitioner_id)
    return render_template(
        "scheduler/introduction.html",
        who=who,
        longest=LONGEST,
        given=errors.given if errors else words,
        errors=errors.errors if errors else {},
    )
