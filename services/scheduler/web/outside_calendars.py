"""Calendars that a clinician keeps elsewhere, and what holds while one can't be read (P11, N11)."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NoSuchCalendar
from services.scheduler.domain.outside import Policy
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import outside, schedules
from services.scheduler.operations.outside import Kept
from services.scheduler.web import outside_words
from services.scheduler.web.choosing import read_uuid
from services.scheduler.web.outside_documents import CalendarForm, ChangeForm
from services.scheduler.web.weeks import editable
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("outside", __name__, url_prefix="/staff/calendars")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})


def _whose(session: Session) -> OpenSchedule:
    return editable(session, read_uuid(request.args.get("who")))


@pages.get("")
def calendars() -> ResponseReturnValue:
    """The calendars of one clinician, how each is doing, and a form for another."""
    return _page()


@pages.post("")
def add() -> ResponseReturnValue:
    """Keep another calendar; it is read by a job within seconds."""
    try:
        form = load(CalendarForm(), request.form)
    except FormErrors as errors:
        return _page(errors), errors.status
    with database().begin() as session:
        who = _whose(session)
        outside.add(session, who.id, **form)
    flash("Added. It is read within a few seconds; open this page again to see it.")
    return _back(who)


def _page(errors: FormErrors | None = None) -> str:
    with database().begin() as session:
        who = _whose(session)
        kept = outside.of_schedule(session, who.id)
        people = schedules.open_schedules(session) if current_staff().role is Role.OWNER else []
    given = errors.given if errors else {"policy": Policy.BLOCK.value, "stale_after": "240"}
    return render_template(
        "scheduler/outside_calendars.html",
        who=who,
        lines=[outside_words.line(one, who) for one in kept],
        people=people,
        errors=errors.errors if errors else {},
        given=given,
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {
        "policies": list(outside_words.POLICIES.items()),
        "ages": list(outside_words.AGES.items()),
    }


def _back(who: OpenSchedule) -> ResponseReturnValue:
    return redirect(url_for(".calendars", who=who.practitioner_id), HTTPStatus.SEE_OTHER)


@pages.get("/<uuid:calendar_id>")
def calendar(calendar_id: UUID) -> ResponseReturnValue:
    """One calendar: its name and what holds while it can't be read, to be changed or removed."""
    return _one_page(calendar_id)


@pages.post("/<uuid:calendar_id>")
def change(calendar_id: UUID) -> ResponseReturnValue:
    """Keep another name or policy; the address stays."""
    try:
        form = load(ChangeForm(), request.form)
    except FormErrors as errors:
        return _one_page(calendar_id, errors), errors.status
    with database().begin() as session:
        who = _whose(session)
        outside.change(session, who.id, calendar_id, **form)
    flash("Saved. It holds from now on.")
    return _back(who)


def _one_page(calendar_id: UUID, errors: FormErrors | None = None) -> str:
    with database().begin() as session:
        who = _whose(session)
        kept = _found(outside.of_schedule(session, who.id), calendar_id)
    now = kept.calendar
    given = {
        "name": now.name,
        "policy": now.policy,
        "stale_after": int(now.stale_after / timedelta(minutes=1)),
    }
    return render_template(
        "scheduler/outside_calendar.html",
        who=who,
        line=outside_words.line(kept, who),
        errors=errors.errors if errors else {},
        given=errors.given if errors else given,
        **_choices(),
    )


def _found(known: list[Kept], calendar_id: UUID) -> Kept:
    kept = next((one for one in known if one.calendar.id == calendar_id), None)
    if kept is None:
        raise NoSuchCalendar
    return kept


@pages.post("/<uuid:calendar_id>/read")
def read(calendar_id: UUID) -> ResponseReturnValue:
    """Have it read within seconds instead of minutes."""
    with database().begin() as session:
        who = _whose(session)
        outside.read_soon(session, who.id, calendar_id)
    flash("It is read within a few seconds; open this page again to see it.")
    return _back(who)


@pages.post("/<uuid:calendar_id>/remove")
def remove(calendar_id: UUID) -> ResponseReturnValue:
    """Forget the calendar: what is busy there does not count any more."""
    with database().begin() as session:
        who = _whose(session)
        outside.remove(session, who.id, calendar_id)
    flash("Removed. What is busy there does not count any more.")
    return _back(who)
