"""Addresses that must not be tried again, found by a keyed hash of the address.

What a person stopped, only that person starts again; what staff may lift, `blocked` lifts.
"""

from sqlalchemy import case, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.domain.blocked import OPTED_OUT
from services.notifier.domain.consent import Act, Way
from services.notifier.models import Suppression
from services.notifier.operations import ledger
from shared.crypto import blind_index
from shared.vocabulary import Channel


def hold(session: Session, *, channel: Channel, address: str) -> bytes:
    """Have what concerns one address happen one after the other. Returns its keyed hash.

    Whoever stops texts, and whoever is about to send one, hold it until they commit: so no text
    begins after the stop was committed (F27), and two texts never count each other out (L24).
    """
    index = index_of(session, channel=channel, address=address)
    session.execute(select(func.pg_advisory_xact_lock(ledger.key_of(index))))
    return index


def suppress(
    session: Session, *, channel: Channel, address: str, reason: str, way: Way = Way.CARRIER
) -> bool:
    """Never write to this address again, until the entry is lifted. Returns whether that is new.

    One for each reason: whatever staff may lift, a STOP beside it stays. What the person stopped
    ends every consent at the address, in the ledger too.
    """
    index = index_of(session, channel=channel, address=address)
    new = session.scalar(
        insert(Suppression)
        .values(channel=channel, address_index=index, reason=reason)
        .on_conflict_do_nothing()
        .returning(Suppression.id)
    )
    if new is not None and reason == OPTED_OUT:
        ledger.note(session, address_index=index, act=Act.REVOKED, way=way, channel=channel)
    return new is not None


def suppressed(session: Session, *, channel: Channel, address: str) -> str | None:
    """Why an address is not to be written to; None if it may be. Their own word comes first."""
    return session.scalar(
        select(Suppression.reason)
        .where(
            Suppression.channel == channel,
            Suppression.address_index == index_of(session, channel=channel, address=address),
            Suppression.lifted_at.is_(None),
        )
        .order_by(case((Suppression.reason == OPTED_OUT, 0), else_=1), Suppression.id)
        .limit(1)
    )


def lift_own(session: Session, *, channel: Channel, address: str) -> bool:
    """Lift what the person at this address has stopped, at their own word. Returns whether it was.

    An entry of any other kind stays: that the number does not exist, say.
    """
    lifted = session.execute(
        update(Suppression)
        .where(
            Suppression.channel == channel,
            Suppression.address_index == index_of(session, channel=channel, address=address),
            Suppression.reason == OPTED_OUT,
            Suppression.lifted_at.is_(None),
        )
        .values(lifted_at=func.clock_timestamp())
        .returning(Suppression.id)
    )
    return lifted.first() is not None


def index_of(session: Session, *, channel: Channel, address: str) -> bytes:
    """The keyed hash by which an address is found, and can't be read."""
    return blind_index(session, f"suppression.{channel}", address.strip().casefold())
