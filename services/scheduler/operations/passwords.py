"""Passwords, kept as argon2id hashes, and compared."""

import unicodedata
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

_HASHER: Final = PasswordHasher()  # argon2id, RFC 9106's second recommendation (ASVS 11.4.2)
# Checked when there is no such account, so that both answers take the same time (ASVS 6.3.8).
_NOBODY: Final = (
    "$argon2id$v=19$m=65536,t=3,p=4$PKsBYdHcMNwDfjFACYGbkQ$"
    "SbliQlhgJP0oISjrmnqsWoir37clvF9kVsEEng3ucpo"
)


def hashed(password: str) -> str:
    """What is kept of it. Slow on purpose."""
    return _HASHER.hash(_plain(password))


def fits(password_hash: str | None, password: str) -> bool:
    """Whether it is the one; without a hash it never is, and takes the same time."""
    try:
        same = _HASHER.verify(password_hash or _NOBODY, _plain(password))
    except VerificationError:
        return False
    return same and password_hash is not None


def _plain(password: str) -> str:
    """The same characters, however a keyboard composed them."""
    return unicodedata.normalize("NFKC", password)
