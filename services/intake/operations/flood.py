"""Counting forms by where they come from, and holding back a flood of them (P26).

The database counts, so that several web processes are one counter.
"""

from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.intake.domain import flood
from services.intake.domain.flood import DAY, Limits, Sent
from services.intake.flood_models import SendingCount
from services.intake.operations.forms import Form
from shared.crypto import blind_index

_ADDRESS: Final = "email"


class Flooded(Exception):
    """Too many from there; `wait` is how long until the next one is taken."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"The next is taken in {wait}.")
        self.wait = wait


class TooFast(Flooded):
    """Sent sooner than anybody could have read it."""


def begin(session: Session, *, network: str | None, limits: Limits, now: datetime) -> None:
    """One more form is begun from there. Raises Flooded."""
    if network is None:
        return
    key = _key(session, "starts", network)
    wait = flood.wait_to_start(_sent(session, key, now=now), limits, now=now)
    if wait:
        raise Flooded(wait)
    _count(session, key, now=now)


def send(
    session: Session, form: Form, *, network: str | None, limits: Limits, now: datetime
) -> None:
    """One more form is sent from there, and marked when it is one of many.

    Raises Flooded or TooFast, having changed nothing; a form that was sent already passes.
    """
    if network is None or form.completed:
        return
    wait = flood.wait_to_read(form.response.started_at, limits, now=now)
    if wait:
        raise TooFast(wait)
    place = _key(session, "sends", network)
    from_there = _sent(session, place, now=now)
    wait = flood.wait_to_send(from_there, limits, now=now)
    if wait:
        raise Flooded(wait)
    device = _key(session, "device", str(form.response.id))
    counted = {place: from_there, device: _sent(session, device, now=now)}
    address = str(form.answers.get(_ADDRESS) or "").strip().casefold()
    if address:
        key = _key(session, "address", address)
        counted[key] = _sent(session, key, now=now)
    form.response.unproven = any(flood.is_unproven(one, limits) for one in counted.values())
    for key in sorted(counted):  # in one order: no waiting in a circle
        _count(session, key, now=now)


def carry_on(session: Session, *, earlier: Form, later: Form) -> None:
    """The same device begins another form: what it has sent so far counts for that one, too.

    The counts are copied under the key of the new form, so no row says which forms belong together.
    """
    before, now = (_key(session, "device", str(one.response.id)) for one in (earlier, later))
    counts = select(literal(now), SendingCount.hour, SendingCount.total)
    session.execute(
        insert(SendingCount).from_select(
            [SendingCount.key, SendingCount.hour, SendingCount.total],
            counts.where(SendingCount.key == before),
        )
    )


def forget(session: Session, *, now: datetime) -> int:
    """Drop counts that nobody asks for any more; returns how many."""
    gone = session.execute(
        delete(SendingCount).where(SendingCount.hour < now - 2 * DAY).returning(SendingCount.key),
        execution_options={"synchronize_session": False},
    )
    return len(gone.all())


def _key(session: Session, what: Literal["starts", "sends", "address", "device"], of: str) -> bytes:
    return blind_index(session, f"flood.{what}", of)


def _sent(session: Session, key: bytes, *, now: datetime) -> Sent:
    hour = flood.hour_of(now)
    this_hour, today = session.execute(
        select(
            func.coalesce(func.sum(SendingCount.total).filter(SendingCount.hour == hour), 0),
            func.coalesce(func.sum(SendingCount.total), 0),
        ).where(SendingCount.key == key, SendingCount.hour > hour - DAY)
    ).one()
    return Sent(int(this_hour), int(today))


def _count(session: Session, key: bytes, *, now: datetime) -> None:
    session.execute(
        insert(SendingCount)
        .values(key=key, hour=flood.hour_of(now), total=1)
        .on_conflict_do_update(
            index_elements=[SendingCount.key, SendingCount.hour],
            set_={"total": SendingCount.total + 1},
        )
    )
