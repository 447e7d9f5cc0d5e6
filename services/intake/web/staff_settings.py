"""The practice's decisions in the console: read by clinical staff, changed by the owner alone.

Each change is a new version with a name and a date; nothing is written over.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from services.intake.domain import lint
from services.intake.domain.practice import PracticeSettings
from services.intake.domain.questionnaire import Config, Screener
from services.intake.operations import practice, questionnaires
from services.intake.providers.scheduler import StaffMember
from services.intake.web import settings_forms, settings_words
from services.intake.web.staff import reader
from shared.clock import utcnow
from shared.places import STATES
from shared.vocabulary import Role
from shared.web import database, kept, settings
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotForYourRole, NotFound
from shared.zones import zone_title

pages = Blueprint(
    "staff_settings", __name__, url_prefix="/staff/settings", template_folder="../templates"
)
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN}, sealed=False)

_TURN = "turn-"


@pages.get("")
def overview() -> ResponseReturnValue:
    """What stands, who decided it, and what hinders going live."""
    staff = _clinical_staff()
    names = None if staff is None else {one.account_id: one.name for one in staff}
    with database().begin() as session:
        history = practice.history(session)
        states = _states(session)
    each = [PracticeSettings.from_document(row.settings) for row in history]
    said = [_lines(one, names) for one in [*each, PracticeSettings()]]
    versions = [
        {"row": row, "changes": settings_words.changed(newer, older)}
        for row, newer, older in zip(history, said, said[1:], strict=False)
    ]
    return render_template(
        "intake/settings.html",
        lines=said[0],
        titles=settings_words.TITLES,
        versions=versions,
        hindrances=lint.hindrances_to_going_live(states),
        hints=lint.hints_about_the_notice(each[0] if each else PracticeSettings()),
        owner=reader().role == Role.OWNER,
        now=utcnow(),
        zone_words=zone_title(settings().practice.timezone),
    )


@pages.get("/<part>")
def part(part: str) -> ResponseReturnValue:
    """One part, to be changed by the owner."""
    return _page(part)


@pages.post("/<part>")
def change(part: str) -> ResponseReturnValue:
    """Let this stand from now on."""
    if reader().role != Role.OWNER:
        raise NotForYourRole("Only the owner of the practice decides this.")
    form = _form(part)
    turns = {name: value for name, value in request.form.items() if name.startswith(_TURN)}
    rest = MultiDict((n, v) for n, v in request.form.items(multi=True) if n not in turns)
    try:
        changes = form.changes(load(form(), rest))
    except FormErrors as errors:
        return _page(part, errors), errors.status
    if part == "alerts":
        changes |= _roster(turns)
    with database().begin() as session:
        decided = practice.current(session).with_changes(**changes)
        practice.decide(session, reader=reader(), settings=decided)
    flash("Saved. It counts from now on.")
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


def _roster(turns: dict[str, str]) -> dict[str, Any]:
    """Who is alerted, among those that the scheduler knows; without it, what stands is kept."""
    staff = _clinical_staff()
    if staff is None:
        return {}
    known = {f"{_TURN}{one.account_id}": one.account_id for one in staff}
    return {
        "roster": settings_forms.roster(
            {known[name]: turn for name, turn in turns.items() if name in known}
        )
    }


def _form(part: str) -> type[settings_forms.SettingsForm]:
    if part not in settings_forms.FORMS:
        raise NotFound("There is no such part of the settings.")
    return settings_forms.FORMS[part]


def _page(part: str, errors: FormErrors | None = None) -> str:
    _form(part)
    staff = _clinical_staff() if part == "alerts" else ()
    with database().begin() as session:
        decided, states = practice.current(session), _states(session)
        screener = questionnaires.current(session)
        config = questionnaires.config_now(session, screener, states)
    given: Any = settings_forms.typed(decided, states)
    if errors is not None:
        given = {
            **errors.given.to_dict(),
            "licensed_states": errors.given.getlist("licensed_states"),
        }
    return render_template(
        "intake/settings_part.html",
        part=part,
        title=settings_words.TITLES[part],
        given=given,
        errors=errors.errors if errors else {},
        staff=staff,
        turns=_turns(decided, errors),
        turn_options=[(str(turn), str(turn)) for turn in range(1, len(staff or ()) + 1)],
        states=STATES,
        modes=settings_forms.MODES,
        policies=settings_forms.POLICIES,
        promises=_promises(screener, config),
        owner=reader().role == Role.OWNER,
    )


def _promises(screener: Screener, config: Config) -> list[str]:
    """The very words that the practice has to keep while the questions are on."""
    on = replace(config, safety_tool=True)
    notices = [screener.notices[name] for name in sorted(screener.promises)]
    ends = [text for text in screener.client_text.values() if text.body_without_followup]
    return [*notices, *(text.worded(on).body for text in ends)]


def _turns(decided: PracticeSettings, errors: FormErrors | None) -> dict[UUID | str, str]:
    if errors is not None:
        return {
            name.removeprefix(_TURN): value
            for name, value in request.form.items()
            if name.startswith(_TURN)
        }
    return {str(account): str(turn) for turn, account in enumerate(decided.roster, 1)}


def _clinical_staff() -> tuple[StaffMember, ...] | None:
    staff: tuple[StaffMember, ...] | None = kept("scheduler").staff()
    return staff and tuple(one for one in staff if one.role in (Role.OWNER, Role.CLINICIAN))


def _states(session: Session) -> tuple[str, ...]:
    return practice.licensed_states(session, default=settings().practice.licensed_states)


def _lines(
    decided: PracticeSettings, names: dict[UUID, str] | None
) -> dict[str, settings_words.Lines]:
    own = decided.licensed_states
    states = settings().practice.licensed_states if own is None else own
    return settings_words.lines(decided, states=states, names=names)
