"""A clinician is away at short notice: everyone who has a time then, seen to at once."""

from collections.abc import Sequence
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID, uuid4

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from services.scheduler.absence_models import Absence, AbsenceVisit
from services.scheduler.domain.errors import BadStretch
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import absences, appointments, openings, schedules
from services.scheduler.operations.appointments import Entry
from services.scheduler.web import agenda, words
from services.scheduler.web.choosing import read_date, read_uuid
from services.scheduler.web.doors import own_settings
from services.scheduler.web.rights import Rights, hand, whose
from services.scheduler.web.staff_forms import AwayForm
from shared.clock import utcnow
from shared.db import database_now
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone, zone_title

pages = Blueprint("absences", __name__, url_prefix="/staff/away")
guard_staff(pages)

OUTCOMES: Final = {
    "cancelled": ("Cancelled", "ok"),
    "given": ("Given to a colleague", "ok"),
    "gone": ("Changed before", ""),
    "refused": ("Still stands", "urgent"),
    None: ("Waits", "wait"),
}
FAILED: Final = ("Did not work", "urgent")
PLAN: Final = "plan-"


@pages.get("")
def form() -> ResponseReturnValue:
    """Who is away, on which days, and what is to become of each who has a time then."""
    with database().begin() as session:
        who = whose(session, read_uuid(request.args.get("who")))
        return _form(session, who, request.args)


def _form(
    session: Session,
    who: OpenSchedule,
    given: MultiDict[str, str],
    errors: FormErrors | None = None,
) -> str:
    now, here = utcnow(), who.hours.zone
    today = now.astimezone(here).date()
    first = read_date(given.get("first_day")) or today
    last = read_date(given.get("last_day")) or first
    try:
        entries = absences.affected(
            session, who.practitioner_id, openings.whole_days(first, last, here), now=now
        )
    except BadStretch:
        entries = []
    return render_template(
        "scheduler/away.html",
        who=who,
        people=[
            {
                "name": one.name,
                "href": url_for(
                    "absences.form", who=one.practitioner_id, first_day=first, last_day=last
                ),
                "chosen": one.id == who.id,
            }
            for one in schedules.open_schedules(session)
        ],
        zone_title=zone_title(here.key),
        first=first.isoformat(),
        last=last.isoformat(),
        days=words.full_days(first, last) if first <= last else "",
        today=today.isoformat(),
        may_block=Rights.mine(session).may_block(who.practitioner_id),
        visits=[_visit(session, entry, here, now) for entry in entries],
        plan=PLAN,
        absence_id=given.get("id") or uuid4(),
        errors=errors.errors if errors else {},
        given=given,
    )


def _visit(session: Session, entry: Entry, here: Any, now: datetime) -> dict[str, Any]:
    start = entry.appointment.starts_at.astimezone(here)
    others = absences.colleagues(session, entry, settings=own_settings(), now=now)
    return {
        "line": agenda.line(entry, here, now),
        "day": words.day(start.date()),
        "choices": [
            ("cancel", "Cancel it, and let them choose another time"),
            *((str(number), f"Give it to {name}, same time") for number, name in others),
            ("keep", "Leave it as it is"),
        ],
        "by_hand": [
            who.contact.name
            for who in entry.people
            if who.contact and not who.contact.can_be_written_to(own_settings().channels)
        ],
    }


@pages.post("")
def begin() -> ResponseReturnValue:
    """Block the days, and see to everyone on the list. Pressed twice, it is done once."""
    with database().begin() as session:
        who = whose(session, read_uuid(request.args.get("who")))
        Rights.mine(session).refuse_blocking(who.practitioner_id)
        try:
            sent = load(AwayForm(), _without_plans(request.form))
            start_absence(
                session,
                who,
                sent["id"],
                (sent["first_day"], sent["last_day"]),
                sent["reason"],
                plans_of(request.form),
            )
        except FormErrors as errors:
            page = _form(session, who, request.form, errors)
            return make_response(page, errors.status)
        except BadStretch as bad:
            wrong = FormErrors({"last_day": [str(bad)]}, request.form)
            return make_response(_form(session, who, request.form, wrong), wrong.status)
    settle(sent["id"])
    return redirect(url_for("absences.progress", absence_id=sent["id"]), HTTPStatus.SEE_OTHER)


def _without_plans(given: MultiDict[str, str]) -> MultiDict[str, str]:
    return MultiDict([pair for pair in given.items(multi=True) if not pair[0].startswith(PLAN)])


