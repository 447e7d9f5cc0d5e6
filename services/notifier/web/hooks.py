"""Doors for providers: receipts and texts, signed by them and addressed by us (security 12).

A receipt's address names one try and carries our own mark, so it can't be guessed; every body
carries the provider's signature over the address that we configured, never over the Host header.
"""

import hmac
import re
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from markupsafe import escape

from services.notifier.domain.incoming import Wish
from services.notifier.domain.signatures import twilio_signed
from services.notifier.operations import incoming, receipts, rendering
from services.notifier.settings import Settings
from shared.tokens import derived_token
from shared.vocabulary import PREFIX
from shared.web import database, settings
from shared.web.audiences import guard_hooks
from shared.web.problems import NotForYourRole, NotFound

hooks = Blueprint("hooks", __name__, url_prefix="/hooks")


def receipt_mark(secret_key: str, provider: str, attempt_id: UUID) -> str:
    """The mark in the address to which a provider reports on one try; it opens nothing else."""
    return derived_token(secret_key, f"{provider}-status", attempt_id)


def check_mark(provider: str, attempt_id: UUID, mark: str) -> None:
    """Refuse an address that we never gave to that provider. Raises NotFound."""
    expected = receipt_mark(settings().secret_key, provider, attempt_id)
    if not hmac.compare_digest(expected.encode(), mark.encode()):
        raise NotFound


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
    check_mark("twilio", attempt_id, mark)
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


@hooks.post("/twilio/incoming")
def twilio_incoming() -> ResponseReturnValue:
    """Take a text that somebody sent us; the answer to it, if any, goes out with ours.

    It is committed before we answer. A repeat finds it there and is answered by nothing.
    """
    ours: Settings = settings()
    form = request.form
    sid, number = form.get("MessageSid", "")[:64], form.get("From", "")
    # Where the provider obeys and answers by itself (Advanced Opt-Out), it says so; one answer is
    # enough.
    carrier_wish = _CARRIER_WISHES.get(form.get("OptOutType", ""))
    may_answer = ours.delivery == "live" and "twilio" in ours.agreements and carrier_wish is None
    wish, locale = None, "en"
    if sid and PHONE.fullmatch(number):
        with database().begin() as session:
            wish = incoming.take(
                session,
                sid=sid,
                number=number,
                body=form.get("Body", ""),
                may_answer=may_answer,
                carrier_took_it_for=carrier_wish,
            )
            locale = incoming.locale_of(session, sid=sid)
    answer = rendering.answer(wish, ours.practice, locale) if wish else ""
    said = f"<Message>{escape(answer)}</Message>" if answer else ""
    return Response(
        f'<?xml version="1.0" encoding="UTF-8"?><Response>{said}</Response>',
        content_type="text/xml; charset=utf-8",
    )


_CARRIER_WISHES: Final = {"STOP": Wish.STOP, "START": Wish.START, "HELP": Wish.HELP}
PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")


def _code(text: Any) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 9 else None
