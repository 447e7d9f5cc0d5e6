"""Slowing down who guesses: failed tries counted per account and per place, for all processes.

The database counts, so that two web processes are one counter. It fails closed: without a
database nobody signs in anyway (ASVS 6.3.1).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.scheduler.domain.errors import TooManyTries
from services.scheduler.staff_models import Throttle
from shared.crypto import blind_index

FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(hours=24)


@dataclass(frozen=True)
class Tries:
    """A counter, under a keyed hash, and how many failures it takes without a wait."""

    key: bytes
    free: int


def account_tries(session: Session, address: str) -> Tries:
    """The counter of one account, whether or not there is such an account."""
    return Tries(blind_index(session, "throttle.account", address), free=5)


def place_tries(session: Session, place: str) -> Tries:
    """The counter of one network address; a whole practice may sit behind it."""
    return Tries(blind_index(session, "throttle.place", place), free=20)


def code_tries(session: Session, account_id: UUID) -> Tries:
    """The counter of second steps of one account; whoever is there knows its password already."""
    return Tries(blind_index(session, "throttle.code", str(account_id)), free=5)


def link_tries(session: Session, place: str) -> Tries:
    """The counter of links that opened nothing: a mistyped one is human, thirty are a search."""
    return Tries(blind_index(session, "throttle.link", place), free=30)


def from_address(session: Session, address: str) -> bytes:
    """The keyed hash under which times that are held from there are counted."""
    return blind_index(session, "hold.place", address)


def wait_after(failures: int, free: int) -> timedelta:
    """How long the next try has to wait: nothing at first, then 30 s, 1 min, 2 ... 15 min."""
    if failures < free:
        return timedelta(0)
    doubled: timedelta = FIRST_WAIT * 2 ** min(failures - free, 10)
    return min(LONGEST_WAIT, doubled)


def refuse_blocked(session: Session, tries: list[Tries], *, now: datetime) -> None:
    """Raises TooManyTries while one of the counters has to wait."""
    until = session.scalar(
        select(Throttle.blocked_until)
        .where(Throttle.key.in_([one.key for one in tries]), Throttle.blocked_until > now)
        .order_by(Throttle.blocked_until.desc())
        .limit(1)
    )
    if until is not None:
        raise TooManyTries(until - now)


def count_failure(session: Session, tries: list[Tries], *, now: datetime) -> None:
    """One more failure for each counter. A day without any begins anew."""
    for one in sorted(tries, key=lambda some: some.key):  # in one order: no waiting in a circle
        session.execute(
            insert(Throttle).values(key=one.key, failures=0, failed_at=now).on_conflict_do_nothing()
        )
        row = session.get_one(Throttle, one.key, with_for_update=True)
        row.failures = 1 if now - row.failed_at > FORGOTTEN_AFTER else row.failures + 1
        row.failed_at = now
        row.blocked_until = now + wait_after(row.failures, one.free)
    session.flush()


def forgive(session: Session, tries: Tries) -> None:
    """A success: the counter begins anew."""
    session.execute(delete(Throttle).where(Throttle.key == tries.key))
