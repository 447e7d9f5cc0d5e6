"""What simulated carriers share: an HTTP server that takes texts, and bad days by script.

`script` holds the next answers to texts, whoever they are for; with none, and with
`plays_recipients`, a number's own meaning decides, and the receipts come by themselves.
"""

import contextlib
import json
import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests

from services.simulators.recipients import Meaning, meaning_of
from shared.clock import utcnow

LATE_SECONDS: Final = 60


@dataclass(kw_only=True)
class Text:
    """A text that was taken. `reference` is the sender's own name for it, if it gave one."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    reference: str = ""
    created: datetime = field(default_factory=utcnow)


@dataclass(frozen=True)
class Reply:
    """One scripted answer. `takes` accepts the text first, whatever is said about it."""

    status: int
    code: int | str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    takes: bool = False
    after_seconds: float = 0
    hangs_up: bool = False


Report = tuple[str, int | None]
"""What a receipt says: the carrier's own word, and its code."""

_ODD: Final = {
    Meaning.SLOW: Reply(201, takes=True, after_seconds=9),
    Meaning.BUSY: Reply(429, headers={"Retry-After": "30"}),
    Meaning.FAILS_AFTER_TAKING: Reply(500, takes=True),
    Meaning.HANGS_UP: Reply(201, takes=True, hangs_up=True),
}
_TAKES: Final = Reply(201, takes=True)


class Carrier(ABC):
    """A carrier of texts on this machine: `taken` is what it would bill for."""

    refusals: ClassVar[Mapping[Meaning, Reply]]
    """What it refuses at once, by its own codes."""
    failures: ClassVar[Mapping[Meaning, Report]]
    """What it takes and reports as failed."""
    progress: ClassVar[tuple[Report, ...]]
    """What it reports of a text that arrives, in order."""

    def __init__(self, *, port: int = 0, plays_recipients: bool = False) -> None:
        self.taken: list[Text] = []
        self.posts = 0
        self.script: deque[Reply] = deque()
        self.plays_recipients = plays_recipients
        self.heard: Callable[[Text], None] = lambda _: None
        self._server = _Server(self, port)
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

    # ------------------------------------------------------------ what each does in its own way

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """What the suite's environment has to say to send texts this way."""

    @abstractmethod
    def knows(self, method: str, path: str, headers: Mapping[str, str]) -> Reply | None:
        """The refusal for a stranger or an unknown address; None for neither."""

    @abstractmethod
    def read(self, body: bytes) -> Text:
        """The text that a request asks to send."""

    @abstractmethod
    def document(self, text: Text) -> dict[str, Any]:
        """A text as the API shows it."""

    @abstractmethod
    def listed(self, query: Mapping[str, str]) -> dict[str, Any]:
        """The page of the list that a query asks for."""

    @abstractmethod
    def refusal(self, reply: Reply) -> dict[str, Any]:
        """What a refusal says."""

    @abstractmethod
    def receipt(self, text: Text, status: str, code: int | None) -> tuple[bytes, dict[str, str]]:
        """A receipt as it is posted: body and headers, signed for `text.callback`."""

    @abstractmethod
    def said(self, url: str, number: str, body: str, sid: str) -> tuple[bytes, dict[str, str]]:
        """A text that somebody sent to our number, as it is posted to `url`, signed."""

    # ------------------------------------------------------------ what all do alike

    def next_reply(self, text: Text) -> Reply:
        """How the next text is answered."""
        if self.script:
            return self.script.popleft()
        meaning = meaning_of(text.to) if self.plays_recipients else Meaning.ARRIVES
        return self.refusals.get(meaning) or _ODD.get(meaning, _TAKES)

    def call_back(self, text: Text, status: str, code: int | None = None) -> int:
        """Report on a text; returns the HTTP status of the answer."""
        body, headers = self.receipt(text, status, code)
        return requests.post(text.callback, data=body, headers=headers, timeout=10).status_code

    def say(self, url: str, number: str, body: str, sid: str) -> requests.Response:
        """Somebody texts our number: tell the door at `url`."""
        posted, headers = self.said(url, number, body, sid)
        return requests.post(url, data=posted, headers=headers, timeout=10)

    def report_by_itself(self, text: Text) -> None:
        """Send the receipts that the recipient's meaning calls for."""
        meaning = meaning_of(text.to)
        if not (self.plays_recipients and text.callback) or meaning is Meaning.SILENT:
            return
        threading.Thread(target=self._report, args=(text, meaning), daemon=True).start()

    def _report(self, text: Text, meaning: Meaning) -> None:
        time.sleep(LATE_SECONDS if meaning is Meaning.LATE else 1)
        reports = list(self.progress)
        if meaning in self.failures:
            reports[-1] = self.failures[meaning]
        if meaning is Meaning.DOUBLED:
            reports = [report for report in reversed(reports) for _ in range(2)]
        with contextlib.suppress(requests.RequestException):  # the suite may have been stopped
            if meaning is Meaning.FORGED:
                body, headers = self.receipt(text, *self.failures[Meaning.BLOCKED])
                forged = {name: "bm90IHNpZ25lZA==" for name in headers if "ignature" in name}
                requests.post(text.callback, data=body, headers=headers | forged, timeout=10)
            for status, code in reports:
                self.call_back(text, status, code)


class _Server(ThreadingHTTPServer):
    """A server that knows whose it is."""

    daemon_threads = True

    def __init__(self, party: Carrier, port: int) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.party = party


class _Handler(BaseHTTPRequestHandler):
    """The carrier's resource of texts: POST sends one, GET lists them."""

    server: _Server
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        party = self.server.party
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self._refused_at_the_door():
            return
        party.posts += 1
        text = party.read(body)
        reply = party.next_reply(text)
        if reply.takes:
            party.taken.append(text)
            party.heard(text)
        time.sleep(reply.after_seconds)
        if reply.hangs_up:
            self.connection.close()
            self.close_connection = True
        elif reply.status < 300 and reply.takes:
            self._answer(reply.status, party.document(text), reply.headers)
        else:
            self._answer(reply.status, party.refusal(reply), reply.headers)
        if reply.takes:
            party.report_by_itself(text)

    def do_GET(self) -> None:
        if self._refused_at_the_door():
            return
        asked = parse_qs(urlsplit(self.path).query)
        query = {name: values[-1] for name, values in asked.items()}
        self._answer(200, self.server.party.listed(query), {})

    def _refused_at_the_door(self) -> bool:
        party = self.server.party
        refusal = party.knows(self.command, urlsplit(self.path).path, dict(self.headers))
        if refusal is not None:
            self._answer(refusal.status, party.refusal(refusal), refusal.headers)
        return refusal is not None

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
        """Nothing is printed: a number is personal."""


_Party = TypeVar("_Party", bound=Carrier)


@contextmanager
def listening(party: _Party) -> Iterator[_Party]:
    """The carrier, listening while the context lasts."""
    party.start()
    try:
        yield party
    finally:
        party.stop()
