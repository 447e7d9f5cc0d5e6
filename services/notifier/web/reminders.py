"""When people are reminded: one page for what is usual, one for each type of appointment."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from flask import (
    Blueprint,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from marshmallow import Schema, fields, validate

from services.notifier.domain.message import reminder_purpose, title_of
from services.notifier.domain.reminders import ReminderPlan, read_leads, written_leads
from services.notifier.operations import reminder_rules
from services.notifier.operations.reminder_rules import Leads, Rule
from services.notifier.schemas import AppointmentTypeSchema
from services.notifier.settings import Settings
from services.notifier.web.words import moment
from shared.peers import Peer
from shared.vocabulary import Channel, Role
from shared.web import database, settings
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotForYourRole, NotFound
from shared.zones import zone

logger = structlog.get_logger(__name__)

pages = Blueprint("reminders", __name__, url_prefix="/staff/reminders")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})

SCHEDULER: Final = "softstart.scheduler"
"""Where the app keeps whom to ask which types of appointment there are."""

MOST: Final = {Channel.EMAIL: 5, Channel.SMS: 2}
"""Reminders of one time; with its confirmation, two texts are the three a week of L24."""

USUAL: Final = "usual"
NONE: Final = "none"


class RuleForm(Schema):
    """When by e-mail and when by text; for a type, a blank field is as usual."""

    email = fields.String(load_default="", validate=validate.Length(max=200))
    sms = fields.String(load_default="", validate=validate.Length(max=200))


@dataclass(frozen=True)
class _About:
    """What a page is about: the usual rule, or one type of appointment."""

    code: str | None
    title: str

    @property
    def address(self) -> str:
        return url_for(".rule", code=self.code) if self.code else url_for(".usual")


@pages.get("")
def overview() -> ResponseReturnValue:
    """Every type of appointment, and when it is reminded of."""
    ours: Settings = settings()
    types = _types()
    with database().begin() as session:
        rules = reminder_rules.latest(session)
    rows = []
    for about in (_About(None, "Every type"), *types):
        rule = rules.get(about.code)
        plan = _plan(rules, about.code, ours)
        own = about.code is None or (rule is not None and rule.leads)
        rows.append(
            {
                "title": about.title,
                "href": about.address,
                "email": _said(plan.leads.get(Channel.EMAIL, ())),
                "sms": _said(plan.leads.get(Channel.SMS, ())),
                "by": (_by(rule) if rule else "As the settings say") if own else "As every type",
            }
        )
    return render_template("notifier/reminders.html", rows=rows)


@pages.get("/usual")
def usual() -> ResponseReturnValue:
    """What is usual for every type."""
    return _page(_About(None, "Every type"))


@pages.post("/usual")
def save_usual() -> ResponseReturnValue:
    """Let it count from now on."""
    return _save(_About(None, "Every type"))


@pages.get("/types/<code>")
def rule(code: str) -> ResponseReturnValue:
    """What counts for one type."""
    return _page(_type(code))


@pages.post("/types/<code>")
def save_rule(code: str) -> ResponseReturnValue:
    """Let it count from now on."""
    return _save(_type(code))


def _save(about: _About) -> ResponseReturnValue:
    who = current_staff()
    if who.role is not Role.OWNER:
        raise NotForYourRole("Only the owner changes when people are reminded.")
    try:
        form = load(RuleForm(), request.form)
    except FormErrors as refusal:
        return _page(about, refusal.given.to_dict(), refusal.errors)
    leads, errors = _read(form, about)
    if errors:
        return _page(about, form, errors)
    with database().begin() as session:
        reminder_rules.write(
            session,
            appointment_type=about.code,
            leads=leads,
            account_id=who.account_id,
            name=who.name,
        )
    logger.info("reminders changed", appointment_type=about.code, account_id=str(who.account_id))
    flash("Saved. Reminders that wait follow it within a minute.")
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


def _read(form: dict[str, Any], about: _About) -> tuple[dict[Channel, Leads], dict[str, list[str]]]:
    leads: dict[Channel, Leads] = {}
    errors: dict[str, list[str]] = {}
    for channel, most in MOST.items():
        text = form[channel.value].strip().lower()
        if not text:
            if about.code is None:
                errors[channel.value] = ["Write when, like 48h, 24h. Or write none."]
            continue
        try:
            found = () if text == NONE else read_leads(text)
        except ValueError as error:
            errors[channel.value] = [str(error)]
            continue
        if len(found) > most:
            errors[channel.value] = [f"{most} at most: more would be too many for one time."]
        leads[channel] = found
    return leads, errors


def _page(
    about: _About,
    given: dict[str, Any] | None = None,
    errors: dict[str, list[str]] | None = None,
) -> ResponseReturnValue:
    ours: Settings = settings()
    with database().begin() as session:
        rules = reminder_rules.latest(session)
        past = reminder_rules.history(session, appointment_type=about.code)
    own = rules.get(about.code)
    plan = _plan(rules, about.code, ours)
    shown = plan.leads if about.code is None else (own.leads if own else {})
    html = render_template(
        "notifier/reminder.html",
        about=about,
        given=given or {channel.value: _written(shown.get(channel)) for channel in MOST},
        errors=errors or {},
        usual={
            channel.value: _said(_plan(rules, None, ours).leads.get(channel, ()))
            for channel in MOST
        },
        owner=current_staff().role is Role.OWNER,
        history=[(_by(one), _summary(one)) for one in past],
    )
    return make_response(html, HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


def _plan(rules: dict[str | None, Rule], code: str | None, ours: Settings) -> ReminderPlan:
    leads = dict(ours.reminders.leads)
    for name in (None, code):
        if name in rules:
            leads |= rules[name].leads
    return ReminderPlan(leads=leads, gap=ours.reminders.gap)


def _types() -> list[_About]:
    """What can be booked, asked of the scheduler. Raises PeerUnavailable: the page says so."""
    scheduler = cast("Peer", current_app.extensions[SCHEDULER])
    found = AppointmentTypeSchema(many=True).load(scheduler.get("/internal/appointment-types"))
    return [_About(one["code"], one["title"]) for one in found if not one["ended"]]


def _type(code: str) -> _About:
    for about in _types():
        if about.code == code:
            return about
    raise NotFound("There is no such type of appointment.")


def _written(leads: Leads | None) -> str:
    if leads is None:
        return ""
    return written_leads(leads) if leads else NONE


def _said(leads: Leads) -> str:
    """Leads for reading: "48 hours, 24 hours, 90 minutes before"."""
    if not leads:
        return "None"
    words = [title_of(reminder_purpose(lead)) for lead in leads]
    return ", ".join(one.removeprefix("Reminder, ").removesuffix(" before") for one in words) + (
        " before"
    )


def _summary(rule: Rule) -> str:
    names = {Channel.EMAIL: "email", Channel.SMS: "text"}
    said = [
        f"{name}: {_said(rule.leads[channel]).lower() if channel in rule.leads else 'as usual'}"
        for channel, name in names.items()
    ]
    return "; ".join(said)


def _by(rule: Rule) -> str:
    ours: Settings = settings()
    assert rule.written_at is not None
    return f"{moment(rule.written_at, zone(ours.practice.timezone))}, {rule.written_by}"
