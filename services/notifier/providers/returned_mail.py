"""The mailbox to which mails come back, read over IMAP (RFC 3501) with TLS.

What was understood is marked as read, what was not is flagged as well, for a person to look at;
nothing is deleted. A mail is marked only after it was taken down, so a process that is killed in
between reads it once more.
"""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from services.notifier.domain.bounce import LONGEST
from services.notifier.domain.servers import ImapMailbox

TIMEOUT_SECONDS: Final = 15
MOST_AT_ONCE: Final = 200


class MailboxUnavailable(Exception):
    """The mailbox can't be read now; the text says why, without its password."""


def collect(mailbox: ImapMailbox, take: Callable[[bytes], bool]) -> tuple[int, int]:
    """Hand every unread mail to `take`, which tells whether it understood it.

    Returns how many were understood and how many were not. Raises MailboxUnavailable; what was
    taken until then is marked.
    """
    understood = other = 0
    with _opened(mailbox) as imap:
        for uid in _unread(imap)[:MOST_AT_ONCE]:
            content = _content(imap, uid)
            if content is None:
                continue  # somebody else has just moved it
            if take(content):
                understood += 1
                _mark(imap, uid, r"(\Seen)")
            else:
                other += 1
                _mark(imap, uid, r"(\Seen \Flagged)")
    return understood, other


@contextmanager
def _opened(mailbox: ImapMailbox) -> Iterator[imaplib.IMAP4_SSL]:
    context = ssl.create_default_context(cafile=mailbox.ca_file)
    try:
        with imaplib.IMAP4_SSL(
            mailbox.host, mailbox.port, ssl_context=context, timeout=TIMEOUT_SECONDS
        ) as imap:
            imap.login(mailbox.username, mailbox.password)
            _ok(imap.select(f'"{mailbox.folder}"'))
            yield imap
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxUnavailable(f"{type(error).__name__} at {mailbox.host}: {error}") from error


def _unread(imap: imaplib.IMAP4_SSL) -> list[str]:
    (found,) = _ok(imap.uid("SEARCH", "UNSEEN"))
    return found.decode().split() if isinstance(found, bytes) else []


def _content(imap: imaplib.IMAP4_SSL, uid: str) -> bytes | None:
    for part in _ok(imap.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LONGEST}>)")):
        if isinstance(part, tuple):
            return bytes(part[1])
    return None


def _mark(imap: imaplib.IMAP4_SSL, uid: str, flags: str) -> None:
    _ok(imap.uid("STORE", uid, "+FLAGS.SILENT", flags))


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(f"The server said {status}.")
    return data
