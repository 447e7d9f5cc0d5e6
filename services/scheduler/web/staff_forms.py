"""What staff send, by form or as JSON, to open, block, book, move and cancel; each checked once."""

from typing import Any, Final

from marshmallow import ValidationError, fields, validate, validates_schema

from services.scheduler.schemas import Day, SlotChoice, Strict, WallTime, where_they_will_be

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


def how_they_talk() -> fields.String:
    """By phone or by video."""
    return fields.String(
        required=True,
        validate=validate.OneOf(["phone", "video"], error="Choose one of the answers."),
        error_messages={"required": "Say how they would like to talk."},
    )


def what_to_book() -> fields.String:
    """The code of a type of appointment."""
    return fields.String(
        required=True, data_key="type", error_messages={"required": "Choose what to book."}
    )


class BookForForm(Strict):
    """A time out of those that are offered, for somebody else."""

    kind = what_to_book()
    start = SlotChoice(required=True)
    how = how_they_talk()
    location = where_they_will_be()


class GiveForm(Strict):
    """Another of the offered times for an appointment, maybe with a colleague."""

    start = SlotChoice(required=True)
    reason = for_colleagues()


class OfferTimeForm(Strict):
    """One of the free times, for somebody who waits."""

    start = SlotChoice(required=True)


class OtherTimeForm(Strict):
    """A time by the clinician's clock outside the rules; `sure`: which was explained."""

    practitioner_id = fields.UUID(
        required=True,
        data_key="with",
        error_messages={"required": "Choose with whom.", "invalid_uuid": "Choose with whom."},
    )
    day = Day(required=True, error_messages={"required": "Choose a day."})
    at = WallTime(required=True, error_messages={"required": "Write the time like this: 09:30."})
    reason = for_colleagues()
    sure = fields.String(load_default="")


class OtherTimeForForm(OtherTimeForm):
    """The same for somebody who has no time yet."""

    kind = what_to_book()
    how = how_they_talk()
    location = where_they_will_be()


class AwayForm(Strict):
    """Whole days on which somebody is away at short notice; `id` tells one absence from another."""

    id = fields.UUID(required=True)
    first_day = Day(required=True, error_messages={"required": "Choose the first day."})
    last_day = Day(required=True, error_messages={"required": "Choose the last day."})
    reason = for_colleagues(required=True)
