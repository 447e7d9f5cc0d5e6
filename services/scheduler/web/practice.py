"""What the practice sets up itself: weekly hours, days off, and who works here."""

from datetime import date, timedelta
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import (
    Blueprint,
    abort,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import AddressTaken, BadHours, BadWeek, StaffRefused
from services.scheduler.domain.hours import weekly_total
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import out_of_hours, schedules, staff, usual_weeks
from services.scheduler.operations.staff import NewColleague
from services.scheduler.operations.usual_weeks import For, Week
from services.scheduler.schemas import ColleagueForm, DayOffForm
from services.scheduler.web import rule_words, week_for, words
from services.scheduler.web.choosing import read_date, read_uuid
from services.scheduler.web.doors import own_settings
from services.scheduler.web.glance import glances
from services.scheduler.web.rights import hand
from services.scheduler.web.rule_pages import Filled, filled, typed
from services.scheduler.web.week_form import WEEKDAYS, WeekForm
from services.scheduler.web.weeks import editable, owners_only, visit
from shared.clock import utcnow
from shared.places import NAMES
from shared.vocabulary import Role
from shared.web import database, public_link
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load
from shared.zones import zone_title

pages = Blueprint("practice", __name__, url_prefix="/staff")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN}, sealed=False)

STAY: Final = "Times that are booked already stay as they are."


# ---------------------------------------------------------------- hours


@pages.get("/hours")
def hours() -> ResponseReturnValue:
    """A week of one clinician's hours, the usual one unless another is named, and closed days."""
    with database().begin() as session:
        who = _editable(session)
        week = _week(session, who)
        if request.args.get("week") not in (None, week_for.NEW) and not week.weekly:
            abort(HTTPStatus.NOT_FOUND)
        return _hours_page(session, who, WeekForm.of(week.weekly))


def _editable(session: Session) -> OpenSchedule:
    """Whose hours the address names: one's own, or for the owner anyone's."""
    return editable(session, read_uuid(request.args.get("who")))


def _week(session: Session, who: OpenSchedule) -> Week:
    """The week that the address names, as it stands; a new one has no hours yet."""
    key = request.args.get("week")
    found = usual_weeks.weeks(session, who.id)
    if key is None:
        return usual_weeks.usual(found)
    if key == week_for.NEW:
        return Week()
    try:
        return usual_weeks.week_of(found, week_for.from_key(key))
    except ValueError:
        abort(HTTPStatus.NOT_FOUND)


def _hours_page(
    session: Session,
    who: OpenSchedule,
    form: WeekForm,
    shown: Filled | None = None,
    *,
    extra: int | None = None,
    day_errors: FormErrors | None = None,
) -> ResponseReturnValue:
    week, names = _week(session, who), week_for.Names.of(session)
    is_new = request.args.get("week") == week_for.NEW
    given = shown or Filled(typed(week.of._asdict()), Week().version if is_new else week.version)
    call = visit(session)
    total = weekly_total(week.weekly)
    today = utcnow().astimezone(who.hours.zone).date()
    html = render_template(
        "scheduler/hours.html",
        who=who,
        shown=given,
        is_new=is_new,
        title=names.title(week.of),
        week=request.args.get("week"),
        weeks=_weeks(session, who, week, names),
        kinds=names.kind_options(week.of),
        places=names.place_options(week.of),
        days=[(day, name, form.rows[day], day == extra) for day, name in WEEKDAYS.items()],
        errors={**given.errors, **form.errors},
        total=_hours_in_words(total),
        visits=0
        if week.of.appointment_type
        else int(total / max(call.step, call.duration + call.buffer_after)),
        minutes=int(call.duration / timedelta(minutes=1)),
        zone_title=zone_title(who.hours.zone.key),
        people=_pills(session, who),
        closed=[
            {"iso": day.isoformat(), "day": words.full_day(day)}
            for day in schedules.closed_days(session, who.id, since=today)
        ],
        today=today.isoformat(),
        day_errors=day_errors.errors if day_errors else {},
        day_given=day_errors.given.get("day") if day_errors else None,
    )
    return make_response(html, day_errors.status if day_errors else given.status)


