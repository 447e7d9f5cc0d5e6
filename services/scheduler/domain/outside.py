"""A calendar that is kept elsewhere: what can be wrong with it, and what then holds (P11, N11).

Nobody may be booked over because a feed was silent. So a calendar that could not be read, or not
lately enough, keeps its owner's times back, as far as its policy says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from services.scheduler.domain.interval import Interval

AHEAD: Final = timedelta(days=400)
"""How far a reading looks; beyond it nothing is known, so nothing is offered."""

EVERY: Final = timedelta(minutes=10)
SOON: Final = timedelta(minutes=3)
"""After a failure one tries again sooner, for an hour: most troubles are short."""

TELL_AGAIN: Final = timedelta(hours=1)
"""A feed that comes and goes is told of once in that time."""


class Policy(StrEnum):
    """What becomes of the owner's times while the calendar can't be read."""

    BLOCK = "block"
    USE_LAST = "use-last"
    STAFF_ONLY = "staff-only"


class Trouble(StrEnum):
    """What is wrong. Never holds anything that the calendar says, or its address."""

    GONE = "gone"
    SERVER = "server"
    UNREACHABLE = "unreachable"
    NOT_SECURE = "not-secure"
    PRIVATE_ADDRESS = "private-address"
    TOO_SLOW = "too-slow"
    NOT_A_CALENDAR = "not-a-calendar"
    TOO_LARGE = "too-large"
    TOO_MUCH = "too-much"
    CUT_OFF = "cut-off"
    BAD_LINE = "bad-line"
    BAD_VALUE = "bad-value"
    BAD_RULE = "bad-rule"
    NO_START = "no-start"
    UNKNOWN_ZONE = "unknown-zone"
    UNKNOWN_KIND = "unknown-kind"
    BACKWARDS = "backwards"
    SAME_UID = "same-uid"

    @property
    def harmless(self) -> bool:
        """Whether it was read the safe way, as busy, so that staff need only know."""
        return self in (Trouble.BACKWARDS, Trouble.SAME_UID)


@dataclass(frozen=True)
class Reading:
    """When the owner is busy: merged intervals inside a window, and what was wrong, how often.

    `busy` is None where nothing could be read, or nothing has changed since the last reading.
    """

    busy: tuple[Interval, ...] | None
    troubles: Mapping[Trouble, int] = field(default_factory=dict)
    etag: str | None = None
    last_modified: str | None = None

    @property
    def whole(self) -> bool:
        """Whether all of it was read, so that what it leaves open is free."""
        return all(trouble.harmless for trouble in self.troubles)


def nothing(trouble: Trouble) -> Reading:
    """A reading that failed as a whole."""
    return Reading(None, {trouble: 1})


def next_try(now: datetime, failing_since: datetime | None) -> datetime:
    """When to ask again."""
    soon = failing_since is not None and now - failing_since < timedelta(hours=1)
    return now + (SOON if soon else EVERY)
