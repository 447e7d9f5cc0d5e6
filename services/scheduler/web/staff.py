"""The staff's console: today, and the week."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import appointments, schedules, staff
from services.scheduler.web import agenda, words
from services.scheduler.web.choosing import read_date, read_uuid
from services.scheduler.web.doors import own_settings
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import current_staff, guard_staff
from shared.zones import zone, zone_title

pages = Blueprint("staff", __name__, url_prefix="/staff")
guard_staff(pages)

COMING = timedelta(days=14)


@pages.get("/")
def today() -> ResponseReturnValue:
    """Who comes today, and how to reach each of them safely; then the days to come."""
    now = utcnow()
    here = zone(own_settings().practice.timezone)
    day = now.astimezone(here).date()
    with database().begin() as session:
        everyone = schedules.open_schedules(session)
        mine = _own(session, everyone)
        who = None if request.args.get("who") == "everyone" or mine is None else mine
        entries = appointments.between(
            session,
            since=agenda.midnight(day, here),
            until=agenda.midnight(day + COMING, here),
            practitioner_id=who.practitioner_id if who else None,
        )
    tomorrow = agenda.midnight(day + timedelta(days=1), here)
    lines = agenda.lines([e for e in entries if e.appointment.starts_at < tomorrow], here, now)
    return render_template(
        "scheduler/today.html",
        day=words.day(day),
        greeting=_greeting(now.astimezone(here)),
        name=current_staff().name.split()[0],
        lines=lines,
        people_today=sum(len(line.people) for line in lines),
        now_at=words.clock(now.astimezone(here)),
        now_before=sum(1 for line in lines if line.over),
        coming=agenda.coming_days(
            [e for e in entries if e.appointment.starts_at >= tomorrow], here
        ),
        mine=mine,
        who=who,
        several=len(everyone) > 1,
        without_hours=[one for one in everyone if not one.hours.weekly and not one.hours.overrides],
    )


def _greeting(at: datetime) -> str:
    return "Good morning" if at.hour < 12 else "Good afternoon" if at.hour < 17 else "Good evening"


def _own(session: Session, everyone: list[OpenSchedule]) -> OpenSchedule | None:
    """The schedule of whoever is signed in, if they see clients."""
    account = staff.account(session, current_staff().account_id)
    return next((one for one in everyone if one.practitioner_id == account.practitioner_id), None)


@pages.get("/calendar")
def calendar() -> ResponseReturnValue:
    """A week of one clinician, in the zone in which they keep their hours."""
    now = utcnow()
    with database().begin() as session:
        everyone = schedules.open_schedules(session)
        who = _chosen(everyone, read_uuid(request.args.get("who"))) or _own(session, everyone)
        who = who or (everyone[0] if everyone else None)
        if who is None:
            return render_template("scheduler/calendar.html", week=None)
        monday = _monday(read_date(request.args.get("week")), now, who.hours.zone)
        entries = appointments.between(
            session,
            since=agenda.midnight(monday, who.hours.zone),
            until=agenda.midnight(monday + timedelta(days=7), who.hours.zone),
            practitioner_id=who.practitioner_id,
        )
    return render_template(
        "scheduler/calendar.html", **_calendar(who, everyone, monday, entries, now)
    )


def _chosen(everyone: list[OpenSchedule], wanted: UUID | None) -> OpenSchedule | None:
    return next((one for one in everyone if one.practitioner_id == wanted), None)


def _monday(asked: date | None, now: datetime, here: ZoneInfo) -> date:
    day = asked or now.astimezone(here).date()
    return day - timedelta(days=day.weekday())


def _calendar(
    who: OpenSchedule,
    everyone: list[OpenSchedule],
    monday: date,
    entries: list[appointments.Entry],
    now: datetime,
) -> dict[str, Any]:
    here = who.hours.zone
    weekend = any(one.weekday > 5 for one in who.hours.weekly) or any(
        entry.appointment.starts_at.astimezone(here).weekday() > 4 for entry in entries
    )
    count = 7 if weekend else 5

    def link(first: date | None, practitioner: UUID) -> str:
        return url_for(
            "staff.calendar", week=first.isoformat() if first else None, who=practitioner
        )

    return {
        "week": agenda.week(monday, count, who.hours, entries, now=now),
        "title": words.days(monday, monday + timedelta(days=count - 1)),
        "who": who,
        "zone_title": zone_title(here.key),
        "before": link(monday - timedelta(days=7), who.practitioner_id),
        "after": link(monday + timedelta(days=7), who.practitioner_id),
        "this_week": link(None, who.practitioner_id),
        "people": [
            {"name": one.name, "href": link(monday, one.practitioner_id), "chosen": one is who}
            for one in everyone
        ],
    }
