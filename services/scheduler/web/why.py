"""Why a time is offered or not: staff ask, and get the rule (N12).

What they get never says whose an appointment is, or what another calendar has there.
"""

from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue
from marshmallow import fields, validate
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.scheduler.domain.explanation import Explanation, Reason
from services.scheduler.domain.hours import resolve
from services.scheduler.domain.interval import instant
from services.scheduler.domain.languages import LANGUAGES
from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import AppointmentType
from services.scheduler.operations import offers, schedules
from services.scheduler.operations.question import Question
from services.scheduler.schemas import Day, Strict, WallTime, spoken_language
from services.scheduler.web.doors import own_settings
from services.scheduler.web.rules import BROKEN, NEVER
from services.scheduler.web.words import When
from shared.clock import utcnow
from shared.web import database
from shared.web.audiences import guard_staff
from shared.web.forms import FormErrors, load
from shared.web.problems import NotFound
from shared.zones import zone_title

pages = Blueprint("why", __name__, url_prefix="/staff/why")
guard_staff(pages)

_WORDS: Final = {
    **BROKEN,
    **NEVER,
    Reason.TAKEN: "An appointment is at that time.",
    Reason.HELD: "Somebody is choosing that time just now.",
    Reason.STAFF_ONLY: "Only staff book this type.",
}


_ONE: Final = "Choose one of them."


class WhyForm(Strict):
    """A clinician, a type, and a time by the clinician's wall clock."""

    who = fields.UUID(
        required=True, error_messages={"required": _ONE, "invalid_uuid": _ONE, "invalid": _ONE}
    )
    type = fields.String(
        required=True, error_messages={"required": _ONE}, validate=validate.Length(max=80)
    )
    day = Day(required=True, error_messages={"required": "Choose a day."})
    at = WallTime(required=True, error_messages={"required": "Write a time."})
    language = spoken_language()


@pages.get("")
def page() -> ResponseReturnValue:
    """The form; and with all of it in the address, the answer."""
    errors: FormErrors | None = None
    asked: dict[str, Any] | None = None
    if {"day", "at"} & request.args.keys():
        try:
            asked = load(WhyForm(), request.args)
        except FormErrors as bad:
            errors = bad
    with database().begin() as session:
        html = _page(session, asked, errors)
    return make_response(html, errors.status if errors else HTTPStatus.OK)


def _page(session: Session, asked: dict[str, Any] | None, errors: FormErrors | None) -> str:
    everyone, kinds = schedules.open_schedules(session), _kinds(session)
    who = next((one for one in everyone if asked and one.practitioner_id == asked["who"]), None)
    kind = next((one for one in kinds if asked and one.code == asked["type"]), None)
    missing: dict[str, list[str]] = {}
    if asked and who is None:
        missing["who"] = [_ONE]
    if asked and kind is None:
        missing["type"] = [_ONE]
    answer = None
    if asked and who and kind:
        start = instant(resolve(asked["day"], asked["at"], who.hours.zone))
        answer = _answer(session, who, kind, start, asked["language"])
    return render_template(
        "scheduler/why.html",
        answer=answer,
        errors=errors.errors if errors else missing,
        given=request.args,
        people=[(str(one.practitioner_id), one.name) for one in everyone],
        kinds=[(one.code, one.title) for one in kinds],
        languages=_languages(everyone, request.args.get("language")),
    )


def _languages(everyone: Iterable[OpenSchedule], asked: str | None) -> list[tuple[str, str]]:
    """Those that are spoken here, where a client can choose among them."""
    spoken = {code for one in everyone for code in one.languages}
    if len(spoken) < 2 and not asked:
        return []
    return [(code, name) for code, name in LANGUAGES.items() if code in {*spoken, asked}]


def _answer(
    session: Session,
    who: OpenSchedule,
    kind: AppointmentType,
    start: datetime,
    language: str | None,
) -> dict[str, Any]:
    found = explained(session, who, kind, start, language)
    return {
        "offered": found.reason is None,
        "sentence": sentence(found),
        "when": When(start, start + kind.duration, who.hours.zone),
        "who": who.name,
        "what": kind.title,
        "zone": zone_title(who.hours.zone.key),
    }


def explained(
    session: Session,
    who: OpenSchedule,
    kind: AppointmentType,
    start: datetime,
    language: str | None = None,
) -> Explanation:
    """Why clients are offered that start or not, in any language or in that one."""
    question = Question(
        kind=kind, notice=own_settings().booking_notice, now=utcnow(), language=language
    )
    return offers.explain(session, who, start, question)


def sentence(found: Explanation) -> str:
    """The rule in words, with what colleagues wrote about it."""
    if found.reason is None:
        return "This time is offered."
    words = _WORDS[found.reason]
    return f"{words} ({found.because})" if found.because else words


def find(
    session: Session, practitioner_id: UUID, code: str
) -> tuple[OpenSchedule, AppointmentType]:
    """Whose time, and what of. Raises NotFound."""
    for one in schedules.open_schedules(session):
        if one.practitioner_id == practitioner_id:
            kind = schedules.appointment_type(session, code)
            if kind is not None:
                return one, kind
    raise NotFound("Nobody who works here gives that.")


def _kinds(session: Session) -> list[AppointmentType]:
    schedules.ensure_types(session)
    query = select(AppointmentType).where(AppointmentType.ended_at.is_(None))
    return list(session.scalars(query.order_by(AppointmentType.id)))
