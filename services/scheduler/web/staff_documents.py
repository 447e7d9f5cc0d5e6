"""What programs of the staff send and get: sign-in, weekly hours, the days' appointments."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate

from services.scheduler.domain.timetable import OpenSchedule
from services.scheduler.models import AppointmentHistory, Practitioner
from services.scheduler.operations.appointments import Entry
from services.scheduler.operations.usual_weeks import Week, usual
from services.scheduler.schemas import (
    Day,
    Instant,
    OwnerForm,
    SignInForm,
    Strict,
    WallTime,
    spoken_language,
)
from services.scheduler.web.agenda import Line
from services.scheduler.web.rule_forms import WeekForForm
from services.scheduler.web.week_form import MOST_A_DAY, WEEKDAYS

LONGEST_LINK: Final = 100
_NAMELESS: Final = "Write the name that clients will see."


# ---------------------------------------------------------------- the way in


def named() -> fields.String:
    """A name that is one: a form leaves a blank field out, but a program can send one."""
    return fields.String(
        required=True,
        validate=[
            validate.Length(max=80, error="Please use at most 80 characters."),
            validate.Regexp(r"\s*\S", error=_NAMELESS),
        ],
        error_messages={"required": _NAMELESS},
    )


class FirstRunSchema(OwnerForm):
    """The first account, with the token of the first-run link: what comes last in its address."""

    token = fields.String(required=True, validate=validate.Length(max=LONGEST_LINK))
    name = named()


class CredentialsSchema(SignInForm):
    """Address and password, and the second step where this account has one."""

    code = fields.String(
        load_default=None,
        validate=validate.Length(max=60),
        metadata={"description": "Six digits of the app, or a recovery code. Each works once."},
    )

    class Meta:
        exclude = ("next",)


class SignedInSchema(Schema):
    """Who is signed in now. The session itself is a cookie, which no script can read."""

    account_id = fields.UUID()
    name = fields.String()
    role = fields.String()
    second_factor = fields.Boolean(
        metadata={"description": "Whether more than a password was shown; else nothing sealed is."}
    )


# ---------------------------------------------------------------- hours


class RangeSchema(Strict):
    """Open from `start` until `end` on one weekday, by the clock on the wall; 00:00 ends a day."""

    weekday = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, 7, error="Weekdays go from 1, Monday, to 7, Sunday."),
        metadata={"description": "ISO 8601: Monday is 1."},
    )
    start = WallTime(required=True, format="%H:%M", metadata={"example": "09:00"})
    end = WallTime(required=True, format="%H:%M", metadata={"example": "12:00"})


def _few_enough(weekly: list[Mapping[str, Any]]) -> None:
    given = [one["weekday"] for one in weekly]
    if any(given.count(day) > MOST_A_DAY for day in WEEKDAYS):
        raise ValidationError(f"At most {MOST_A_DAY} ranges a day.")


class WeekSchema(WeekForForm):
    """A whole week of hours, in place of the one for the same; an empty list takes it away.

    With nothing but hours it is the usual week, which stays at its location. `version`, where it is
    sent, has to be the one that was seen.
    """

    version = fields.String(load_default=None, validate=validate.Length(max=40))
    practitioner_id = fields.UUID(load_default=None)
    weekly = fields.List(
        fields.Nested(RangeSchema),
        required=True,
        validate=[validate.Length(max=MOST_A_DAY * len(WEEKDAYS)), _few_enough],
    )


class WhoseSchema(Strict):
    """Without `practitioner_id` it is one's own."""

    practitioner_id = fields.UUID(load_default=None)


class KeptWeekSchema(Schema):
    """A week of hours and what it is for; null: no such end, any type, wherever."""

    since = fields.Date(allow_none=True)
    until = fields.Date(allow_none=True, metadata={"description": "The last day, included."})
    appointment_type = fields.String(allow_none=True)
    location_id = fields.Integer(allow_none=True)
    weekly = fields.List(fields.Nested(RangeSchema))
    version = fields.String()


class HoursSchema(Schema):
    """Somebody's usual week, and all weeks of hours that are kept; those add up, and a type with
    hours of its own has no others. Times are of the wall clock in `timezone`, also when clocks
    change.
    """

    practitioner_id = fields.UUID()
    practitioner_name = fields.String()
    timezone = fields.String()
    weekly = fields.List(fields.Nested(RangeSchema))
    weeks = fields.List(fields.Nested(KeptWeekSchema))


def hours_document(who: OpenSchedule, weeks: Sequence[Week]) -> dict[str, Any]:
    """The weeks as HoursSchema says them."""
    return {
        "practitioner_id": who.practitioner_id,
        "practitioner_name": who.name,
        "timezone": who.hours.zone.key,
        "weekly": _ranges(usual(weeks)),
        "weeks": [
            {**one.of._asdict(), "weekly": _ranges(one), "version": one.version} for one in weeks
        ],
    }


def _ranges(week: Week) -> list[dict[str, Any]]:
    return [
        {"weekday": one.weekday, "start": one.wall.start, "end": one.wall.end}
        for one in week.weekly
    ]


