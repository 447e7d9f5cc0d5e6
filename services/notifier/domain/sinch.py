"""What Sinch's answers and receipts mean, in our own words.

https://developers.sinch.com/docs/sms/api-reference: HTTP status and a word for a refusal; a number
in a delivery report, its own from 400 to 418, below and above those of the networks (SMPP, 10DLC).
"""

from datetime import timedelta
from typing import Final

from services.notifier.domain.verdict import (
    A_WHILE,
    ACCEPTED,
    Verdict,
    permanent,
    temporary,
    uncertain,
)

_NEVER: Final = {
    10: "cannot-get-texts",
    15: "filtered",
    16: "blocked",
    61: "filtered",
    62: "filtered",
    150: "no-such-number",
    151: "cannot-get-texts",
    152: "cannot-get-texts",
    300: "no-such-number",
    349: "filtered",
    402: "no-route",
    411: "too-long",
    418: "cannot-get-texts",
}
_NOT_NOW: Final = {
    64: "busy",
    153: "phone-off",
    399: "unknown",
    403: "unknown",
    404: "phone-off",
    406: "unknown",
    417: "phone-off",
}
_OUR_SETTINGS: Final = frozenset({60, 310, 332, 334, 410, 412, 413})
_SUPPRESSING: Final = frozenset({16})


def sinch_answer(status: int, retry_after: timedelta | None = None) -> Verdict:
    """Judge an answer of the batches resource.

    A 5xx may come after the batch was taken: it is looked for by its reference before a second try.
    """
    if 200 <= status < 300:
        return ACCEPTED
    if status == 429:
        return temporary("busy", retry_after or A_WHILE)
    if status == 503:
        return temporary("busy", retry_after)
    if status >= 500:
        return uncertain("no-answer")
    if status in {401, 403, 404} or 300 <= status < 400:
        return temporary("our-settings", retry_after)
    return permanent("refused")


def sinch_code(code: int) -> Verdict:
    """Judge the number in a delivery report that is not one of success."""
    if code in _NEVER:
        return permanent(_NEVER[code], suppress=code in _SUPPRESSING)
    if code in _NOT_NOW:
        return temporary(_NOT_NOW[code])
    if code in _OUR_SETTINGS:
        return temporary("our-settings")
    return permanent("refused")


_RECEIPTS: Final = {
    "queued": "queued",
    "dispatched": "sent",
    "unknown": "sent",  # it went out, and nobody will ever say more
    "delivered": "delivered",
    "cancelled": "canceled",
    **dict.fromkeys(("aborted", "rejected", "deleted", "failed", "expired"), "undelivered"),
}


def sinch_receipt(status: str) -> str:
    """A delivery report's status as one of the words that we rank; "" for one nobody knows."""
    return _RECEIPTS.get(status.casefold(), "")
