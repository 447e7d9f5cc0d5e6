"""Text that PostgreSQL can't store (NUL, lone surrogates) is refused at the door, by its field."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from flask import Flask, request

from shared.web.problems import FieldErrors, NotFound, Refusal, flat_errors

LARGEST_NUMBER: Final = 2**63 - 1
"""Of a row: PostgreSQL's bigint."""

UNWRITABLE: Final = "Please leave out the characters that can't be shown."


class UnwritableText(Refusal):
    """A text holds what no page can show and no database can keep."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "Some characters can't be kept"

    def __init__(self, fields: list[tuple[str, ...]]) -> None:
        super().__init__(UNWRITABLE)
        self.fields = fields

    @property
    def field_errors(self) -> FieldErrors:
        return [row for place in self.fields for row in flat_errors([UNWRITABLE], place)]


def unwritable(text: str) -> bool:
    """Whether PostgreSQL would refuse it: NUL, or half a surrogate pair, which JSON can spell."""
    return "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text)


def unwritable_places(document: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Where in a JSON document such a text stands, as a key or a value."""
    if isinstance(document, str):
        if unwritable(document):
            yield place
    elif isinstance(document, Mapping):
        for key, inner in document.items():
            if unwritable(key):
                yield (*place, "?")
            yield from unwritable_places(inner, (*place, key.encode("ascii", "replace").decode()))
    elif isinstance(document, list):
        for number, inner in enumerate(document):
            yield from unwritable_places(inner, (*place, str(number)))


class TooDeep(Refusal):
    """A JSON document nested deeper than any of ours, and than the parser can follow."""

    status = HTTPStatus.BAD_REQUEST
    title = "Too deeply nested"


def refuse_unwritable_json() -> None:
    """Look through the JSON body, if there is one. Raises BadRequest, UnwritableText, TooDeep.

    What can't be read stops here: the parsers behind expect a syntax error and nothing else, and a
    number of more than 4,300 digits is none.
    """
    try:
        document = request.get_json() if request.is_json and request.get_data() else None
        places = list(unwritable_places(document))
    except RecursionError as error:
        raise TooDeep("No request to this API needs so many levels.") from error
    if places:
        raise UnwritableText(places)


def refuse_unwritable_address() -> None:
    """No address of ours holds such a character, or a number larger than any row's.

    Raises NotFound.
    """
    texts = [
        request.path,
        *request.args.keys(),
        *request.args.values(),
        *(request.view_args or {}).values(),
    ]
    numbers = [one for one in (request.view_args or {}).values() if isinstance(one, int)]
    if any(unwritable(text) for text in texts if isinstance(text, str)) or any(
        number > LARGEST_NUMBER for number in numbers
    ):
        raise NotFound("The link may be old, or already used. Nothing you wrote is lost.")


def init_inputs(app: Flask) -> None:
    """Look at every address before any view does."""
    app.before_request(refuse_unwritable_address)
