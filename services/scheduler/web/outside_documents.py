"""What staff and their programs send and get about calendars kept elsewhere."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, validate

from services.scheduler.domain.outside import Policy, Trouble
from services.scheduler.operations.outside import Kept
from services.scheduler.schemas import Strict
from services.scheduler.web.doors import own_settings
from services.scheduler.web.outside_words import AGES

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


class Minutes(fields.Integer):
    """A length of time, sent as whole minutes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        minutes = super()._deserialize(value, attr, data, **kwargs)
        if minutes not in AGES:
            raise ValidationError(_CHOOSE)
        return timedelta(minutes=minutes)


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
    stale_after = Minutes(
        required=True,
        metadata={
            "description": "Minutes after which a reading is too old to go by.",
            "enum": [*AGES],
        },
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


class NewCalendarSchema(CalendarForm):
    """A calendar to be kept; without `practitioner_id` it is one's own."""

    class Meta:
        fields = ("practitioner_id", "address", "name", "policy", "stale_after")

    practitioner_id = fields.UUID(load_default=None)


class CalendarSchema(Schema):
    """How a calendar is doing. Its address is a secret and never given back: only its host."""

    id = fields.UUID()
    name = fields.String()
    host = fields.String()
    policy = fields.Enum(Policy, by_value=True)
    stale_after = fields.Integer(metadata={"description": "In minutes."})
    read_at = fields.AwareDateTime(format="iso", allow_none=True)
    due_at = fields.AwareDateTime(format="iso")
    failing_since = fields.AwareDateTime(format="iso", allow_none=True)
    troubles = fields.List(
        fields.Enum(Trouble, by_value=True),
        metadata={"description": "What is wrong, or what was read the safe way, as busy."},
    )
    busy_times = fields.Integer(metadata={"description": "How many there are from now on."})
    withheld = fields.Boolean(
        metadata={"description": "Whether clients are offered no times because of it."}
    )


class CalendarsSchema(Schema):
    """The calendars of one clinician."""

    calendars = fields.List(fields.Nested(CalendarSchema))


def calendar_document(kept: Kept) -> dict[str, Any]:
    """A calendar as CalendarSchema says it."""
    one = kept.calendar
    return {
        "id": one.id,
        "name": one.name,
        "host": kept.host,
        "policy": Policy(one.policy),
        "stale_after": one.stale_after // timedelta(minutes=1),
        "read_at": one.read_at,
        "due_at": one.due_at,
        "failing_since": one.failing_since,
        "troubles": kept.troubles,
        "busy_times": kept.busy_times,
        "withheld": kept.withheld,
    }