def plans_of(given: MultiDict[str, str]) -> dict[UUID, UUID | None]:
    """Appointment -> the colleague it is given to, or None to cancel it; what stays is left out."""
    found: dict[UUID, UUID | None] = {}
    for name, value in given.items():
        appointment_id = read_uuid(name.removeprefix(PLAN)) if name.startswith(PLAN) else None
        to = read_uuid(value)
        if appointment_id is not None and (to is not None or value == "cancel"):
            found[appointment_id] = to
    return found


def start_absence(
    session: Session,
    who: OpenSchedule,
    absence_id: UUID,
    days: tuple[date, date],
    reason: str,
    plans: dict[UUID, UUID | None],
) -> None:
    """Write the list down, for page and program alike. Raises BadStretch."""
    now = utcnow()
    whole = openings.whole_days(*days, who.hours.zone)
    assert whole.lower is not None
    absences.begin(
        session,
        absence_id=absence_id,
        schedule_id=who.id,
        during=Range(max(whole.lower, now.replace(second=0, microsecond=0)), whole.upper)
        if whole.upper and whole.upper > now
        else whole,
        plans=plans,
        by=hand(reason),
        now=now,
    )


def settle(absence_id: UUID) -> None:
    """See to each that is left, each in a transaction of its own."""
    with database().begin() as session:
        since = database_now(session)
    while True:
        with database().begin() as session:
            if not absences.settle_next(
                session,
                settings=own_settings(),
                now=utcnow(),
                since=since,
                absence_id=absence_id,
            ):
                return


@pages.get("/<uuid:absence_id>")
def progress(absence_id: UUID) -> ResponseReturnValue:
    """What became of each, and who has to be called by hand."""
    with database().begin() as session:
        absence = _found(session, absence_id)
        rows = absences.visits(session, absence_id)
        return render_template("scheduler/away_progress.html", **_progress(session, absence, rows))


def _found(session: Session, absence_id: UUID) -> Absence:
    absence = absences.find(session, absence_id)
    if absence is None:
        raise NotFound
    return absence


def _progress(session: Session, absence: Absence, rows: Sequence[AbsenceVisit]) -> dict[str, Any]:
    now = utcnow()
    listed = [_settled(session, row, now) for row in rows]
    who = next(
        (one for one in schedules.open_schedules(session) if one.id == absence.schedule_id), None
    )
    standing = (
        absences.affected(session, who.practitioner_id, absence.during, now=now) if who else []
    )
    unsettled = {row.appointment_id for row in rows if row.settled_at is None}
    return {
        "absence": absence,
        "who": who,
        "rows": listed,
        "done": len(rows) - len(unsettled),
        "left": sum(1 for row in rows if row.settled_at is None and row.failed_at is None),
        "failed": [one["line"] for one in listed if one["chip"] is FAILED],
        "calls": [one for one in listed if one["by_hand"]],
        "standing": agenda.lines(
            [one for one in standing if one.appointment.id not in unsettled],
            who.hours.zone if who else zone(own_settings().practice.timezone),
            now,
        ),
    }


def _settled(session: Session, row: AbsenceVisit, now: datetime) -> dict[str, Any]:
    entry = appointments.entry(session, row.appointment_id)
    here = zone(entry.appointment.schedule.timezone)
    line = agenda.line(entry, here, now)
    channels = own_settings().channels
    unreachable = any(
        one.contact is None or not one.contact.can_be_written_to(channels) for one in entry.people
    )
    return {
        "line": line,
        "day": words.day(entry.appointment.starts_at.astimezone(here).date()),
        "chip": FAILED if row.outcome is None and row.failed_at else OUTCOMES[row.outcome],
        "called": row.called_at is not None,
        "by_hand": row.outcome in ("cancelled", "given", "refused") and unreachable,
    }


@pages.post("/<uuid:absence_id>/go-on")
def go_on(absence_id: UUID) -> ResponseReturnValue:
    """See to who is left, after something went wrong on the way."""
    with database().begin() as session:
        _refuse_others(session, _found(session, absence_id))
    settle(absence_id)
    return redirect(url_for("absences.progress", absence_id=absence_id), HTTPStatus.SEE_OTHER)


def _refuse_others(session: Session, absence: Absence) -> None:
    for one in schedules.open_schedules(session):
        if one.id == absence.schedule_id:
            Rights.mine(session).refuse_blocking(one.practitioner_id)


@pages.post("/<uuid:absence_id>/called/<uuid:appointment_id>")
def called(absence_id: UUID, appointment_id: UUID) -> ResponseReturnValue:
    """Somebody has called them."""
    with database().begin() as session:
        _found(session, absence_id)
        absences.called(session, absence_id, appointment_id, by=hand())
    flash("Noted: called.")
    return redirect(url_for("absences.progress", absence_id=absence_id), HTTPStatus.SEE_OTHER)
