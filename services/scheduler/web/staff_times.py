"""The pages on which staff choose a time for somebody: the offered ones, or one outside the rules.

The same pages book, move and give to a colleague: a `Target` says for what.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from http import HTTPStatus
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Response, make_response, render_template, request, url_for
from sqlalchemy.orm import Session

from services.scheduler.domain.hours import resolve
from services.scheduler.domain.interval import instant
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import offers, schedules
from services.scheduler.operations.offers import Offers
from services.scheduler.operations.question import Question
from services.scheduler.web import words
from services.scheduler.web.choosing import read_date, read_uuid
from services.scheduler.web.doors import own_settings
from services.scheduler.web.picker import picker
from services.scheduler.web.rights import Rights
from services.scheduler.web.rules import Broken
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.places import LOCATIONS
from shared.web.forms import FormErrors
from shared.zones import zone, zone_title


@dataclass(frozen=True)
class Target:
    """For whom a time is chosen, and what of; `moving` is what they have, when it is moved.

    `offering`: it is only kept for them, and they are asked; then there is no `other_view`, and of
    what is free only what `fits`.
    """

    question: Question
    people: list[dict[str, Any]]
    view: str
    other_view: str | None
    address: dict[str, Any]
    kinds: list[dict[str, Any]] = field(default_factory=list)
    moving: When | None = None
    moving_start: datetime | None = None
    with_: UUID | None = None
    offering: bool = False
    fits: Callable[[datetime], bool] | None = None

    def link(self, view: str | None = None, **query: Any) -> str:
        """The address of one of the two pages."""
        found: str = url_for(view or self.view, **self.address, **query)
        return found


@dataclass(frozen=True)
class Shown:
    """What part of the page the address names, and why it is shown again."""

    day: date | None = None
    first: date | None = None
    practitioner: UUID | None = None
    errors: FormErrors | None = None
    refusal: str | None = None
    status: HTTPStatus = HTTPStatus.OK

    @classmethod
    def asked(cls, **more: Any) -> Self:
        """From the address."""
        return cls(
            day=read_date(request.args.get("day")),
            first=read_date(request.args.get("from")),
            practitioner=read_uuid(request.args.get("with")),
            **more,
        )


def times_page(session: Session, target: Target, shown: Shown) -> Response:
    """Days and times that are offered to staff, and what has to be said with them."""
    now, settings = utcnow(), own_settings()
    everyone = offers.offers(session, target.question)
    anyone = request.args.get("with") == "anyone"
    only = shown.practitioner or (None if anyone else target.with_)
    free = everyone.with_only(only) if only else everyone
    if target.moving_start is not None and only == target.with_:
        free = free.without(target.moving_start)
    if target.fits is not None:
        fits = target.fits
        free = Offers([one for one in free.starts if fits(offers.at(one))], free.schedules)
    chosen = next((o for o in everyone.schedules.values() if o.practitioner_id == only), None)
    here = chosen.hours.zone if chosen else zone(settings.practice.timezone)

    def link(day: str | None = None, from_: str | None = None) -> str:
        named = "anyone" if anyone else str(only or "") or None
        query: dict[str, Any] = {"day": day, "from": from_, "with": named}
        return target.link(**query)

    page = render_template(
        "scheduler/staff_times.html",
        target=target,
        shown=shown,
        picker=picker(free, zone=here, now=now, link=link, day=shown.day, first=shown.first),
        people=[
            {
                "name": one.name,
                "href": _with(target, one.practitioner_id),
                "chosen": one.practitioner_id == only,
            }
            for one in everyone.schedules.values()
        ],
        anyone=_with(target, "anyone"),
        only=only,
        other=_with(target, only, target.other_view)
        if target.other_view and _benders(session)
        else None,
        video=any(one.video for one in everyone.schedules.values()),
        zone_title=zone_title(here.key),
        locations=LOCATIONS,
        errors=shown.errors.errors if shown.errors else {},
        given=shown.errors.given if shown.errors else {},
        query={"with": request.args.get("with"), "day": request.args.get("day")},
    )
    return make_response(page, shown.status)


def _with(target: Target, who: object, view: str | None = None) -> str:
    query: dict[str, Any] = {"with": who}
    return target.link(view, **query)


def _benders(session: Session) -> list[OpenSchedule]:
    """Whose time whoever is signed in may give outside the rules."""
    rights = Rights.mine(session)
    return [
        one for one in schedules.open_schedules(session) if rights.may_bend(one.practitioner_id)
    ]


def other_page(
    session: Session,
    target: Target,
    shown: Shown,
    *,
    broken: Broken | None = None,
    sure: str = "",
) -> Response:
    """A time by the clinician's clock; `broken` says which rule it breaks, before the reason."""
    only = shown.practitioner or target.with_
    page = render_template(
        "scheduler/other_time.html",
        target=target,
        shown=shown,
        broken=broken,
        sure=sure,
        clinicians=[
            (str(one.practitioner_id), f"{one.name}, {zone_title(one.hours.zone.key)}")
            for one in _benders(session)
        ],
        only=str(only) if only else None,
        today=utcnow().date().isoformat(),
        locations=LOCATIONS,
        errors=shown.errors.errors if shown.errors else {},
        given=shown.errors.given if shown.errors else request.form,
    )
    return make_response(page, shown.status)


def wall_start(day: date, at: Any, here: ZoneInfo) -> datetime:
    """The instant of that wall time; one that a clock change skips is pushed forward."""
    return instant(resolve(day, at, here))


def told(start: datetime, who: OpenSchedule) -> str:
    """A time with somebody, for the sentence that says it is done."""
    local = start.astimezone(who.hours.zone)
    return f"{words.day(local.date())}, {words.clock(local)}, with {who.name}"
