"""Calendars that are kept elsewhere, each read in a process of its own (see `feed_process`)."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from services.scheduler.domain.interval import Interval
from services.scheduler.domain.outside import Reading, Trouble, nothing

_ROOT: Final = Path(__file__).resolve().parents[3]
_CHILD: Final = "services.scheduler.providers.feed_process"


@dataclass(frozen=True, kw_only=True)
class FeedRequest:
    """Which calendar to read, and how: the owner's zone, the window, what we keep ourselves."""

    calendar_id: UUID
    address: str = field(repr=False)
    timezone: str
    window: Interval
    ours: tuple[str, ...] = ()
    etag: str | None = None
    last_modified: str | None = None


class Feeds:
    """Outside calendars. `on_loopback`: this machine's own addresses too, and without TLS."""

    def __init__(self, *, on_loopback: bool = False, seconds: int = 40) -> None:
        self._on_loopback = on_loopback
        self._seconds = seconds

    def read(self, request: FeedRequest) -> Reading:
        """What the calendar says now; a trouble where it says nothing. Never takes much longer
        than `seconds`, and never raises over anything that a calendar or its server does.
        """
        asked = {
            "address": request.address,
            "timezone": request.timezone,
            "window": request.window,
            "ours": request.ours,
            "etag": request.etag,
            "last_modified": request.last_modified,
            "on_loopback": self._on_loopback,
            "seconds": self._seconds,
        }
        try:
            done = subprocess.run(
                [sys.executable, "-m", _CHILD],
                input=json.dumps(asked).encode(),
                capture_output=True,
                check=True,
                cwd=_ROOT,
                env={},  # our settings hold every key we have
                timeout=self._seconds + 5,
            )
        except subprocess.TimeoutExpired:
            return nothing(Trouble.TOO_SLOW)
        except subprocess.CalledProcessError as died:
            return nothing(Trouble.TOO_SLOW if died.returncode < 0 else Trouble.TOO_MUCH)
        return _reading(json.loads(done.stdout))


def _reading(answer: dict[str, Any]) -> Reading:
    busy = answer["busy"]
    return Reading(
        busy=None if busy is None else tuple(Interval(*one) for one in busy),
        troubles={Trouble(code): count for code, count in answer["troubles"].items()},
        etag=answer["etag"],
        last_modified=answer["last_modified"],
    )
