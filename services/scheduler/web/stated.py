"""When can you meet? Each of two people says it on a page of their own (N6).

Both pages are alike, and neither tells anything of what stands on the other.
"""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NoSuchLink
from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.domain.stated import Stated
from services.scheduler.operations import stated_times
from services.scheduler.operations.question import Two
from services.scheduler.web import wishes
from services.scheduler.web.doors import Guest, guest, own_settings, shown_zone
from services.scheduler.web.stated_forms import StatedForm
from services.scheduler.web.week_form import WEEKDAYS
from shared.clock import utcnow
from shared.web.audiences import guard_client
from shared.web.forms import FormErrors, load
from shared.web.language import say, tongue
from shared.zones import zone_title

pages = Blueprint("stated", __name__)
guard_client(pages)


def two_of(who: Guest) -> Two:
    """The two of whom this is one. Raises NoSuchLink for somebody alone."""
    one = who.invitation or (who.place and who.place.appointment)
    couple_id = one.couple_id if one else None
    two = Two.of(couple_id, who.person_id, settings=own_settings(), now=utcnow())
    if two is None:
        raise NoSuchLink
    return two


@pages.get("/t/<token>/when", defaults={"door": "t"})
@pages.get("/m/<token>/when", defaults={"door": "m"})
def page(door: str, token: str) -> ResponseReturnValue:
    """The usual week, as this person said it last."""
    with guest(door, token) as (session, who):
        return _page(session, who)


def _page(session: Session, who: Guest, errors: FormErrors | None = None) -> str:
    said = stated_times.own(session, two_of(who))
    shown = shown_zone(who).info
    chosen, others = wishes.parts_of(said.weekly if said else ())
    if said is not None and said.zone.key != shown.key and said.weekly:
        others = [
            *others,
            say("by the clock in %(zone)s", zone=zone_title(said.zone.key, tongue().babel)),
        ]
    return render_template(
        "scheduler/stated.html",
        who=who,
        days=list(WEEKDAYS.items()),
        parts=[(name, name.capitalize(), title) for name, (title, _) in wishes.PARTS.items()],
        chosen=errors.given.getlist("times") if errors else chosen,
        others="; ".join(others),
        zone_title=zone_title(shown.key, tongue().babel),
        back=who.address("choose") if who.invitation else url_for("client.ticket", token=who.token),
        errors=errors.errors if errors else {},
    )


@pages.post("/t/<token>/when", defaults={"door": "t"})
@pages.post("/m/<token>/when", defaults={"door": "m"})
def save(door: str, token: str) -> ResponseReturnValue:
    """Keep it, in place of what was said before."""
    try:
        form = load(StatedForm(), request.form)
        with guest(door, token) as (session, who):
            stated = Stated(shown_zone(who).info, _weekly(form))
            stated_times.state(session, two=two_of(who), stated=stated, now=utcnow())
    except FormErrors as errors:
        with guest(door, token) as (session, who):
            return make_response(_page(session, who, errors), errors.status)
    flash(say("Saved. You can change it whenever you like."))
    return redirect(url_for("stated.page", door=door, token=token), HTTPStatus.SEE_OTHER)


def _weekly(form: dict[str, Any]) -> tuple[WeeklyRange, ...]:
    return tuple(
        WeeklyRange(day, wall)
        for day in WEEKDAYS
        for part, (_, wall) in wishes.PARTS.items()
        if f"{day}-{part}" in form["times"]
    )
