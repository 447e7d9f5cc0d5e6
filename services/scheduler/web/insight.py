"""Insight: what the owner may read from the practice's own counts, drawn and as tables.

Everything comes from the scheduler's own rows, and nothing from answers. What is small is not
told (see `domain.insight`); each plot is one value, from which page and file are made.
"""

from typing import Any, Final
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import EXCLUDE, Schema, fields, validate

from services.scheduler.domain.insight import Period
from services.scheduler.operations import insight
from services.scheduler.operations.timetables import timetables
from services.scheduler.web import insight_plots
from services.scheduler.web.insight_plots import Plot
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database, settings
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.web.spreadsheet import csv_file
from shared.zones import zone

pages = Blueprint("insight", __name__, url_prefix="/staff/insight")
guard_staff(pages, roles={Role.OWNER})

WEEKS: Final = (4, 12, 52)


class AskedForm(Schema):
    """How far back, and with whom."""

    class Meta:
        unknown = EXCLUDE

    weeks = fields.Integer(load_default=12, validate=validate.OneOf(WEEKS))
    practitioner = fields.UUID(load_default=None)


@pages.get("")
def overview() -> ResponseReturnValue:
    """Every plot of the period that is asked for."""
    plots, found = _plots()
    query = _with(found["weeks"], found["chosen"])
    return render_template(
        "scheduler/insight.html",
        plots=plots,
        choices=WEEKS,
        file=lambda key: url_for(".as_file", plot=key, **query),
        here_with=lambda *chosen: url_for(".overview", **_with(*chosen)),
        **found,
    )


@pages.get("/<plot>.csv")
def as_file(plot: str) -> ResponseReturnValue:
    """The table of one plot, for a spreadsheet."""
    plots, _ = _plots()
    for one in plots:
        if one.key == plot:
            return csv_file(f"{one.key}.csv", [one.head, *one.rows])
    raise NotFound("There is no such plot.")


def _with(weeks: int, chosen: UUID | None) -> dict[str, Any]:
    return {"weeks": weeks} | ({"practitioner": chosen} if chosen else {})


def _plots() -> tuple[list[Plot], dict[str, Any]]:
    try:
        asked = load(AskedForm(), request.args)
    except FormErrors as refusal:
        raise NotFound("There is no such period.") from refusal
    here = zone(settings().practice.timezone)
    period = Period.before(utcnow().astimezone(here).date(), asked["weeks"], here)
    with database().begin() as session:
        tables = timetables(session)
        whose = [
            one for one in tables.schedules if asked["practitioner"] in (None, one.practitioner_id)
        ]
        if asked["practitioner"] and not whose:
            raise NotFound("Nobody who works here keeps such hours.")
        times = insight.times(session, [one.id for one in whose], period)
        hours = {one.id: insight.opened(one, tables.practice, period) for one in whose}
        names = {one.id: one.name for one in whose}
        plots = [
            insight_plots.sought(insight.sought(session, period)),
            insight_plots.waits(insight.first_calls(session, period)),
            insight_plots.attendance(times.attended),
            insight_plots.filled(times.booked, hours, names, period),
            insight_plots.asked(times.starts, insight.wished(session, period), hours, period),
        ]
    return plots, {
        "period": period,
        "weeks": asked["weeks"],
        "chosen": asked["practitioner"],
        "people": [(one.practitioner_id, one.name) for one in tables.schedules],
    }
