"""A mail that came back: which of ours it was, and what has become of it.

RFC 3464 says it in a form for machines, older servers in prose. Which mail it was is never read
from there: each try leaves under an envelope address of its own (VERP), to which its bounce comes.
"""

import re
from base64 import b32decode, b32encode
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses
from typing import Final
from uuid import UUID

from flufl.bounce import all_failures

from services.notifier.domain.verdict import Verdict, returned

LONGEST: Final = 2_000_000
"""Bytes of one mail that are read: a bounce brings our own mail with it, and no more."""

_TOKEN: Final = re.compile(r"\+([a-z2-7]{26})([a-z2-7]{10})@", re.IGNORECASE)
_CODE: Final = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_TO: Final = ("Envelope-To", "X-Original-To", "Delivered-To", "To")


@dataclass(frozen=True, kw_only=True)
class Bounce:
    """What a mail says of mails that did not arrive, or not yet.

    `permanent` and `temporary` are the addresses it names; `status` is the first enhanced status
    code (RFC 3463) that it gives for one that failed, or for any, else empty.
    """

    permanent: frozenset[str]
    temporary: frozenset[str]
    status: str

    @property
    def returned(self) -> Verdict | None:
        """Why it will never arrive; None while the server still tries."""
        return returned(self.status) if self.permanent else None


def read_bounce(content: bytes) -> Bounce | None:
    """Read a mail as a bounce; None where it is something else, like an answer from a person."""
    mail = message_from_bytes(content[:LONGEST], policy=policy.compat32)
    groups = list(_groups(mail))
    permanent, temporary = _named(groups, "failed"), _named(groups, "delayed")
    if not permanent and not temporary:
        permanent, temporary = _in_prose(mail)
    if not permanent and not temporary:
        return None
    return Bounce(permanent=permanent, temporary=temporary - permanent, status=_status(groups))


def envelope_address(address: str, attempt_id: UUID, mark: bytes) -> str:
    """The sender that one try has on its envelope: `bounces+<id><mark>@harborlane.example`.

    `mark` is six bytes or more that only we can write: a guessed id bounces nothing. Small letters
    and digits only, since some servers write the part before the @ small.
    """
    local, _, domain = address.rpartition("@")
    return f"{local}+{_base32(attempt_id.bytes)}{_base32(mark)[:10]}@{domain}"


def tries_named(content: bytes) -> list[tuple[UUID, str]]:
    """The tries to whose envelope addresses a mail came, each with the mark that it bore."""
    mail = message_from_bytes(content[:LONGEST], policy=policy.compat32)
    given = [str(value) for name in _TO for value in mail.get_all(name, [])]
    found = [_TOKEN.search(address) for _, address in getaddresses(given)]
    named = [(_uuid(match.group(1)), match.group(2).lower()) for match in found if match]
    return list(dict.fromkeys(named))


def mark_of(mark: bytes) -> str:
    """A mark as it stands in an envelope address."""
    return _base32(mark)[:10]


def _groups(mail: Message) -> Iterator[Message]:
    """The fields of a report, a group for the mail and one for each recipient (RFC 3464, 2.1)."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status" and part.is_multipart():
            yield from (each for each in part.get_payload() if isinstance(each, Message))


def _action(group: Message) -> str:
    return str(group.get("Action", "")).strip().lower()


def _named(groups: list[Message], action: str) -> frozenset[str]:
    """The recipients to whom that happened, each by the name that we know it by if it is told."""
    found = set()
    for group in groups:
        if _action(group) == action:
            given = [str(group.get(name, "")) for name in ("Original-Recipient", "Final-Recipient")]
            addresses = [value.rpartition(";")[2].strip().strip("<>") for value in given]
            found.update([address for address in addresses if "@" in address][:1])
    return frozenset(found)


def _in_prose(mail: Message) -> tuple[frozenset[str], frozenset[str]]:
    """What older servers say in their own words: permanent and temporary.

    The library's detectors stumble over mails that are none, each in its own way (it logs how);
    what they can't read stays for a person, like everything that is no bounce.
    """
    try:
        temporary, permanent = all_failures(mail)
    except Exception:  # noqa: BLE001 - another each time: IndexError, TypeError, UnicodeError
        return frozenset(), frozenset()
    return frozenset(map(_text, permanent)), frozenset(map(_text, temporary))


def _status(groups: list[Message]) -> str:
    """The code of a recipient that failed, else of any: in its own field, else among the words."""
    for group in sorted(groups, key=lambda group: _action(group) != "failed"):
        for name in ("Status", "Diagnostic-Code"):
            if code := _CODE.search(str(group.get(name, ""))):
                return code.group(0)
    return ""


def _base32(value: bytes) -> str:
    return b32encode(value).decode().rstrip("=").lower()


def _uuid(text: str) -> UUID:
    return UUID(bytes=b32decode(text.upper() + "======"))


def _text(address: bytes) -> str:
    return address.decode("utf-8", "replace")
