"""Idempotency-Key at the JSON API: the answer to the first of several equal requests, for all."""

from collections.abc import Callable
from typing import Any

from flask import Response, jsonify, make_response, request
from marshmallow import Schema, fields, validate
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import Refused
from services.scheduler.operations import idempotency
from services.scheduler.operations.idempotency import Answer, Repeatable
from services.scheduler.web.doors import Guest
from shared.web.audiences import bearer
from shared.web.problems import MEDIA_TYPE


class RepeatSchema(Schema):
    """The header that makes a request safe to send again."""

    key = fields.String(
        data_key="Idempotency-Key",
        load_default=None,
        validate=validate.Regexp(
            r'"[ !#-\[\]-~]{1,255}"\Z|[!#-\[\]-~]{1,255}\Z',
            error="Send 1 to 255 printable characters, best in quotation marks.",
        ),
        metadata={
            "description": "A new random value for each thing that is to be done once "
            "(draft-ietf-httpapi-idempotency-key-header). Sent again with the same body within "
            "24 hours, the first answer is given again, also if it was a refusal; 409 while the "
            "first is still being answered, 422 with another body.",
            "example": '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
        },
    )


def once(
    session: Session,
    who: Guest,
    key: str | None,
    act: Callable[[], Response],
    refused: Callable[[Refused], Response],
) -> Response:
    """What `act` answers, or what it answered when this was sent before. Without a key, it acts.

    What `act` did before a refusal is undone, so that the refusal itself can be remembered.
    """
    asked = _repeatable(who, key) if key else None
    if asked is not None:
        before = idempotency.begin(session, asked)
        if before is not None:
            return _again(before)
    try:
        with session.begin_nested():
            answer = act()
    except Refused as refusal:
        answer = refused(refusal)
    if asked is not None:
        said = Answer(answer.status_code, answer.get_data(as_text=True))
        idempotency.remember(session, asked, said)
    return answer


def said(shape: Schema, document: dict[str, Any], status: int) -> Response:
    """A document as it goes over the wire."""
    return make_response(jsonify(shape.dump(document)), status)


def _repeatable(who: Guest, key: str) -> Repeatable:
    return Repeatable.of(
        token=bearer(),
        key=key.strip('"'),
        person_id=who.person_id,
        what=f"{request.method} {request.path}",
        body=request.get_json(silent=True),
    )


def _again(before: Answer) -> Response:
    response = make_response(before.body, before.status)
    response.content_type = MEDIA_TYPE if before.status >= 400 else "application/json"
    return response
