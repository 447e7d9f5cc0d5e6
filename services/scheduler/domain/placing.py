"""When somebody is asked once more where they will be: before each session by video (L43)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

ASKED_WITHIN: Final = timedelta(hours=48)
"""How long before the session an answer counts as given for it; the first reminder goes out then.

Whoever books or moves later than that has just been asked.
"""


class Placing(StrEnum):
    """Whether a person has said where they will be, now that the session is near."""

    ASKED = "asked"
    SAID = "said"


def placing(
    *, how: str, starts_at: datetime, ends_at: datetime, said_at: datetime | None, now: datetime
) -> Placing | None:
    """Where the question stands for one person; None while, or where, nobody asks it."""
    asked_from = starts_at - ASKED_WITHIN
    if how != "video" or not asked_from <= now < ends_at:
        return None
    return Placing.SAID if said_at is not None and said_at >= asked_from else Placing.ASKED
