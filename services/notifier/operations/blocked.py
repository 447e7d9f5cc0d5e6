"""The addresses that are not written to, for staff: seeing them, adding one, lifting some."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from services.notifier.domain.blocked import BY_STAFF, LIFTABLE
from services.notifier.domain.contact import Contact
from services.notifier.models import Notification, Suppression
from services.notifier.operations import acts, contacts, suppressions
from services.notifier.operations.acts import Act, Hand
from shared.crypto import SealBroken, SubjectErased
from shared.vocabulary import Channel

PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A blocked address: why, since when, and whose it is as far as somebody here has it now."""

    id: int
    channel: Channel
    reason: str
    since: datetime
    names: list[str]
    address: str | None
    """None where nobody here has it as their address any more."""


def entries(session: Session, *, offset: int = 0) -> tuple[list[Entry], bool]:
    """A page of what is blocked, the latest first, and whether there is more."""
    rows = session.scalars(
        select(Suppression)
        .where(Suppression.lifted_at.is_(None))
        .order_by(Suppression.created_at.desc(), Suppression.id.desc())
        .offset(offset)
        .limit(PAGE + 1)
    ).all()
    return _entries(session, rows[:PAGE]), len(rows) > PAGE


def find(session: Session, *, channel: Channel, address: str) -> list[Entry]:
    """What blocks exactly this address."""
    rows = session.scalars(
        select(Suppression)
        .where(
            Suppression.channel == channel,
            Suppression.address_index
            == suppressions.index_of(session, channel=channel, address=address),
            Suppression.lifted_at.is_(None),
        )
        .order_by(Suppression.id)
    ).all()
    return [
        Entry(
            id=row.id,
            channel=channel,
            reason=row.reason,
            since=row.created_at,
            names=[],
            address=address,
        )
        for row in rows
    ]


def block(session: Session, *, channel: Channel, address: str, hand: Hand, reason: str) -> bool:
    """Write to this address no more. False if staff had blocked it before.

    It is held first: what is being sent to it right now is seen, what comes later sees this.
    """
    suppressions.hold(session, channel=channel, address=address)
    new = suppressions.suppress(session, channel=channel, address=address, reason=BY_STAFF)
    if new:
        (entry,) = [
            one for one in find(session, channel=channel, address=address) if one.reason == BY_STAFF
        ]
        acts.note(session, hand=hand, act=Act.BLOCK, about=str(entry.id), reason=reason)
    return new


def lift(session: Session, *, entry_id: int, hand: Hand, reason: str) -> bool:
    """Take one entry away, and no other of the same address.

    False if it is not there, or is not for staff to lift: a STOP never is.
    """
    lifted = session.scalar(
        update(Suppression)
        .where(
            Suppression.id == entry_id,
            Suppression.lifted_at.is_(None),
            Suppression.reason.in_(LIFTABLE),
        )
        .values(lifted_at=func.clock_timestamp())
        .returning(Suppression.id)
    )
    if lifted is None:
        return False
    acts.note(session, hand=hand, act=Act.UNBLOCK, about=str(entry_id), reason=reason)
    return True


def _entries(session: Session, rows: Collection[Suppression]) -> list[Entry]:
    people = _people(session, {row.address_index for row in rows})
    known = {one: _contact(session, one) for each in people.values() for one in each}
    found = []
    for row in rows:
        channel = Channel(row.channel)
        having = [
            (contact, address)
            for one in people[row.address_index]
            if (contact := known[one]) is not None
            and (address := contact.email if channel is Channel.EMAIL else contact.phone)
            and suppressions.index_of(session, channel=channel, address=address)
            == row.address_index
        ]
        found.append(
            Entry(
                id=row.id,
                channel=channel,
                reason=row.reason,
                since=row.created_at,
                names=sorted({contact.name for contact, _ in having if contact.name}),
                address=having[0][1] if having else None,
            )
        )
    return found


def _people(session: Session, indexes: Iterable[bytes]) -> dict[bytes, set[UUID]]:
    people: dict[bytes, set[UUID]] = defaultdict(set)
    rows = session.execute(
        select(Notification.address_index, Notification.person_id)
        .where(Notification.address_index.in_(indexes), Notification.person_id.is_not(None))
        .distinct()
    )
    for index, person_id in rows:
        if index is not None and person_id is not None:
            people[index].add(person_id)
    return people


def _contact(session: Session, person_id: UUID) -> Contact | None:
    try:
        return contacts.last_known(session, person_id=person_id)
    except (SubjectErased, SealBroken):
        return None
