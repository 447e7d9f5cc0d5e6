"""When a partner may be invited, and what the invitation's calendar says. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

How = Literal["share_link", "practice_email"]
HOWS: Final[tuple[How, ...]] = ("share_link", "practice_email")

Hindrance = Literal["none", "hold", "call"]


def hindrance(permission: str, *, call_done: bool, lifted: bool) -> Hindrance | None:
    """What stands between a clinician and letting this person invite a partner; None: nothing.

    `permission` is the decision's offer, hold or none. No reason lifts a none: nobody else is part
    of this. A hold is lifted by a named clinician (L14).
    """
    if permission not in ("offer", "hold"):
        return "none"
    if permission == "hold" and not lifted:
        return "hold"
    return None if call_done else "call"


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The days of one invitation, counted from the moment it was sent."""

    sent_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, *, sent_at: datetime, days: int) -> "Calendar":
        """An invitation that lives for so many days."""
        return cls(sent_at=sent_at, expires_at=sent_at + timedelta(days=days))

    @property
    def length(self) -> int:
        """For how many days the link works; then the first partner gets the uniform note."""
        return (self.expires_at - self.sent_at).days

    def day(self, now: datetime) -> int:
        """Full days since it was sent."""
        return max(0, (now - self.sent_at).days)

    def over(self, now: datetime) -> bool:
        """Whether the uniform day has come."""
        return now >= self.expires_at

    def reminding(self, day: int, now: datetime) -> bool:
        """Whether this is the day of the one reminder; day 0 turns it off."""
        return day > 0 and not self.over(now) and self.day(now) == day
