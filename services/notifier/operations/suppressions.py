"""Addresses that must not be tried again, found by a keyed hash of the address."""

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.message import Channel
from services.notifier.models import Suppression
from shared.crypto import blind_index


def suppress(session: Session, *, channel: Channel, address: str, reason: str) -> None:
    """Never write to this address again, until the entry is lifted."""
    session.execute(
        insert(Suppression)
        .values(channel=channel, address_index=_index(session, channel, address), reason=reason)
        .on_conflict_do_nothing()
    )


def suppressed(session: Session, *, channel: Channel, address: str) -> str | None:
    """Why an address is not to be written to; None if it may be."""
    return session.scalar(
        select(Suppression.reason).where(
            Suppression.channel == channel,
            Suppression.address_index == _index(session, channel, address),
            Suppression.lifted_at.is_(None),
        )
    )


def _index(session: Session, channel: Channel, address: str) -> bytes:
    return blind_index(session, f"suppression.{channel}", address.strip().casefold())
