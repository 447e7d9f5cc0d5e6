"""A carrier that answers as Sinch's batches resource does.

https://developers.sinch.com/docs/sms/api-reference: JSON in and out, a bearer token, delivery
reports and incoming texts in JSON, signed with HMAC-SHA256 over body, nonce and time.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from services.simulators.carrier import Carrier, Reply, Text
from services.simulators.recipients import Meaning
from shared.clock import utcnow

TEXTS_OF_CODES: Final = {
    "syntax_invalid_parameter_format": "The format of a parameter is incorrect: to",
    "unauthorized": "The token is not known.",
}


def sign(secret: str, body: bytes, nonce: str, timestamp: str) -> str:
    """x-sinch-webhook-signature, worked out here anew: not by the code that is tested."""
    text = body + f".{nonce}.{timestamp}".encode()
    return base64.b64encode(hmac.new(secret.encode(), text, hashlib.sha256).digest()).decode()


class SinchSimulator(Carrier):
    """One service plan."""

    refusals = {
        Meaning.NO_SUCH_NUMBER: Reply(400, "syntax_invalid_parameter_format"),
    }
    failures = {
        Meaning.OPTED_OUT: ("Rejected", 16),
        Meaning.LANDLINE: ("Failed", 10),
        Meaning.PHONE_OFF: ("Failed", 404),
        Meaning.BLOCKED: ("Rejected", 16),
        Meaning.UNKNOWN_HANDSET: ("Failed", 150),
        Meaning.FILTERED: ("Rejected", 61),
        Meaning.UNKNOWN_ERROR: ("Failed", 399),
        Meaning.UNREGISTERED: ("Rejected", 60),
    }
    progress = (("Queued", 400), ("Dispatched", 401), ("Delivered", 0))

    def __init__(
        self,
        *,
        service_plan_id: str = "plantest",
        api_token: str = "a-token-for-tests",  # noqa: S107 - made up
        callback_secret: str = "a-secret-for-tests",  # noqa: S107 - made up
        port: int = 0,
        plays_recipients: bool = False,
    ) -> None:
        super().__init__(port=port, plays_recipients=plays_recipients)
        self.service_plan_id = service_plan_id
        self.api_token = api_token
        self.callback_secret = callback_secret

    def settings(self) -> dict[str, str]:
        """The service plan, and the number it sends from."""
        return {
            "SINCH_URL": self.url,
            "SINCH_SERVICE_PLAN_ID": self.service_plan_id,
            "SINCH_API_TOKEN": self.api_token,
            "SINCH_CALLBACK_SECRET": self.callback_secret,
            "SINCH_FROM": "+19145550100",
        }

    def knows(self, method: str, path: str, headers: Mapping[str, str]) -> Reply | None:  # noqa: ARG002
        """A bearer token, for the plan's own batches."""
        if headers.get("Authorization") != f"Bearer {self.api_token}":
            return Reply(401, "unauthorized")
        if path != f"/xms/v1/{self.service_plan_id}/batches":
            return Reply(404, "not_found")
        return None

    def read(self, body: bytes) -> Text:
        """A batch of one."""
        batch = json.loads(body)
        return Text(
            sid=f"01{uuid4().hex[:24].upper()}",
            to=batch["to"][0],
            sender=batch["from"],
            body=batch["body"],
            callback=batch.get("callback_url", ""),
            reference=batch.get("client_reference", ""),
        )

    def document(self, text: Text) -> dict[str, Any]:
        """As the API lists it."""
        created = text.created.isoformat(timespec="milliseconds")
        return {
            "id": text.sid,
            "to": [text.to.lstrip("+")],
            "from": text.sender.lstrip("+"),
            "canceled": False,
            "body": text.body,
            "type": "mt_text",
            "created_at": created,
            "modified_at": created,
            "delivery_report": "per_recipient",
            "client_reference": text.reference,
        }

    def listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        """By reference and since when; only today's where no date is given."""
        start = query.get("start_date")
        since = (
            datetime.fromisoformat(start)
            if start
            else utcnow().replace(hour=0, minute=0, second=0, microsecond=0)
        )
        rows = [
            self.document(text)
            for text in self.taken
            if text.reference == query.get("client_reference", text.reference)
            and text.created >= since
        ]
        return {"count": len(rows), "page": 0, "page_size": 30, "batches": rows}

    def refusal(self, reply: Reply) -> dict[str, Any]:
        """A word and a sentence."""
        code = str(reply.code or "internal_error")
        return {"code": code, "text": TEXTS_OF_CODES.get(code, "")}

    def report(self, text: Text, status: str, code: int | None) -> dict[str, Any]:
        """What a delivery report says."""
        return {
            "type": "recipient_delivery_report_sms",
            "batch_id": text.sid,
            "recipient": text.to.lstrip("+"),
            "code": code,
            "status": status,
            "at": utcnow().isoformat(timespec="milliseconds"),
            "client_reference": text.reference,
        }

    def receipt(self, text: Text, status: str, code: int | None) -> tuple[bytes, dict[str, str]]:
        """The report, signed over its bytes."""
        return self.posted(self.report(text, status, code))

    def said(self, url: str, number: str, body: str, sid: str) -> tuple[bytes, dict[str, str]]:  # noqa: ARG002
        """An incoming text, signed over its bytes. Its numbers come without a plus."""
        document = {
            "type": "mo_text",
            "id": sid,
            "from": number.lstrip("+"),
            "to": "19145550100",
            "body": body,
            "received_at": utcnow().isoformat(timespec="milliseconds"),
        }
        return self.posted(document)

    def posted(
        self, document: Mapping[str, Any], *, seconds_ago: int = 0
    ) -> tuple[bytes, dict[str, str]]:
        """A document as it is posted: body and headers, signed so long ago."""
        body, nonce = json.dumps(document).encode(), uuid4().hex
        timestamp = str(int(utcnow().timestamp()) - seconds_ago)
        headers = {
            "Content-Type": "application/json",
            "x-sinch-webhook-signature": sign(self.callback_secret, body, nonce, timestamp),
            "x-sinch-webhook-signature-nonce": nonce,
            "x-sinch-webhook-signature-timestamp": timestamp,
            "x-sinch-webhook-signature-algorithm": "HmacSHA256",
        }
        return body, headers
