"""Recipients with a meaning: what becomes of a text to 555-01xx, and of a mail to such a name."""

from enum import StrEnum
from typing import Final


class Meaning(StrEnum):
    """What happens to whoever texts such a number."""

    ARRIVES = "it arrives"
    OPTED_OUT = "has opted out"
    NO_SUCH_NUMBER = "is no number"
    LANDLINE = "is a landline"
    PHONE_OFF = "the phone is off"
    BLOCKED = "is blocked"
    UNKNOWN_HANDSET = "nobody has this number any more"
    FILTERED = "is filtered for its words"
    UNKNOWN_ERROR = "does not arrive, and nobody knows why"
    UNREGISTERED = "our sender is not registered"
    SLOW = "is taken after 9 seconds"
    BUSY = "the carrier is busy: 429, for 30 seconds"
    FAILS_AFTER_TAKING = "is taken, and then answered with a 500"
    HANGS_UP = "is taken, and never answered"
    DOUBLED = "arrives, with each receipt twice and the last one first"
    LATE = "arrives, with its receipts a minute late"
    FORGED = "arrives, after a forged receipt that says it did not"
    SILENT = "is taken, and no receipt ever comes"


MEANINGS: Final = {
    "60": Meaning.OPTED_OUT,
    "61": Meaning.NO_SUCH_NUMBER,
    "62": Meaning.LANDLINE,
    "63": Meaning.PHONE_OFF,
    "64": Meaning.BLOCKED,
    "65": Meaning.UNKNOWN_HANDSET,
    "66": Meaning.FILTERED,
    "67": Meaning.UNKNOWN_ERROR,
    "68": Meaning.UNREGISTERED,
    "70": Meaning.SLOW,
    "71": Meaning.BUSY,
    "72": Meaning.FAILS_AFTER_TAKING,
    "73": Meaning.HANGS_UP,
    "74": Meaning.DOUBLED,
    "75": Meaning.LATE,
    "76": Meaning.FORGED,
    "77": Meaning.SILENT,
}
"""The last two digits of 555-01xx; a text to every other number arrives."""


def meaning_of(number: str) -> Meaning:
    """What a text to this number (E.164) comes to."""
    made_up = number[-7:-2] == "55501"
    return MEANINGS.get(number[-2:], Meaning.ARRIVES) if made_up else Meaning.ARRIVES


class Mailbox(StrEnum):
    """What happens to whoever writes to such an address."""

    ARRIVES = "it arrives"
    GONE = "there is no such mailbox: 550"
    FULL = "the mailbox is full: 452"
    FILTERED = "is refused for its words: 554"
    GREYLISTED = "is refused for a minute, then taken: 451"
    SLOW = "is taken after 9 seconds"
    HANGS = "the server never answers after the last line"
    DROPS = "is taken, and the server hangs up without a word"


MAILBOXES: Final = {
    "gone": Mailbox.GONE,
    "full": Mailbox.FULL,
    "filtered": Mailbox.FILTERED,
    "grey": Mailbox.GREYLISTED,
    "slow": Mailbox.SLOW,
    "hangs": Mailbox.HANGS,
    "drops": Mailbox.DROPS,
}
"""What stands before the @, up to a plus sign; a mail to every other name arrives."""


def mailbox_of(address: str) -> Mailbox:
    """What a mail to this address comes to."""
    name = address.partition("@")[0].partition("+")[0]
    return MAILBOXES.get(name.lower(), Mailbox.ARRIVES)
