"""Periodic work inside any worker process. Several workers may tick at once: jobs claim rows."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from dramatiq.middleware import Middleware

logger = structlog.get_logger(__name__)

# After a failure a job waits at least so long: a database that is down needs no hammering.
PAUSE_SECONDS: Final = 3.0


@dataclass(frozen=True)
class _Job:
    seconds: float
    name: str
    function: Callable[[], None]


class Ticker(Middleware):
    """A thread for each job, from the worker's boot to its shutdown."""

    def __init__(self) -> None:
        self._jobs: list[_Job] = []
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def every(self, seconds: float, name: str, function: Callable[[], None]) -> None:
        """Run `function` every so many seconds, counted from its last end. It may raise."""
        self._jobs.append(_Job(seconds, name, function))

    def after_worker_boot(self, broker: object, worker: object) -> None:  # noqa: ARG002
        """Start ticking."""
        self._stopping.clear()
        self._threads = [
            threading.Thread(target=self._run, args=(job,), name=f"tick {job.name}", daemon=True)
            for job in self._jobs
        ]
        for thread in self._threads:
            thread.start()

    def before_worker_shutdown(self, broker: object, worker: object) -> None:  # noqa: ARG002
        """Let each job finish the round it is in."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _run(self, job: _Job) -> None:
        pause = 0.0
        while not self._stopping.wait(pause):
            pause = job.seconds
            try:
                job.function()
            except Exception:
                pause = max(job.seconds, PAUSE_SECONDS)
                logger.exception("job failed", job=job.name)
