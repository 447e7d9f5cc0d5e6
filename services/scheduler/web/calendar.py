"""The staff's calendar: a week of one clinician, a day of everyone, or a plain list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.hours import day_bounds
from services.scheduler.domain.interval import Interval, minute_at_or_before
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import calendar, outside, schedules
from services.scheduler.operations.calendar import Standing
from services.scheduler.web import agenda, desk_calendar, grid, outside_words, words
from services.scheduler.web.choosing import read_date, read_uuid
from services.scheduler.web.doors import own_settings
from services.scheduler.web.grid import Grid, Head
from services.scheduler.web.marks import Mark, marks, on_day
from services.scheduler.web.rights import Rights
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import guard_staff
from shared.zones import zone, zone_title

pages = Blueprint("calendar", __name__, url_prefix="/staff")
guard_staff(pages)

VIEWS: Final = {"day": "Day", "week": "Week", "list": "List"}
A_DAY: Final = timedelta(days=1)
A_WEEK: Final = timedelta(days=7)
EVERYONE: Final = "everyone"


@dataclass(frozen=True)
class Asked:
    """Which part of the calendar the address names."""

    view: str
    who: UUID | None
    everyone: bool
    day: date | None
    any_view: bool = False
    """Whether the address leaves the view open: then small screens show the list."""

    @classmethod
    def from_query(cls) -> Self:
        """What can't be read is not asked for."""
        who = request.args.get("who")
        view = request.args.get("view")
        return cls(
            view=view if view in VIEWS else "week",
            who=read_uuid(who),
            everyone=who == EVERYONE,
            day=read_date(request.args.get("day") or request.args.get("week")),
            any_view=view not in VIEWS,
        )

    def link(self, **changes: object) -> str:
        """The address of this page with something else in it."""
        query: dict[str, Any] = {
            "view": self.view,
            "who": EVERYONE if self.everyone else self.who,
            "day": self.day,
            **changes,
        }
        if isinstance(query["day"], date):
            query["day"] = query["day"].isoformat()
        return url_for("calendar.shown", **query)


@pages.get("/calendar")
def shown() -> ResponseReturnValue:
    """One of the three views of what stands there, in the zone in which it is kept."""
    now, asked = utcnow(), Asked.from_query()
    with database().begin() as session:
        everyone = schedules.open_schedules(session)
        if not everyone:
            return render_template("scheduler/calendar.html", view=None)
        own = Rights.mine(session).own
        who = _chosen(everyone, asked.who) or _chosen(everyone, own) or everyone[0]
        asked = Asked(
            asked.view,
            who.practitioner_id,
            len(everyone) > 1 and (asked.everyone or (asked.view == "day" and asked.who is None)),
            asked.day,
            asked.any_view,
        )
        return desk_calendar.answer(_page(session, asked, who, everyone, now))


def _chosen(everyone: list[OpenSchedule], wanted: UUID | None) -> OpenSchedule | None:
    return next((one for one in everyone if one.practitioner_id == wanted), None)


def _page(
    session: Session, asked: Asked, who: OpenSchedule, everyone: list[OpenSchedule], now: datetime
) -> str:
    several = asked.everyone and asked.view != "week"
    here = zone(own_settings().practice.timezone) if several else who.hours.zone
    today = now.astimezone(here).date()
    day = asked.day or today
    first = day if asked.view == "day" else day - timedelta(days=day.weekday())
    count = 1 if asked.view == "day" else 7
    people = everyone if several else [who]
    standing = calendar.read(
        session,
        people,
        since=agenda.midnight(first, here),
        until=agenda.midnight(first + timedelta(days=count), here),
    )
    days = [first + timedelta(days=n) for n in range(count)]
    step = A_DAY if asked.view == "day" else A_WEEK
    common = {
        "view": asked.view,
        "who": None if several else who,
        "subject": "Everyone" if several else who.name,
        "zone_title": zone_title(here.key),
        "views": [
            {
                "name": title,
                "href": asked.link(view=view, day=day),
                "chosen": view == asked.view,
            }
            for view, title in VIEWS.items()
        ],
        "before": asked.link(day=first - step),
        "after": asked.link(day=first + step),
        "now": asked.link(day=None),
        "people": _pills(asked, everyone, day, several=several),
        "day": day.isoformat(),
        "unread": _unread(session, people),
    }
    listed = _list(standing, people, days, here, today)
    if asked.view == "list":
        return render_template(
            "scheduler/calendar.html", title=words.days(days[0], days[-1]), listed=listed, **common
        )
    if asked.view == "week":
        days = _worked(days, who, standing, here)
        table = _week(who, days, standing, today, asked)
        title = words.days(days[0], days[-1])
    else:
        table = _side_by_side(people, day, here, standing, asked)
        title = words.day(day)
    rights = Rights.mine(session)
    drawing = None
    if not several or desk_calendar.can_be_beside(people, here):
        view = EVERYONE if several else asked.view
        drawing = desk_calendar.drawing(people, view, days, table.hours, rights)
    return render_template(
        "scheduler/calendar.html",
        title=title,
        table=table,
        drawing=drawing,
        listed=listed if asked.any_view else None,
        **common,
    )


