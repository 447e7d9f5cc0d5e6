"""The practice's other systems that are told: their addresses and secrets, sealed."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, func, select, update
from sqlalchemy.orm import Session

from services.notifier.domain.webhook import ROTATION, DeliveryState, Told, new_secret
from services.notifier.webhook_models import WebhookDelivery, WebhookEndpoint
from shared.crypto import PRACTICE_SUBJECT, seal, unseal
from shared.db import database_now

BY_STAFF: Final = "staff"


class NoSuchEndpoint(LookupError):
    """There is no such system, or it was removed."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A system as staff see it; `secret` for whoever sets it up there."""

    endpoint: WebhookEndpoint
    address: str
    secret: str
    waiting: int
    given_up: int


def all_of_them(session: Session) -> list[Shown]:
    """All systems that were not removed, by name."""
    rows = session.scalars(
        select(WebhookEndpoint)
        .where(WebhookEndpoint.removed_at.is_(None))
        .order_by(WebhookEndpoint.name, WebhookEndpoint.created_at)
    )
    return [_shown(session, row) for row in rows]


def one(session: Session, endpoint_id: UUID) -> Shown:
    """One system. Raises NoSuchEndpoint."""
    return _shown(session, locked(session, endpoint_id))


def add(
    session: Session, *, name: str, address: str, told: Collection[Told], account_id: UUID
) -> UUID:
    """Tell one more system from now on."""
    endpoint_id = uuid4()
    row = WebhookEndpoint(
        id=endpoint_id,
        name=name,
        host=urlsplit(address).hostname or "",
        address_sealed=_sealed(session, endpoint_id, "address", address),
        secret_sealed=_sealed(session, endpoint_id, "secret", new_secret()),
        told=[one.value for one in told],
        created_by=account_id,
    )
    session.add(row)
    session.flush()
    return endpoint_id


def exchange_secret(session: Session, *, endpoint_id: UUID) -> None:
    """Sign with a new secret, and for a day with the old one too. Raises NoSuchEndpoint."""
    row = locked(session, endpoint_id)
    old = opened(session, row, "secret")
    row.old_secret_sealed = _sealed(session, row.id, "old_secret", old)
    row.old_secret_until = database_now(session) + ROTATION
    row.secret_sealed = _sealed(session, row.id, "secret", new_secret())
    session.flush()


def stop(session: Session, *, endpoint_id: UUID) -> None:
    """Tell it nothing until it is started again; what happens meanwhile is not told later."""
    row = locked(session, endpoint_id)
    row.disabled_at, row.disabled_because = database_now(session), BY_STAFF
    session.flush()


def start(session: Session, *, endpoint_id: UUID) -> None:
    """Tell it again, and what was waiting when it was stopped."""
    row = locked(session, endpoint_id)
    row.disabled_at = row.disabled_because = row.quiet_until = None
    session.flush()


def remove(session: Session, *, endpoint_id: UUID) -> None:
    """Forget its address and secrets; what it was told stays in the log."""
    row = locked(session, endpoint_id)
    row.removed_at = database_now(session)
    row.address_sealed = row.secret_sealed = b""
    row.old_secret_sealed = row.old_secret_until = None
    session.execute(
        update(WebhookDelivery)
        .where(
            WebhookDelivery.endpoint_id == row.id, WebhookDelivery.state == DeliveryState.WAITING
        )
        .values(state=DeliveryState.GIVEN_UP)
    )
    session.flush()


def live() -> ColumnElement[bool]:
    """Whether a system is told at all."""
    return and_(WebhookEndpoint.disabled_at.is_(None), WebhookEndpoint.removed_at.is_(None))


def locked(session: Session, endpoint_id: UUID) -> WebhookEndpoint:
    """The row, for whoever changes it. Raises NoSuchEndpoint."""
    row = session.get(WebhookEndpoint, endpoint_id, with_for_update=True)
    if row is None or row.removed_at is not None:
        raise NoSuchEndpoint
    return row


def _shown(session: Session, row: WebhookEndpoint) -> Shown:
    counted = dict(
        session.execute(
            select(WebhookDelivery.state, func.count())
            .where(WebhookDelivery.endpoint_id == row.id)
            .group_by(WebhookDelivery.state)
        ).all()
    )
    return Shown(
        endpoint=row,
        address=opened(session, row, "address"),
        secret=opened(session, row, "secret"),
        waiting=counted.get(DeliveryState.WAITING, 0),
        given_up=counted.get(DeliveryState.GIVEN_UP, 0),
    )


def _sealed(session: Session, endpoint_id: UUID, what: str, value: str) -> bytes:
    place = f"webhook_endpoint.{what}_sealed:{endpoint_id}"
    return seal(session, subject_id=PRACTICE_SUBJECT, place=place, value=value)


def opened(session: Session, row: WebhookEndpoint, what: str) -> str:
    """Its `address`, its `secret`, or its `old_secret` in the clear."""
    sealed: bytes = getattr(row, f"{what}_sealed")
    place = f"webhook_endpoint.{what}_sealed:{row.id}"
    return str(unseal(session, subject_id=PRACTICE_SUBJECT, place=place, sealed=sealed))
