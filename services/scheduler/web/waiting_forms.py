"""The forms of who waits for a time: what a page sends, and what programs send and get."""

from marshmallow import Schema, fields, validate

from services.scheduler.schemas import Strict, WallTime, ZoneName, where_they_will_be

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


class WallRangeSchema(Strict):
    """A weekly range by the clock on the wall; one that ends at 00:00 lasts until midnight."""

    weekday = fields.Integer(
        required=True,
        validate=validate.Range(1, 7),
        metadata={"description": "ISO 8601: Monday is 1."},
    )
    start = WallTime(required=True, format="%H:%M")
    end = WallTime(required=True, format="%H:%M")


class WaitSchema(Strict):
    """What would suit somebody who waits. No clinicians: anyone who fits. No times: any."""

    practitioner_ids = fields.List(
        fields.UUID(), load_default=list, validate=validate.Length(max=50)
    )
    times = fields.List(
        fields.Nested(WallRangeSchema), load_default=list, validate=validate.Length(max=50)
    )
    timezone = ZoneName(load_default=None)
    weeks = fields.Integer(load_default=4, validate=validate.Range(1, 26))
    location = where_they_will_be()


class WaitingSchema(Schema):
    """Whether somebody waits, for what, and until when; the rest is null where nobody does."""

    waiting = fields.Boolean()
    since = fields.AwareDateTime(format="iso", allow_none=True)
    until = fields.AwareDateTime(format="iso", allow_none=True)
    timezone = fields.String(allow_none=True)
    practitioner_ids = fields.List(fields.UUID())
    times = fields.List(fields.Nested(WallRangeSchema))
    offer_url = fields.String(
        allow_none=True, metadata={"description": "The time that is kept for them just now."}
    )


class OfferSchema(Schema):
    """A freed time that is kept for one person alone until `expires_at`."""

    state = fields.String(metadata={"description": "open, accepted or over."})
    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")
    timezone = fields.String()
    practitioner_id = fields.UUID()
    practitioner_name = fields.String()
    expires_at = fields.AwareDateTime(format="iso")
    waiting = fields.Boolean(
        metadata={"description": "Whether they are asked again about another time."}
    )
