"""When so many forms come from one place that a program must be sending them (P26).

Nobody's inquiry is thrown away. Up to `unproven_after` sends a day from one network, with one
address or by one device, all is as usual. Beyond it a form is taken and marked: whoever sent it has
to answer a message before a time is theirs. Only beyond `sends_an_hour` is a form refused for a
while, with everything kept that was written and the number to call.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much is human: a household, a shelter or a school sends from one address, too."""

    starts_an_hour: int = 60
    sends_an_hour: int = 20
    unproven_after: int = 6
    shortest: timedelta = timedelta(seconds=20)
    """Nobody answers the form faster than this."""


@dataclass(frozen=True)
class Sent:
    """What came from one place: within this hour, and within a day."""

    this_hour: int
    today: int


def network(address: str) -> str | None:
    """What counts as one place: an IPv4 address, or the /64 of an IPv6 one.

    None for this machine itself and for what is no address: behind a gateway that does not say who
    asks, everybody would be one place, and the practice would lose them all.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    if found.is_loopback:
        return None
    if found.version == 4:
        return str(found)
    return str(ipaddress.ip_network((found, 64), strict=False))


def wait_to_send(sent: Sent, limits: Limits, *, now: datetime) -> timedelta:
    """How long the next form from there has to wait; nothing where there is room."""
    return _rest_of_hour(now) if sent.this_hour >= limits.sends_an_hour else timedelta(0)


def wait_to_start(started: Sent, limits: Limits, *, now: datetime) -> timedelta:
    """The same for beginning one."""
    return _rest_of_hour(now) if started.this_hour >= limits.starts_an_hour else timedelta(0)


def wait_to_read(begun: datetime, limits: Limits, *, now: datetime) -> timedelta:
    """How much of the shortest time is left that a person takes for the form."""
    return max(timedelta(0), begun + limits.shortest - now)


def is_unproven(sent: Sent, limits: Limits) -> bool:
    """Whether one more from there is one of too many for one day."""
    return sent.today >= limits.unproven_after


def hour_of(now: datetime) -> datetime:
    """The full hour of UTC that counts are kept by."""
    return now.replace(minute=0, second=0, microsecond=0)


def _rest_of_hour(now: datetime) -> timedelta:
    return hour_of(now) + HOUR - now
