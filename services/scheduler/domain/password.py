"""Which passwords the staff may choose: long, not well known, and not built from their own name.

ASVS 5.0, 6.2.1 to 6.2.4 and 6.2.12: at least 15 characters, no rules about kinds of characters, no
forced change, checked against a local list of common ones. The list is short because almost every
common password is short: what remains at 15 characters is repetition, rows of keys and phrases.
"""

import unicodedata

from services.scheduler.domain.errors import WeakPassword

SHORTEST = 15
LONGEST = 200  # more only costs hashing time

_LIST = """
    administrator1 administrator12 adminadminadmin changemechangeme changemeplease
    correcthorsebatterystaple thisismypassword thisisapassword mypasswordispassword
    passwordpassword passwordpassword1 password12345678 password123456789 password1234567890
    letmeinletmein letmeinletmeinletmein iloveyouforever iloveyousomuch iloveyouiloveyou
    trustno1trustno1 welcomewelcome welcometothejungle welcome12345678 qwertyqwertyqwerty
    qwertyuiop12345 qwertyuiopasdfgh qwertyuiopasdfghjkl qwertyuiopasdfghjklzxcvbnm
    1qaz2wsx3edc4rfv 1qaz2wsx3edc4rfv5tgb 1q2w3e4r5t6y7u8i 1q2w3e4r5t6y7u8i9o0p
    asdfghjklqwertyuiop zxcvbnmasdfghjkl q1w2e3r4t5y6u7i8 abcdefghijklmno abcdefghijklmnop
    abcdefghijklmnopqrstuvwxyz abc123abc123abc123 123456789012345 1234567890123456
    12345678901234567890 0123456789abcdef 0123456789012345 9876543210987654 987654321987654321
    111222333444555 112233445566778 a1b2c3d4e5f6g7h8 aa12345678901234 superman12345678
    supersecretpassword secretsecretsecret letmeinpassword opensesameopensesame
    softstartsoftstart couplestherapy1 couplestherapist therapypractice mentalhealthcare
    staplehorsebatterycorrect thequickbrownfox thequickbrownfoxjumps maytheforcebewithyou
    tobeornottobethatisthequestion iamthebestintheworld lovelovelovelove jesuschristislord
"""
_COMMON = frozenset(_LIST.split())


def check_password(password: str, *, names: tuple[str, ...] = ()) -> None:
    """Raises WeakPassword, saying what to do. `names`: what others know of this person."""
    plain = unicodedata.normalize("NFKC", password)
    if len(plain) < SHORTEST:
        raise WeakPassword(f"Use at least {SHORTEST} characters. A few plain words do well.")
    if len(plain) > LONGEST:
        raise WeakPassword(f"Use at most {LONGEST} characters.")
    bare = "".join(plain.casefold().split())
    if bare in _COMMON or _repeats(bare):
        raise WeakPassword("Others use this too. Choose words that only you would put together.")
    if any(len(bare) - len(name) < 8 for name in _parts(names) if name in bare):
        raise WeakPassword("Your name or address is most of this. Choose other words.")


def _repeats(text: str) -> bool:
    """Whether the text is one piece of up to five characters over and over."""
    return any(text == (text[:size] * (len(text) // size + 1))[: len(text)] for size in range(1, 6))


def _parts(names: tuple[str, ...]) -> list[str]:
    """The names without spaces, and the part of an address before the @, where they are telling."""
    bare = ["".join(name.casefold().split()) for name in names]
    return [part for name in bare for part in (name, name.split("@")[0]) if len(part) >= 5]
