"""Times as the API writes them, without a field library: `SlotsSchema` says what comes out."""

import json
from collections.abc import Iterable
from datetime import timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.scheduler.domain.interval import Minute, instant
from services.scheduler.operations.offers import Offers

_KEPT: Final = 8192
"""Lines that the process has written and will write again: a few megabytes."""


def slots_document(
    free: Offers, length: timedelta, shown: ZoneInfo, within: range | None = None
) -> str:
    """The offers as a JSON document, in order; with `within`, those that begin in it."""
    who = {host: str(one.practitioner_id) for host, one in free.schedules.items()}
    names: dict[tuple[int, ...], str] = {}
    lines = []
    for start, hosts in free.starts:
        if within is None or start in within:
            if (theirs := names.get(hosts)) is None:
                theirs = names[hosts] = _list(who[host] for host in hosts)
            lines.append(_times(start, length, shown) + theirs)
    return f'{{"timezone":{json.dumps(shown.key)},"slots":[{",".join(lines)}]}}\n'


def _list(ids: Iterable[str]) -> str:
    """The end of a line: who would take it."""
    return '"practitioner_ids":[' + ",".join(f'"{one}"' for one in ids) + "]}"


@lru_cache(maxsize=_KEPT)
def _times(start: Minute, length: timedelta, shown: ZoneInfo) -> str:
    """The beginning of a line. Zones are pinned for the life of a process, so it stays true."""
    begins = instant(start)
    times = {
        "start": begins.isoformat(),
        "end": (begins + length).isoformat(),
        "local": begins.astimezone(shown).isoformat(),
    }
    return json.dumps(times, separators=(",", ":"))[:-1] + ","
