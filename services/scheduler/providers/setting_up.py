"""What the other two services say about how far the practice is set up."""

import threading
import time
from collections.abc import Mapping
from typing import Any, Final

import structlog

from shared.peers import Peer, PeerRefused, PeerUnavailable

logger = structlog.get_logger(__name__)

# Facts change when somebody saves a page, and a silent service must not hold up each look.
FRESH_SECONDS: Final = 2.0
SILENT_SECONDS: Final = 10.0

Facts = Mapping[str, Any]


class Elsewhere:
    """One other service, asked how far it is set up. Safe to share between threads."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._lock = threading.Lock()
        self._found: Facts | None = None
        self._good_until = 0.0

    def facts(self) -> Facts | None:
        """What it said in the last seconds; None when it does not answer."""
        with self._lock:
            if time.monotonic() >= self._good_until:
                self._found = self._ask()
                seconds = SILENT_SECONDS if self._found is None else FRESH_SECONDS
                self._good_until = time.monotonic() + seconds
            return self._found

    def _ask(self) -> Facts | None:
        try:
            found: Facts = self._peer.get("/internal/set-up")
        except (PeerUnavailable, PeerRefused) as error:
            logger.warning("set-up unknown", kind=type(error).__name__)
            return None
        return found
