"""How often one number may be texted: one a day and three a week, and strangers not at all twice.

The house rule (L24) follows the terms of the health care exemption, though we have consent. What
corrects an earlier text, a time moved or cancelled, is not held back by it: the earlier text has
become untrue. A number from which nobody has ever answered may be a stranger's (security 20): it
gets one text in 24 hours that opens something, and one that corrects something.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from services.notifier.domain.message import Kind
from shared.quiet_hours import next_open

DAY: Final = timedelta(hours=24)
WEEK: Final = timedelta(days=7)
MOST_A_WEEK: Final = 3

CORRECTIONS: Final = frozenset({Kind.MOVED, Kind.CANCELLED})
OPENINGS: Final = frozenset({Kind.CONFIRMATION, Kind.UPDATE, Kind.RESUME, Kind.OFFER})


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A text that a number has had, or may have had."""

    kind: Kind
    at: datetime


def free_from(
    kind: Kind, earlier: Sequence[Sent], *, answered: bool, zone: tzinfo, now: datetime
) -> datetime | None:
    """When this number may have a text of this kind; None if it may now.

    `earlier` is what it had within the last week, `zone` says where its days begin.
    """
    waits = []
    if not answered:
        alike = CORRECTIONS if kind in CORRECTIONS else OPENINGS
        if kind in alike:
            waits += [one.at + DAY for one in earlier if one.kind in alike]
    if kind not in CORRECTIONS:
        waits += [_next_day(now, zone) for one in earlier if _same_day(one.at, now, zone)]
        lately = sorted(one.at for one in earlier if one.at > now - WEEK)
        if len(lately) >= MOST_A_WEEK:
            waits.append(lately[-MOST_A_WEEK] + WEEK)
    later = [wait for wait in waits if wait > now]
    return max(later) if later else None


def _same_day(at: datetime, now: datetime, zone: tzinfo) -> bool:
    return at.astimezone(zone).date() == now.astimezone(zone).date()


def _next_day(now: datetime, zone: tzinfo) -> datetime:
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return next_open(datetime.combine(tomorrow, time(0), tzinfo=zone), zone)
