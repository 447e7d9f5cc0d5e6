"""What a provider's answer means: taken, not now, never, or nobody can say.

The tables follow delivery.md sections 2 and 4, RFC 5321 and RFC 3463 for SMTP
and Twilio's list of error codes for texts.
"""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum


class Outcome(StrEnum):
    """The four things that can be known after a try."""

    ACCEPTED = "accepted"
    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    UNCERTAIN = "uncertain"


class Phase(StrEnum):
    """How far a try had come; an SMTP dialogue names each step, HTTP needs only three."""

    CONNECTING = "connecting"
    GREETING = "greeting"
    SECURING = "securing"
    SIGNING_IN = "signing-in"
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"
    HANDING_OVER = "handing-over"


_ABOUT_US = frozenset(
    {Phase.CONNECTING, Phase.GREETING, Phase.SECURING, Phase.SIGNING_IN, Phase.SENDER}
)
"""Up to here a refusal is about our server or our settings, not about the recipient."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a try came to. `reason` is a word of ours, never the provider's text."""

    outcome: Outcome
    reason: str
    suppress: bool = False
    """The address itself must not be tried again."""
    retry_after: timedelta | None = None


ACCEPTED = Verdict(outcome=Outcome.ACCEPTED, reason="taken")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a provider said to a try: our verdict, its code, its words and its own reference."""

    verdict: Verdict
    code: int | None = None
    text: str = field(default="", repr=False)
    reference: str | None = None


def temporary(reason: str, retry_after: timedelta | None = None) -> Verdict:
    """Not now: worth another try."""
    return Verdict(outcome=Outcome.TEMPORARY, reason=reason, retry_after=retry_after)


def permanent(reason: str, *, suppress: bool = False) -> Verdict:
    """Never like this."""
    return Verdict(outcome=Outcome.PERMANENT, reason=reason, suppress=suppress)


A_WHILE = timedelta(seconds=30)
"""How long a carrier is left alone that is busy (429) and does not say how long."""


def uncertain(reason: str) -> Verdict:
    """Handed over, and no answer."""
    return Verdict(outcome=Outcome.UNCERTAIN, reason=reason)


_ENHANCED = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_MAILBOX_FULL = {"2.2"}
_NO_SUCH_MAILBOX = {"1.1", "1.2", "1.3", "1.6", "1.10"}


def smtp_reply(code: int, text: str, phase: Phase) -> Verdict:
    """Judge an SMTP reply by its code, its enhanced code (RFC 3463) and the step it answered.

    A full mailbox (452, 552, x.2.2) empties itself: it is temporary whatever
    the first digit says (F12). A 5xx before the recipient was named is about
    us, and stays worth a retry until someone has put our settings right.
    """
    found = _ENHANCED.search(text)
    detail = f"{found.group(2)}.{found.group(3)}" if found else ""
    if 200 <= code < 300 and phase is Phase.HANDING_OVER:
        return ACCEPTED
    if code in {452, 552} or detail in _MAILBOX_FULL:
        return temporary("mailbox-full")
    if phase in _ABOUT_US and code >= 500:
        return temporary("our-settings")
    if code < 500:
        return temporary("busy")
    if detail in _NO_SUCH_MAILBOX or (phase is Phase.RECIPIENT and not detail and code in _GONE):
        return permanent("no-such-address", suppress=True)
    return permanent("refused")


_GONE = {550, 551, 553}


def smtp_silence(phase: Phase) -> Verdict:
    """Judge a lost connection or a time-out: before the final dot nothing was taken (RFC 5321)."""
    if phase is Phase.HANDING_OVER:
        return uncertain("no-answer")
    return temporary("unreachable" if phase is Phase.CONNECTING else "cut-off")


def returned(status: str) -> Verdict:
    """Judge a mail that came back, by the enhanced status code of its report (RFC 3463), if any.

    Its server has given up, so this one arrives no more whatever the class. Only a mailbox that
    does not exist is never written to again (F14).
    """
    found = _ENHANCED.search(status)
    detail = f"{found.group(2)}.{found.group(3)}" if found else ""
    if detail in _MAILBOX_FULL:
        return permanent("mailbox-full")
    if found and found.group(1) == "4":
        return permanent("gave-up")
    if detail in _NO_SUCH_MAILBOX:
        return permanent("no-such-address", suppress=True)
    return permanent("refused")


_SUPPRESSING = {21610: "opted-out", 30004: "blocked"}
_NEVER = {
    21211: "no-such-number",
    21212: "our-settings",
    21265: "no-such-number",
    21610: "opted-out",
    21612: "no-route",
    21614: "cannot-get-texts",
    21617: "too-long",
    21635: "cannot-get-texts",
    30004: "blocked",
    30005: "no-such-number",
    30006: "cannot-get-texts",
    30007: "filtered",
}
_NOT_NOW = {
    14107: "busy",
    20429: "busy",
    30001: "busy",
    30003: "phone-off",
    30008: "unknown",
}
_OUR_SETTINGS = {20003, 20404, 21408, 21603, 21606, 21659, 21660, 30002, 30034}


def twilio_code(code: int, retry_after: timedelta | None = None) -> Verdict:
    """Judge one of Twilio's error codes, from an answer or from a status callback."""
    if code in _NEVER:
        return permanent(_NEVER[code], suppress=code in _SUPPRESSING)
    if code in _NOT_NOW:
        return temporary(_NOT_NOW[code], retry_after)
    if code in _OUR_SETTINGS:
        return temporary("our-settings", retry_after)
    return permanent("refused")


def twilio_answer(status: int, code: int | None, retry_after: timedelta | None = None) -> Verdict:
    """Judge an answer of Twilio's Messages resource by HTTP status and error code.

    429 and 503 say that nothing was taken; the other 5xx may come after the
    message was queued, and Twilio has no idempotency key: uncertain, not failed.
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
    return twilio_code(code, retry_after) if code is not None else permanent("refused")
