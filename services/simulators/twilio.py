"""A carrier that answers as Twilio's Messages resource does.

https://www.twilio.com/docs/messaging/api/message-resource: form in, JSON out, basic
authentication, status callbacks signed with X-Twilio-Signature.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, urlencode
from uuid import uuid4

from services.simulators.carrier import Carrier, Reply, Text
from services.simulators.recipients import Meaning

MESSAGES_OF_CODES: Final = {
    20003: "Authenticate",
    21211: "The 'To' number is not a valid phone number.",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
    30034: "US A2P 10DLC - Message from an Unregistered Number",
}


def sign(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """X-Twilio-Signature, worked out here anew: not by the code that is tested."""
    text = url + "".join(key + form[key] for key in sorted(form))
    mac = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


class TwilioSimulator(Carrier):
    """One account."""

    refusals = {
        Meaning.OPTED_OUT: Reply(400, 21610),
        Meaning.NO_SUCH_NUMBER: Reply(400, 21211),
        Meaning.BUSY: Reply(429, 20429, headers={"Retry-After": "30"}),
    }
    failures = {
        Meaning.LANDLINE: ("undelivered", 30006),
        Meaning.PHONE_OFF: ("undelivered", 30003),
        Meaning.BLOCKED: ("undelivered", 30004),
        Meaning.UNKNOWN_HANDSET: ("undelivered", 30005),
        Meaning.FILTERED: ("undelivered", 30007),
        Meaning.UNKNOWN_ERROR: ("undelivered", 30008),
        Meaning.UNREGISTERED: ("undelivered", 30034),
    }
    progress = (("sending", None), ("sent", None), ("delivered", None))

    def __init__(
        self,
        *,
        account_sid: str = "ACtest",
        auth_token: str = "a-token-for-tests",  # noqa: S107 - made up
        port: int = 0,
        plays_recipients: bool = False,
    ) -> None:
        super().__init__(port=port, plays_recipients=plays_recipients)
        self.account_sid = account_sid
        self.auth_token = auth_token

    def settings(self) -> dict[str, str]:
        """The account, and the number it sends from."""
        return {
            "TWILIO_URL": self.url,
            "TWILIO_ACCOUNT_SID": self.account_sid,
            "TWILIO_AUTH_TOKEN": self.auth_token,
            "TWILIO_FROM": "+19145550100",
        }

    def knows(self, method: str, path: str, headers: Mapping[str, str]) -> Reply | None:  # noqa: ARG002
        """Basic authentication with SID and token, for the account's own messages."""
        pair = f"{self.account_sid}:{self.auth_token}".encode()
        if headers.get("Authorization") != "Basic " + base64.b64encode(pair).decode():
            return Reply(401, 20003)
        if path != f"/2010-04-01/Accounts/{self.account_sid}/Messages.json":
            return Reply(404, 20404)
        return None

    def read(self, body: bytes) -> Text:
        """A form."""
        form = parse_qs(body.decode(), keep_blank_values=True)
        return Text(
            sid=f"SM{uuid4().hex}",
            to=form["To"][-1],
            sender=form["From"][-1],
            body=form["Body"][-1],
            callback=form.get("StatusCallback", [""])[-1],
        )

    def document(self, text: Text) -> dict[str, Any]:
        """As the API lists it."""
        return {
            "sid": text.sid,
            "to": text.to,
            "from": text.sender,
            "body": text.body,
            "status": "queued",
            "error_code": None,
            "error_message": None,
            "date_created": format_datetime(text.created, usegmt=True),
            "date_sent": None,
        }

    def listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The newest first, to one number if asked so."""
        rows = [
            self.document(text)
            for text in reversed(self.taken)
            if text.to == query.get("To", text.to)
        ]
        return {"messages": rows[: int(query.get("PageSize", "50"))]}

    def refusal(self, reply: Reply) -> dict[str, Any]:
        """Its number, its words, its HTTP status."""
        words = MESSAGES_OF_CODES.get(int(reply.code or 0), HTTPStatus(reply.status).phrase)
        known = {} if reply.code is None else {"code": reply.code}
        return {"status": reply.status, "message": words, **known}

    def callback_form(self, text: Text, status: str, code: int | None = None) -> dict[str, str]:
        """What a status callback says."""
        form = {
            "MessageSid": text.sid,
            "SmsSid": text.sid,
            "MessageStatus": status,
            "SmsStatus": status,
            "To": text.to,
            "From": text.sender,
            "AccountSid": self.account_sid,
            "ApiVersion": "2010-04-01",
        }
        return form if code is None else form | {"ErrorCode": str(code)}

    def receipt(self, text: Text, status: str, code: int | None) -> tuple[bytes, dict[str, str]]:
        """The callback form, signed over its address."""
        return self._posted(text.callback, self.callback_form(text, status, code))

    def incoming_form(self, number: str, body: str, sid: str) -> dict[str, str]:
        """What it says of a text that somebody sent to the account's number."""
        return {
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": self.account_sid,
            "From": number,
            "To": "+19145550100",
            "Body": body,
            "NumMedia": "0",
            "NumSegments": "1",
            "FromCountry": "US",
            "ApiVersion": "2010-04-01",
        }

    def said(self, url: str, number: str, body: str, sid: str) -> tuple[bytes, dict[str, str]]:
        """The form of an incoming text, signed over our door's address."""
        return self._posted(url, self.incoming_form(number, body, sid))

    def signature(self, url: str, form: Mapping[str, str]) -> str:
        """X-Twilio-Signature by this account."""
        return sign(self.auth_token, url, form)

    def _posted(self, url: str, form: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "X-Twilio-Signature": self.signature(url, form),
        }
        return urlencode(form).encode(), headers
