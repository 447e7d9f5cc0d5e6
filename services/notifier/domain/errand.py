"""What another service wants sent, once it has said so: which words, which link, until when."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.notifier.domain.message import Kind
from shared.vocabulary import Channel

FRESH: Final = timedelta(minutes=1)
"""How long intake's word that something is wanted counts without asking again."""


@dataclass(frozen=True, kw_only=True)
class FreeTime:
    """A time that may be taken, and the zone of the one who is asked."""

    start: datetime
    end: datetime
    timezone: str


_SHORTEST_WAIT: Final = timedelta(seconds=15)
_LONGEST_WAIT: Final = timedelta(minutes=10)


@dataclass(frozen=True, kw_only=True)
class Communication:
    """Something neutral to be sent to one person."""

    communication_id: UUID
    person_id: UUID
    purpose: Kind
    link: str = field(repr=False)
    not_after: datetime
    time: FreeTime | None = None


def channels_for(purpose: Kind) -> frozenset[Channel]:
    """By which ways a purpose may be sent at all.

    An invitation goes by e-mail whatever its contact says: nobody can agree to texts on somebody
    else's behalf (L25).
    """
    return frozenset({Channel.EMAIL}) if purpose is Kind.INVITATION else frozenset(Channel)


def ask_again_after(waited: timedelta) -> timedelta:
    """How long to leave intake alone when it did not answer: longer, the longer it has been."""
    return max(_SHORTEST_WAIT, min(waited, _LONGEST_WAIT))
