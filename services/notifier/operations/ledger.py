"""The ledger of consents: lines are added and read, and nothing else is possible."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.notifier.consent_models import ChannelConsent
from services.notifier.domain.consent import Act, Agreed, Line, Standing, Way, stand
from shared.vocabulary import Channel


def note(
    session: Session,
    *,
    address_index: bytes,
    act: Act,
    way: Way,
    channel: Channel = Channel.SMS,
    person_id: UUID | None = None,
    agreed: Agreed | None = None,
    notification_id: UUID | None = None,
    recorded_by: UUID | None = None,
    at: datetime | None = None,
    open_until: datetime | None = None,
) -> None:
    """Add a line. Raises IntegrityError for a second question to one number within a day."""
    row = ChannelConsent(
        channel=channel,
        address_index=address_index,
        address_key=key_of(address_index),
        person_id=person_id,
        act=act,
        way=way,
        notification_id=notification_id,
        text_version=agreed.version if agreed else None,
        text_sha256=agreed.sha256 if agreed else None,
        recorded_by=recorded_by,
        open_until=open_until,
    )
    if at is not None:
        row.at = at
    session.add(row)
    session.flush()


def standing(session: Session, *, address_index: bytes, channel: Channel = Channel.SMS) -> Standing:
    """How it stands with an address."""
    rows = session.scalars(
        select(ChannelConsent)
        .where(ChannelConsent.channel == channel, ChannelConsent.address_index == address_index)
        .order_by(ChannelConsent.id)
    )
    return stand(map(_line, rows))


def key_of(address_index: bytes) -> int:
    """An address as a number: to lock it by, and to compare it in a gist index."""
    return int.from_bytes(address_index[:8], "big", signed=True)


def _line(row: ChannelConsent) -> Line:
    words = row.text_version, row.text_sha256
    return Line(
        act=Act(row.act),
        at=row.at,
        person_id=row.person_id,
        notification_id=row.notification_id,
        agreed=Agreed(version=words[0] or "", sha256=words[1]) if words[1] else None,
    )
