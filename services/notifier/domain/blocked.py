"""Addresses that are not written to: who may open one again, and how one is typed and shown."""

import re
from typing import Final

from shared.vocabulary import Channel

OPTED_OUT: Final = "opted-out"
"""The person stopped it, by a word to us or to the carrier: only they start it again (L23)."""

BY_STAFF: Final = "by-staff"

LIFTABLE: Final = frozenset(
    {BY_STAFF, "no-such-address", "no-such-number", "cannot-get-texts", "no-route"}
)
"""What staff may lift once it is put right. Never what the person, or their phone, refused."""

_EMAIL: Final = re.compile(r"[!-?A-~]+@[!-?A-~]+")
_PHONE: Final = re.compile(r"\+[1-9][0-9]{6,14}")
_BETWEEN: Final = re.compile(r"[\s().-]+")
_AMERICAN: Final = 10


def may_lift(reason: str) -> bool:
    """Whether staff may open an address again that is blocked for this reason."""
    return reason in LIFTABLE


def read_address(channel: Channel, text: str) -> str:
    """The address as people type it, in the form in which it is found.

    A number without its country is an American one. Raises ValueError with a sentence to show.
    """
    if channel is Channel.EMAIL:
        address = text.strip().casefold()
        if not _EMAIL.fullmatch(address):
            raise ValueError("Write the whole address, for example rowan@example.org.")
        return address
    digits = _BETWEEN.sub("", text)
    if len(digits) == _AMERICAN:
        digits = f"+1{digits}"
    elif len(digits) == _AMERICAN + 1 and digits.startswith("1"):
        digits = f"+{digits}"
    if not _PHONE.fullmatch(digits):
        raise ValueError("Write the whole number, for example 914-555-0119.")
    return digits


def masked(address: str) -> str:
    """So much of an address that whoever knows it recognises it: "r…@example.org", "…0119"."""
    name, at, host = address.rpartition("@")
    return f"{name[:1]}…@{host}" if at else f"…{address[-4:]}"
