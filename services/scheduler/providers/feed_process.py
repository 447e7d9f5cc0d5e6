"""The process in which one stranger's calendar is fetched and read: python -m of this module.

What is read may be made to hang, to grow, or to leave a zone behind for the next one. Here it can:
the process has no settings, no keys and no database, a bound on memory and on time, and one answer.
Everything comes and goes as JSON, on the standard streams: an argument would show the address to
whoever lists processes.
"""

import json
import signal
import sys
import warnings
from collections.abc import Mapping
from typing import Any, Final

from services.scheduler.domain.feed import FeedRefused, read_feed
from services.scheduler.domain.interval import Interval
from services.scheduler.domain.outside import Reading, nothing
from services.scheduler.providers.feed_fetch import fetch
from shared.zones import use_pinned_zones, zone

try:
    import resource
except ImportError:  # not on Windows, where only the time is bounded
    resource = None  # type: ignore[assignment]

_MEMORY: Final = 1024**3


def main() -> None:
    """Answer one question from the standard input on the standard output."""
    asked = json.load(sys.stdin)
    _bound(asked["seconds"])
    use_pinned_zones()
    warnings.simplefilter("ignore")  # a library may warn in the words of the feed
    json.dump(document(_reading(asked)), sys.stdout)


def _bound(seconds: int) -> None:
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        signal.alarm(seconds)


def _reading(asked: Mapping[str, Any]) -> Reading:
    try:
        fetched = fetch(
            asked["address"],
            etag=asked["etag"],
            last_modified=asked["last_modified"],
            on_loopback=asked["on_loopback"],
        )
        if fetched.body is None:
            return Reading(None, {}, asked["etag"], asked["last_modified"])
        found = read_feed(
            fetched.body,
            owner=zone(asked["timezone"]),
            window=Interval(*asked["window"]),
            ours=frozenset(asked["ours"]),
        )
    except FeedRefused as refused:
        return nothing(refused.trouble)
    return Reading(found.busy, found.troubles, fetched.etag, fetched.last_modified)


def document(reading: Reading) -> dict[str, Any]:
    """A reading as JSON."""
    return {
        "busy": reading.busy,
        "troubles": dict(reading.troubles),
        "etag": reading.etag,
        "last_modified": reading.last_modified,
    }


if __name__ == "__main__":
    main()
