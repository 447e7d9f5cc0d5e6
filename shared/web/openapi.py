"""flask-smorest for `web/api.py`, with our problems instead of its own error answers."""

from typing import Any, Final

from flask import Flask
from flask_smorest import Api
from marshmallow import Schema, fields

from shared.vocabulary import PREFIX
from shared.web.context import floor

SIGNED_IN: Final[list[dict[str, list[str]]]] = [{"staff": []}]
"""For `blueprint.doc(security=...)`: the session of a signed-in member of staff opens it."""

NOBODY_YET: Final[list[dict[str, list[str]]]] = []
"""The same for what has to be open before one has signed in."""


class FieldErrorSchema(Schema):
    """What is wrong with one field of the request."""

    field = fields.String(
        metadata={"description": "The field, as it was sent; dots between levels."}
    )
    pointer = fields.String(metadata={"description": "The same as a JSON Pointer (RFC 6901)."})
    detail = fields.String(metadata={"description": "What to do about it, for people."})


class ProblemSchema(Schema):
    """Why a request was not granted (RFC 9457), sent as application/problem+json."""

    type = fields.String(metadata={"description": "about:blank, or what kind of problem it is."})
    title = fields.String()
    status = fields.Integer()
    detail = fields.String()
    errors = fields.List(fields.Nested(FieldErrorSchema))


class JsonApi(Api):  # type: ignore[misc]
    """The service's OpenAPI document and its JSON blueprints. `init_app` has to come first.

    Errors stay with `shared.web.problems`, so that each refusal looks the same from any door.
    """

    ERROR_SCHEMA = ProblemSchema

    def __init__(self, app: Flask, *, title: str) -> None:
        service = floor(app).service
        app.config.update(
            API_TITLE=title,
            API_VERSION="v1",
            OPENAPI_VERSION="3.1.0",
        )
        spec: dict[str, Any] = {
            "servers": [{"url": PREFIX[service]}],
            "components": {
                "securitySchemes": {
                    "token": {"type": "http", "scheme": "bearer"},
                    # Over TLS the cookie is called __Host-staff.
                    "staff": {"type": "apiKey", "in": "cookie", "name": "staff"},
                }
            },
            "security": [{"token": []}],
        }
        super().__init__(app, spec_kwargs=spec)

    def _register_error_handlers(self) -> None:
        """Leave HTTPException to `shared.web.problems`, which has answered it since init_app."""
