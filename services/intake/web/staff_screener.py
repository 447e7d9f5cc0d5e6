"""The form in the console: its words, its versions, and publishing a new one."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from services.intake.domain import edits, lint
from services.intake.domain.edits import Place
from services.intake.operations import practice, screener_versions
from services.intake.operations.screener_versions import Draft, NothingChanged, NotSound
from services.intake.web import screener_forms
from services.intake.web.staff import reader
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, settings
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotForYourRole, NotFound

pages = Blueprint(
    "staff_screener", __name__, url_prefix="/staff/screener", template_folder="../templates"
)
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})


@pages.get("")
def overview() -> ResponseReturnValue:
    """The version in use, the draft, and every version before."""
    return _overview([])


def _overview(problems: list[str]) -> str:
    with database().begin() as session:
        draft = screener_versions.draft(session)
        history = screener_versions.history(session)
        newer = screener_versions.newer_reviewed(session)
        decided = practice.current(session)
        states = practice.licensed_states(session, default=settings().practice.licensed_states)
        in_use = screener_versions.in_use(session)
    return render_template(
        "intake/screener.html",
        draft=draft,
        in_use=in_use,
        changes=edits.changes(in_use.places, screener_versions.read(draft.text).places),
        groups=_groups(draft),
        history=history,
        newer=newer,
        lost=[_misfit(draft, name) for name in draft.misfits],
        problems=problems,
        hindrances=lint.hindrances_to_going_live(states),
        hints=lint.hints_about_the_notice(decided),
        owner=reader().role == Role.OWNER,
        now=utcnow(),
    )


def _misfit(draft: Draft, name: str) -> dict[str, Any]:
    """An edit whose reviewed words changed: then, now, and the practice's."""
    place, edit = draft.reviewed.places.get(name), draft.edits[name]
    return {
        "name": name,
        "place": place,
        "was": edits.spoken(edit["was"]),
        "own": edits.spoken(edit["now"]),
        "reviewed": edits.spoken(place.words) if place else "It is not in the form any more.",
    }


def _groups(draft: Draft) -> dict[str, str]:
    known = {place.group for place in draft.reviewed.places.values()}
    titles = edits.group_titles(draft.reviewed.document)
    return {name: title for name, title in titles.items() if name in known}


@pages.get("/words/<group>")
def edit(group: str) -> ResponseReturnValue:
    """The words of one page."""
    return _editor(group)


@pages.post("/words/<group>")
def save(group: str) -> ResponseReturnValue:
    """Put them into the draft. Nobody sees them before they are published."""
    with database().begin() as session:
        draft = screener_versions.draft(session)
    places = _places(draft, group)
    try:
        sent = load(screener_forms.schema(places), request.form)
        words = {
            place.id: screener_forms.words(place, sent, draft.words(place)) for place in places
        }
        # What is as it stands was not edited; an edit that no longer fits stays to be looked at.
        words = {p.id: words[p.id] for p in places if words[p.id] != draft.words(p)}
        with database().begin() as session:
            wrong = screener_versions.save(session, reader=reader(), words=words)
        if wrong:
            raise FormErrors(wrong, request.form)
    except FormErrors as errors:
        return _editor(group, errors), errors.status
    flash("Kept in the draft. Look at the preview, then publish.")
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


@pages.post("/forget")
def forget() -> ResponseReturnValue:
    """Let go of an edit whose reviewed words changed."""
    with database().begin() as session:
        screener_versions.forget(session, reader=reader(), name=request.form.get("name", ""))
    flash("The reviewed words stand.")
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


@pages.post("/publish")
def publish() -> ResponseReturnValue:
    """Put the draft to use."""
    if reader().role != Role.OWNER:
        raise NotForYourRole("Only the owner of the practice publishes a form.")
    try:
        with database().begin() as session:
            row = screener_versions.publish(session, reader=reader())
    except NothingChanged:
        flash("This is in use already.")
    except NotSound as refusal:
        return _overview(refusal.problems), HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        flash(f"Published as version {row.number}. Whoever begins a form now gets it.")
    return redirect(url_for(".overview"), HTTPStatus.SEE_OTHER)


def _places(draft: Draft, group: str) -> list[Place]:
    found = [place for place in draft.reviewed.places.values() if place.group == group]
    if not found:
        raise NotFound("There is no such page of the form.")
    return found


def _editor(group: str, errors: FormErrors | None = None) -> str:
    with database().begin() as session:
        draft = screener_versions.draft(session)
    places = _places(draft, group)
    return render_template(
        "intake/screener_edit.html",
        group=group,
        title=_groups(draft)[group],
        cards=_cards(draft, places, errors),
        errors=errors.errors if errors else {},
        preview=group in {section.id for section in draft.screener.first_form},
    )


def _cards(
    draft: Draft, places: list[Place], errors: FormErrors | None
) -> dict[str, list[dict[str, Any]]]:
    """The fields, under what they are about."""
    given = errors.given if errors else {}
    found: dict[str, list[dict[str, Any]]] = {}
    for place in places:
        now = draft.words(place)
        field: dict[str, Any] = {"place": place, "edited": now != place.words}
        if place.options:
            field["rows"] = [
                {
                    "row": row,
                    "label": given.get(f"{place.id}.{row.value}.label", row.label),
                    "turn": given.get(f"{place.id}.{row.value}.turn", row.turn),
                }
                for row in screener_forms.rows(place, now)
            ]
            field["add"] = given.get(f"{place.id}.add", "")
        else:
            field["value"] = given.get(place.id, now)
        found.setdefault(place.about, []).append(field)
    return found
