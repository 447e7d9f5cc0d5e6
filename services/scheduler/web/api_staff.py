"""The staff's JSON API: the way in, weekly hours, who comes when. The session cookie speaks.

The same operations as behind the pages, so the same hours are refused, the same tries are counted,
and a session begun here is the one that the pages and the other services know.
"""

# mypy: disable-error-code="untyped-decorator"
# flask-smorest ships no types, so its decorators have none.

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from flask import Response, after_this_request, make_response, request
from flask_smorest import Blueprint
from marshmallow import RAISE

from services.scheduler.domain.errors import (
    BadHours,
    BadWeek,
    NotWelcome,
    StaffRefused,
    WeakPassword,
    WrongCode,
)
from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.domain.interval import instant
from services.scheduler.operations import appointments as standing
from services.scheduler.operations import staff, usual_weeks
from services.scheduler.operations.staff import HalfWay, NewColleague
from services.scheduler.operations.usual_weeks import ALWAYS, For
from services.scheduler.staff_models import StaffSession
from services.scheduler.web import agenda, why
from services.scheduler.web.doors import own_settings
from services.scheduler.web.rights import hand
from services.scheduler.web.staff_documents import (
    CredentialsSchema,
    DaysQuery,
    DaysSchema,
    FirstRunSchema,
    HoursSchema,
    SignedInSchema,
    WeekSchema,
    WhoseSchema,
    WhyQuery,
    WhySchema,
    entry_document,
    hours_document,
)
from services.scheduler.web.staff_door import device, identity_of
from services.scheduler.web.week_form import beside_ranges, wall_range
from services.scheduler.web.weeks import editable, visit
from shared.clock import utcnow
from shared.vocabulary import Role
from shared.web import database
from shared.web.audiences import EVERY_ROLE, clear_staff_session, current_staff, guard_api
from shared.web.csrf import SentFromElsewhere, from_elsewhere
from shared.web.openapi import NOBODY_YET, SIGNED_IN
from shared.web.problems import FieldErrors, Refusal, Unauthorized, flat_errors
from shared.web.sessions import issue_staff_session
from shared.zones import zone

PREFIX: Final = "/api/staff"

door = Blueprint("staff_door_api", __name__, url_prefix=PREFIX, description="Signing in.")
guard_api(door)
desk = Blueprint("staff_api", __name__, url_prefix=PREFIX, description="Who comes when.")
guard_api(desk, roles=EVERY_ROLE)
hours = Blueprint("hours_api", __name__, url_prefix=PREFIX, description="When people work here.")
guard_api(hours, roles={Role.OWNER, Role.CLINICIAN}, sealed=False)


class SecondStepMissing(Unauthorized):
    """Address and password go together, and this account has a second step."""

    title = "One more step"
    type_ = "urn:softstart:problem:second-step-missing"


class NeedsAnotherLook(Refusal):
    """Some fields can't be taken as they are, and so nothing was."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Some fields need another look"

    def __init__(self, errors: Mapping[str, Any]) -> None:
        super().__init__("Nothing was changed.")
        self.errors = errors

    @property
    def field_errors(self) -> FieldErrors:
        return list(flat_errors(self.errors))


# ---------------------------------------------------------------- in and out


@door.before_request
def refuse_elsewhere() -> None:
    """No other site signs a browser in here, into an account of its choosing."""
    if from_elsewhere():
        raise SentFromElsewhere("Nothing was changed.")


@door.post("/first-run")
@door.doc(security=NOBODY_YET)
@door.arguments(FirstRunSchema)
@door.response(HTTPStatus.CREATED, SignedInSchema)
def first_run(sent: dict[str, Any]) -> dict[str, Any]:
    """Make the owner's account with the first-run link, and sign in. The link works once."""
    token, password = sent.pop("token"), sent.pop("password")
    try:
        with database().begin() as session:
            begun = staff.make_owner(
                session,
                token=token,
                password=password,
                person=NewColleague(**sent),
                settings=own_settings(),
                now=utcnow(),
            )
    except WeakPassword as weak:
        raise NeedsAnotherLook({"password": [str(weak)]}) from weak
    return _signed_in(begun)


@door.post("/session")
@door.doc(security=NOBODY_YET)
@door.arguments(CredentialsSchema)
@door.response(HTTPStatus.OK, SignedInSchema)
def sign_in(sent: dict[str, Any]) -> dict[str, Any]:
    """Sign in. Failed tries are counted together with those on the page."""
    code = sent.pop("code")
    found: StaffSession | HalfWay | StaffRefused
    with database().begin() as session:
        found = staff.sign_in(session, **sent, place=_place(), now=utcnow(), device=device())
        if isinstance(found, HalfWay) and code is not None:
            found = staff.finish(session, half=found, typed=code, now=utcnow(), device=device())
    if isinstance(found, HalfWay):
        raise SecondStepMissing("Send the code of your app, too, or a recovery code.")
    if isinstance(found, (NotWelcome, WrongCode)):
        raise Unauthorized(str(found))
    if isinstance(found, StaffRefused):
        raise found
    return _signed_in(found)


