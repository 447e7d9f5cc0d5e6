"""Calendars for tests, and the neutral cases of `tests/cases/ics`, read into our values."""

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from services.scheduler.domain.feed import FeedRefused, read_feed
from services.scheduler.domain.interval import (
    Interval,
    instant,
    merged,
    minute_at_or_after,
    minute_at_or_before,
)
from services.scheduler.domain.outside import Reading, nothing

CASES = Path(__file__).parents[2] / "cases" / "ics"
FOLDER = os.environ.get("CONFORMANCE_DIR")
NEW_YORK = ZoneInfo("America/New_York")


def case_file(name: str) -> Any:
    """One of the restated JSON files."""
    return json.loads((CASES / name).read_text(encoding="utf-8"))


def other_peoples(name: str) -> bytes:
    """One of the 270 files, which are not part of this project."""
    assert FOLDER is not None
    return (Path(FOLDER) / "ics" / "files" / name).read_bytes()


def stretch(start: str, end: str) -> Interval:
    """Two ISO instants as whole minutes, rounded outwards."""
    return Interval(
        minute_at_or_before(datetime.fromisoformat(start)),
        minute_at_or_after(datetime.fromisoformat(end)),
    )


def stretches(pairs: list[list[str]]) -> tuple[Interval, ...]:
    return tuple(merged(stretch(*pair) for pair in pairs))


def read(feed: bytes, start: str, end: str, owner: ZoneInfo = NEW_YORK, **more: Any) -> Reading:
    """The reading of a feed; one that is refused as a whole is a reading of nothing."""
    try:
        return read_feed(feed, owner=owner, window=stretch(start, end), **more)
    except FeedRefused as refused:
        return nothing(refused.trouble)


def event(*lines: str) -> str:
    """A VEVENT; its UID is that of its own first line unless one is given."""
    uid = () if any(line.startswith("UID") for line in lines) else (f"UID:{abs(hash(lines))}",)
    return "\r\n".join(["BEGIN:VEVENT", *uid, *lines, "END:VEVENT", ""])


def calendar(*parts: str) -> bytes:
    """A VCALENDAR around what is given; a part without an end of line gets one."""
    body = "".join(part if part.endswith("\r\n") else part + "\r\n" for part in parts)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{body}END:VCALENDAR\r\n".encode()


def said(reading: Reading) -> list[str]:
    """The busy times as "2026-12-01T10:00Z/11:00Z"; the date again where it is another."""
    found = []
    for one in reading.busy or ():
        start, end = instant(one.start), instant(one.end)
        shape = "%H:%MZ" if start.date() == end.date() else "%Y-%m-%dT%H:%MZ"
        found.append(f"{start:%Y-%m-%dT%H:%MZ}/{end.strftime(shape)}")
    return found
