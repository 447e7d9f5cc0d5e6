"""Telling a practice's other systems: what is told, how it is signed, and when it is tried again.

Signatures, headers and the schedule are those of Standard Webhooks 1.0 (standardwebhooks.com).
What is told are ids and times, never a person, an answer or an address: whoever is told asks our
API for the rest, and gets there what they may see.
"""

import hashlib
import hmac
import secrets
from base64 import b64decode, b64encode
from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from typing import Final

SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - the beginning of one
SECRET_BYTES: Final = 32

TIMEOUT_SECONDS: Final = 20
"""How long a receiver may take to answer; the standard asks for 15 to 30."""

ROTATION: Final = timedelta(hours=24)
"""How long after a new secret the old one still signs beside it."""

LEASE: Final = timedelta(seconds=60)
"""How long one try may take before another worker makes it: longer than any time-out."""


class Told(StrEnum):
    """What a system can be told of."""

    BOOKED = "appointment.booked"
    MOVED = "appointment.moved"
    CANCELLED = "appointment.cancelled"
    RECEIVED = "inquiry.received"
    TEST = "webhook.test"


TITLES: Final = {
    Told.BOOKED: "A time was booked",
    Told.MOVED: "A time was moved",
    Told.CANCELLED: "A time was cancelled",
    Told.RECEIVED: "Somebody has finished the form",
}
"""What staff choose from, in the words of the page; a test is told to everyone who asks for it."""


class DeliveryState(StrEnum):
    """Where one telling stands. Only staff bring back what has ended."""

    WAITING = "waiting"
    TOLD = "told"
    GIVEN_UP = "given-up"


_SCHEDULE: Final = (
    *(timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30)),
    *(timedelta(hours=hours) for hours in (2, 5, 10, 14, 20, 24)),
)


def wait_after(tries: int, *, jitter: float, retry_after: timedelta | None = None) -> timedelta:
    """How long to wait after so many failures, 1 or more: 5 s, 5 min ... three days in all.

    `jitter` in [-1, 1] moves it by up to a fifth. A receiver's own Retry-After is a least wait.
    """
    wait = _SCHEDULE[tries - 1] * (1 + jitter / 5)
    return max(wait, retry_after or timedelta(0))


MOST_TRIES: Final = len(_SCHEDULE) + 1


class Reply(StrEnum):
    """What an answer means to us."""

    TAKEN = "taken"
    FAILED = "failed"
    GONE = "gone"


def judge(status: int) -> Reply:
    """Read an HTTP status: 2xx is taken, 410 wants no more ever, all else is tried again.

    A redirect is a failure, too: a signed message is for the address that staff have named.
    """
    if 200 <= status < 300:
        return Reply.TAKEN
    return Reply.GONE if status == 410 else Reply.FAILED


def new_secret() -> str:
    """A secret as receivers expect it: `whsec_` and 32 random bytes in base64."""
    return SECRET_PREFIX + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signature(secret: str, *, message_id: str, timestamp: int, body: bytes) -> str:
    """Sign a body with one secret: `v1,` and HMAC-SHA256 over `id.timestamp.body` in base64.

    Raises ValueError for a secret that is not base64, or is empty.
    """
    key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    if not key:
        raise ValueError("The secret is empty.")
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + b64encode(hmac.digest(key, content, hashlib.sha256)).decode()


def signed_headers(
    live_secrets: Collection[str], *, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The three headers; while a secret is being exchanged there are two signatures."""
    written = [
        signature(secret, message_id=message_id, timestamp=timestamp, body=body)
        for secret in live_secrets
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(written),
    }
