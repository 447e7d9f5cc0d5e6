"""An e-mail as bytes: text, simple HTML, and the calendar entry where one belongs.

RFC 5322, 2045 and 2046; the calendar part as RFC 6047 wants it; Auto-Submitted (RFC 3834) keeps
answering machines from talking to us. It is put together by hand: `EmailMessage` takes one to two
milliseconds for it, which is most of what a mail costs (`make bench BENCH=mails`).
"""

from base64 import encodebytes
from binascii import b2a_qp
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cached_property
from typing import Final

from services.notifier.domain.message import OutgoingMessage

CALENDAR_FILE = "appointment.ics"

LONGEST_LINE: Final = 998
"""Bytes without the line end (RFC 5322, 2.1.1): above this even plain ASCII has to be encoded."""

_BOUNDARY: Final = b"=_"
"""How a boundary begins; quoted-printable never has the two together (RFC 2045, 6.7)."""

_NEWLINE: Final = b"\r\n"
_PRINTABLE: Final = bytes(range(32, 127)) + b"\t\n"


class NotAnAddress(ValueError):
    """An address that can't stand in a header: it has no @, or holds a line break."""


@dataclass(frozen=True, kw_only=True)
class Sender:
    """Who the mail is from, the same for all of them."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part after the @."""
        return self.address.rpartition("@")[2]

    @cached_property
    def header(self) -> bytes:
        """The From line, folded and encoded. Raises NotAnAddress."""
        mail = EmailMessage(policy=SMTP)
        mail["From"] = _address(self.address, self.name)
        return mail.as_bytes().partition(_NEWLINE * 2)[0]


def build(message: OutgoingMessage, *, sender: Sender, date: datetime) -> bytes:
    """Compose the message; the same message gives the same bytes but for its date.

    The recipient's name is left out: a header is read over shoulders, too. Raises NotAnAddress.
    """
    head = [
        sender.header,
        f"To: {_address(message.to)}".encode(),
        _subject(" ".join(message.subject.split())),
        f"Date: {format_datetime(date)}".encode(),
        f"Message-ID: <{message.message_id}@{sender.domain}>".encode(),
        b"Auto-Submitted: auto-generated",
        b"X-Auto-Response-Suppress: All",
        *_one_click(message.one_click),
        b"MIME-Version: 1.0",
    ]
    inner, outer = (f"=_{message.message_id}_{level}" for level in ("words", "all"))
    words = _together(
        "alternative", inner, _text("plain", message.text), _text("html", message.html)
    )
    if message.calendar_method:
        words = _together(
            "mixed", outer, words, _calendar(message.calendar, message.calendar_method)
        )
    return _NEWLINE.join([*head, words])


def _one_click(address: str) -> list[bytes]:
    """How a mail program's own button ends these (RFC 2369, 3.2; RFC 8058, 3.1)."""
    if not address:
        return []
    return [
        f"List-Unsubscribe: <{address}>".encode(),
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ]


def _together(how: str, boundary: str, *parts: bytes) -> bytes:
    mark = f"--{boundary}".encode()
    opened = [mark + _NEWLINE + part + _NEWLINE for part in parts]
    kind = f'Content-Type: multipart/{how}; boundary="{boundary}"\r\n\r\n'.encode()
    return kind + b"".join(opened) + mark + b"--" + _NEWLINE


def _text(subtype: str, text: str) -> bytes:
    content = text.replace("\r\n", "\n").replace("\r", "\n").encode()
    plain = (
        not content.translate(None, _PRINTABLE)
        and _BOUNDARY not in content
        and max(map(len, content.split(b"\n"))) <= LONGEST_LINE
    )
    return (
        f'Content-Type: text/{subtype}; charset="utf-8"\r\n'
        f"Content-Transfer-Encoding: {'7bit' if plain else 'quoted-printable'}\r\n\r\n"
    ).encode() + (content if plain else b2a_qp(content)).replace(b"\n", _NEWLINE)


def _calendar(calendar: str, method: str) -> bytes:
    return (
        f'Content-Type: text/calendar; method="{method}"; charset="utf-8";\r\n'
        f' name="{CALENDAR_FILE}"\r\n'
        "Content-Transfer-Encoding: base64\r\n"
        f'Content-Disposition: attachment; filename="{CALENDAR_FILE}"\r\n\r\n'
    ).encode() + encodebytes(calendar.encode()).replace(b"\n", _NEWLINE)


def _subject(subject: str) -> bytes:
    if (
        subject.isascii()
        and subject.isprintable()
        and len(subject) <= LONGEST_LINE - len("Subject: ")
    ):
        return f"Subject: {subject}".encode()
    encoded = Header(subject, "utf-8", header_name="Subject").encode(linesep="\r\n")
    return f"Subject: {encoded}".encode()


def _address(addr_spec: str, display_name: str = "") -> Address:
    try:
        address = Address(display_name, addr_spec=addr_spec)
    except (ValueError, IndexError) as error:
        raise NotAnAddress("The address can't be written to.") from error
    if not (addr_spec.isascii() and address.username and address.domain):
        # Other scripts before the @ need SMTPUTF8 all the way (RFC 6531): few servers have it.
        raise NotAnAddress("The address can't be written to.")
    return address
