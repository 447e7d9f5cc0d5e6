"""What the drawn calendar of the console needs: how much of the day it shows, and its headers.

The library draws over the table of the same page, reads `GET /api/staff/calendar`, and does what a
drag asks for by the same JSON acts as any program. The page is whole without it.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from flask import Response, make_response, url_for

from services.scheduler.domain.hours import day_bounds
from services.scheduler.domain.interval import instant
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations.calendar import Standing
from services.scheduler.web.marks import CLOSED, OPENED, marks
from services.scheduler.web.rights import Rights
from shared.vocabulary import AppointmentStatus
from shared.web.headers import CONTENT_SECURITY_POLICY

EMPTY_STYLE: Final = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"
"""FullCalendar adds one empty <style> and writes its rules into that by script, which is allowed.

The hash is that of nothing: an element with any text in it stays forbidden, and unlike a nonce the
header is the same in each answer, so that nothing of it can be read off a page and used again.
Among the rules is a font of arrows as data:, which browsers load although nothing here shows it.
"""

POLICY: Final = f"{CONTENT_SECURITY_POLICY}; style-src 'self' {EMPTY_STYLE}; font-src 'self' data:"


def answer(page: str) -> Response:
    """The page, with leave to add that one empty element and nothing else."""
    response = make_response(page)
    response.headers["Content-Security-Policy"] = POLICY
    return response


MOST_COLUMNS: Final = 8
"""More than these are too narrow to drag in; the table scrolls sideways."""


def can_be_beside(people: Sequence[OpenSchedule], here: ZoneInfo) -> bool:
    """Whether these share one wall clock, by which a drag's time is meant, and have room."""
    return len(people) <= MOST_COLUMNS and all(one.hours.zone.key == here.key for one in people)


def drawing(
    people: Sequence[OpenSchedule],
    view: str,
    days: Sequence[date],
    hours: tuple[int, int],
    rights: Rights,
) -> dict[str, Any]:
    """What the page tells the script: whose, which days and hours, and what a drag may do there.

    `view`: day or week of one, or the day of everyone. `hours`: the first hour of the wall clock
    that is shown, and the one that ends it.
    """
    return {
        "people": [_column(one, "day" if len(people) == 1 else "week", rights) for one in people],
        "zone": people[0].hours.zone.key,
        "view": view,
        "day": days[0].isoformat(),
        "weekend": len(days) != 5,
        "from": f"{hours[0]:02}:00:00",
        "until": f"{hours[1]:02}:00:00",
    }


def _column(who: OpenSchedule, view: str, rights: Rights) -> dict[str, Any]:
    return {
        "id": str(who.practitioner_id),
        "name": who.name,
        "page": url_for("calendar.shown", view=view, who=who.practitioner_id),
        "time": url_for("openings.page", who=who.practitioner_id),
        "block": rights.may_block(who.practitioner_id),
        "open": rights.may_bend(who.practitioner_id),
    }


def document(
    who: OpenSchedule, standing: Standing, first: date, days: int
) -> dict[str, list[dict[str, Any]]]:
    """Where it is open and what stands there, in the words of the table, in the clinician's zone.

    Instants carry the offset of the zone, so that their first part is the wall clock.
    """
    here = who.hours.zone
    movable = {
        one.appointment.id
        for one in standing.entries
        if one.appointment.status == AppointmentStatus.BOOKED
    }
    return {
        "open": [
            {"start": at.astimezone(here), "end": until.astimezone(here)}
            for at, until in _open(who, first, days, here)
        ],
        "marks": [
            {
                "start": mark.start.astimezone(here),
                "end": mark.end.astimezone(here),
                "kind": _KINDS.get(mark.kind, mark.kind.removeprefix("ev-")),
                "what": mark.what,
                "reason": mark.reason,
                "appointment_id": mark.appointment_id,
                "movable": mark.appointment_id in movable,
            }
            for mark in marks(standing, here)
        ],
    }


_KINDS: Final = {CLOSED: "block", OPENED: "opened"}


def _open(
    who: OpenSchedule, first: date, days: int, here: ZoneInfo
) -> Iterable[tuple[datetime, datetime]]:
    for n in range(days):
        bounds = day_bounds(first + timedelta(days=n), here)
        for one in who.hours.during(bounds):
            start, end = max(one.start, bounds.start), min(one.end, bounds.end)
            if start < end:
                yield instant(start), instant(end)
