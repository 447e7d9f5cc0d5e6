"""Reading a form with a marshmallow schema, and giving it back with what was typed."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

from marshmallow import Schema, ValidationError, fields
from werkzeug.datastructures import MultiDict

from shared.web.csrf import FIELD as CSRF_FIELD
from shared.web.inputs import UNWRITABLE, unwritable
from shared.web.problems import FieldErrors, Refusal, flat_errors

# marshmallow speaks to programmers. A schema's own `error_messages` come first; these are the rest.
PLAIN_WORDS: Final[Mapping[str, str]] = {
    "Missing data for required field.": "Please answer this one.",
    "Field may not be null.": "Please answer this one.",
    "Not a valid email address.": "Write the whole address, for example rowan@example.org.",
    "Not a valid integer.": "Please write a whole number.",
    "Not a valid number.": "Please write a number.",
    "Not a valid date.": "Write the date like this: 2027-03-10.",
    "Not a valid time.": "Write the time like this: 09:30.",
    "Not a valid UUID.": "Choose one of the answers.",
    "Unknown field.": "This page does not ask for that.",
}


class FormErrors(Refusal):
    """Some fields need another look: `errors` is field -> sentences, `given` what was typed."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Some answers need another look"

    def __init__(self, errors: Mapping[str, list[str]], given: MultiDict[str, str]) -> None:
        super().__init__("Nothing is lost. Everything else you wrote is still here.")
        self.errors = dict(errors)
        self.given = given

    @property
    def field_errors(self) -> FieldErrors:
        return list(flat_errors(self.errors))


def load(schema: Schema, form: MultiDict[str, str]) -> dict[str, Any]:
    """The form's values as the schema types them.

    A blank field counts as not sent: a browser sends all of them. List fields take every value of
    their name, others the last one. Raises FormErrors with all that is wrong, NUL bytes included.
    """
    errors: dict[str, list[str]] = {
        name: [UNWRITABLE]
        for name, values in form.lists()
        if any(unwritable(value) for value in values)
    }
    try:
        loaded: dict[str, Any] = schema.load(dict(_sent(schema, form, leave_out=errors)))
    except ValidationError as error:
        _add(errors, _by_field(error), form)
    if errors:
        raise FormErrors(errors, form)
    return loaded


def _sent(
    schema: Schema, form: MultiDict[str, str], *, leave_out: Mapping[str, object]
) -> Iterable[tuple[str, Any]]:
    many = {
        field.data_key or name
        for name, field in schema.load_fields.items()
        if isinstance(field, (fields.List, fields.Tuple))
    }
    for name, values in form.lists():
        written = [value for value in values if value.strip()]
        if written and name != CSRF_FIELD and name not in leave_out:
            yield name, written if name in many else written[-1]


def _by_field(error: ValidationError) -> Mapping[str, Any]:
    """The messages under their fields; what concerns the whole form comes under `_schema`."""
    found = error.messages
    return found if isinstance(found, dict) else {"_schema": found}


def _add(errors: dict[str, list[str]], found: Mapping[str, Any], form: MultiDict[str, str]) -> None:
    for name, messages in found.items():
        if name in errors and name in form:
            continue  # it was left out of the schema's view: "missing" would not be true
        sentences = [PLAIN_WORDS.get(row["detail"], row["detail"]) for row in flat_errors(messages)]
        errors[name] = list(dict.fromkeys(sentences))
