"""Another system of the practice, as its makers would build it: it listens, checks, and remembers.

It reads signatures by the published rules of Standard Webhooks, in code of its own.
"""

import hashlib
import hmac
import json
import threading
import time
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Heard:
    """One request that came."""

    id: str
    body: bytes
    signatures: list[str]
    timestamp: int

    @property
    def document(self) -> Any:
        """The body, read."""
        return json.loads(self.body)

    def signed_with(self, secret: str) -> bool:
        """Whether one of the signatures is made with that secret, over just these bytes."""
        key = b64decode(secret.removeprefix("whsec_"))
        content = f"{self.id}.{self.timestamp}.".encode() + self.body
        expected = "v1," + b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
        fresh = abs(time.time() - self.timestamp) < 300
        return fresh and any(hmac.compare_digest(expected, one) for one in self.signatures)


class OtherSystem:
    """It answers 204 unless `answers` has something else: a status, or a status and headers."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.answers: deque[tuple[int, dict[str, str]]] = deque()
        party = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                party.heard.append(
                    Heard(
                        id=self.headers["webhook-id"],
                        body=body,
                        signatures=self.headers["webhook-signature"].split(),
                        timestamp=int(self.headers["webhook-timestamp"]),
                    )
                )
                status, headers = party.answers.popleft() if party.answers else (204, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/hooks?key=of-their-own"

    def answer(self, status: int, **headers: str) -> None:
        """Answer the next request so."""
        self.answers.append((status, {k.replace("_", "-"): v for k, v in headers.items()}))


@contextmanager
def other_system() -> Iterator[OtherSystem]:
    """One that listens while the context lasts."""
    party = OtherSystem()
    party._thread.start()
    try:
        yield party
    finally:
        party._server.shutdown()
        party._server.server_close()
