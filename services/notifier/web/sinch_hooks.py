"""Sinch's doors: reports on a try and texts to our number, in JSON, signed over their bytes.

The rules are those of `hooks`; the signature holds a time as well, and older than five minutes is
somebody's copy.
"""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from services.notifier.domain.signatures import sinch_signed
from services.notifier.domain.sinch import sinch_receipt
from services.notifier.operations import incoming, receipts
from services.notifier.settings import Settings
from services.notifier.web.hooks import PHONE, NotSigned, check_mark
from shared.clock import utcnow
from shared.web import database, settings
from shared.web.audiences import guard_hooks
from shared.web.problems import NotFound

hooks = Blueprint("sinch_hooks", __name__, url_prefix="/hooks/sinch")


def _check_signature() -> None:
    ours: Settings = settings()
    if ours.sinch is None:
        raise NotFound
    signed = sinch_signed(
        ours.sinch.callback_secret,
        request.get_data(),
        nonce=request.headers.get("x-sinch-webhook-signature-nonce", ""),
        timestamp=request.headers.get("x-sinch-webhook-signature-timestamp", ""),
        signature=request.headers.get("x-sinch-webhook-signature", ""),
        now=utcnow(),
    )
    if not signed:
        raise NotSigned


guard_hooks(hooks, _check_signature)


@hooks.post("/status/<uuid:attempt_id>/<mark>")
def status(attempt_id: UUID, mark: str) -> ResponseReturnValue:
    """Take one report. 204 only after it is committed; a repeat gets the same answer."""
    check_mark("sinch", attempt_id, mark)
    report = _report()
    receipt = sinch_receipt(str(report.get("status", "")))
    batch, code = str(report.get("batch_id", "")), report.get("code")
    if receipt and batch:
        bad = receipt in {"undelivered", "canceled"} and isinstance(code, int)
        with database().begin() as session:
            receipts.take(
                session,
                provider="sinch",
                attempt_id=attempt_id,
                event_key=f"{batch}:{receipt}:{code}"[:200],
                receipt=receipt,
                code=code if bad else None,
            )
    return "", HTTPStatus.NO_CONTENT


@hooks.post("/incoming")
def text() -> ResponseReturnValue:
    """Take a text that somebody sent us. The answer to it, if any, is sent by a worker."""
    ours: Settings = settings()
    report = _report()
    sid, number = str(report.get("id", ""))[:64], "+" + str(report.get("from", "")).lstrip("+")
    if report.get("type") == "mo_text" and sid and PHONE.fullmatch(number):
        with database().begin() as session:
            incoming.take(
                session,
                sid=f"sinch:{sid}",
                number=number,
                body=str(report.get("body", "")),
                may_answer=ours.delivery == "live" and "sinch" in ours.agreements,
                answer_through="sinch",
            )
    return "", HTTPStatus.NO_CONTENT


def _report() -> dict[str, Any]:
    found = request.get_json(silent=True)
    return found if isinstance(found, dict) else {}
