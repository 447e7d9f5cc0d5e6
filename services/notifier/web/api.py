"""The message log for programs of the practice: as JSON, with the session of a signed-in member."""

from typing import Any, Final

from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, fields, validate

from services.notifier.operations import message_log
from services.notifier.operations.message_log import PAGE, Show
from services.notifier.web.words import as_document
from shared.web import database
from shared.web.audiences import EVERY_ROLE, guard_api
from shared.web.openapi import SIGNED_IN

TITLE: Final = "Softstart: messages"


class WantedSchema(Schema):
    """Which part of the log."""

    show = fields.Enum(Show, by_value=True, load_default=Show.ALL)
    page = fields.Integer(load_default=1, validate=validate.Range(min=1, max=1000))


class MessageSchema(Schema):
    """A message: what it is for and how far it came; no name, address or word of it."""

    id = fields.UUID()
    purpose = fields.String(
        metadata={"description": "confirmation, moved, reminder-24h, note, ..."}
    )
    title = fields.String()
    channel = fields.String(metadata={"description": "email or sms; null: nothing may be sent"})
    state = fields.String()
    label = fields.String(metadata={"description": "The state as staff read it."})
    reason = fields.String()
    due_at = fields.String()
    changed_at = fields.String()
    tries = fields.Integer()


class LogSchema(Schema):
    """One page of the log."""

    messages = fields.List(fields.Nested(MessageSchema))
    more = fields.Boolean()


api = Blueprint("api", __name__, url_prefix="/api", description="What went out, and what did not")
guard_api(api, roles=EVERY_ROLE)


@api.route("/messages")
class Messages(MethodView):
    """The log."""

    @api.doc(security=SIGNED_IN)
    @api.arguments(WantedSchema, location="query")
    @api.response(200, LogSchema)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List messages, the newest first; those that wait, by their time."""
        offset = (wanted["page"] - 1) * PAGE
        with database().begin() as session:
            lines, more = message_log.lines(session, show=wanted["show"], offset=offset)
        return {"messages": [as_document(line) for line in lines], "more": more}
