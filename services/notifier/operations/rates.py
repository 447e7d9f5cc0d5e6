"""How much leaves in how much time, kept in the database: all processes share the same buckets."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.carrier_models import TokenBucket
from services.notifier.domain.rates import Bucket, Rate, take
from services.notifier.models import Notification
from services.notifier.settings import Settings

FULL_AFTER: Final = timedelta(days=1)
"""A bucket that nobody took from for so long is full, and need not be kept."""


def wait_for_a_turn(
    session: Session, row: Notification, provider: str, settings: Settings, *, now: datetime
) -> timedelta:
    """Take a turn for this message, for everyone whom it concerns; else how long to wait for one.

    The buckets stay locked until the caller commits, so this is asked last, right before the try is
    written down. What stays in the mailbox takes none.
    """
    if provider == "mailbox":
        return timedelta(0)
    return take_turn(session, _concerned(row, provider, settings), now=now)


def take_turn(session: Session, rates: Mapping[str, Rate], *, now: datetime) -> timedelta:
    """Take one from each of these buckets, or none; returns how long to wait, zero if taken."""
    if not rates:
        return timedelta(0)
    names = sorted(rates)  # in one order, so that no two wait for each other
    session.execute(
        insert(TokenBucket)
        .values([{"name": name, "left": float(rates[name].many), "at": now} for name in names])
        .on_conflict_do_nothing()
    )
    found = session.scalars(
        select(TokenBucket)
        .where(TokenBucket.name.in_(names))
        .order_by(TokenBucket.name)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    rows = {row.name: row for row in found}
    known = {name: Bucket(left=row.left, at=row.at) for name, row in rows.items()}
    then, wait = take(known, rates, now=now)
    if not wait:
        for name, one in then.items():
            rows[name].left, rows[name].at = one.left, one.at
        session.flush()
    return wait


def forget(session: Session, *, now: datetime) -> None:
    """Drop the buckets that are full again: they begin full."""
    session.execute(delete(TokenBucket).where(TokenBucket.at < now - FULL_AFTER))


def _concerned(row: Notification, provider: str, settings: Settings) -> dict[str, Rate]:
    wanted = {
        "practice": settings.rate_practice,
        f"provider:{provider}": settings.rate_providers.get(provider),
    }
    if row.address_index is not None:
        wanted[f"recipient:{row.address_index.hex()}"] = settings.rate_recipient
    return {name: rate for name, rate in wanted.items() if rate is not None}
