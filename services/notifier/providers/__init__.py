"""Who carries a message: one file per outside party, behind one Protocol."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.verdict import Answer


class Trace(StrEnum):
    """What a provider can say of a message whose answer we lost."""

    TAKEN = "taken"
    NOT_TAKEN = "not-taken"
    NOBODY_KNOWS = "nobody-knows"
    ASK_LATER = "ask-later"


class Provider(Protocol):
    """One way to hand a message over.

    `send` answers for everything that can happen on the way and raises only for
    a mistake of ours. It calls `handing_over` right before the first byte after
    which the message might have been taken, and not before; a call that raises
    stops the hand-over.

    `find` is asked about a message that was being handed over when the answer
    got lost.
    """

    name: str

    def send(
        self, message: OutgoingMessage, *, attempt_id: UUID, handing_over: Callable[[], None]
    ) -> Answer:
        """Hand the message over and wait for the answer."""
        ...

    def find(self, message: OutgoingMessage, *, attempt_id: UUID, since: datetime) -> Trace:
        """Look for a message handed over in that try, at or after `since`."""
        ...


__all__ = ["Provider", "Trace"]
