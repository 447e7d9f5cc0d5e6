"""A server of calendars that misbehaves on command, on this machine, over real HTTP."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[["Handler"], None]


def serves(body: bytes, etag: str | None = None) -> Answer:
    """The calendar, or 304 to whoever has that very one."""

    def answer(handler: "Handler") -> None:
        if etag and handler.headers.get("If-None-Match") == etag:
            handler.say(304)
        else:
            handler.say(200, body, **({"ETag": etag} if etag else {}))

    return answer


def fails(status: int) -> Answer:
    """That status, and a page for people."""
    return lambda handler: handler.say(status, b"<h1>Sorry</h1>")


def redirects(to: str) -> Answer:
    """To somewhere else."""
    return lambda handler: handler.say(302, Location=to)


def hangs(handler: "Handler") -> None:
    """A few bytes now and then, for ever."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.wait(0.2):  # type: ignore[attr-defined]
        handler.wfile.write(b"X")
        handler.wfile.flush()


def floods(handler: "Handler") -> None:
    """More than anybody wants to hold."""
    handler.send_response(200)
    handler.end_headers()
    for _ in range(1000):
        handler.wfile.write(b"X" * 1_000_000)


class Handler(BaseHTTPRequestHandler):
    """Answers as the server is told to, and notes who asked for what."""

    def do_GET(self) -> None:
        self.server.asked.append(dict(self.headers))  # type: ignore[attr-defined]
        try:
            self.server.answer(self)  # type: ignore[attr-defined]
        except OSError:
            return  # whoever asked has heard enough

    def say(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@dataclass
class FeedServer:
    """Where it is, what it answers from now on, and what it was asked so far."""

    server: ThreadingHTTPServer
    asked: list[dict[str, str]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/private-4f7e/basic.ics"

    def now(self, answer: Answer) -> None:
        self.server.answer = answer  # type: ignore[attr-defined]


@contextmanager
def feed_server() -> Iterator[FeedServer]:
    """A server on a free port while the context lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.over = threading.Event()  # type: ignore[attr-defined]
    found = FeedServer(server)
    server.asked = found.asked  # type: ignore[attr-defined]
    found.now(fails(503))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.over.set()  # type: ignore[attr-defined]
        server.shutdown()
        server.server_close()
        thread.join()
