"""What the owner types about the practice: name, number, zone."""

from collections.abc import Mapping
from typing import Any, Final

import phonenumbers
from marshmallow import Schema, ValidationError, fields, validate, validates

from services.scheduler.schemas import Strict, ZoneForm
from services.scheduler.web.rule_forms import seen_version, ticked
from shared.neutrality import telling_words


def _line(longest: int, missing: str) -> fields.String:
    return fields.String(
        required=True,
        validate=[
            validate.Length(max=longest, error=f"Please keep it to {longest} characters."),
            validate.Predicate("strip", error=missing),
        ],
        error_messages={"required": missing},
    )


class NameForm(Strict):
    """How the practice is called, and its number."""

    name = _line(80, "Write the name of the practice.")
    neutral_sender = _line(40, "Write a name for pages and messages.")
    phone = _line(30, "Write the number by which people reach you.")
    version = seen_version()

    @validates("neutral_sender")
    def _tells_nothing(self, value: str, **_: Any) -> None:
        """Somebody may look over a shoulder (L07)."""
        if words := telling_words(value):
            raise ValidationError(
                f"Others may see it over a shoulder, so it may not say “{', '.join(words)}”."
            )

    @validates("phone")
    def _can_be_called(self, value: str, **_: Any) -> None:
        try:
            possible = phonenumbers.is_possible_number(phonenumbers.parse(value, "US"))
        except phonenumbers.NumberParseException:
            possible = False
        if value.strip() and not possible:
            raise ValidationError("Write it with the area code, like 914-555-0132.")


class PracticeZoneForm(ZoneForm):
    """By whose clock the practice counts its days; `along`: everyone's hours go with it."""

    along = ticked()
    version = seen_version()


FORMS: Final[Mapping[str, type[Schema]]] = {"practice": NameForm, "zone": PracticeZoneForm}
"""The steps whose form is in the frame itself."""
