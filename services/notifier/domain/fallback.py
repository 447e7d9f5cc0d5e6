"""What follows a message that did not arrive: another way, then a call, or nothing.

delivery.md, retry schedule: at the stop the next channel, then a task for staff ("call the
client"); after an undelivered one the next channel too, and only if it would still be useful.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.notifier.domain.delivery import REACHED, WAITING, State
from services.notifier.domain.message import ASKED_FOR, HOUR, NEWS, Kind, kind_of, lead_of
from services.notifier.domain.preferences import TURNED_OFF
from services.notifier.domain.reminders import NEWS_STAYS_NEWS
from shared.vocabulary import Channel

FELL_SHORT: Final = frozenset(
    {
        State.UNDELIVERED,
        State.BOUNCED,
        State.UNCONFIRMED,
        State.FAILED_PERMANENT,
        State.FAILED_TECHNICAL,
        State.SUPPRESSED,
        State.EXPIRED,
        State.DEAD,
    }
)
"""The endings after which nobody can say that the person knows."""

ALL_SAID: Final = frozenset({"erased", "enough-texts", "nobody", "discarded"})
"""Reasons after which nothing is to follow: nobody is left, or somebody has decided."""

NO_CHANNEL: Final = frozenset({"no-way", "not-set-up", "not-permitted", TURNED_OFF})
"""Reasons that are the person's own wish, or ours. Only what corrects a time is worth a call."""

NOT_AGREED: Final = "not-agreed"
"""The reason where a number has not said yes to texts (yet): nobody is left untold for that."""

_TOLD: Final = REACHED - {State.UNCONFIRMED}


@dataclass(frozen=True, kw_only=True)
class Told:
    """One message as far as it matters here. `corrects`: it makes untrue what was told before."""

    purpose: str
    channel: Channel | None
    state: State
    reason: str | None = None
    corrects: bool = False


@dataclass(frozen=True, kw_only=True)
class Following:
    """What comes next: a message by another channel, or a call."""

    channel: Channel | None = None

    @property
    def call(self) -> bool:
        """Whether no channel is left."""
        return self.channel is None


def following(
    failed: Told, others: Collection[Told], *, channels: Collection[Channel]
) -> Following | None:
    """Say what follows; None where nothing does.

    `others` are the person's other messages about the same thing as it stands now, `channels` the
    ways that they permit and that we have. Whoever was told, or is about to be, is left alone.
    """
    if failed.state not in FELL_SHORT or failed.reason in ALL_SAID:
        return None
    same = [one for one in others if _tells_the_same(one.purpose, failed.purpose)]
    if any(one.state in _TOLD | WAITING for one in same):
        return None
    if failed.channel is None or failed.reason in NO_CHANNEL:
        untold = failed.corrects or failed.reason == NOT_AGREED
        return Following() if untold else None
    used = {failed.channel} | {one.channel for one in same if one.purpose == failed.purpose}
    for channel in Channel:
        if channel in channels and channel not in used:
            return Following(channel=channel)
    return Following()


def useful_until(purpose: str, *, starts_at: datetime, now: datetime) -> datetime:
    """Until when a message by the next channel is worth sending: news a day, no longer than it
    is ahead; a reminder until half an hour before, or a quarter of a short lead.
    """
    lead = lead_of(purpose)
    if lead is not None:
        return starts_at - min(HOUR / 2, lead / 4)
    if kind_of(purpose) is Kind.CANCELLED:
        return starts_at
    return min(starts_at, now + NEWS_STAYS_NEWS)


def _tells_the_same(one: str, other: str) -> bool:
    """Whether one message makes the other needless: news any news, a reminder a later one, too."""
    lead, wanted = lead_of(one), lead_of(other)
    if wanted is not None:
        return lead is not None and lead <= max(wanted, timedelta(0))
    kinds = {kind_of(one), kind_of(other)}
    return kinds <= NEWS or kinds <= ASKED_FOR
