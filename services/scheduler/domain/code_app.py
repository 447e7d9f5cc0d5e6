"""Codes of an app by the clock (RFC 6238), and the words for recovery codes.

A code is taken in its own thirty seconds alone and works once (ASVS 6.5.5, 6.5.1): not one step
earlier or later, as many do. Whoever is a moment late is told so, and types the next one.
"""

import secrets
from datetime import datetime
from typing import Final

STEP_SECONDS: Final = 30
DIGITS: Final = 6

# 24 letters of 32: 120 bits, so that a plain keyed hash is enough for what is kept (ASVS 6.5.2).
# Without those that are read wrongly from paper: I, L, O, U, as in Crockford's base 32.
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH: Final = 24
_READ_AS: Final = str.maketrans("ILO", "110")

RECOVERY_CODES: Final = 10


def step_of(now: datetime) -> int:
    """Which thirty seconds since 1970 it is."""
    return int(now.timestamp()) // STEP_SECONDS


def bare(typed: str) -> str:
    """What was typed, as it is compared: without spaces and dashes, in capitals."""
    return "".join(typed.split()).replace("-", "").upper()


def is_code(typed: str) -> bool:
    """Whether it looks like a code of an app; anything else is taken for a recovery code."""
    plain = bare(typed)
    return plain.isascii() and plain.isdigit() and len(plain) == DIGITS


def new_recovery_code() -> str:
    """A new one, in groups of four, to be read from paper."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))
    return "-".join(letters[at : at + 4] for at in range(0, _LENGTH, 4))


def plain_recovery_code(typed: str) -> str:
    """The letters alone, with those that are easily mistaken read as what they must be."""
    return bare(typed).translate(_READ_AS)
