"""A worker of the product as a process of its own, to be killed, frozen, asked to stop."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

ROOT: Final = Path(__file__).parents[2]
BIN: Final = Path(sys.executable).parent
THREADS: Final = 4
"""How many messages one worker has in its hands at most."""


class Worker:
    """One service's worker, by the command that compose.yaml names, in a process group of its own.

    It is up when it has touched its `alive` file: then its threads and its ticker run.
    """

    def __init__(self, service: str, env: Mapping[str, str], folder: Path) -> None:
        self._command = [
            *(str(BIN / "dramatiq"), f"services.{service}.app:worker"),
            *("--processes", "1", "--threads", str(THREADS)),
        ]
        self.alive = folder / f"{service}.alive"
        self.log = folder / f"{service}.log"
        self._env = {"PATH": os.environ["PATH"], **env, "ALIVE_FILE": str(self.alive)}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it (again) and wait until it works."""
        self.alive.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._env,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        end = time.monotonic() + 60
        while not self.alive.exists():
            assert self._process.poll() is None, self.log.read_text(errors="replace")[-4000:]
            assert time.monotonic() < end, self.log.read_text(errors="replace")[-4000:]
            time.sleep(0.02)
        return self

    def signal(self, number: signal.Signals) -> None:
        """A signal to all of its processes at once."""
        assert self._process is not None
        os.killpg(self._process.pid, number)

    def kill(self) -> None:
        """`kill -9`: nothing of it gets to do another thing."""
        self.signal(signal.SIGKILL)
        self.ended(10)

    def ask_to_stop(self) -> None:
        """SIGTERM to the main process, as `docker stop` and service managers send it."""
        assert self._process is not None
        self._process.terminate()

    def ended(self, seconds: float) -> int:
        """Wait until it is over; its exit status. Raises subprocess.TimeoutExpired."""
        assert self._process is not None
        return self._process.wait(seconds)

    def end(self) -> None:
        """Whatever state it is in: it is gone afterwards."""
        if self._process is not None and self._process.poll() is None:
            self.kill()


@contextmanager
def working(service: str, env: Mapping[str, str], folder: Path) -> Iterator[Worker]:
    """A worker that works while the context lasts."""
    worker = Worker(service, env, folder)
    try:
        yield worker.start()
    finally:
        worker.end()
