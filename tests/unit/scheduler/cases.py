"""The neutral slot cases of `tests/cases/slots.json`, and what we offer for them."""

import json
import subprocess
import sys
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from services.scheduler.domain.availability import each
from services.scheduler.domain.cases import Case as Read
from services.slots import answer, cases

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "cases"

Case = dict[str, Any]


def slot_cases() -> list[Case]:
    found: list[Case] = json.loads((CASES / "slots.json").read_text("utf-8"))["cases"]
    return found


def timezone_cases() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CASES / "timezones.json").read_text("utf-8"))
    return found


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


def slots(case: Case) -> list[str]:
    """What our engine offers for a case, as UTC instants."""
    found: list[str] = answer(read(case))["slots"]
    return found


def all_starts(found: Iterable[range]) -> list[int]:
    return list(each(found))


# ---------------------------------------------------------------- a case of our own

# A Monday and a Tuesday in New York, 13:00 to 21:00 UTC.
BASE: dict[str, Any] = {
    "timezone": "America/New_York",
    "window": {"start": "2026-06-01T00:00:00Z", "end": "2026-06-03T00:00:00Z"},
    "working_hours": [{"days": [1, 2, 3, 4, 5], "start": "09:00", "end": "17:00"}],
    "duration_min": 60,
    "increment_min": 30,
}

BUSY = {"start": "2026-06-01T15:00:00Z", "end": "2026-06-01T16:00:00Z"}
HOSTS = {
    "hosts": [
        {"working_hours": BASE["working_hours"], "busy": [BUSY]},
        {"timezone": "America/Chicago", "working_hours": BASE["working_hours"]},
    ]
}


def command(
    *arguments: str, given: str | bytes = "", first: tuple[str, ...] = ("-m", "services")
) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, *first, "slots", *arguments],
        cwd=ROOT,
        env={"PATH": ""},  # no database, no setting, nothing of this shell's
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        check=False,
        timeout=60,
    )


def read(document: object) -> Read:
    case = cases(json.dumps(document))
    assert isinstance(case, Read)
    return case