def _unread(session: Session, people: Sequence[OpenSchedule]) -> list[dict[str, Any]]:
    shown = {one.practitioner_id for one in people}
    found = [one for one in outside.unread(session) if one.practitioner.id in shown]
    return outside_words.banners(found, Rights.mine(session))


def _pills(
    asked: Asked, everyone: list[OpenSchedule], day: date, *, several: bool
) -> list[dict[str, Any]]:
    found = [
        {
            "name": one.name,
            "href": asked.link(who=one.practitioner_id, day=day),
            "chosen": not several and one.practitioner_id == asked.who,
        }
        for one in everyone
    ]
    if len(everyone) < 2 or asked.view == "week":
        return found if len(everyone) > 1 else []
    return [
        {"name": "Everyone", "href": asked.link(who=EVERYONE, day=day), "chosen": several},
        *found,
    ]


# ---------------------------------------------------------------- tables


def _worked(days: list[date], who: OpenSchedule, standing: Standing, here: ZoneInfo) -> list[date]:
    """Without the weekend, unless somebody works or comes then."""
    weekend = any(one.weekday > 5 for one in who.hours.weekly) or any(
        one.people and one.start.astimezone(here).weekday() > 4 for one in marks(standing, here)
    )
    weekend = weekend or any(one.opens for one in standing.changes)
    return days if weekend else days[:5]


def _week(
    who: OpenSchedule, days: list[date], standing: Standing, today: date, asked: Asked
) -> Grid:
    found = marks(standing, who.hours.zone)
    return grid.grid(
        [
            grid.column(
                Head(
                    f"{day:%a}",
                    day.day,
                    words.day(day),
                    day == today,
                    asked.link(view="day", day=day),
                ),
                day,
                who.hours.zone,
                _opened(who, day, who.hours.zone),
                found,
            )
            for day in days
        ]
    )


def _side_by_side(
    people: Sequence[OpenSchedule], day: date, here: ZoneInfo, standing: Standing, asked: Asked
) -> Grid:
    return grid.grid(
        [
            grid.column(
                Head(
                    one.name,
                    None,
                    one.name,
                    False,
                    asked.link(view="week", who=one.practitioner_id),
                ),
                day,
                here,
                _opened(one, day, here),
                marks(standing.of(one), here),
            )
            for one in people
        ]
    )


def _opened(who: OpenSchedule, day: date, here: ZoneInfo) -> list[Interval]:
    return who.hours.during(day_bounds(day, here))


# ---------------------------------------------------------------- the list


def _list(
    standing: Standing,
    people: Sequence[OpenSchedule],
    days: list[date],
    here: ZoneInfo,
    today: date,
) -> list[dict[str, Any]]:
    """Each day with everything that stands on it, in order of time."""
    found = [(one, mark) for one in people for mark in marks(standing.of(one), here)]
    listed = []
    for day in days:
        rows = [
            _line(who, mark, day, here, several=len(people) > 1)
            for who, whole in found
            for mark in on_day([whole], day, here)
        ]
        listed.append(
            {
                "day": words.day(day),
                "iso": day.isoformat(),
                "today": day == today,
                "rows": sorted(rows, key=lambda row: (row["at"], row["with"])),
            }
        )
    return listed


def _line(
    who: OpenSchedule, mark: Mark, day: date, here: ZoneInfo, *, several: bool
) -> dict[str, Any]:
    start, end = mark.start.astimezone(here), mark.end.astimezone(here)
    bounds = day_bounds(day, here)
    whole = (minute_at_or_before(mark.start), minute_at_or_before(mark.end)) == bounds
    return {
        "at": mark.start,
        "span": "All day" if whole else words.span(start, end),
        "what": mark.what,
        "reason": mark.reason,
        "with": who.name if several else "",
        "appointment_id": mark.appointment_id,
        "kind": mark.kind,
    }
