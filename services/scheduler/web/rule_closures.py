"""The page of public holidays, and of the practice's own closed days."""

from http import HTTPStatus

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain import public_holidays
from services.scheduler.domain.errors import StaffRefused, UnknownRegion
from services.scheduler.operations import closures, out_of_hours
from services.scheduler.web import rule_words, words
from services.scheduler.web.rights import hand, owner_decides
from services.scheduler.web.rule_forms import HolidaysForm
from services.scheduler.web.rule_pages import filled, is_owner, practice_zone, typed
from services.scheduler.web.staff_forms import DaysOffForm
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("rule_closures", __name__, url_prefix="/staff/rules/closures")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})

OUTSIDE = "{lies} outside the hours now"


@pages.get("")
def page() -> ResponseReturnValue:
    """When nobody works, whatever their own hours say."""
    return _page()


def _page(
    refusal: FormErrors | StaffRefused | None = None, form: str = "holidays"
) -> ResponseReturnValue:
    today = utcnow().astimezone(practice_zone()).date()
    with database().begin() as session:
        rules = closures.rules(session)
        facts = closures.holiday_facts(rules)
        own = form == "holidays"
        beside = "region" if isinstance(refusal, UnknownRegion) else "worked"
        holidays = filled(
            session, facts, typed(facts), refusal if own else None, about="holidays", beside=beside
        )
        days = filled(session, {}, typed({}), None if own else refusal, beside="last_day")
        shown = holidays if own else days
        html = render_template(
            "scheduler/rule_closures.html",
            named_errors=rule_words.named_errors,
            holidays=holidays,
            days=days,
            errors=shown.errors,
            regions=_regions(rules.holidays),
            names=_names(rules.holidays, rules.worked, today.year),
            region=rule_words.region(rules.holidays) if rules.holidays else None,
            closed=[
                {"id": one.id, "reason": one.reason,
                 "days": words.full_days(one.first_day, one.last_day)}
                for one in closures.closed_days(session, since=today)
            ],
            today=today.isoformat(),
            owner=is_owner(),
        )  # fmt: skip
    return make_response(html, shown.status)


def _regions(present: str | None) -> list[tuple[str, str]]:
    """The list; a part of another country, which only programs set, stands in it while it holds."""
    found = [*rule_words.regions()]
    if present and present not in dict(found):
        found.insert(0, (present, rule_words.region(present)))
    return found


def _names(region: str | None, worked: list[str], year: int) -> list[str]:
    names = public_holidays.names(region, year)
    return [*names, *(one for one in worked if one not in names)]


@pages.post("/holidays")
def set_holidays() -> ResponseReturnValue:
    """Keep the holidays of a region, but for some. With another region, all are kept at first."""
    owner_decides()
    now = utcnow()
    try:
        form = load(HolidaysForm(), request.form)
        with database().begin() as session:
            if form["region"] != closures.rules(session).holidays:
                kept = public_holidays.names(form["region"], now.year)
                form["worked"] = [one for one in form["worked"] if one in kept]
            today = now.astimezone(practice_zone()).date()
            closures.set_holidays(session, **form, today=today, by=hand())
            said = _outside(session)
    except (FormErrors, StaffRefused) as refusal:
        return _page(refusal)
    flash(f"Saved. {said}")
    return redirect(url_for(".page"), HTTPStatus.SEE_OTHER)


def _outside(session: Session) -> str:
    return rule_words.stands(out_of_hours.count(session, now=utcnow()), OUTSIDE)


@pages.post("/days")
def close() -> ResponseReturnValue:
    """Close the practice on whole days."""
    owner_decides()
    try:
        form = load(DaysOffForm(), request.form)
        with database().begin() as session:
            closures.close(
                session,
                first=form["first_day"],
                last=form["last_day"],
                reason=form["reason"] or "",
                today=utcnow().astimezone(practice_zone()).date(),
                by=hand(),
            )
            said = _outside(session)
    except (FormErrors, StaffRefused) as refusal:
        return _page(refusal, "days")
    flash(f"The practice is closed then. {said}")
    return redirect(url_for(".page"), HTTPStatus.SEE_OTHER)


@pages.post("/days/<int:closure_id>/open")
def open_again(closure_id: int) -> ResponseReturnValue:
    """These are usual days again. Pressed twice, they are opened once."""
    owner_decides()
    with database().begin() as session:
        closures.open_again(session, closure_id, by=hand())
    flash("These are usual days again.")
    return redirect(url_for(".page"), HTTPStatus.SEE_OTHER)