# ---------------------------------------------------------------- appointments


class DaysQuery(Strict):
    """Which days, in the practice's own zone; without `from`, from today on."""

    from_ = Day(data_key="from", load_default=None)
    days = fields.Integer(load_default=7, validate=validate.Range(1, 62))
    practitioner_id = fields.UUID(load_default=None)


class WhyQuery(Strict):
    """A start (UTC or with its offset), the code of a type, and with whom."""

    start = Instant(required=True)
    type = fields.String(required=True, validate=validate.Length(max=80))
    practitioner_id = fields.UUID(required=True)
    language = spoken_language()


class WhySchema(Schema):
    """The rule that decides. `because`: what colleagues wrote, or which cap; never for clients."""

    offered = fields.Boolean()
    reason = fields.String(allow_none=True)
    sentence = fields.String()
    because = fields.String()
    cause = fields.String(allow_none=True)
    start = fields.AwareDateTime(format="iso", allow_none=True)
    end = fields.AwareDateTime(format="iso", allow_none=True)


class ReachableSchema(Schema):
    """A person, and how to reach them safely: `plan` is to be shown wherever the name is (L33)."""

    name = fields.String()
    pronouns = fields.String(allow_none=True)
    plan = fields.String(allow_none=True)
    phone = fields.String(
        allow_none=True, metadata={"description": "Null when nobody may call this person."}
    )
    location = fields.String(
        allow_none=True,
        metadata={"description": "Where they said they will be: a USPS code, or outside_us."},
    )
    location_confirmed = fields.Boolean(
        allow_none=True,
        metadata={
            "description": "Whether they said so again before a session by video; null while "
            "nobody asks."
        },
    )
    participation = fields.String(metadata={"description": "FHIR R5 ParticipationStatus"})
    inquiry_id = fields.UUID(allow_none=True)


class EntrySchema(Schema):
    """An appointment, as the staff's Today page shows it."""

    id = fields.UUID()
    status = fields.String(metadata={"description": "FHIR R5 Appointment.status"})
    status_word = fields.String(metadata={"description": "The status as staff read it."})
    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")
    what = fields.String()
    how = fields.String()
    practitioner_id = fields.UUID()
    practitioner_name = fields.String()
    people = fields.List(fields.Nested(ReachableSchema))
    inquiry_id = fields.UUID(
        allow_none=True,
        metadata={
            "description": "What intake's staff API calls the inquiry; of two people, see `people`."
        },
    )


class DaysSchema(Schema):
    """Appointments in order of time. Times that are only held are not among them."""

    timezone = fields.String(metadata={"description": "The practice's zone, whose days these are."})
    appointments = fields.List(fields.Nested(EntrySchema))


def entry_document(entry: Entry, line: Line) -> dict[str, Any]:
    """An appointment as EntrySchema says it, in the words of its line on the Today page."""
    one = entry.appointment
    return {
        "id": one.id,
        "status": one.status,
        "status_word": line.chip[0],
        "start": one.starts_at,
        "end": one.ends_at,
        "what": line.what,
        "how": entry.how,
        "practitioner_id": one.schedule.practitioner.id,
        "practitioner_name": line.with_,
        "people": line.people,
        "inquiry_id": entry.people[0].inquiry if len(entry.people) == 1 else None,
    }


class StepSchema(Schema):
    """One thing that was done to an appointment; nothing of it is ever changed."""

    at = fields.AwareDateTime(format="iso")
    act = fields.String()
    actor = fields.String(
        metadata={"description": "client, client:<person>, staff:<account> or system"}
    )
    reason = fields.String(allow_none=True)
    sequence = fields.Integer()
    status_before = fields.String(allow_none=True)
    status_after = fields.String()
    start_before = fields.AwareDateTime(format="iso", allow_none=True)
    start_after = fields.AwareDateTime(format="iso")
    start_asked = fields.AwareDateTime(
        format="iso",
        allow_none=True,
        metadata={"description": "Another time that one of two has asked for, if it is about that"},
    )
    practitioner_before = fields.UUID(allow_none=True)
    practitioner_after = fields.UUID(allow_none=True)


def step_document(row: AppointmentHistory, hosts: Mapping[int, Practitioner]) -> dict[str, Any]:
    """One row of an appointment's history, for programs."""
    return {
        "at": row.at,
        "act": row.act,
        "actor": row.actor,
        "reason": row.reason,
        "sequence": row.sequence,
        "status_before": row.status_before,
        "status_after": row.status_after,
        "start_before": row.during_before.lower if row.during_before else None,
        "start_after": row.during_after.lower,
        "start_asked": row.during_asked.lower if row.during_asked else None,
        "practitioner_before": _id_of(hosts.get(row.schedule_before or 0)),
        "practitioner_after": _id_of(hosts.get(row.schedule_after or 0)),
    }


def _id_of(who: Practitioner | None) -> UUID | None:
    return who.id if who else None
