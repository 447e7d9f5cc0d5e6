"""Mails that came back: whose try it was, and what becomes of the message (F14)."""

import hashlib
import hmac
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session

from services.notifier.domain.bounce import mark_of, read_bounce, tries_named
from services.notifier.operations import receipts

PROVIDER: Final = "smtp"


def mark(secret_key: str, attempt_id: UUID) -> bytes:
    """What only we can write beside a try's id, so that nobody else can return a mail."""
    text = f"softstart.bounce:{attempt_id}"
    return hmac.digest(secret_key.encode(), text.encode(), hashlib.sha256)


def take(session: Session, *, content: bytes, secret_key: str) -> bool:
    """Read a mail from the mailbox for what comes back; False where it returns none of ours.

    It is found by the address that it came to, never by an address that it names: those stand in
    other people's words. The same mail twice is one receipt.
    """
    ours = [
        attempt_id
        for attempt_id, written in tries_named(content)
        if hmac.compare_digest(written, mark_of(mark(secret_key, attempt_id)))
    ]
    bounce = read_bounce(content)
    if bounce is None or len(ours) != 1:
        return False
    verdict = bounce.returned
    receipts.take(
        session,
        provider=PROVIDER,
        attempt_id=ours[0],
        event_key=hashlib.sha256(content).hexdigest(),
        receipt="delayed" if verdict is None else "bounced",
        verdict=verdict,
    )
    return True
