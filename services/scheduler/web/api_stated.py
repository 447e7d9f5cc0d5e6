"""When one of two people can meet, for programs: one's own alone (N6)."""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from http import HTTPStatus
from typing import Any

from flask_smorest import Blueprint
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import BadHours
from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.domain.stated import Stated
from services.scheduler.operations import stated_times
from services.scheduler.operations.question import Two
from services.scheduler.web.api import either
from services.scheduler.web.api_staff import NeedsAnotherLook
from services.scheduler.web.doors import shown_zone
from services.scheduler.web.stated import two_of
from services.scheduler.web.stated_forms import StatedSchema, StatedTimesSchema
from services.scheduler.web.week_form import beside_ranges, wall_range
from shared.clock import utcnow
from shared.web.audiences import guard_api
from shared.zones import zone

stated = Blueprint(
    "stated_api", __name__, url_prefix="/api", description="When each of two people can meet."
)
guard_api(stated)


@stated.get("/stated-times")
@stated.response(HTTPStatus.OK, StatedTimesSchema)
def show() -> dict[str, Any]:
    """What one has said oneself; what the other has said, nobody is told."""
    with either() as (session, who):
        return _document(session, two_of(who))


@stated.put("/stated-times")
@stated.arguments(StatedSchema)
@stated.response(HTTPStatus.OK, StatedTimesSchema)
def say(said: dict[str, Any]) -> dict[str, Any]:
    """Say when one can, in place of what one said before.

    Slots that are offered to either suit both: it counts for oneself at once, for the other from
    the practice's next midnight on.
    """
    with either() as (session, who):
        two = two_of(who)
        info = zone(said["timezone"]) if said["timezone"] else shown_zone(who).info
        weekly = tuple(
            WeeklyRange(one["weekday"], wall_range(one["start"], one["end"]))
            for one in said["times"]
        )
        try:
            stated_times.state(session, two=two, stated=Stated(info, weekly), now=utcnow())
        except BadHours as bad:
            raise NeedsAnotherLook({"times": beside_ranges(bad, weekly)}) from bad
        return _document(session, two)


def _document(session: Session, two: Two) -> dict[str, Any]:
    said = stated_times.own(session, two)
    return {
        "stated": said is not None,
        "timezone": said.zone.key if said else None,
        "times": [
            {"weekday": one.weekday, "start": one.wall.start, "end": one.wall.end}
            for one in (said.weekly if said else ())
        ],
    }
