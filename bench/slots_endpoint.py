"""How many times a second the scheduler's API tells one clinician's free times over 30 days.

Over HTTP, from the server and with the number of processes and threads that `compose.yaml` names.
Beside it a Flask app of one line, served by the same processes in the same rounds.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from bench.database import environment, fill, fresh_database, let_in
from bench.frame import Figure, Run
from bench.workload import workload
from services.scheduler.app import create_app
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.process import open_database

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST: Final = "127.0.0.1"
CONNECTIONS: Final = 16
SHARE: Final = 0.5
PATIENCE: Final = 60.0


def measure(run: Run) -> list[Figure]:
    """One figure: requests a second over 16 connections that stay open."""
    with fresh_database() as url, ExitStack() as stack:
        given = environment(url)
        database = open_database(Settings.from_env(given))
        fill(database, workload("today", 30, 1, now=utcnow()))
        (token,) = let_in(database, 1)
        database.dispose()
        port = stack.enter_context(_server(given))
        lines = [
            stack.enter_context(socket.create_connection((HOST, port), PATIENCE))
            for _ in range(CONNECTIONS)
        ]
        slots, trivial = _request("/api/slots?days=30", token), _request("/trivial/")
        few, many = run.count(160, CONNECTIONS), run.count(1600, CONNECTIONS)
        _ask(lines, slots, few)  # both processes learn the hours, and open their connections
        _ask(lines, trivial, few)
        ours, plain = run.best(
            partial(_ask, lines, slots, few), partial(_ask, lines, trivial, many)
        )
    return [
        Figure(
            name="one clinician's free times over 30 days, by HTTP",
            unit="/s",
            measured=few / ours,
            aim=SHARE * many / plain,
            aimed="at least",
            baseline=many / plain,
            beside="a Flask route of one line",
        )
    ]


def served() -> "WSGIApplication":
    """What the server of this benchmark is given: the scheduler's app, and a trivial one."""
    trivial = Flask("trivial", static_folder=None)
    trivial.add_url_rule("/", view_func=lambda: {"status": "ok"})
    return DispatcherMiddleware(create_app(), {"/trivial": trivial})


@contextmanager
def _server(given: dict[str, str]) -> Iterator[int]:
    """Gunicorn on a port that is free until then."""
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as Gunicorn's own have it
        listening.listen(128)
        os.set_inheritable(listening.fileno(), True)
        process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "bench.slots_endpoint:served()",
                f"--bind=fd://{listening.fileno()}", "--worker-class=gthread", "--workers=2",
                "--threads=8", "--keep-alive=60", "--no-control-socket", "--log-level=warning",
            ],
            env=os.environ | given,
            pass_fds=[listening.fileno()],
            stdout=subprocess.DEVNULL,  # a line for each request
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        port: int = listening.getsockname()[1]
    try:
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _request(path: str, token: str = "") -> bytes:
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n{bearer}\r\n".encode()


def _ask(lines: list[socket.socket], request: bytes, count: int) -> None:
    """So many requests, one on each line at any time: a client that takes next to no time itself,
    since it has the machine together with the server.
    """
    for one in lines:
        one.sendall(request)
    for n in range(count):
        line = lines[n % len(lines)]
        _read(line)
        if n + len(lines) < count:
            line.sendall(request)


def _read(line: socket.socket) -> None:
    """One whole answer, by its length."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += _more(line)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(head.decode(errors="replace"))
    length = head.lower().partition(b"content-length:")[2].split(maxsplit=1)[0]
    left = int(length) - len(body)
    while left > 0:
        left -= len(_more(line))


def _more(line: socket.socket) -> bytes:
    found = line.recv(1 << 18)
    if not found:
        raise ConnectionError("The server has closed the connection.")
    return found
