"""Intake and the scheduler as the notifier meets them: their internal API over real HTTP.

For tests of the notifier alone. The documents are those of the services' own routes; the tests in
tests/journeys run against the services themselves.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from shared.tokens import BadServiceToken, check_service_token
from shared.vocabulary import ANSWERED_BY, SERVICES


class Neighbours:
    """Both neighbours on one port; `answers` maps a path to its document.

    With `stranger`, something else answers in their place.
    """

    def __init__(self, service_key: str) -> None:
        self.service_key = service_key
        self.answers: dict[str, Any] = {}
        self.down: set[str] = set()
        self.asked: list[str] = []
        self.stranger = False
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), daemon=True
        )

    def url(self, service: str) -> str:
        """Where one of them begins."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/{service}"

    def start(self) -> None:
        """Listen."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    """A server that knows whose it is."""

    daemon_threads = True

    def __init__(self, party: Neighbours) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.party = party


class _Handler(BaseHTTPRequestHandler):
    """GET with a service token, JSON out."""

    server: _Server

    def do_GET(self) -> None:
        party = self.server.party
        path = urlsplit(self.path).path
        service = next(name for name in SERVICES if path.startswith(f"/{name}/"))
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            check_service_token(party.service_key, token, audience=service)
        except BadServiceToken:
            self._answer(401, {})
            return
        party.asked.append(path)
        if service in party.down:
            self._answer(503, {})
        elif path in party.answers:
            self._answer(200, party.answers[path])
        else:
            self._answer(404, {})

    def _answer(self, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        if not self.server.party.stranger:
            self.send_header(ANSWERED_BY, urlsplit(self.path).path.split("/")[1])
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Tests print nothing."""


@contextmanager
def neighbours(service_key: str) -> Iterator[Neighbours]:
    """Both, while the context lasts."""
    party = Neighbours(service_key)
    party.start()
    try:
        yield party
    finally:
        party.stop()
