"""Everything that one person sees of the product, with what is theirs alone by nature made equal.

Made equal are: the person's own address and number, random tokens and ids, the moments of sending,
and the seconds left of a hold. All of these have one length, so sizes can still be compared.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from services.intake.domain.contact_points import spoken_phone
from services.simulators.carrier import Text
from services.simulators.mail import Accepted
from tests.noninterference.visitor import Seen

# Each names what it stands for; the order counts.
_EQUAL: Final = (
    (re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), b"<id>"),
    (re.compile(rb"(csrf_token\" value=\")[^\"]+"), rb"\1<form>"),
    (re.compile(rb"(?<![A-Za-z0-9_-])[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"), b"<token>"),
    (re.compile(rb"(?m)^DTSTAMP:\S+"), b"DTSTAMP:<now>"),
    # A hold: until when, and how much of it is left.
    (re.compile(rb"(?s)(<div class=\"held\").*?</div>"), rb"\1<time left>"),
)
_OF_THE_MOMENT: Final = frozenset(
    ("connection", "date", "keep-alive", "set-cookie", "x-request-id")
)
_OF_THE_SENDING: Final = frozenset(("date", "message-id", "received"))


@dataclass(frozen=True)
class Surface:
    """One thing that was seen: where, and the bytes."""

    where: str
    said: bytes


class Same:
    """Makes equal what belongs to one person by nature."""

    def __init__(self, *, email: str, phone: str) -> None:
        self._own = [
            (email.encode(), b"<address>"),
            (phone.encode(), b"<number>"),
            (phone.removeprefix("+").encode(), b"<number>"),
            (spoken_phone(phone).encode(), b"<number>"),
        ]

    def __call__(self, raw: bytes) -> bytes:
        raw = raw.replace(b"\r\n ", b"")  # RFC 5545, 3.1: a calendar's long lines are folded
        for own, name in self._own:
            raw = raw.replace(own, name)
        for pattern, name in _EQUAL:
            raw = pattern.sub(name, raw)
        return raw

    def pages(self, seen: Iterable[Seen]) -> list[Surface]:
        """Each answer: what was asked, status, headers, size and body."""
        return [self._page(one) for one in seen]

    def _page(self, one: Seen) -> Surface:
        headers = sorted(
            f"{name.lower()}: {value}"
            for name, value in one.headers
            if name.lower() not in _OF_THE_MOMENT
        )
        cookies = sorted(
            value.partition("=")[0] for name, value in one.headers if name.lower() == "set-cookie"
        )
        said = f"{one.status}\n{headers}\n{cookies}\n".encode() + one.body
        return Surface(self(one.asked.encode()).decode(), self(said))

    def mails(self, mails: Iterable[Accepted]) -> list[Surface]:
        """Each mail in the order of arrival: headers, and each part as it reads."""
        return [
            Surface(f"mail {n}", self(b"\n".join(_parts(mail.mail))))
            for n, mail in enumerate(mails)
        ]

    def texts(self, texts: Iterable[Text]) -> list[Surface]:
        """Each text in the order of arrival."""
        return [Surface(f"text {n}", self(one.body.encode())) for n, one in enumerate(texts)]


def _parts(message: EmailMessage) -> Iterable[bytes]:
    for name, value in message.items():
        if name.lower() not in _OF_THE_SENDING and "boundary" not in value:
            yield f"{name}: {value}".encode()
    for part in message.walk():
        if not part.is_multipart():
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            yield part.get_content_type().encode() + b"\n" + payload


def difference(one: list[Surface], other: list[Surface]) -> str:
    """Where two people's surfaces part, in words; nothing if they do not."""
    if [surface.where for surface in one] != [surface.where for surface in other]:
        return f"not the same things were seen: {_where(one)} and {_where(other)}"
    for mine, theirs in zip(one, other, strict=True):
        if mine.said != theirs.said:
            return f"{mine.where}: {_around(mine.said, theirs.said)}"
    return ""


def _where(seen: list[Surface]) -> list[str]:
    return [surface.where for surface in seen]


def _around(one: bytes, other: bytes) -> str:
    place = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b),
        min(len(one), len(other)),
    )
    start = max(0, place - 60)
    return f"{one[start : place + 60]!r} and {other[start : place + 60]!r}"
