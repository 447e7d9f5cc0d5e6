"""When one of two people can meet, as a page or a program sends it."""

from itertools import product

from marshmallow import Schema, fields, validate

from services.scheduler.schemas import Strict, ZoneName
from services.scheduler.web.waiting_forms import WallRangeSchema
from services.scheduler.web.week_form import WEEKDAYS
from services.scheduler.web.wishes import PARTS

_ASK = "Tick times of the week."


class StatedForm(Strict):
    """Parts of days that are usually good, as `1-morning`; none: any time."""

    times = fields.List(
        fields.String(
            validate=validate.OneOf(
                [f"{day}-{part}" for day, part in product(WEEKDAYS, PARTS)], error=_ASK
            )
        ),
        load_default=list,
    )


class StatedSchema(Strict):
    """One's own usual week, by the clock in `timezone`. No times: any."""

    times = fields.List(
        fields.Nested(WallRangeSchema), load_default=list, validate=validate.Length(max=50)
    )
    timezone = ZoneName(load_default=None)


class StatedTimesSchema(Schema):
    """What one has said last; `stated` is false where one has said nothing."""

    stated = fields.Boolean()
    timezone = fields.String(allow_none=True)
    times = fields.List(fields.Nested(WallRangeSchema))
