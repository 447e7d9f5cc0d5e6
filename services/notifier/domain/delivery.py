"""The life of one message: its states, what may follow what, and when to try again.

The drawing and its reasons are in docs/states.md; a row never changes state but
through `advance`, and nothing here knows of rows.
"""

from datetime import timedelta
from enum import StrEnum

from services.notifier.domain.message import HOUR, PROMPT, kind_of, lead_of

LEASE = timedelta(seconds=30)
"""How long a claim lasts, and so how late a message is at most whose worker was killed.

Longer than three heartbeats, and than anything that is asked before the first of them.
"""

HEARTBEAT = timedelta(seconds=8)
"""How often the lease is renewed while a provider is still talking to us (RFC 5321 4.5.3.2.6)."""

MOST_CLAIMS = 5
"""Claims without one attempt after which a row is poison: it is set aside for staff."""

UNCONFIRMED_AFTER = timedelta(hours=72)
"""How long a provider that promises receipts may stay silent."""

MOST_UNCERTAIN_TRIES = 3
"""How often a message may be handed over without anyone learning what became of it."""

SETTLING = timedelta(seconds=90)
"""How long a lost answer may still come in by the provider's own callback before we ask."""


class State(StrEnum):
    """Where a message stands."""

    SCHEDULED = "scheduled"
    CLAIMED = "claimed"
    ATTEMPTING = "attempting"
    UNCERTAIN = "uncertain"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    BOUNCED = "bounced"
    UNCONFIRMED = "unconfirmed"
    FAILED_PERMANENT = "failed_permanent"
    FAILED_TECHNICAL = "failed_technical"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    DEAD = "dead"


class Refused(ValueError):
    """This state may not follow that one."""


_GIVEN_UP = {State.CANCELLED, State.SUPPRESSED, State.EXPIRED}
_RECEIPTS = {State.DELIVERED, State.UNDELIVERED, State.BOUNCED}

ALLOWED: dict[State, frozenset[State]] = {
    State.SCHEDULED: frozenset({State.CLAIMED, State.ACCEPTED} | _GIVEN_UP | _RECEIPTS),
    State.CLAIMED: frozenset(
        {
            State.CLAIMED,
            State.SCHEDULED,
            State.ATTEMPTING,
            State.ACCEPTED,
            State.FAILED_TECHNICAL,
            State.DEAD,
        }
        | _GIVEN_UP
        | _RECEIPTS
    ),
    State.ATTEMPTING: frozenset(
        {
            State.CLAIMED,
            State.SCHEDULED,
            State.UNCERTAIN,
            State.ACCEPTED,
            State.UNCONFIRMED,
            State.FAILED_PERMANENT,
            State.FAILED_TECHNICAL,
            State.EXPIRED,
            State.CANCELLED,
        }
        | _RECEIPTS
    ),
    State.UNCERTAIN: frozenset(
        {State.CLAIMED, State.SCHEDULED, State.ACCEPTED, State.UNCONFIRMED} | _RECEIPTS
    ),
    State.ACCEPTED: frozenset({State.SCHEDULED, State.UNCONFIRMED} | _RECEIPTS),
    State.UNCONFIRMED: frozenset(_RECEIPTS),
    State.DELIVERED: frozenset(),
    State.UNDELIVERED: frozenset(),
    State.BOUNCED: frozenset(),
    State.FAILED_PERMANENT: frozenset(),
    State.FAILED_TECHNICAL: frozenset(),
    State.CANCELLED: frozenset(),
    State.SUPPRESSED: frozenset(),
    State.EXPIRED: frozenset(),
    State.DEAD: frozenset(),
}
"""What may follow what. A receipt may come before our own record of the try, so it may settle
anything that still waits (delivery.md, "callback before our row is saved")."""

WAITING = frozenset({State.SCHEDULED, State.CLAIMED, State.ATTEMPTING, State.UNCERTAIN})
"""Not settled: something will still happen by itself."""

REACHED = frozenset({State.ACCEPTED, State.DELIVERED, State.UNCONFIRMED})
"""The provider took it, as far as anyone knows."""

