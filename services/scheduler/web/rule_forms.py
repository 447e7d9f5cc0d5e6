"""What staff send to change a rule, by form or as JSON: each checked once, with its sentence."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.scheduler.domain.languages import LANGUAGES
from services.scheduler.domain.timetable import Way
from services.scheduler.operations.fit import Share
from services.scheduler.schemas import Day, Strict

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_UNITS: Final = {_MINUTE: "minutes", _HOUR: "hours", _DAY: "days"}
LONGEST_NAME: Final = 80
MOST: Final = 200
_CHOOSE: Final = "Choose one of the answers."


class Length(fields.Float):
    """A length of time, sent as a number of its unit; minutes and days as whole ones."""

    def __init__(self, unit: timedelta, least: int, most: int, **kwargs: Any) -> None:
        self.unit, self.least, self.most = unit, least, most
        said = f"Write a number from {least} to {most}."
        described = {"description": f"In {_UNITS[unit]}.", "minimum": least, "maximum": most}
        super().__init__(
            error_messages=dict.fromkeys(
                ("required", "null", "invalid", "special", "too_large"), said
            ),
            metadata=described,
            **kwargs,
        )

    def _deserialize(  # type: ignore[override]
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> timedelta:
        number = super()._deserialize(value, attr, data, **kwargs)
        if number is None or not self.least <= number <= self.most:
            raise self.make_error("invalid")
        if self.unit is not _HOUR and number != int(number):
            raise ValidationError("Please write a whole number.")
        return _MINUTE * round(number * (self.unit / _MINUTE))

    def _serialize(self, value: Any, *_: Any, **__: Any) -> float | int | None:
        return None if value is None else in_units(value, self.unit)


def in_units(length: timedelta, unit: timedelta) -> float | int:
    """So many of that unit, whole where it is."""
    found = round(length / unit, 4)
    return int(found) if found == int(found) else found


class Line(fields.String):
    """A line of text, without the blanks around it."""

    def __init__(self, most: int, words: str = "", **kwargs: Any) -> None:
        checks: list[Any] = [validate.Length(max=most, error=f"Please use at most {most} letters.")]
        if kwargs.get("required"):
            checks.append(validate.Length(min=1, error=words))
            kwargs["error_messages"] = {"required": words, "null": words}
        super().__init__(validate=checks, **kwargs)

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> str:
        return " ".join(super()._deserialize(value, attr, data, **kwargs).split())


def cap() -> fields.Integer:
    """At most so many; none: any number."""
    words = f"Write a whole number from 1 to {MOST}, or leave it blank."
    return fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, MOST, error=words),
        error_messages={"invalid": words, "too_large": words},
    )


def ticked() -> fields.Boolean:
    """A box: not sent, it is not ticked."""
    return fields.Boolean(load_default=False, error_messages={"invalid": _CHOOSE})


def seen_version() -> fields.String:
    """Which values the sender saw; see `operations.rule_changes`."""
    return fields.String(
        required=True,
        validate=validate.Length(max=40),
        error_messages={"required": "Say which version you saw."},
        metadata={"description": "As it was given with what you saw: nothing newer is lost."},
    )


def window() -> Length:
    """Hours before the start; none: those of the practice."""
    return Length(_HOUR, 0, 28 * 24, load_default=None, allow_none=True)


# ---------------------------------------------------------------- types of appointment


class TypeValues(Strict):
    """What staff decide about a type of appointment, all of it."""

    title = Line(LONGEST_NAME, "Write what it is called.", required=True)
    duration = Length(_MINUTE, 5, 480, required=True)
    step = Length(_MINUTE, 5, 120, required=True)
    buffer_before = Length(_MINUTE, 0, 240, load_default=timedelta(0))
    buffer_after = Length(_MINUTE, 0, 240, load_default=timedelta(0))
    notice = window()
    horizon = Length(_DAY, 1, 366, required=True)
    cancel_notice = window()
    move_notice = window()
    in_person = ticked()
    staff_only = ticked()
    confirm = ticked()
    cap_per_day = cap()
    cap_per_week = cap()

    @validates_schema
    def _some_time_is_left(self, data: dict[str, Any], **_: Any) -> None:
        longest, shortest = data.get("horizon"), data.get("notice")
        if longest is not None and shortest is not None and shortest >= longest:
            raise ValidationError(
                "That is as long as people can book ahead: no time would be left.", "notice"
            )


class NewTypeForm(TypeValues):
    """One more type, for one person: two are released for the couple session alone."""


class TypeForm(TypeValues):
    """The whole type, in place of what stood."""

    version = seen_version()


# ---------------------------------------------------------------- places


class NewLocationForm(Strict):
    """A house with rooms."""

    name = Line(LONGEST_NAME, "Write a name for the location.", required=True)
    address = Line(200, load_default="")


class LocationForm(NewLocationForm):
    """Another name or address."""

    version = seen_version()


class NewRoomForm(Strict):
    """One more room of a location."""

    name = Line(LONGEST_NAME, "Write a name for the room.", required=True)


class RoomForm(NewRoomForm):
    """Another name, or another location that it belongs to."""

    location_id = fields.Integer(
        required=True,
        validate=validate.Range(1, 2**62, error="Choose a location."),
        error_messages={"required": "Choose a location.", "invalid": "Choose a location."},
    )
    version = seen_version()


# ---------------------------------------------------------------- holidays and closures


class HolidaysForm(Strict):
    """The region whose holidays are kept, and those on which the practice is open all the same."""

    region = Line(40, load_default=None, allow_none=True)
    worked = fields.List(Line(200), load_default=list, validate=validate.Length(max=200))
    version = seen_version()


# ---------------------------------------------------------------- who fits


class FitForm(Strict):
    """Languages, ways of meeting, couples, and caps of one clinician."""

    languages = fields.List(
        fields.String(
            validate=validate.OneOf(list(LANGUAGES), error="Choose languages from the list.")
        ),
        required=True,
        validate=validate.Length(min=1, error="Choose at least one language."),
        error_messages={"required": "Choose at least one language."},
    )
    meets = fields.List(
        fields.String(validate=validate.OneOf([*Way], error=_CHOOSE)),
        required=True,
        validate=validate.Length(min=1, error="Choose at least one way."),
        error_messages={"required": "Choose at least one way."},
    )
    sees_couples = ticked()
    cap_per_day = cap()
    cap_per_week = cap()
    version = seen_version()


_SHARE: Final = "Write a whole number from 1 to 100, or 0 for a type that is not given."


def _share(**kwargs: Any) -> fields.Integer:
    return fields.Integer(
        validate=validate.Range(0, 100, error=_SHARE),
        error_messages={"invalid": _SHARE, "null": _SHARE, "too_large": _SHARE},
        **kwargs,
    )


class WeekForForm(Strict):
    """What a week of hours is for; what is left out: no such end, any type, wherever."""

    since = Day(load_default=None, allow_none=True)
    until = Day(load_default=None, allow_none=True)
    appointment_type = Line(LONGEST_NAME, load_default=None, allow_none=True)
    location_id = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 2**62, error="Choose a location."),
        error_messages={"invalid": "Choose a location.", "too_large": "Choose a location."},
    )


class SharesForm(Strict):
    """The share of each type by its code; 0: not given. A type that is not named stays."""

    shares = fields.Dict(
        keys=fields.String(validate=validate.Length(max=LONGEST_NAME)),
        values=_share(),
        required=True,
    )
    version = seen_version()


def shares_form(names: Iterable[str]) -> Schema:
    """The same as a page has it, with a field for each type; blank: not given."""
    columns: dict[str, Any] = {name: _share(load_default=0) for name in names}
    return Strict.from_dict({**columns, "version": seen_version()})()


def shares(wanted: Mapping[str, int], standing: Mapping[str, Share]) -> dict[str, Share]:
    """As the operation takes them; whoever gives a type no more keeps the share for later."""
    return {
        code: Share(True, weight)
        if weight
        else Share(False, standing[code].weight if code in standing else 1)
        for code, weight in wanted.items()
    }
