"""By whose clock a clinician's hours are: they are wall time, so another zone moves them.

What is booked or blocked is a moment, and stays that moment.
"""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.scheduler.operations import out_of_hours, schedules
from services.scheduler.schemas import ZoneForm
from services.scheduler.web import rule_words
from services.scheduler.web.choosing import read_uuid
from services.scheduler.web.rights import hand
from services.scheduler.web.weeks import editable
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.zones import zone_options, zone_title

pages = Blueprint("clinician_zone", __name__, url_prefix="/staff/zone")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})


@pages.get("")
def zone() -> ResponseReturnValue:
    """One's own zone, or for the owner anyone's."""
    return _page()


@pages.post("")
def save() -> ResponseReturnValue:
    """The hours are by that clock from now on; says who stands outside of them then."""
    try:
        timezone = load(ZoneForm(), request.form)["timezone"]
    except FormErrors as errors:
        return _page(errors), errors.status
    with database().begin() as session:
        who = editable(session, read_uuid(request.args.get("who")))
        schedules.set_zone(session, who.id, timezone=timezone, by=hand())
        count = out_of_hours.count(session, now=utcnow(), only=who.id)
    said = rule_words.stands(count, "{lies} outside the hours now") or STAYS
    flash(f"Saved: the hours of {who.name} are in {zone_title(timezone)}. {said}")
    return redirect(url_for("practice.people"), HTTPStatus.SEE_OTHER)


STAYS = "Times that are booked already stay at their moment."


def _page(errors: FormErrors | None = None) -> str:
    with database().begin() as session:
        who = editable(session, read_uuid(request.args.get("who")))
    return render_template(
        "scheduler/clinician_zone.html",
        who=who,
        options=zone_options(),
        now=utcnow().astimezone(who.hours.zone),
        zone_title=zone_title(who.hours.zone.key),
        given=errors.given.get("timezone") if errors else who.hours.zone.key,
        errors=errors.errors if errors else {},
    )
