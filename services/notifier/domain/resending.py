"""Whether a message may be sent once more by hand, and if not, why not.

Sending it again is a new message that refers to the old one. What holds for every message holds for
it: it must be true, of use, permitted and not suppressed. Night and frequency only make it wait.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.notifier.domain.delivery import DID_NOT_GO_OUT, WAITING, State


class WhyNot(StrEnum):
    """Why a message is not sent once more."""

    TO_THE_PRACTICE = "to-the-practice"
    NO_CHANNEL = "no-channel"
    STILL_WAITS = "still-waits"
    BEING_ASKED = "being-asked"
    WITHDRAWN = "withdrawn"
    SENT_AGAIN = "sent-again"
    RESTORED = "restored"
    ERASED = "erased"
    UNTRUE = "untrue"
    TOO_LATE = "too-late"
    NOT_PERMITTED = "not-permitted"
    TURNED_OFF = "turned-off"
    NOT_SET_UP = "not-set-up"
    SUPPRESSED = "suppressed"
    SAME_ADDRESS = "same-address"


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of a message, and of the person now."""

    state: State
    to_a_person: bool
    has_channel: bool
    sent_again: bool
    restored: bool
    """Whether a backup was restored after it was due, and what is held is not decided."""
    erased: bool
    true: bool
    useful: bool
    permitted: bool
    wanted: bool
    set_up: bool
    suppressed: bool
    other_address: bool
    """Whether they have another address by now than the one it went to."""


_DOUBTFUL: Final = DID_NOT_GO_OUT | {State.UNCONFIRMED}


def why_not(known: Known) -> WhyNot | None:
    """The first thing that stands against it; None if it may be sent once more.

    What arrived, as far as anyone knows, is sent again only to another address than it went to.
    """
    standing = {
        WhyNot.TO_THE_PRACTICE: not known.to_a_person,
        WhyNot.BEING_ASKED: known.state is State.UNCERTAIN,
        WhyNot.STILL_WAITS: known.state in WAITING,
        WhyNot.WITHDRAWN: known.state is State.CANCELLED,
        WhyNot.SENT_AGAIN: known.sent_again,
        WhyNot.ERASED: known.erased,
        WhyNot.UNTRUE: not known.true,
        WhyNot.TOO_LATE: not known.useful,
        WhyNot.NO_CHANNEL: not known.has_channel,
        WhyNot.NOT_PERMITTED: not known.permitted,
        WhyNot.TURNED_OFF: not known.wanted,
        WhyNot.NOT_SET_UP: not known.set_up,
        WhyNot.SUPPRESSED: known.suppressed,
        WhyNot.RESTORED: known.restored,
        WhyNot.SAME_ADDRESS: known.state not in _DOUBTFUL and not known.other_address,
    }
    return next((why for why, stands in standing.items() if stands), None)
