"""Workers that start in a tenth of a second: forked from a process that has imported them already.

Killing five hundred of them is a matter of minutes then, and not of importing. What runs in each
is what `dramatiq services.notifier.app:worker --threads 4` runs in its worker process. As a program
it reads "<alive file> <log>" lines and answers each with the id of a new process.
"""

# ruff: noqa: T201 - its parent waits for the words

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import dramatiq

from services.notifier.app import worker
from tests.parties.workers import ROOT, THREADS


class Nursery:
    """The process that forks; `env` is what all of its children are started with."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.parties.nursery"],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **env},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._lock = Lock()

    def another(self, alive: Path, log: Path) -> int:
        """Start one more; its process id."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write(f"{alive} {log}\n")
            self._process.stdin.flush()
            return int(self._process.stdout.readline())

    def end(self) -> None:
        """Let it go; whoever still works has to be killed before."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


class Seat:
    """A place for one worker after the other."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self._nursery = nursery
        self._alive, self._log = folder / "alive", folder / "log"
        self._pid: int | None = None

    def start(self) -> None:
        """Seat a worker, and wait until it works."""
        self._alive.unlink(missing_ok=True)
        self._pid = self._nursery.another(self._alive, self._log)
        end = time.monotonic() + 120
        while not self._alive.exists():
            assert time.monotonic() < end, self._log.read_text(errors="replace")[-4000:]
            time.sleep(0.01)

    def kill(self) -> None:
        """`kill -9`. Without words if nobody sits here."""
        if self._pid is not None:
            os.kill(self._pid, signal.SIGKILL)
        self._pid = None


@contextmanager
def nursery(env: Mapping[str, str]) -> Iterator[Nursery]:
    """One that forks while the context lasts."""
    party = Nursery(env)
    try:
        yield party
    finally:
        party.end()


def _work(alive: str, log: str) -> None:
    """In the child: be a worker until somebody kills us."""
    said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(said, stream)
    os.environ["ALIVE_FILE"] = alive
    dramatiq.Worker(worker(), worker_threads=THREADS).start()
    while True:
        signal.pause()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the dead
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _work(*line.split())
        print(pid, flush=True)


if __name__ == "__main__":
    main()
