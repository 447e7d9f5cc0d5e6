"""The form of who waits for a time."""

from marshmallow import fields, validate

from services.scheduler.schemas import Strict, where_they_will_be

WEEKS = (2, 4, 8, 12)
_HOW_LONG = "Say for how long."


class WaitForm(Strict):
    """What would suit somebody who waits: with whom, on which days, at what time of day."""

    with_ = fields.List(fields.UUID(), data_key="with", load_default=list)
    days = fields.List(
        fields.Integer(validate=validate.Range(1, 7, error="Choose days of the week.")),
        load_default=list,
    )
    parts = fields.List(
        fields.String(
            validate=validate.OneOf(
                ["morning", "afternoon", "evening"], error="Choose one of the answers."
            )
        ),
        load_default=list,
    )
    weeks = fields.Integer(
        required=True,
        validate=validate.OneOf(WEEKS, error=_HOW_LONG),
        error_messages={"required": _HOW_LONG},
    )
    location = where_they_will_be()
