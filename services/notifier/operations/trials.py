"""A test message to oneself: by the very way that clients' messages go, so that it proves it.

The mail's address is the one that the account signs in with, asked of the scheduler as for any
word of a task. A number is typed, and sealed like every address.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.notifier.domain.delivery import REACHED, WAITING
from services.notifier.domain.message import Kind
from services.notifier.models import Errand, Notification
from services.notifier.operations import errands, message_log, notes
from services.notifier.operations.errands import ASSIGNMENT
from services.notifier.operations.message_log import Line
from shared.db import database_now

MOST: Final = 6
WITHIN: Final = timedelta(minutes=15)
_OF_USE: Final = timedelta(hours=1)


class EnoughTests(Exception):
    """So many tests were sent just now that one more would prove nothing."""


@dataclass(frozen=True, kw_only=True)
class Trials:
    """The latest tests, the newest first; `preparing`: so many have no message yet."""

    lines: Sequence[Line]
    preparing: int

    @property
    def under_way(self) -> bool:
        """Whether anything may still change by itself."""
        return bool(self.preparing) or any(
            line.notification.state in WAITING for line in self.lines
        )


def send(session: Session, *, account_id: UUID, number: str | None = None) -> None:
    """One mail to whose account it is, or one text to the number. Raises EnoughTests."""
    _refuse_many(session)
    errand_id = uuid4()
    errands.note(session, errand_id=errand_id, kind=ASSIGNMENT, account_id=account_id)
    row = session.get_one(Errand, errand_id, with_for_update=True)
    row.purpose = Kind.STAFF_TEST
    session.flush()
    if number is not None:
        errands.keep_address(session, errand_id=errand_id, address=number)
        notes.plan_test_text(session, errand_id=errand_id, of_use=_OF_USE)


def latest(session: Session, *, limit: int = MOST) -> Trials:
    """How the last ones went."""
    rows = session.scalars(
        select(Notification)
        .where(Notification.purpose == Kind.STAFF_TEST)
        .order_by(Notification.created_at.desc())
        .limit(limit)
    ).all()
    preparing = session.scalar(
        select(func.count()).where(
            Errand.purpose == Kind.STAFF_TEST,
            Errand.prepare_at.is_not(None),
            Errand.noted_at > database_now(session) - _OF_USE,
        )
    )
    return Trials(lines=message_log.with_tries(session, rows), preparing=preparing or 0)


def result(session: Session, *, mailbox: bool) -> str:
    """How the last ones went in a word: reached, kept, waits, failed, or nothing."""
    found = latest(session, limit=2)
    states = {line.notification.state for line in found.lines}
    if states & REACHED:
        return "kept" if mailbox else "reached"
    if found.under_way:
        return "waits"
    return "failed" if states else ""


def _refuse_many(session: Session) -> None:
    since = database_now(session) - WITHIN
    count = session.scalar(
        select(func.count()).where(Errand.purpose == Kind.STAFF_TEST, Errand.noted_at > since)
    )
    if (count or 0) >= MOST:
        raise EnoughTests
