"""The resend guard of one process: asked before each message, heard of twice a minute (F29)."""

import threading
import time

import structlog

from services.notifier.operations import resend_guard
from services.notifier.operations.resend_guard import HORIZON
from services.notifier.providers.watermark import Watermark
from shared.db import Database

logger = structlog.get_logger(__name__)


class Guard:
    """Announces that messages are handed over. Without a folder there is nothing to compare."""

    def __init__(self, database: Database, folder: str | None) -> None:
        self._database = database
        self._watermark = Watermark(folder) if folder else None
        self._announced_until = 0.0
        self._one_at_a_time = threading.Lock()

    def keep_announcing(self) -> None:
        """The job that does it all the time: a database of half a minute ago is known as such."""
        self.announce(anew=True)

    def announce(self, *, anew: bool = False) -> bool:
        """Make sure that both places know. False where the file can't be used: nothing goes then.

        `anew`: write it down also where it holds for a while.
        """
        if self._watermark is None:
            return True
        with self._one_at_a_time:
            began = time.monotonic()
            if began < self._announced_until and not anew:
                return True
            try:
                outside = self._watermark.read()
                with self._database.begin() as session:
                    until = resend_guard.announce(session, outside=outside)
                self._watermark.raise_to(until)
            except (OSError, ValueError):
                logger.exception("the resend guard can't be written, so nothing is sent")
                return False
            self._announced_until = began + HORIZON.total_seconds() / 2
            return True
