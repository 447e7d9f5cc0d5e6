"""What a person wants sent to them, of all that may be sent: they say so on a page of their own.

It only ever takes away: whether an address is safe, and whether a number agreed, others know.
"""

from dataclasses import dataclass

from services.notifier.domain.message import Kind
from shared.vocabulary import Channel

TURNED_OFF = "turned-off"
"""The reason of a message that its reader has said they do not want."""


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """What is wanted: mails, texts, and word of a time that has become free by whichever way."""

    emails: bool = True
    texts: bool = True
    offers: bool = True

    @property
    def channels(self) -> frozenset[Channel]:
        """The ways that are wanted."""
        wanted = {Channel.EMAIL: self.emails, Channel.SMS: self.texts}
        return frozenset(channel for channel, on in wanted.items() if on)

    def wants(self, kind: Kind, channel: Channel) -> bool:
        """Whether a message of this kind by this way is wanted."""
        return channel in self.channels and (self.offers or kind is not Kind.OFFER)
