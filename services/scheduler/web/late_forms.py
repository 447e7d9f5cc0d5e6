"""A late wish as a form or a program sends it, and as it is told (P22)."""

from marshmallow import Schema, fields, validate

from services.scheduler.domain.appointment import Wish
from services.scheduler.schemas import Strict


class WishedSchema(Schema):
    """What the person asked for when it was too late to do it alone, and what became of it."""

    wish = fields.String(metadata={"description": "move or cancel"})
    asked_at = fields.AwareDateTime(format="iso")
    outcome = fields.String(
        allow_none=True,
        metadata={"description": "Null while staff have not answered, then done or kept."},
    )


class WishesSchema(Schema):
    """One's own wishes about a time, the latest first, and which could be sent now."""

    may_ask = fields.List(
        fields.String(),
        metadata={"description": "What it is too late to do alone: move, cancel, both or none."},
    )
    wishes = fields.List(fields.Nested(WishedSchema))


class WishForm(Strict):
    """What should become of a time that is too close to be changed alone, and a word about it."""

    wish = fields.Enum(
        Wish,
        by_value=True,
        required=True,
        error_messages={
            "required": "Say what you would like.",
            "unknown": "Say what you would like.",
        },
    )
    words = fields.String(
        load_default="", validate=validate.Length(max=1000, error="Please shorten this a little.")
    )
