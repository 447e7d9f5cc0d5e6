"""Which carrier takes a text now, read from the tries themselves, by the database's clock.

Workers share nothing but the rows. Where a breaker is half open a lock makes sure that one of them
alone sends the probe: its try is written down before the lock ends.
"""

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from services.notifier.domain.carriers import judge
from services.notifier.domain.choosing import (
    PROBE_AFTER,
    REMEMBERED_MINUTES,
    SLOW,
    Breaker,
    Fault,
    Minute,
    Minutes,
    Tried,
    breaker,
    choose,
    weights,
)
from services.notifier.domain.servers import CARRIERS
from services.notifier.domain.verdict import Outcome
from services.notifier.models import Attempt, AttemptEvent, ProviderEvent
from services.notifier.operations import acts
from services.notifier.operations.acts import Act

LATEST: Final = 60
"""How many tries of a carrier tell its state: enough for a window of 20 and what is under way."""

_REMEMBERED: Final = timedelta(days=1)
_OUTCOMES: Final = tuple(Outcome)
_ERRORS: Final = ("busy", "unreachable", "no-answer", "cut-off")
_INCIDENT: Final = "our-settings"
_PROBE_LOCK: Final = 0x5F0E  # the first half of the lock's key; the second is the carrier's name

Weigh = Callable[[Session, Mapping[str, int], datetime], dict[str, int]]


class AllAway(Exception):
    """No carrier may be used before `until`."""

    def __init__(self, until: datetime) -> None:
        super().__init__("Each carrier is to be left alone for now.")
        self.until = until


def carrier_for(session: Session, usual: Mapping[str, int], *, weigh: Weigh, now: datetime) -> str:
    """Choose among carriers by weight, leaving out whoever is to be left alone. Raises AllAway."""
    states = {name: state_of(session, name, now=now) for name in usual}
    free = {name for name, state in states.items() if state.lets_through(now)}
    for name in sorted(free):
        # A carrier that may be tried again gets its one probe before the others are asked.
        if states[name].open:
            if _probes(session, name, now=now):
                return name
            free.discard(name)
    if not free:
        waits = [state.free_at for state in states.values() if state.free_at]
        raise AllAway(max(min(waits), now + timedelta(seconds=1)))
    if len(free) == 1:
        return next(iter(free))
    weighed = weigh(session, usual, now)
    ready = {name: weight for name, weight in weighed.items() if name in free}
    return choose(ready, random.random())  # noqa: S311 - spreads texts, keeps no secret


def state_of(session: Session, carrier: str, *, now: datetime) -> Breaker:
    """Whether a carrier may be used, as its latest tries say.

    What was wrong before staff said to begin again no longer counts; a pause that the carrier
    itself asked for still does.
    """
    tries = (
        select(Attempt.id, Attempt.opened_at)
        .where(Attempt.provider == carrier, Attempt.opened_at > now - _REMEMBERED)
        .order_by(Attempt.opened_at.desc())
        .limit(LATEST)
        .subquery()
    )
    rows = session.execute(
        select(
            tries.c.opened_at, AttemptEvent.at, AttemptEvent.reason, AttemptEvent.retry_at
        ).outerjoin(
            AttemptEvent,
            and_(AttemptEvent.attempt_id == tries.c.id, AttemptEvent.kind.in_(_OUTCOMES)),
        )
    )
    told = [
        Tried(opened_at=opened_at, at=at, fault=_fault(reason), retry_at=retry_at)
        for opened_at, at, reason, retry_at in rows
    ]
    begun = acts.latest_at(session, Act.RESUME, about=carrier)
    return breaker(
        replace(one, fault=None) if begun and one.at and one.at <= begun else one
        for one in [*told, *_incidents(session, carrier, now=now)]
    )


def refusing(session: Session, carriers: Iterable[str], *, now: datetime) -> list[str]:
    """The carriers that refuse our account or our sender, for somebody to look after."""
    return [name for name in carriers if state_of(session, name, now=now).refused]


def weights_now(session: Session, usual: Mapping[str, int], now: datetime) -> dict[str, int]:
    """The weights of this minute."""
    minute = int(now.timestamp()) // 60
    since = datetime.fromtimestamp((minute - REMEMBERED_MINUTES) * 60, now.tzinfo)
    opened_in = func.floor(func.extract("epoch", Attempt.opened_at) / 60)
    bad = or_(
        AttemptEvent.kind == Outcome.UNCERTAIN,
        and_(AttemptEvent.kind == Outcome.TEMPORARY, AttemptEvent.reason.in_(_ERRORS)),
        AttemptEvent.at - Attempt.opened_at > SLOW,
    )
    rows = session.execute(
        select(Attempt.provider, opened_in, func.count(), func.count().filter(bad))
        .join(AttemptEvent, AttemptEvent.attempt_id == Attempt.id)
        .where(
            Attempt.provider.in_(list(usual)),
            Attempt.opened_at >= since,
            AttemptEvent.kind.in_(_OUTCOMES),
        )
        .group_by(Attempt.provider, opened_in)
    )
    history: dict[str, dict[int, Minute]] = {}
    for carrier, at, tries, wrong in rows:
        history.setdefault(carrier, {})[int(at)] = Minute(tries=tries, bad=wrong)
    seen: Mapping[str, Minutes] = history
    return weights(usual, seen, minute=minute)


class Scales:
    """The weights, looked up once a minute by each process: they change no faster."""

    def __init__(self) -> None:
        self._known: tuple[int, dict[str, int]] | None = None

    def weigh(self, session: Session, usual: Mapping[str, int], now: datetime) -> dict[str, int]:
        """As `weights_now`."""
        minute = int(now.timestamp()) // 60
        known = self._known
        if known is None or known[0] != minute:
            known = self._known = (minute, weights_now(session, usual, now))
        return known[1]


def _fault(reason: str | None) -> Fault | None:
    if reason == _INCIDENT:
        return Fault.INCIDENT
    return Fault.ERROR if reason in _ERRORS else None


def _incidents(session: Session, carrier: str, *, now: datetime) -> list[Tried]:
    """Receipts that say that our account is not in order (30034), as the tries don't."""
    rows = session.execute(
        select(ProviderEvent.received_at, ProviderEvent.code)
        .where(
            ProviderEvent.provider == carrier,
            ProviderEvent.code.is_not(None),
            ProviderEvent.received_at > now - _REMEMBERED,
        )
        .order_by(ProviderEvent.received_at.desc())
        .limit(LATEST)
    )
    return [
        Tried(opened_at=at, at=at, fault=Fault.INCIDENT)
        for at, code in rows
        if code is not None and carrier in CARRIERS and judge(carrier, code).reason == _INCIDENT
    ]


def _probes(session: Session, carrier: str, *, now: datetime) -> bool:
    """Whether the probe that is due now is ours to send."""
    ours = session.scalar(
        select(func.pg_try_advisory_xact_lock(_PROBE_LOCK, func.hashtext(carrier)))
    )
    return bool(ours) and state_of(session, carrier, now=now).lets_through(now)


__all__ = ["PROBE_AFTER", "AllAway", "Scales", "carrier_for", "refusing", "state_of", "weights_now"]