def _weeks(
    session: Session, who: OpenSchedule, week: Week, names: week_for.Names
) -> list[dict[str, Any]]:
    return [
        {
            "title": names.title(one.of),
            "days": week_for.in_use(one.weekly),
            "total": _hours_in_words(weekly_total(one.weekly)),
            "href": url_for("practice.hours", who=who.practitioner_id, week=one.of.key),
            "chosen": one.of == week.of and request.args.get("week") != week_for.NEW,
        }
        for one in usual_weeks.weeks(session, who.id)
    ]


def _hours_in_words(total: timedelta) -> str:
    hours, minutes = divmod(int(total / timedelta(minutes=1)), 60)
    said = f"{hours} hour{'' if hours == 1 else 's'}"
    return f"{said} and {minutes} minutes" if minutes else said


def _pills(session: Session, who: OpenSchedule) -> list[dict[str, Any]]:
    if current_staff().role is not Role.OWNER:
        return []
    return [
        {
            "name": one.name,
            "href": url_for("practice.hours", who=one.practitioner_id),
            "chosen": one.id == who.id,
        }
        for one in schedules.open_schedules(session)
    ]


@pages.post("/hours")
def save_hours() -> ResponseReturnValue:
    """Keep the week, or show one more row; what can't be kept is said beside it."""
    form = WeekForm.read(request.form)
    with database().begin() as session:
        who = _editable(session)
        day = _weekday(request.form.get("add") or request.form.get("clear"))
        if day is not None:
            if "clear" in request.form:
                form.rows[day] = []
            as_typed = Filled(request.form, request.form.get("version", ""))
            return _hours_page(
                session, who, form, as_typed, extra=day if "add" in request.form else None
            )
        was = _week(session, who)
        try:
            of = _save(session, who, form, was.of)
        except (FormErrors, StaffRefused) as refusal:
            return _hours_page(session, who, form, _refused(session, who, form, was, refusal))
        count = out_of_hours.count(session, now=utcnow(), only=who.id)
        found = usual_weeks.weeks(session, who.id)
        stays = usual_weeks.week_of(found, of).weekly and of != usual_weeks.usual(found).of
    flash(f"Saved. {rule_words.stands(count, '{lies} outside the hours now') or STAY}")
    next_ = url_for("practice.hours", who=request.args.get("who"), week=of.key if stays else None)
    return redirect(next_, HTTPStatus.SEE_OTHER)


def _save(session: Session, who: OpenSchedule, form: WeekForm, was: For) -> For:
    weekly = form.weekly()
    of = week_for.read(request.form, was)
    if form.errors:
        raise BadHours([])
    usual_weeks.set_week(
        session,
        who.id,
        who.practitioner_id,
        was=None if request.args.get("week") == week_for.NEW else was,
        of=of,
        weekly=weekly,
        shortest=visit(session).duration,
        version=request.form.get("version"),
        by=hand(),
    )
    return of


def _refused(
    session: Session,
    who: OpenSchedule,
    form: WeekForm,
    was: Week,
    refusal: FormErrors | StaffRefused,
) -> Filled:
    """The form again: each sentence beside its range, or beside the field that it is about."""
    if isinstance(refusal, BadHours):
        form.mark(refusal.problems)
        refusal = FormErrors({}, request.form)
    elif isinstance(refusal, BadWeek):
        refusal = FormErrors({refusal.field: [str(refusal)]}, request.form)
    about = f"hours:{who.practitioner_id}:{was.of.key}"
    return filled(session, was.facts(), request.form, refusal, about=about)


def _weekday(text: str | None) -> int | None:
    return int(text) if text in {str(day) for day in WEEKDAYS} else None


