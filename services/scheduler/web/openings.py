"""The page on which staff block time, open it beside the hours, and enter days off."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import BadStretch
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import appointments, openings, schedules
from services.scheduler.operations.appointments import Entry
from services.scheduler.practice_models import TimeChange
from services.scheduler.web import agenda, words
from services.scheduler.web.choosing import read_date, read_uuid
from services.scheduler.web.rights import Rights, hand, whose
from services.scheduler.web.staff_forms import DaysOffForm, StretchForm
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone_title

pages = Blueprint("openings", __name__, url_prefix="/staff/time")
guard_staff(pages)

AHEAD: Final = timedelta(days=400)


@pages.get("")
def page() -> ResponseReturnValue:
    """What is blocked, opened and off from now on, and forms for more."""
    with database().begin() as session:
        return _page(session, _who(session))


def _who(session: Session) -> OpenSchedule:
    return whose(session, read_uuid(request.args.get("who")))


def _page(
    session: Session, who: OpenSchedule, errors: FormErrors | None = None, form: str = ""
) -> str:
    now, here, rights = utcnow(), who.hours.zone, Rights.mine(session)
    today = now.astimezone(here).date()
    ahead = Range(now, now + AHEAD, bounds="[)")
    found = openings.changes(session, [who.id], during=ahead)
    standing = _standing(session, who, found)
    day = read_date(request.args.get("day"))
    return render_template(
        "scheduler/openings.html",
        who=who,
        zone_title=zone_title(here.key),
        people=[
            {
                "name": one.name,
                "href": url_for("openings.page", who=one.practitioner_id),
                "chosen": one.id == who.id,
            }
            for one in schedules.open_schedules(session)
        ],
        changes=[_row(one, standing, here) for one in found],
        off=[
            {
                "id": one.id,
                "days": words.full_days(one.first_day, one.last_day),
                "reason": one.reason,
                "own": one.schedule_id is not None,
            }
            for one in openings.days_off(session, [who.id], first=today, last=today + AHEAD)
        ],
        may_block=rights.may_block(who.practitioner_id),
        may_open=rights.may_bend(who.practitioner_id),
        today=today.isoformat(),
        day=day.isoformat() if day else None,
        form=form,
        errors=_by_id(errors.errors, form) if errors else {},
        given=errors.given if errors else {},
    )


def _by_id(errors: Mapping[str, list[str]], form: str) -> dict[str, list[str]]:
    """Under the ids of the fields: two forms of the page ask for a reason."""
    if form == "change":
        return dict(errors)
    return {"off-reason" if name == "reason" else name: said for name, said in errors.items()}


def _standing(session: Session, who: OpenSchedule, found: list[TimeChange]) -> list[Entry]:
    """Who has a time within any of the stretches that are blocked."""
    blocked = [one.during for one in found if not one.opens]
    starts = [one.lower for one in blocked if one.lower is not None]
    ends = [one.upper for one in blocked if one.upper is not None]
    if not starts or not ends:
        return []
    return appointments.standing(
        session, since=min(starts), until=max(ends), practitioner_id=who.practitioner_id
    )


def _row(one: TimeChange, standing: list[Entry], here: ZoneInfo) -> dict[str, Any]:
    start, end = _bounds(one.during)
    return {
        "id": one.id,
        "opens": one.opens,
        "reason": one.reason,
        "day": words.full_day(start.astimezone(here).date()),
        "span": words.span(start.astimezone(here), end.astimezone(here)),
        "standing": agenda.lines(
            [] if one.opens else [e for e in standing if e.appointment.during.overlaps(one.during)],
            here,
            utcnow(),
        ),
    }


def _bounds(during: Range[datetime]) -> tuple[datetime, datetime]:
    assert during.lower is not None
    assert during.upper is not None
    return during.lower, during.upper


@pages.post("")
def change() -> ResponseReturnValue:
    """Block a stretch within the hours, or open one beside them."""
    with database().begin() as session:
        who = _who(session)
        try:
            form = load(StretchForm(), request.form)
            opens = form["what"] == "open"
            rights = Rights.mine(session)
            (rights.refuse_bending if opens else rights.refuse_blocking)(who.practitioner_id)
            during = openings.stretch(form["day"], form["starts"], form["ends"], who.hours.zone)
            openings.change(
                session, who.id, during=during, opens=opens, by=hand(form["reason"]), now=utcnow()
            )
        except FormErrors as errors:
            return make_response(_page(session, who, errors, "change"), errors.status)
        except BadStretch as bad:
            wrong = FormErrors({"until": [str(bad)]}, request.form)
            return make_response(_page(session, who, wrong, "change"), wrong.status)
    flash("Opened for booking." if opens else "Blocked. Times that are booked stay as they are.")
    return _back(who)


def _back(who: OpenSchedule) -> ResponseReturnValue:
    return redirect(url_for("openings.page", who=who.practitioner_id), HTTPStatus.SEE_OTHER)


@pages.post("/<int:change_id>/remove")
def remove(change_id: int) -> ResponseReturnValue:
    """Back to the usual hours there. Pressed twice, it is removed once."""
    with database().begin() as session:
        who = _who(session)
        found = openings.find(session, change_id)
        if found is not None and found.schedule_id != who.id:
            raise NotFound
        Rights.mine(session).refuse_blocking(who.practitioner_id)
        openings.remove(session, change_id)
    flash("Removed. The usual hours hold there again.")
    return _back(who)


@pages.post("/off")
def take_off() -> ResponseReturnValue:
    """Whole days off for one clinician."""
    with database().begin() as session:
        who = _who(session)
        Rights.mine(session).refuse_blocking(who.practitioner_id)
        try:
            form = load(DaysOffForm(), request.form)
            openings.whole_days(form["first_day"], form["last_day"], who.hours.zone)
            openings.take_off(
                session,
                who.id,
                first=form["first_day"],
                last=form["last_day"],
                reason=form["reason"] or "",
                today=utcnow().astimezone(who.hours.zone).date(),
            )
        except FormErrors as errors:
            return make_response(_page(session, who, errors, "off"), errors.status)
        except BadStretch as bad:
            wrong = FormErrors({"last_day": [str(bad)]}, request.form)
            return make_response(_page(session, who, wrong, "off"), wrong.status)
    flash("These days are off. Times that are booked stay as they are.")
    return _back(who)


@pages.post("/off/<int:off_id>/remove")
def remove_off(off_id: int) -> ResponseReturnValue:
    """These are usual days again."""
    with database().begin() as session:
        who = _who(session)
        found = openings.find_off(session, off_id)
        if found is not None and found.schedule_id != who.id:
            raise NotFound
        Rights.mine(session).refuse_blocking(who.practitioner_id)
        openings.remove_off(session, off_id)
    flash("Removed. These are usual days again.")
    return _back(who)
