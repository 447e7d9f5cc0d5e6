"""A wire between the product and something it talks to, which can be cut, or go dead and stay up.

A dead wire takes what is sent and passes nothing on, as a firewall does that drops what passes:
neither end is told. That is what pg-boss tests with its half-open proxy, and few others.
"""

import contextlib
import select
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlencode

from sqlalchemy.engine import make_url

Address = str | tuple[str, int]
"""The path of a Unix socket, or host and port."""

_CHUNK: Final = 65536


class Wire:
    """A TCP port of this machine that leads to `target`."""

    def __init__(self, target: Address) -> None:
        self._target = target
        self._dead = threading.Event()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = 0

    def join(self) -> None:
        """Let connections in (again), on the same port as before."""
        self._dead.clear()
        if self._listener is None:
            self._listener = socket.create_server(("127.0.0.1", self.port), backlog=64)
            self.port = self._listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Hang up on everyone, and refuse whoever comes."""
        if self._listener is not None:
            # Closed alone it would go on listening for as long as a thread waits at it.
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for end in list(self._open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def go_dead(self) -> None:
        """From now on nothing comes through, and nobody is told; who comes anew is let in."""
        self._dead.set()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        family = socket.AF_UNIX if isinstance(self._target, str) else socket.AF_INET
        far = socket.socket(family)
        ends = {near, far}
        self._open |= ends
        try:
            far.connect(self._target)
            while self._one_chunk(near, far):
                pass
        except OSError:
            pass
        finally:
            self._open -= ends
            near.close()
            far.close()

    def _one_chunk(self, near: socket.socket, far: socket.socket) -> bool:
        ready, _, _ = select.select([near, far], [], [], 60)
        for end in ready:
            data = end.recv(_CHUNK)
            if not data:
                return False
            if not self._dead.is_set():
                (far if end is near else near).sendall(data)
        return True


@contextmanager
def wire(target: Address) -> Iterator[Wire]:
    """A wire that is joined while the context lasts."""
    line = Wire(target)
    line.join()
    try:
        yield line
    finally:
        line.cut()


def target_of(url: str) -> Address:
    """Where a PostgreSQL URL leads to."""
    parts = make_url(url)
    host = parts.host or parts.query.get("host")
    port = parts.port or 5432
    assert isinstance(host, str)
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host, port)


def through(line: Wire, url: str) -> str:
    """That URL, by way of the wire."""
    parts = make_url(url)
    kept = {name: value for name, value in parts.query.items() if name != "host"}
    led = parts.set(host="127.0.0.1", port=line.port, query={})
    return led.render_as_string(hide_password=False) + (f"?{urlencode(kept)}" if kept else "")
