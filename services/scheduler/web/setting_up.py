"""Setting up, in one frame: step by step, each of which can be left for later.

What is done and what is missing is computed from what stands in the three services, never ticked
off. Steps whose form stands on a page of its own lead there: there is no second copy of any rule.
"""

from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import StaffRefused
from services.scheduler.domain.setting_up import (
    Facts,
    Person,
    Step,
    around,
    hindrances,
    next_step,
    steps,
)
from services.scheduler.operations import (
    appointment_types,
    out_of_hours,
    practice_facts,
    schedules,
    staff,
)
from services.scheduler.web import rule_words
from services.scheduler.web.doors import own_settings
from services.scheduler.web.rights import hand
from services.scheduler.web.rule_pages import filled, typed
from services.scheduler.web.setting_up_forms import FORMS
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, kept, page_link
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone, zone_options, zone_title

pages = Blueprint("setting_up", __name__, url_prefix="/staff/set-up")
guard_staff(pages, roles={Role.OWNER}, sealed=False)

STATES: Final = {
    "done": ("Done", "ok"),
    "missing": ("Missing", "day"),
    "open": ("Can wait", "wait"),
    "unknown": ("Not known", "hold"),
}
ABOUT: Final = {
    "practice": "How people and messages call you, and where they can phone you.",
    "zone": "The clock of the console, and of whoever is new here.",
    "states": "The form is open to people who will be in one of them.",
    "people": "Who signs in, and who sees clients.",
    "licenses": "People are offered only clinicians who are licensed where they will be.",
    "hours": "A usual week for each. Single days can be changed later in the calendar.",
    "types": "What people can book, how long it takes, and how long before.",
    "messages": "Whether mail and texts leave this machine. Whoever runs the program sets it.",
    "test": "A mail or a text to yourself, the way that clients get theirs.",
    "safety": "They are asked only when somebody answers for what follows.",
    "notice": "The form shows it before it asks anything.",
}


@pages.get("")
def overview() -> ResponseReturnValue:
    """Every step with what stands now, and the next one to take."""
    with database().begin() as session:
        found = _steps(session)
    return render_template(
        "scheduler/set_up.html",
        steps=[_shown(one) for one in found],
        next=next_step(found),
        hindered=hindrances(found),
    )


@pages.get("/<key>")
def step(key: str) -> ResponseReturnValue:
    """One step: what it is for, what stands, and its form or the way to it."""
    return _page(key)


def _page(key: str, refusal: FormErrors | StaffRefused | None = None) -> ResponseReturnValue:
    with database().begin() as session:
        found = _steps(session)
        try:
            number, one, before, after = around(found, key)
        except KeyError:
            raise NotFound("There is no such step.") from None
        facts = practice_facts.facts(session, own_settings())
        shown = filled(session, facts, typed(facts), refusal, about=practice_facts.ABOUT)
    html = render_template(
        "scheduler/set_up_step.html",
        steps=[_shown(each) for each in found],
        one=_shown(one),
        number=number,
        before=before,
        after=after,
        about=ABOUT[key],
        shown=shown,
        is_form=key in FORMS,
        href=None if key in FORMS else _address(key),
        zones=zone_options() if key == "zone" else (),
        now_there=_clock(facts["timezone"]) if key == "zone" else "",
    )
    return make_response(html, shown.status)


@pages.post("/<key>")
def save(key: str) -> ResponseReturnValue:
    """The name, or the zone, from now on; then the next step."""
    if key not in FORMS:
        raise NotFound("There is no such step.")
    ours = own_settings()
    try:
        changes = load(FORMS[key](), request.form)
        version, along = changes.pop("version"), changes.pop("along", False)
        with database().begin() as session:
            was = practice_facts.facts(session, ours)["timezone"]
            practice_facts.decide(session, changes, settings=ours, version=version, by=hand())
            said = _taken_along(session, was, changes["timezone"]) if along else ""
            following = around(_steps(session), key)[3]
    except (FormErrors, StaffRefused) as refusal:
        return _page(key, refusal)
    ours.standing.good_until = 0.0
    flash(f"Saved. It counts everywhere within half a minute. {said}".strip())
    return redirect(
        url_for(".step", key=following.key if following else None), HTTPStatus.SEE_OTHER
    )


def _taken_along(session: Session, was: str, timezone: str) -> str:
    if was == timezone:
        return ""
    count = practice_facts.take_along(session, was=was, timezone=timezone, by=hand())
    hours = "The hours of one person are" if count == 1 else f"The hours of {count} people are"
    left = out_of_hours.count(session, now=utcnow())
    stands = rule_words.stands(left, "{lies} outside the hours now")
    return f"{hours} in {zone_title(timezone)} now. {stands}".strip()


def _clock(timezone: str) -> str:
    return f"{utcnow().astimezone(zone(timezone)):%-I:%M %p}".lower()


def still_missing(session: Session) -> list[dict[str, Any]]:
    """What keeps people from booking: title and address of each, for the page of today."""
    return [
        {"title": one.title, "href": url_for("setting_up.step", key=one.key)}
        for one in hindrances(_steps(session))
    ]


def _steps(session: Session) -> list[Step]:
    now = practice_facts.facts(session, own_settings())
    return steps(
        Facts(
            practice=f"{now['name']}, {now['phone']}",
            zone=zone_title(now["timezone"]),
            people=[
                Person(
                    name=one.name,
                    has_hours=bool(one.hours.weekly or one.hours.overrides),
                    has_license=bool(one.states),
                )
                for one in schedules.open_schedules(session)
            ],
            colleagues=len(staff.accounts(session)),
            types=[one.title for one in appointment_types.every(session) if not one.ended_at],
            intake=kept("intake_set_up").facts(),
            notifier=kept("notifier_set_up").facts(),
        )
    )


def _shown(one: Step) -> dict[str, Any]:
    return {
        "step": one,
        "chip": STATES[one.state],
        "href": url_for("setting_up.step", key=one.key),
    }


def _address(key: str) -> str:
    own = {
        "people": "practice.people",
        "licenses": "practice.people",
        "hours": "practice.hours",
        "types": "rules.overview",
    }
    if key in own:
        return url_for(own[key])
    if key == "messages":
        return page_link("notifier", "/staff/messages")
    if key == "test":
        return page_link("notifier", "/staff/test-message")
    return page_link("intake", f"/staff/settings/{key}")
