"""How those who carry our messages are doing: what staff look at when something does not arrive."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from services.notifier.carrier_models import MailboxReading
from services.notifier.domain.choosing import Breaker
from services.notifier.domain.verdict import Outcome
from services.notifier.models import Attempt, AttemptEvent, ProviderEvent
from services.notifier.operations import acts, choosing
from services.notifier.operations.acts import Act, Hand
from shared.db import database_now

HOURS: Final = 24


@dataclass(frozen=True, kw_only=True)
class Hour:
    """What was tried in one hour."""

    taken: int = 0
    refused: int = 0


@dataclass(frozen=True, kw_only=True)
class Carrying:
    """One carrier: its state now, its share, and its last 24 hours, the oldest first."""

    name: str
    state: Breaker
    weight: int | None
    hours: list[Hour]
    usual: timedelta | None
    """How long half of its answers took at most; None without any."""
    slowest: timedelta | None
    """And nineteen of twenty."""
    code: int | None
    """The code with which it refused our account, where it does."""

    @property
    def taken(self) -> int:
        """How many messages it took."""
        return sum(hour.taken for hour in self.hours)

    @property
    def refused(self) -> int:
        """How many tries it refused, or left without an answer."""
        return sum(hour.refused for hour in self.hours)


def look(session: Session, names: list[str], *, usual: Mapping[str, int]) -> list[Carrying]:
    """Every carrier that is set up. `usual` has the shares of those that carry texts."""
    now = database_now(session)
    weights = choosing.weights_now(session, usual, now) if usual else {}
    return [_look(session, name, weights.get(name), now=now) for name in names]


def resume(session: Session, *, name: str, hand: Hand, reason: str) -> None:
    """Use a carrier again at once: what it refused before this no longer counts against it."""
    acts.note(session, hand=hand, act=Act.RESUME, about=name, reason=reason)


def note_reading(session: Session, *, failed: bool) -> None:
    """Write down that the mailbox of returned mail was read, or could not be."""
    now = func.clock_timestamp()
    read_at = None if failed else now
    new = insert(MailboxReading).values(id=1, tried_at=now, read_at=read_at, failed=failed)
    session.execute(
        new.on_conflict_do_update(
            index_elements=[MailboxReading.id],
            set_={
                "tried_at": new.excluded.tried_at,
                "read_at": func.coalesce(new.excluded.read_at, MailboxReading.read_at),
                "failed": new.excluded.failed,
            },
        )
    )


def latest_reading(session: Session) -> MailboxReading | None:
    """How the latest reading went; None before the first."""
    return session.get(MailboxReading, 1)


def _look(session: Session, name: str, weight: int | None, *, now: datetime) -> Carrying:
    since = now - timedelta(hours=HOURS)
    told = and_(
        AttemptEvent.attempt_id == Attempt.id, AttemptEvent.kind.in_([one.value for one in Outcome])
    )
    recent = and_(Attempt.provider == name, Attempt.opened_at > since)
    hour = func.floor(func.extract("epoch", Attempt.opened_at - since) / 3600)
    took = func.extract("epoch", AttemptEvent.at - Attempt.opened_at)
    counted: dict[int, Hour] = {}
    rows = session.execute(
        select(
            hour,
            func.count(case((AttemptEvent.kind == Outcome.ACCEPTED, 1))),
            func.count(case((AttemptEvent.kind != Outcome.ACCEPTED, 1))),
        )
        .join(AttemptEvent, told)
        .where(recent)
        .group_by(hour)
    )
    for at, taken, refused in rows:
        counted[int(at)] = Hour(taken=taken, refused=refused)
    usual, slowest = session.execute(
        select(
            func.percentile_cont(0.5).within_group(took),
            func.percentile_cont(0.95).within_group(took),
        )
        .select_from(Attempt)
        .join(AttemptEvent, told)
        .where(recent)
    ).one()
    state = choosing.state_of(session, name, now=now)
    return Carrying(
        name=name,
        state=state,
        weight=weight,
        hours=[counted.get(each, Hour()) for each in range(HOURS)],
        usual=None if usual is None else timedelta(seconds=float(usual)),
        slowest=None if slowest is None else timedelta(seconds=float(slowest)),
        code=_code(session, name, since=since) if state.refused else None,
    )


def _code(session: Session, name: str, *, since: datetime) -> int | None:
    """With which code it refused us: from its answer, else from a receipt (30034)."""
    answered = session.scalar(
        select(AttemptEvent.code)
        .join(Attempt, Attempt.id == AttemptEvent.attempt_id)
        .where(
            Attempt.provider == name,
            AttemptEvent.reason == "our-settings",
            AttemptEvent.at > since,
        )
        .order_by(AttemptEvent.id.desc())
        .limit(1)
    )
    if answered is not None:
        return answered
    return session.scalar(
        select(ProviderEvent.code)
        .where(
            ProviderEvent.provider == name,
            ProviderEvent.code.is_not(None),
            ProviderEvent.received_at > since,
        )
        .order_by(ProviderEvent.id.desc())
        .limit(1)
    )