def _place() -> str:
    return request.remote_addr or ""


def _signed_in(begun: StaffSession) -> dict[str, Any]:
    who = identity_of(begun)

    @after_this_request
    def remember(response: Response) -> Response:
        issue_staff_session(response, who, utcnow())
        return response

    return {
        "account_id": who.account_id,
        "name": who.name,
        "role": who.role,
        "second_factor": who.second_factor,
    }


@desk.delete("/session")
@desk.doc(security=SIGNED_IN)
@desk.response(HTTPStatus.NO_CONTENT)
def sign_out() -> Response:
    """End the session, here and in every other place that knows it."""
    with database().begin() as session:
        staff.sign_out(session, session_id=current_staff().session_id, now=utcnow())
    response = make_response("", HTTPStatus.NO_CONTENT)
    clear_staff_session(response)
    return response


# ---------------------------------------------------------------- hours


@hours.get("/hours")
@hours.doc(security=SIGNED_IN)
@hours.arguments(WhoseSchema, location="query", unknown=RAISE)
@hours.response(HTTPStatus.OK, HoursSchema)
def usual_week(asked: dict[str, Any]) -> dict[str, Any]:
    """The usual week of one clinician."""
    with database().begin() as session:
        who = editable(session, asked["practitioner_id"])
        return hours_document(who, usual_weeks.weeks(session, who.id))


@hours.put("/hours")
@hours.doc(security=SIGNED_IN)
@hours.arguments(WeekSchema)
@hours.response(HTTPStatus.OK, HoursSchema)
def set_usual_week(sent: dict[str, Any]) -> dict[str, Any]:
    """Write one week of hours. Times that are booked already stay as they are."""
    weekly = [
        WeeklyRange(one["weekday"], wall_range(one["start"], one["end"])) for one in sent["weekly"]
    ]
    of = For(*(sent[name] for name in For._fields))
    with database().begin() as session:
        who = editable(session, sent["practitioner_id"])
        if of == ALWAYS and "location_id" not in request.get_json():
            of = usual_weeks.usual(usual_weeks.weeks(session, who.id)).of
        try:
            usual_weeks.set_week(
                session,
                who.id,
                who.practitioner_id,
                was=of,
                of=of,
                weekly=weekly,
                shortest=visit(session).duration,
                version=sent["version"],
                by=hand(),
            )
        except BadHours as bad:
            raise NeedsAnotherLook({"weekly": beside_ranges(bad, weekly)}) from bad
        except BadWeek as bad:
            raise NeedsAnotherLook({bad.field: [str(bad)]}) from bad
        return hours_document(who, usual_weeks.weeks(session, who.id))


# ---------------------------------------------------------------- appointments


@desk.get("/why")
@desk.doc(security=SIGNED_IN)
@desk.arguments(WhyQuery, location="query", unknown=RAISE)
@desk.response(HTTPStatus.OK, WhySchema)
def why_not(asked: dict[str, Any]) -> dict[str, Any]:
    """Why clients are offered a time or not; `start` and `end` are of what the rule looked at."""
    with database().begin() as session:
        who, kind = why.find(session, asked["practitioner_id"], asked["type"])
        found = why.explained(session, who, kind, asked["start"], asked["language"])
    return {
        "offered": found.reason is None,
        "reason": found.reason,
        "sentence": why.sentence(found),
        "because": found.because,
        "cause": found.cause,
        "start": instant(found.interval.start) if found.interval else None,
        "end": instant(found.interval.end) if found.interval else None,
    }


@desk.get("/appointments")
@desk.doc(security=SIGNED_IN)
@desk.arguments(DaysQuery, location="query", unknown=RAISE)
@desk.response(HTTPStatus.OK, DaysSchema)
def appointments(asked: dict[str, Any]) -> dict[str, Any]:
    """Who comes on these days, and how to reach each of them safely."""
    now, here = utcnow(), zone(own_settings().practice.timezone)
    first = asked["from_"] or now.astimezone(here).date()
    with database().begin() as session:
        entries = standing.between(
            session,
            since=agenda.midnight(first, here),
            until=agenda.midnight(first + timedelta(days=asked["days"]), here),
            practitioner_id=asked["practitioner_id"],
        )
    booked = [entry for entry in entries if not entry.held]
    lines = agenda.lines(booked, here, now)
    return {
        "timezone": here.key,
        "appointments": [
            entry_document(entry, line) for entry, line in zip(booked, lines, strict=True)
        ],
    }
