"""Doors for providers: receipts, signed by them and addressed by us (security 12).

An address names one try and carries our own mark, so it can't be guessed; the body carries the
provider's signature over the address that we configured, never over the Host header.
"""

import hmac
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from services.notifier.domain.signatures import twilio_signed
from services.notifier.operations import receipts
from services.notifier.settings import Settings
from shared.tokens import derived_token
from shared.vocabulary import PREFIX
from shared.web import database, settings
from shared.web.audiences import guard_hooks
from shared.web.problems import NotForYourRole, NotFound

PURPOSE: Final = "twilio-status"
"""What the mark in an address is for; it opens nothing else."""

hooks = Blueprint("hooks", __name__, url_prefix="/hooks")


class NotSigned(NotForYourRole):
    """The signature is missing or does not fit."""

    title = "The signature does not fit"


def _check_signature() -> None:
    ours: Settings = settings()
    if ours.twilio is None:
        raise NotFound
    signed = twilio_signed(
        ours.twilio.auth_token,
        ours.public_url + PREFIX["notifier"] + request.path,
        list(request.form.items(multi=True)),
        request.headers.get("X-Twilio-Signature", ""),
    )
    if not signed:
        raise NotSigned


guard_hooks(hooks, _check_signature)


@hooks.post("/twilio/status/<uuid:attempt_id>/<mark>")
def twilio_status(attempt_id: UUID, mark: str) -> ResponseReturnValue:
    """Take one receipt. 204 only after it is committed; a repeat gets the same answer."""
    expected = derived_token(settings().secret_key, PURPOSE, attempt_id)
    if not hmac.compare_digest(expected.encode(), mark.encode()):
        raise NotFound
    receipt = request.form.get("MessageStatus", "")
    sid = request.form.get("MessageSid", "")
    if receipt and sid:
        with database().begin() as session:
            receipts.take(
                session,
                provider="twilio",
                attempt_id=attempt_id,
                event_key=f"{sid}:{receipt}"[:200],
                receipt=receipt[:40],
                code=_code(request.form.get("ErrorCode")),
            )
    return "", HTTPStatus.NO_CONTENT


def _code(text: Any) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else None
