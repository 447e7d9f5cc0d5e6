"""What comes in from forms and programs, and what goes out: one validator whichever the door."""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from marshmallow import (
    RAISE,
    Schema,
    ValidationError,
    fields,
    post_load,
    validate,
    validates,
    validates_schema,
)

from services.scheduler.domain.languages import LANGUAGES
from shared.places import NAMES, STATES
from shared.vocabulary import Role
from shared.zones import UnknownZone, zone

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)

# The address of a page of theirs, which a client will be led to: never a script or a file.
_WEB_ADDRESS = validate.URL(
    schemes={"https"}, error="Write the whole address, beginning with https://."
)


class Day(fields.Date):
    """A date of our times: calendars and zones end long before dates do."""

    def __init__(self, **kwargs: Any) -> None:
        between = validate.Range(_FIRST_DAY, _LAST_DAY, error="Choose a day of these years.")
        super().__init__(validate=between, **kwargs)


class ZoneName(fields.String):
    """An IANA time zone that we know."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        name = super()._deserialize(value, attr, data, **kwargs)
        try:
            return zone(name).key
        except UnknownZone as error:
            raise ValidationError("Choose a time zone from the list.") from error


class Instant(fields.AwareDateTime):
    """A point in time with its offset, RFC 3339."""

    default_error_messages = {
        "invalid": "Write the time like this: 2027-03-10T15:30:00Z.",
        "invalid_awareness": "Say which time zone: end it with Z, or with an offset like -05:00.",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> datetime:
        at = super()._deserialize(value, attr, data, **kwargs)
        if not _FIRST_DAY <= at.date() < _LAST_DAY:
            raise self.make_error("invalid")
        return at


class SlotChoice(fields.String):
    """A time of the picker: "2027-03-10T15:30Z/<practitioner>", read as (instant, practitioner)."""

    default_error_messages = {"required": "Choose a time.", "invalid": "Choose a time."}

    def _deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> tuple[datetime, UUID]:
        start, _, practitioner = super()._deserialize(value, attr, data, **kwargs).partition("/")
        try:
            at = Instant().deserialize(start)
            return at, UUID(practitioner)
        except (ValidationError, ValueError) as error:
            raise self.make_error("invalid") from error


class Strict(Schema):
    """Nothing slips in that was not asked for (ASVS 15.3.3)."""

    class Meta:
        unknown = RAISE


def spoken_language() -> fields.String:
    """One that the clinician has to speak; none: any will do."""
    return fields.String(
        load_default=None,
        validate=validate.OneOf(list(LANGUAGES), error="Choose a language from the list."),
        metadata={"description": "Only clinicians who speak it: an ISO 639 code.", "example": "es"},
    )


# ---------------------------------------------------------------- a client's forms


class HoldForm(Strict):
    """A time was pressed. `anyone`: someone else may take it if that person is not free now."""

    start = SlotChoice(required=True)
    anyone = fields.Boolean(load_default=False)
    language = spoken_language()


_WHERE = "Say where you will be when we meet."


def where_they_will_be() -> fields.String:
    """The location, asked anew each time: there is no answer to begin with (L43)."""
    return fields.String(
        required=True,
        validate=validate.OneOf(sorted(NAMES), error=_WHERE),
        error_messages={"required": _WHERE},
        metadata={
            "description": "Where the person will be when they meet: the code of a state or "
            "territory of the USPS, or outside_us.",
            "example": "NY",
        },
    )


class BookForm(Strict):
    """The held time is right, how to talk, and where the person will be."""

    start = SlotChoice(required=True)
    location = where_they_will_be()
    how = fields.String(
        required=True,
        validate=validate.OneOf(["phone", "video"], error="Choose one of the answers."),
        error_messages={"required": "Say how you would like to talk."},
    )


class WhereForm(Strict):
    """Where the person will be, said once more before the session."""

    location = where_they_will_be()


class AcceptForm(Strict):
    """A yes to the time that the other has chosen."""

    how = fields.String(
        required=True,
        validate=validate.OneOf(["phone", "video"], error="Choose one of the answers."),
        error_messages={"required": "Say how you would like to talk."},
    )
    location = where_they_will_be()


class MoveForm(Strict):
    """Another time for the same appointment, and where the person will be then."""

    start = SlotChoice(required=True)
    location = where_they_will_be()


class ZoneForm(Strict):
    """Where the person is."""

    timezone = ZoneName(
        required=True, error_messages={"required": "Choose a time zone from the list."}
    )


# ---------------------------------------------------------------- the staff's forms

_NAME = validate.Length(max=80, error="Please use at most 80 characters.")
_WORK = "Say what they do here."


class SignInForm(Strict):
    """Address and password; anything may be wrong with them, and nothing is said about it here."""

    email = fields.String(required=True, validate=validate.Length(max=254))
    password = fields.String(required=True, validate=validate.Length(max=1000))
    next = fields.String(load_default=None)


class AccountForm(Strict):
    """Someone who is to sign in here."""

    name = fields.String(
        required=True,
        validate=_NAME,
        error_messages={"required": "Write the name that clients will see."},
    )
    credentials = fields.String(load_default="", validate=_NAME)
    email = fields.Email(
        required=True,
        validate=validate.Length(max=254),
        error_messages={"required": "Write the address to sign in with."},
    )
    video_room = fields.String(load_default=None, validate=_WEB_ADDRESS)


class ColleagueForm(AccountForm):
    """Someone else who works here, and whether they see clients."""

    role = fields.Enum(
        Role, by_value=True, required=True, error_messages={"required": _WORK, "unknown": _WORK}
    )

    @validates("role")
    def _one_owner(self, role: Role, **_: Any) -> None:
        if role is Role.OWNER:
            raise ValidationError(_WORK)


class LicencesForm(Strict):
    """Where one clinician holds a license; in the order of the list, each once."""

    states = fields.List(
        fields.String(
            validate=validate.OneOf(
                [one.code for one in STATES], error="Choose states from the list."
            )
        ),
        load_default=list,
    )

    @post_load
    def _in_order(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        chosen = set(data["states"])
        return {"states": [one.code for one in STATES if one.code in chosen]}


class OwnerForm(AccountForm):
    """The first of all accounts."""

    password = fields.String(
        required=True,
        validate=validate.Length(max=1000),
        error_messages={"required": "Choose a password of at least 15 characters."},
    )


class PasswordForm(Strict):
    """A password chosen with a welcome link."""

    password = fields.String(
        required=True,
        validate=validate.Length(max=1000),
        error_messages={"required": "Choose a password of at least 15 characters."},
    )


class DayOffForm(Strict):
    """A date on which somebody sees nobody."""

    day = Day(required=True, error_messages={"required": "Choose a day."})


class WallTime(fields.Time):
    """A time on the wall, to the minute, as a browser's time field sends it."""

    default_error_messages = {
        "required": "Write both times.",
        "invalid": "Write the time like this: 09:30.",
    }

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> time:
        return (
            super()
            ._deserialize(value, attr, data, **kwargs)
            .replace(second=0, microsecond=0, tzinfo=None)
        )


