"""Which carrier takes the next text: a breaker for each, and weights that move by steps.

Both are worked out anew from what became of the latest tries (delivery.md, "Provider choice"); they
are kept nowhere, so all workers see the same and nothing has to be put right after a crash.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

PROBE_AFTER: Final = timedelta(seconds=30)
"""How long an open breaker lets nothing through, and then one text."""

INCIDENT_PROBE_AFTER: Final = timedelta(minutes=5)
"""The same while our own settings are refused: somebody has to put them right first."""

IN_A_ROW: Final = 5
WINDOW: Final = 20
SLOW: Final = timedelta(seconds=5)
"""An answer that took longer counts against its carrier, though it was a good one."""

STEP: Final = 10
LEAST: Final = 10
"""Weights move by so many points of 100 a minute, and never below what shows a recovery."""

LOOKED_AT_MINUTES: Final = 5
TROUBLED_SHARE: Final = 0.05
TROUBLED_LEAST: Final = 2
CALM_MINUTES: Final = 15
BACK_EVERY_MINUTES: Final = 5
REMEMBERED_MINUTES: Final = 60


class Fault(StrEnum):
    """What was wrong with a try, as far as it was the carrier's doing or our account's."""

    ERROR = "error"
    INCIDENT = "incident"


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What became of a try at a carrier; `at` is None while nobody knows yet."""

    opened_at: datetime
    at: datetime | None
    fault: Fault | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Breaker:
    """Whether a carrier may be used: freely, from `free_at` on for one probe, or not before it."""

    open: bool
    free_at: datetime | None
    refused: bool = False
    """Whether it is our own settings that were refused: somebody has to look."""

    def lets_through(self, now: datetime) -> bool:
        """Whether a text may go there now."""
        return self.free_at is None or self.free_at <= now


_CLOSED: Final = Breaker(open=False, free_at=None)


def breaker(tries: Iterable[Tried]) -> Breaker:
    """Read the state of a carrier off its latest tries, in any order.

    It opens after 5 errors in a row, at half of the last 20, and at once when our settings are
    refused. While it is open one text goes through every 30 seconds (every 5 minutes for our
    settings); one good answer closes it. Where a carrier asked to be left alone until a time
    (Retry-After), nothing goes there before it, whatever else is known (F15).
    """
    known = list(tries)
    told = sorted((one for one in known if one.at is not None), key=_when)
    opened, pause = _opened(told)
    asked = max((one.retry_at for one in known if one.retry_at), default=None)
    if opened is None:
        return Breaker(open=False, free_at=asked) if asked else _CLOSED
    # A probe that is under way, or whose answer nobody has yet, is the one of its half minute.
    latest = max([opened, *(one.opened_at for one in known)])
    free_at = latest + pause
    return Breaker(
        open=True,
        free_at=max(free_at, asked) if asked else free_at,
        refused=pause == INCIDENT_PROBE_AFTER,
    )


def _when(one: Tried) -> datetime:
    assert one.at is not None
    return one.at


def _opened(told: Sequence[Tried]) -> tuple[datetime | None, timedelta]:
    """Since when it is open, and how long between probes; None for closed."""
    since: datetime | None = None
    pause = PROBE_AFTER
    window: deque[bool] = deque(maxlen=WINDOW)
    for one in told:
        if since is not None and one.fault is None:
            if one.opened_at > since:  # what was under way before says nothing of the time after
                since, pause = None, PROBE_AFTER
                window.clear()
            continue
        window.append(one.fault is not None)
        if one.fault is Fault.INCIDENT:
            since, pause = one.at, INCIDENT_PROBE_AFTER
        elif since is not None or _trips(window):
            since = one.at
    return since, pause


def _trips(window: deque[bool]) -> bool:
    latest = list(window)[-IN_A_ROW:]
    in_a_row = len(latest) == IN_A_ROW and all(latest)
    return in_a_row or (len(window) == WINDOW and 2 * sum(window) >= WINDOW)


@dataclass(frozen=True, kw_only=True)
class Minute:
    """How many tries were made in one minute, and how many of them were slow or went wrong."""

    tries: int = 0
    bad: int = 0


_NONE: Final = Minute()
Minutes = Mapping[int, Minute]
"""Minutes since 1970 -> what was tried in it."""


def weights(
    usual: Mapping[str, int], history: Mapping[str, Minutes], *, minute: int
) -> dict[str, int]:
    """The weight of each carrier in `minute`, from the minutes before it.

    A carrier of whose tries in the last 5 minutes one in twenty (two at least) was slow or went
    wrong loses 10 points each minute to those that are well; 15 minutes without any, and it gets 10
    back every 5 minutes. Where all are troubled alike nothing moves: there is nowhere to go.
    """
    now = dict(usual)
    for at in range(minute - REMEMBERED_MINUTES, minute + 1):
        troubled = {name for name in usual if _troubled(history.get(name, {}), at)}
        well = [name for name in usual if name not in troubled]
        for name in sorted(troubled):
            step = min(STEP, now[name] - LEAST)
            if well and step > 0:
                _give(now, step, name, well)
        if not troubled and at % BACK_EVERY_MINUTES == 0:
            _give_back(now, usual, history, at)
    return now


def choose(weighed: Mapping[str, int], dice: float) -> str:
    """Pick one by its weight; `dice` lies in [0, 1). Of weights that are all 0, the first."""
    total = sum(weighed.values())
    mark = dice * total
    for name, weight in weighed.items():
        if mark < weight:
            return name
        mark -= weight
    return next(iter(weighed))


def _troubled(minutes: Minutes, at: int) -> bool:
    seen = [minutes.get(each, _NONE) for each in range(at - LOOKED_AT_MINUTES, at)]
    tries, bad = sum(one.tries for one in seen), sum(one.bad for one in seen)
    return bad >= TROUBLED_LEAST and bad >= TROUBLED_SHARE * tries


def _calm(minutes: Minutes, at: int) -> bool:
    return not any(minutes.get(each, _NONE).bad for each in range(at - CALM_MINUTES, at))


def _give(now: dict[str, int], points: int, giver: str, takers: Sequence[str]) -> None:
    """Move points; what can't be shared evenly goes to the first."""
    each, rest = divmod(points, len(takers))
    now[giver] -= points
    for place, taker in enumerate(takers):
        now[taker] += each + (rest if place == 0 else 0)


def _give_back(
    now: dict[str, int], usual: Mapping[str, int], history: Mapping[str, Minutes], at: int
) -> None:
    for name in sorted(usual):
        givers = [other for other in usual if now[other] > usual[other]]
        step = min(STEP, usual[name] - now[name])
        if step > 0 and givers and _calm(history.get(name, {}), at):
            giver = max(givers, key=lambda other: now[other] - usual[other])
            _give(now, min(step, now[giver] - usual[giver]), giver, [name])