@pages.post("/hours/days-off")
def close_day() -> ResponseReturnValue:
    """Close one date, whatever the usual week says."""
    with database().begin() as session:
        who = _editable(session)
        try:
            form = load(DayOffForm(), request.form)
        except FormErrors as errors:
            week = WeekForm.of(_week(session, who).weekly)
            return _hours_page(session, who, week, day_errors=errors)
        day: date = form["day"]
        schedules.override_day(session, who.id, day=day, ranges=())
        count = out_of_hours.count(session, now=utcnow(), only=who.id)
    said = rule_words.stands(count, "{lies} outside the hours now") or STAY
    flash(f"{words.full_day(day)} is closed. {said}")
    return redirect(url_for("practice.hours", who=request.args.get("who")), HTTPStatus.SEE_OTHER)


@pages.post("/hours/days-off/<day>/open")
def open_day(day: str) -> ResponseReturnValue:
    """Back to the usual week on that date."""
    found = read_date(day)
    if found is None:
        abort(HTTPStatus.NOT_FOUND)
    with database().begin() as session:
        schedules.reset_day(session, _editable(session).id, day=found)
    flash(f"{words.full_day(found)} is a usual day again.")
    return redirect(url_for("practice.hours", who=request.args.get("who")), HTTPStatus.SEE_OTHER)


# ---------------------------------------------------------------- people


@pages.get("/people")
def people() -> ResponseReturnValue:
    """Who works here: hours, licenses, fit, how full the week is, and what is free next."""
    with database().begin() as session:
        return render_template("scheduler/people.html", people=_people(session))


def _people(session: Session) -> list[dict[str, Any]]:
    schedule_of = {one.practitioner_id: one for one in schedules.open_schedules(session)}
    seen = glances(session, now=utcnow())
    return [
        {
            "id": account.id,
            "name": account.name,
            "glance": seen.get(account.practitioner_id) if account.practitioner_id else None,
            "initials": words.initials(account.name),
            "role": _ROLES[Role(account.role)],
            "signed_up": bool(account.password_hash or account.oidc_subject),
            "who": account.practitioner_id,
            "hours": _summary(schedule_of, account.practitioner_id),
            "states": _places(schedule_of, account.practitioner_id),
            "editable": account.practitioner_id in schedule_of
            and (current_staff().role is Role.OWNER or account.id == current_staff().account_id),
        }
        for account in staff.accounts(session)
    ]


WORK: Final = {Role.CLINICIAN: "Sees clients", Role.FRONT_DESK: "Front desk"}
_ROLES: Final = {Role.OWNER: "Owner, sees clients", **WORK}


def _places(schedules_of: dict[UUID, OpenSchedule], who: UUID | None) -> str | None:
    schedule = schedules_of.get(who) if who else None
    if schedule is None:
        return None
    return (
        ", ".join(sorted(NAMES.get(code, code) for code in schedule.states)) or "No license named"
    )


def _summary(schedules_of: dict[UUID, OpenSchedule], who: UUID | None) -> str | None:
    schedule = schedules_of.get(who) if who else None
    if schedule is None:
        return None
    if not schedule.hours.weekly:
        return "No hours yet"
    return f"{_hours_in_words(weekly_total(schedule.hours.weekly))} a week"


@pages.get("/people/new")
def colleague_form() -> ResponseReturnValue:
    """Who is new?"""
    owners_only()
    return _colleague_page()


def _colleague_page(errors: FormErrors | None = None) -> str:
    return render_template(
        "scheduler/colleague.html",
        work=[(role.value, title) for role, title in WORK.items()],
        errors=errors.errors if errors else {},
        given=errors.given if errors else {},
    )


@pages.post("/people/new")
def add_colleague() -> ResponseReturnValue:
    """Add someone, and show once the link at which they choose a password."""
    owners_only()
    try:
        form = load(ColleagueForm(), request.form)
        with database().begin() as session:
            account, token = staff.add_colleague(
                session,
                role=form.pop("role"),
                person=NewColleague(**form),
                settings=own_settings(),
                now=utcnow(),
            )
    except FormErrors as errors:
        return _colleague_page(errors), errors.status
    except AddressTaken as taken:
        in_use = FormErrors({"email": [str(taken)]}, request.form)
        return _colleague_page(in_use), in_use.status
    return render_template(
        "scheduler/colleague_added.html",
        account=account,
        link=public_link("scheduler", f"/staff/welcome/{token}"),
    )
