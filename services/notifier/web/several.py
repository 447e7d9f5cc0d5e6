"""Several messages of a list at once: which were chosen, and why something is done about them."""

from typing import Any, Final
from uuid import UUID

from marshmallow import Schema, ValidationError, fields, validate
from werkzeug.datastructures import MultiDict

from services.notifier.web.again import LONGEST_REASON
from shared.web.forms import FormErrors, load

REASON: Final = fields.String(
    required=True,
    validate=validate.Length(max=LONGEST_REASON),
    error_messages={"required": "Write why: whoever looks at this later wants to know."},
)
_ID: Final = fields.UUID()


def chosen_of(form: MultiDict[str, str]) -> list[UUID]:
    """The ids that were checked, or with "all" every one that the page listed. No id: no such."""
    name = "listed" if form.get("all") else "chosen"
    found = []
    for text in form.getlist(name):
        try:
            found.append(_ID.deserialize(text))
        except ValidationError:
            continue
    return found


def load_chosen(schema: Schema, form: MultiDict[str, str]) -> tuple[dict[str, Any], list[UUID]]:
    """The rest of the form as the schema types it, and what was chosen. Raises FormErrors."""
    chosen = chosen_of(form)
    errors: dict[str, list[str]] = {} if chosen else {"chosen": ["Choose at least one message."]}
    rest = MultiDict([(name, text) for name, text in form.items(multi=True) if name not in _OURS])
    try:
        loaded = load(schema, rest)
    except FormErrors as refusal:
        raise FormErrors(errors | refusal.errors, form) from refusal
    if errors:
        raise FormErrors(errors, form)
    return loaded, chosen


_OURS: Final = frozenset({"chosen", "listed", "all"})