# ---------------------------------------------------------------- programs


class SlotsQuery(Strict):
    """Which days to list, in whose zone. Days are those of that zone."""

    from_ = Day(data_key="from", load_default=None)
    days = fields.Integer(load_default=14, validate=validate.Range(1, 62))
    timezone = ZoneName(load_default=None)
    practitioner_id = fields.UUID(load_default=None)
    language = spoken_language()
    first = fields.Integer(
        load_default=None,
        validate=validate.Range(1, 50),
        metadata={"description": "Only the soonest so many, with anyone; of all days."},
    )

    @validates_schema
    def _either(self, data: dict[str, Any], **_: Any) -> None:
        if data["first"] and (data["from_"] or data["practitioner_id"]):
            raise ValidationError("The soonest times are of all days, with anyone.", "first")


class SlotSchema(Schema):
    """A time that can be booked, and who would take it."""

    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")
    local = fields.String(metadata={"description": "The start by the clock in `timezone`."})
    practitioner_ids = fields.List(fields.UUID())


class SlotsSchema(Schema):
    """Times in order."""

    timezone = fields.String()
    slots = fields.List(fields.Nested(SlotSchema))


class WantedSchema(Strict):
    """A start and with whom; without `practitioner_id`, whoever is free."""

    start = Instant(required=True)
    practitioner_id = fields.UUID(load_default=None)
    language = spoken_language()


class MoveSchema(WantedSchema):
    """Another time for the same appointment, and where the person will be then."""

    class Meta(Strict.Meta):
        exclude = ("language",)

    location = where_they_will_be()


class BookSchema(WantedSchema):
    """A time to book."""

    location = where_they_will_be()
    how = fields.String(
        load_default="phone",
        validate=validate.OneOf(["phone", "video"], error="It is phone or video."),
    )
    timezone = ZoneName(load_default=None)


class AcceptSchema(Strict):
    """A yes to the time: how to talk, and where the person will be."""

    how = fields.String(
        load_default="phone",
        validate=validate.OneOf(["phone", "video"], error="It is phone or video."),
    )
    location = where_they_will_be()


class HoldSchema(Schema):
    """A time that is kept until `hold_until`."""

    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")
    hold_until = fields.AwareDateTime(format="iso")
    renewable = fields.Boolean(metadata={"description": "Whether it can be kept longer, once."})
    practitioner_id = fields.UUID()


class AppointmentSchema(Schema):
    """An appointment, as the one who has it may see it."""

    id = fields.UUID()
    status = fields.String(metadata={"description": "FHIR R5 Appointment.status"})
    participation = fields.String(
        metadata={"description": "The person's own answer: accepted, needs-action, declined."}
    )
    reply_by = fields.AwareDateTime(
        format="iso",
        allow_none=True,
        metadata={"description": "Until when a pending time is kept; null when it is not."},
    )
    sequence = fields.Integer()
    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")
    timezone = fields.String()
    how = fields.String()
    practitioner_id = fields.UUID()
    practitioner_name = fields.String()
    manage_url = fields.String()
    manage_token = fields.String()
    ics_url = fields.String()
    move_until = fields.AwareDateTime(
        format="iso", metadata={"description": "After that, a move is asked for as a wish."}
    )
    cancel_until = fields.AwareDateTime(format="iso")
    location_asked = fields.String(
        allow_none=True,
        metadata={"description": "Near a session by video: asked, then said; else null (L43)."},
    )
