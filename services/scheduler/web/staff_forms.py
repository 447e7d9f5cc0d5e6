"""What staff send, by form or as JSON, to open, block, book, move and cancel; each checked once."""

from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from services.scheduler.schemas import Day, Strict, WallTime

LONGEST_REASON: Final = 300


def for_colleagues(*, required: bool = False) -> fields.String:
    """Why, in a line that colleagues will read and clients never."""
    words = "Say why, for your colleagues."
    most = validate.Length(max=LONGEST_REASON, error="Please use at most 300 characters.")
    if not required:
        return fields.String(load_default=None, validate=most)
    return fields.String(
        required=True,
        validate=[most, validate.Regexp(r"\s*\S", error=words)],
        error_messages={"required": words},
    )


class StretchForm(Strict):
    """Time to block or to open on one day, by the clinician's wall clock; 00:00 ends it."""

    day = Day(required=True, error_messages={"required": "Choose a day."})
    starts = WallTime(required=True, data_key="from")
    ends = WallTime(required=True, data_key="until")
    what = fields.String(
        required=True,
        validate=validate.OneOf(["block", "open"], error="Choose one of the answers."),
        error_messages={"required": "Say whether to block it or to open it."},
    )
    reason = for_colleagues()


class DaysOffForm(Strict):
    """Whole local days, the first and the last included."""

    first_day = Day(required=True, error_messages={"required": "Choose the first day."})
    last_day = Day(required=True, error_messages={"required": "Choose the last day."})
    reason = for_colleagues()

    @validates_schema
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            raise ValidationError("The last day has to come after the first.", "last_day")


class ReasonForm(Strict):
    """Why staff change what somebody has."""

    reason = for_colleagues(required=True)
