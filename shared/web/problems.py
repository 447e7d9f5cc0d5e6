"""How a refusal is answered: a kind page for people, problem+json (RFC 9457) for programs."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import quote

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from shared.peers import PeerUnavailable
from shared.web.audience_names import API, HOOKS, INTERNAL, STAFF
from shared.web.context import floor

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"

SPEAK_JSON: Final = frozenset({API, INTERNAL, HOOKS})

FieldErrors = list[dict[str, str]]
"""What is wrong with an input, a row per finding: field, pointer (RFC 6901), detail."""


class Refusal(Exception):
    """A request that is understood and not granted; the one base of what views let through.

    `str(refusal)` is the sentence for the person; `extra` are further members of the problem.
    """

    status: ClassVar[int] = HTTPStatus.CONFLICT
    title: ClassVar[str] = "That is not possible"
    type_: ClassVar[str] = "about:blank"

    def __init__(self, detail: str = "", **extra: Any) -> None:
        super().__init__(detail)
        self.extra = extra

    @property
    def field_errors(self) -> FieldErrors:
        """What is wrong with single fields, if that is the reason."""
        return []

    @property
    def headers(self) -> dict[str, str]:
        """Headers that belong to this answer."""
        return {}


class Unauthorized(Refusal):
    """Nobody who may ask this is known; RFC 9110, 15.5.2 wants the scheme to be named."""

    status = HTTPStatus.UNAUTHORIZED
    title = "Please say who is asking"

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Bearer realm="softstart"'}


class NotForYourRole(Refusal):
    """Signed in, but this part is for other roles."""

    status = HTTPStatus.FORBIDDEN
    title = "This part is not open to you"


class NotFound(Refusal):
    """Nothing is here, or nothing for the one who asks: nobody can tell which (ASVS 8.2.2)."""

    status = HTTPStatus.NOT_FOUND
    title = "This page is not here"


# What a person reads. The status itself is only for programs.
WORDS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("We could not read that", "Please go back and try once more."),
    403: (
        "This part is not open to you",
        "If you think it should be, please ask the owner of the practice.",
    ),
    404: (
        "This page is not here",
        "The link may be old, or already used. Nothing you wrote is lost.",
    ),
    405: (
        "This page is not here",
        "The link may be old, or already used. Nothing you wrote is lost.",
    ),
    413: ("That is too long to send", "Please shorten what you wrote and send it again."),
    422: ("Some answers need another look", "Please go back and look at them once more."),
    500: (
        "Something went wrong here",
        "It is not your fault. Please try again in a moment, or call us.",
    ),
    503: (
        "Please try again in a moment",
        "A part of this site does not answer just now. Nothing you wrote is lost.",
    ),
}


def speaks_json() -> bool:
    """Whether the one who asks is a program: by the audience of the view, or else by the path."""
    audience = floor().audiences.get(request.blueprint or "")
    if audience is not None:
        return audience in SPEAK_JSON
    return request.path.split("/")[1] in SPEAK_JSON


def flat_errors(messages: Any, place: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    """Every marshmallow message with the field it belongs to, however deep it is nested."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            yield from flat_errors(inner, (*place, str(key)))
    elif isinstance(messages, (list, tuple)):
        for inner in messages:
            yield from flat_errors(inner, place)
    else:
        # "_schema" is marshmallow's name for the input as a whole.
        steps = [step for step in place if step != "_schema"]
        escaped = [quote(step.replace("~", "~0").replace("/", "~1"), safe="~") for step in steps]
        yield {
            "field": ".".join(steps),
            "pointer": "#" + "".join(f"/{step}" for step in escaped),
            "detail": str(messages),
        }


def problem(
    status: int,
    title: str,
    detail: str = "",
    *,
    type_: str = "about:blank",
    errors: FieldErrors | None = None,
    **extra: Any,
) -> Response:
    """An RFC 9457 answer. `errors` names fields; `extra` are members of the problem's own type."""
    body = {"type": type_, "title": title, "status": int(status), "detail": detail, **extra}
    if errors:
        body["errors"] = errors
    response = jsonify({key: value for key, value in body.items() if value != ""})
    response.status_code = status
    response.content_type = MEDIA_TYPE
    return response


def _page(status: int, heading: str, detail: str) -> Response:
    staff = floor().audiences.get(request.blueprint or "") == STAFF and "staff" in g
    layout = "ui/staff.html" if staff else "ui/client.html"
    page = render_template(
        "ui/error.html",
        layout=layout,
        heading=heading,
        detail=detail,
        status=status,
        reference=g.get("request_id", ""),
    )
    return make_response(page, status)


def answer(
    status: int,
    title: str,
    detail: str = "",
    *,
    type_: str = "about:blank",
    errors: FieldErrors | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> Response:
    """A refusal in the language of the one who asks."""
    if speaks_json():
        response = problem(status, title, detail, type_=type_, errors=errors, **extra)
    else:
        response = _page(status, title, detail)
    response.headers.update(headers or {})
    return response


def _on_refusal(refusal: Refusal) -> Response:
    return answer(
        refusal.status,
        refusal.title,
        str(refusal),
        type_=refusal.type_,
        errors=refusal.field_errors,
        headers=refusal.headers,
        **refusal.extra,
    )


def _input_errors(error: HTTPException) -> FieldErrors:
    """What webargs found, without where it looked (`json`, `query`): fields are named as sent."""
    messages = (getattr(error, "data", None) or {}).get("messages", {})
    if not isinstance(messages, Mapping):
        return list(flat_errors(messages))
    return [row for place in messages.values() for row in flat_errors(place)]


def _on_http(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    status = error.code or HTTPStatus.INTERNAL_SERVER_ERROR
    heading, detail = WORDS.get(status, (error.name, error.description or ""))
    errors = _input_errors(error)
    title = heading if not speaks_json() or errors else error.name
    kept = {name: value for name, value in error.get_headers() if name != "Content-Type"}
    extra = {}
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        extra["request_id"] = g.get("request_id", "")
    return answer(status, title, "" if errors else detail, errors=errors, headers=kept, **extra)


def _where(error: BaseException) -> list[str]:
    """Where it broke. Never the message: a driver's message quotes the row (L02)."""
    places, step = [], error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        places.append(f"{code.co_filename}:{step.tb_lineno} {code.co_name}")
        step = step.tb_next
    return places[-8:]


def _on_anything(error: Exception) -> Response:
    cause = error.__cause__ or error.__context__
    log.error(
        "request.broke",
        kind=type(error).__qualname__,
        where=_where(error),
        cause=type(cause).__qualname__ if cause else None,
    )
    return _on_http(InternalServerError())


def _on_silence(error: Exception) -> Response:
    log.warning("request.unanswered", kind=type(error).__qualname__, where=_where(error)[-1:])
    heading, detail = WORDS[503]
    return answer(HTTPStatus.SERVICE_UNAVAILABLE, heading, detail, headers={"Retry-After": "10"})


def init_problems(app: Flask) -> None:
    """Map every way to fail to one answer."""
    app.register_error_handler(Refusal, _on_refusal)
    app.register_error_handler(PeerUnavailable, _on_silence)
    # The database is away or overloaded: as with a peer, later may work.
    app.register_error_handler(OperationalError, _on_silence)
    app.register_error_handler(PoolTimeout, _on_silence)
    app.register_error_handler(HTTPException, _on_http)
    app.register_error_handler(Exception, _on_anything)