DID_NOT_GO_OUT = frozenset(
    {
        State.UNDELIVERED,
        State.BOUNCED,
        State.FAILED_PERMANENT,
        State.FAILED_TECHNICAL,
        State.SUPPRESSED,
        State.EXPIRED,
        State.DEAD,
    }
)
"""What a person at the practice should know of: the message was due and did not arrive."""


def advance(current: State, to: State) -> State:
    """Return `to` if it may follow `current`. Raises Refused if it may not."""
    if to not in ALLOWED[current]:
        raise Refused(f"A message that is {current} cannot become {to}.")
    return to


_BACKOFF = tuple(
    timedelta(seconds=seconds) for seconds in (30, 120, 300, 900, 1800, 3600, 7200, 10800)
)


def backoff(tries: int, *, jitter: float, retry_after: timedelta | None = None) -> timedelta:
    """How long to wait after `tries` (1 or more) refusals: 30 s, 2 min, 5 min ... then every 3 h.

    `jitter` in [-1, 1] moves the wait by up to a fifth, so that what failed
    together does not return together. A provider's own Retry-After is a least
    wait. RFC 5321 4.5.4.1; greylisting opens after 3 to 10 minutes.
    """
    if not -1 <= jitter <= 1:
        raise ValueError(f"Jitter must lie in [-1, 1], not {jitter}.")
    wait = _BACKOFF[min(tries, len(_BACKOFF)) - 1] * (1 + jitter / 5)
    return max(wait, retry_after or timedelta(0))


class AfterUncertain(StrEnum):
    """What to do when nobody can say whether a message was taken."""

    RESEND = "resend"
    PARK = "park"


def after_uncertain(purpose: str) -> AfterUncertain:
    """Decide by purpose: a repeat is cheaper than a no-show, unless a later reminder covers it."""
    lead = lead_of(purpose)
    return AfterUncertain.PARK if lead and lead >= 48 * HOUR else AfterUncertain.RESEND


_RANKS = {"accepted": 0, "scheduled": 0, "queued": 1, "sending": 2, "sent": 3, "delayed": 3}
_FINAL_RANK = 4
_FINAL_RECEIPTS = {
    "delivered": State.DELIVERED,
    "read": State.DELIVERED,
    "undelivered": State.UNDELIVERED,
    "failed": State.UNDELIVERED,
    "canceled": State.UNDELIVERED,
    "bounced": State.BOUNCED,
}


def rank_of(receipt: str) -> int:
    """Order a provider's receipts: a later one never undoes a higher one; unknown words rank -1."""
    return _FINAL_RANK if receipt in _FINAL_RECEIPTS else _RANKS.get(receipt, -1)


def state_after_receipt(current: State, receipt: str) -> State:
    """Apply a receipt: the new state, or `current` where the receipt changes nothing.

    Any receipt at all proves that the provider has the message; only a final
    one settles it; what is settled stays (F19: doubled, reordered, late).
    """
    wanted = _FINAL_RECEIPTS.get(receipt, State.ACCEPTED)
    if rank_of(receipt) < 0 or wanted not in ALLOWED[current]:
        return current
    return wanted


_QUARTER = timedelta(minutes=15)
_AFTER_UNDELIVERED = {
    "phone-off": (_QUARTER, HOUR, 3 * HOUR),
    "unknown": (_QUARTER,),
    "busy": (_QUARTER,),
}


def again_after(reason: str, failed: int) -> timedelta | None:
    """How long to wait with a text that came back `failed` times (1 or more); None: no more tries.

    A phone that is off is on again some time; without a reason one more try is worth it; all else
    that a carrier reports ends the text (delivery.md, "Twilio codes").
    """
    waits = _AFTER_UNDELIVERED.get(reason, ())
    return waits[failed - 1] if failed <= len(waits) else None


def queue_of(purpose: str) -> str:
    """Name the queue whose doorbell announces this message; news never waits behind reminders."""
    return "notifier.critical" if kind_of(purpose) in PROMPT else "notifier.reminders"
