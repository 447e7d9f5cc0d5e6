"""The page of the rule for two people who move their time."""

from http import HTTPStatus

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.scheduler.domain.errors import StaffRefused
from services.scheduler.operations import closures, couple_rules
from services.scheduler.schemas import Strict
from services.scheduler.web.rights import hand, owner_decides
from services.scheduler.web.rule_forms import seen_version, ticked
from services.scheduler.web.rule_pages import filled, is_owner, typed
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("rule_couples", __name__, url_prefix="/staff/rules/couples")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})


class CouplesForm(Strict):
    """Whether moving a time for two takes both."""

    move_needs_both = ticked()
    version = seen_version()


@pages.get("")
def page() -> ResponseReturnValue:
    """Who of two people may change what."""
    return _page()


def _page(refusal: FormErrors | StaffRefused | None = None) -> ResponseReturnValue:
    with database().begin() as session:
        facts = couple_rules.facts(closures.rules(session))
        shown = filled(session, facts, typed(facts), refusal, about="couples")
        html = render_template("scheduler/rule_couples.html", shown=shown, owner=is_owner())
    return make_response(html, shown.status)


@pages.post("")
def save() -> ResponseReturnValue:
    """Let it count from the next move on."""
    owner_decides()
    try:
        form = load(CouplesForm(), request.form)
        with database().begin() as session:
            couple_rules.set_rule(session, **form, by=hand())
    except (FormErrors, StaffRefused) as refusal:
        return _page(refusal)
    flash("Saved.")
    return redirect(url_for(".page"), HTTPStatus.SEE_OTHER)
