"""The staff's console: today."""

from datetime import date, datetime, timedelta

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import absences, appointments, outside, schedules, staff
from services.scheduler.web import agenda, outside_words, unsettled, words
from services.scheduler.web.choosing import read_date
from services.scheduler.web.doors import own_settings
from services.scheduler.web.rights import Rights
from services.scheduler.web.setting_up import still_missing
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import current_staff, guard_staff
from shared.zones import zone, zone_title

pages = Blueprint("staff", __name__, url_prefix="/staff")
guard_staff(pages)

COMING = timedelta(days=14)


@pages.get("/")
def today() -> ResponseReturnValue:
    """Who comes on a day, and how to reach each of them safely; then the days to come.

    Printed, it is the day sheet. What waits elsewhere is said by intake and the notifier
    themselves, each under its own guard: a script takes it from their pages.
    """
    now = utcnow()
    here = zone(own_settings().practice.timezone)
    this_day = now.astimezone(here).date()
    day = read_date(request.args.get("day")) or this_day
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
        waiting = unsettled.to_settle(session, practitioner_id=who.practitioner_id if who else None)
        names = {one.id: one.name for one in everyone}
        not_settled = [
            {"id": one.id, "name": names.get(one.schedule_id, "Somebody")}
            for one in absences.not_settled(session)
        ]
        missing = still_missing(session) if current_staff().role is Role.OWNER else []
        unread = outside_words.banners(outside.unread(session), Rights.mine(session))
    tomorrow = agenda.midnight(day + timedelta(days=1), here)
    lines = agenda.lines([e for e in entries if e.appointment.starts_at < tomorrow], here, now)
    return render_template(
        "scheduler/today.html",
        day=words.day(day),
        is_today=day == this_day,
        other_day=None if day == this_day else day.isoformat(),
        **_beside(day, this_day),
        everyone="everyone" if mine and not who else None,
        zone_title=zone_title(here.key),
        printed=f"{words.day(this_day)}, {words.clock(now.astimezone(here))}",
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
        unread=unread,
        not_settled=not_settled,
        waiting=waiting,
        who=who,
        several=len(everyone) > 1,
        missing=missing,
        without_hours=[one for one in everyone if not one.hours.weekly and not one.hours.overrides],
    )


def _beside(day: date, this_day: date) -> dict[str, str]:
    """The other day that is one press away: tomorrow, or the one that is shown."""
    tomorrow = this_day + timedelta(days=1)
    other = tomorrow if day == this_day else day
    name = "Tomorrow" if other == tomorrow else words.day(other)
    return {"next_day": other.isoformat(), "next_name": name}


def _greeting(at: datetime) -> str:
    return "Good morning" if at.hour < 12 else "Good afternoon" if at.hour < 17 else "Good evening"


def _own(session: Session, everyone: list[OpenSchedule]) -> OpenSchedule | None:
    """The schedule of whoever is signed in, if they see clients."""
    account = staff.account(session, current_staff().account_id)
    return next((one for one in everyone if one.practitioner_id == account.practitioner_id), None)
