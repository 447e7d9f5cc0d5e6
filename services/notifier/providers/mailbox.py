"""Keeps messages here instead of sending them, for staff to read.

A message handed over twice is kept once: its Message-ID is unique. So this provider can promise
what no outside one can, and a try whose answer was lost is simply repeated.
"""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.verdict import ACCEPTED, Answer
from services.notifier.providers import Trace


class MailboxProvider:
    """The practice's own mailbox; `keep` stores a message once, in a transaction of its own."""

    name = "mailbox"

    def __init__(self, keep: Callable[[OutgoingMessage, UUID], None]) -> None:
        self._keep = keep

    def send(
        self,
        message: OutgoingMessage,
        *,
        attempt_id: UUID,
        handing_over: Callable[[], None],
    ) -> Answer:
        """Keep the message."""
        handing_over()
        self._keep(message, attempt_id)
        return Answer(verdict=ACCEPTED)

    def find(
        self,
        message: OutgoingMessage,  # noqa: ARG002
        *,
        attempt_id: UUID,  # noqa: ARG002
        since: datetime,  # noqa: ARG002
    ) -> Trace:
        """A repeat does no harm here, so nobody has to look."""
        return Trace.NOT_TAKEN
