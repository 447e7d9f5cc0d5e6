"""Doors for the other services: what became of one person's messages."""

from typing import Any
from uuid import UUID

from flask import Blueprint

from services.notifier.operations import message_log, trials
from services.notifier.web.words import as_document
from shared.web import database, settings
from shared.web.audiences import guard_internal

internal = Blueprint("internal", __name__, url_prefix="/internal")
guard_internal(internal)


@internal.get("/set-up")
def set_up() -> dict[str, Any]:
    """Whether messages go out, by which ways, which agreements are missing, how a test went."""
    own = settings()
    with database().begin() as session:
        tested = trials.result(session, mailbox=own.delivery == "mailbox")
    return {
        "tested": tested,
        "mailbox": own.delivery == "mailbox",
        "channels": sorted(own.channels),
        "without_agreement": list(own.without_agreement),
    }


@internal.get("/people/<uuid:person_id>/messages")
def messages_of(person_id: UUID) -> dict[str, Any]:
    """Every message to one person, the newest first: purpose, channel, state, no words."""
    with database().begin() as session:
        lines = message_log.for_person(session, person_id=person_id)
    return {"messages": [as_document(line) for line in lines]}
