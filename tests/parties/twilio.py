"""A real HTTP server that answers as Twilio's Messages resource does.

https://www.twilio.com/docs/messaging/api/message-resource: form in, JSON out, basic
authentication, status callbacks signed with X-Twilio-Signature. Scripted like a bad day:
refusals by code, 429, 5xx before and after taking the message, answers that come too late.
"""

import base64
import contextlib
import hashlib
import hmac
import json
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import requests

MESSAGES_OF_CODES = {
    20003: "Authenticate",
    21211: "The 'To' number is not a valid phone number.",
    21610: "Attempt to send to unsubscribed recipient",
    21614: "'To' number is not a valid mobile number",
    30034: "US A2P 10DLC - Message from an Unregistered Number",
}


def sign(auth_token: str, url: str, form: dict[str, str]) -> str:
    """X-Twilio-Signature, worked out here anew: not by the code that is tested."""
    text = url + "".join(key + form[key] for key in sorted(form))
    mac = hmac.new(auth_token.encode(), text.encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


@dataclass
class Text:
    """A text that was taken."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    created: float = field(default_factory=time.time)

    def document(self) -> dict[str, Any]:
        """As the API lists it."""
        return {
            "sid": self.sid,
            "to": self.to,
            "from": self.sender,
            "body": self.body,
            "status": "queued",
            "error_code": None,
            "error_message": None,
            "date_created": formatdate(self.created, usegmt=True),
            "date_sent": None,
        }


@dataclass(frozen=True)
class Reply:
    """One scripted answer. `takes` accepts the text first, whatever is said about it."""

    status: int
    code: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    takes: bool = False
    after_seconds: float = 0
    hangs_up: bool = False


class TextProvider:
    """The party: `taken` is what it would bill for; `script` holds the next answers to POSTs."""

    def __init__(self, *, account_sid: str, auth_token: str) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.taken: list[Text] = []
        self.posts = 0
        self.script: deque[Reply] = deque()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def url(self) -> str:
        """The API's root."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def take(self, form: dict[str, str]) -> Text:
        """Accept a text."""
        text = Text(
            sid=f"SM{uuid4().hex}",
            to=form["To"],
            sender=form["From"],
            body=form["Body"],
            callback=form.get("StatusCallback", ""),
        )
        self.taken.append(text)
        return text

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

    def signature(self, url: str, form: dict[str, str]) -> str:
        """X-Twilio-Signature by this account."""
        return sign(self.auth_token, url, form)

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

    def call_back(self, text: Text, status: str, code: int | None = None) -> int:
        """Report on a text; returns the HTTP status of the answer."""
        form = self.callback_form(text, status, code)
        headers = {"X-Twilio-Signature": self.signature(text.callback, form)}
        return requests.post(text.callback, data=form, headers=headers, timeout=10).status_code


class _Server(ThreadingHTTPServer):
    """A server that knows whose it is."""

    daemon_threads = True

    def __init__(self, party: TextProvider) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.party = party


class _Handler(BaseHTTPRequestHandler):
    """The Messages resource of one account."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        party = self.server.party
        length = int(self.headers.get("Content-Length", "0"))
        posted = parse_qs(self.rfile.read(length).decode(), keep_blank_values=True)
        if not self._known():
            return
        party.posts += 1
        reply = party.script.popleft() if party.script else Reply(201, takes=True)
        form = {name: values[-1] for name, values in posted.items()}
        text = party.take(form) if reply.takes else None
        time.sleep(reply.after_seconds)
        if reply.hangs_up:
            self.connection.close()
            self.close_connection = True
        elif reply.status < 300 and text is not None:
            self._answer(reply.status, text.document(), reply.headers)
        else:
            self._refuse(reply)

    def do_GET(self) -> None:
        if not self._known():
            return
        wanted = parse_qs(urlsplit(self.path).query)
        rows = [
            text.document()
            for text in reversed(self.server.party.taken)
            if text.to == wanted.get("To", [text.to])[0]
        ]
        self._answer(200, {"messages": rows[: int(wanted.get("PageSize", ["50"])[0])]}, {})

    def _known(self) -> bool:
        party = self.server.party
        pair = f"{party.account_sid}:{party.auth_token}".encode()
        if self.headers.get("Authorization") != "Basic " + base64.b64encode(pair).decode():
            self._refuse(Reply(401, 20003))
            return False
        if urlsplit(self.path).path != f"/2010-04-01/Accounts/{party.account_sid}/Messages.json":
            self._refuse(Reply(404, 20404))
            return False
        return True

    def _refuse(self, reply: Reply) -> None:
        phrase = HTTPStatus(reply.status).phrase
        document: dict[str, Any] = {
            "status": reply.status,
            "message": MESSAGES_OF_CODES.get(reply.code or 0, phrase),
        }
        if reply.code is not None:
            document["code"] = reply.code
        self._answer(reply.status, document, reply.headers)

    def _answer(self, status: int, document: Any, headers: dict[str, str]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # whoever asked may have given up waiting
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests print nothing."""


@contextmanager
def text_provider(
    *,
    account_sid: str = "ACtest",
    auth_token: str = "a-token-for-tests",  # noqa: S107 - made up
) -> Iterator[TextProvider]:
    """A provider that runs while the context lasts."""
    party = TextProvider(account_sid=account_sid, auth_token=auth_token)
    party.start()
    try:
        yield party
    finally:
        party.stop()
