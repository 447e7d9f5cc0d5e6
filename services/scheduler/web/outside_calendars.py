"""Calendars that a clinician keeps elsewhere, and what holds while one can't be read (P11, N11)."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError, fields, validate
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import NoSuchCalendar
from services.scheduler.domain.outside import Policy
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.operations import outside, schedules
from services.scheduler.operations.outside import Kept
from services.scheduler.schemas import Strict
from services.scheduler.web import outside_words
from services.scheduler.web.choosing import read_uuid
from services.scheduler.web.doors import own_settings
from services.scheduler.web.weeks import editable
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import current_staff, guard_staff
from shared.web.forms import FormErrors, load

pages = Blueprint("outside", __name__, url_prefix="/staff/calendars")
guard_staff(pages, roles={Role.OWNER, Role.CLINICIAN})

_WHOLE: Final = "Write the whole address, beginning with https:// or webcal://."
_CHOOSE: Final = "Choose one of the answers."
_NAME: Final = "Write a name by which you know it, for example Home."


class Address(fields.String):
    """The address of a feed: https, or webcal, which means the same."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs).strip()
        scheme, _, rest = text.partition("://")
        if scheme.lower() in ("webcal", "webcals"):
            scheme, text = "https", f"https://{rest}"
        allowed = {"https", "http"} if own_settings().calendars_on_loopback else {"https"}
        if scheme.lower() not in allowed or not _is_address(text):
            raise ValidationError(_WHOLE)
        return text


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = text.isprintable() and not any(letter.isspace() for letter in text)
    return plain and bool(parts.hostname) and port != 0


class ChangeForm(Strict):
    """What may be changed about a calendar that is known."""

    name = fields.String(
        required=True,
        validate=[
            validate.Length(max=60, error="Please use at most 60 characters."),
            validate.Regexp(r"\s*\S", error=_NAME),
        ],
        error_messages={"required": _NAME},
    )
    policy = fields.Enum(
        Policy,
        by_value=True,
        required=True,
        error_messages={"required": _CHOOSE, "unknown": _CHOOSE},
    )
    stale_after = fields.Integer(
        required=True,
        validate=validate.OneOf([*outside_words.AGES], error=_CHOOSE),
        metadata={"description": "Minutes after which a reading is too old to go by."},
    )


class CalendarForm(ChangeForm):
    """A calendar elsewhere: its secret address, and what holds while it can't be read."""

    class Meta:
        fields = ("address", "name", "policy", "stale_after")

    address = Address(
        required=True,
        validate=validate.Length(max=2000, error="Please use at most 2000 characters."),
        error_messages={"required": _WHOLE},
    )


def _whose(session: Session) -> OpenSchedule:
    return editable(session, read_uuid(request.args.get("who")))


@pages.get("")
def calendars() -> ResponseReturnValue:
    """The calendars of one clinician, how each is doing, and a form for another."""
    return _page()


@pages.post("")
def add() -> ResponseReturnValue:
    """Keep another calendar; it is read by a job within seconds."""
    try:
        form = load(CalendarForm(), request.form)
    except FormErrors as errors:
        return _page(errors), errors.status
    form["stale_after"] = timedelta(minutes=form["stale_after"])
    with database().begin() as session:
        who = _whose(session)
        outside.add(session, who.id, **form)
    flash("Added. It is read within a few seconds; open this page again to see it.")
    return _back(who)


def _page(errors: FormErrors | None = None) -> str:
    with database().begin() as session:
        who = _whose(session)
        kept = outside.of_schedule(session, who.id)
        people = schedules.open_schedules(session) if current_staff().role is Role.OWNER else []
    given = errors.given if errors else {"policy": Policy.BLOCK.value, "stale_after": "240"}
    return render_template(
        "scheduler/outside_calendars.html",
        who=who,
        lines=[outside_words.line(one, who) for one in kept],
        people=people,
        errors=errors.errors if errors else {},
        given=given,
        **_choices(),
    )


def _choices() -> dict[str, Any]:
    return {
        "policies": list(outside_words.POLICIES.items()),
        "ages": list(outside_words.AGES.items()),
    }


def _back(who: OpenSchedule) -> ResponseReturnValue:
    return redirect(url_for(".calendars", who=who.practitioner_id), HTTPStatus.SEE_OTHER)


@pages.get("/<uuid:calendar_id>")
def calendar(calendar_id: UUID) -> ResponseReturnValue:
    """One calendar: its name and what holds while it can't be read, to be changed or removed."""
    return _one_page(calendar_id)


@pages.post("/<uuid:calendar_id>")
def change(calendar_id: UUID) -> ResponseReturnValue:
    """Keep another name or policy; the address stays."""
    try:
        form = load(ChangeForm(), request.form)
    except FormErrors as errors:
        return _one_page(calendar_id, errors), errors.status
    form["stale_after"] = timedelta(minutes=form["stale_after"])
    with database().begin() as session:
        who = _whose(session)
        outside.change(session, who.id, calendar_id, **form)
    flash("Saved. It holds from now on.")
    return _back(who)


def _one_page(calendar_id: UUID, errors: FormErrors | None = None) -> str:
    with database().begin() as session:
        who = _whose(session)
        kept = _found(outside.of_schedule(session, who.id), calendar_id)
    now = kept.calendar
    given = {
        "name": now.name,
        "policy": now.policy,
        "stale_after": int(now.stale_after / timedelta(minutes=1)),
    }
    return render_template(
        "scheduler/outside_calendar.html",
        who=who,
        line=outside_words.line(kept, who),
        errors=errors.errors if errors else {},
        given=errors.given if errors else given,
        **_choices(),
    )


def _found(known: list[Kept], calendar_id: UUID) -> Kept:
    kept = next((one for one in known if one.calendar.id == calendar_id), None)
    if kept is None:
        raise NoSuchCalendar
    return kept


@pages.post("/<uuid:calendar_id>/read")
def read(calendar_id: UUID) -> ResponseReturnValue:
    """Have it read within seconds instead of minutes."""
    with database().begin() as session:
        who = _whose(session)
        outside.read_soon(session, who.id, calendar_id)
    flash("It is read within a few seconds; open this page again to see it.")
    return _back(who)


@pages.post("/<uuid:calendar_id>/remove")
def remove(calendar_id: UUID) -> ResponseReturnValue:
    """Forget the calendar: what is busy there does not count any more."""
    with database().begin() as session:
        who = _whose(session)
        outside.remove(session, who.id, calendar_id)
    flash("Removed. What is busy there does not count any more.")
    return _back(who)
