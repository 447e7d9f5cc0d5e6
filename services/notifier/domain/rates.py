"""How much may leave in how much time: token buckets, worked out from values.

A bucket begins full and fills evenly. What finds one of its buckets empty takes from none, and
waits: it is put off, never failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

_NOW: Final = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class Rate:
    """So many in so much time, and no more than that at once."""

    many: int
    within: timedelta

    def __post_init__(self) -> None:
        """Refuse what would never let anything through."""
        if self.many < 1 or self.within <= _NOW:
            raise ValueError("A rate lets at least one through, in some time.")

    @property
    def each(self) -> timedelta:
        """How long one takes to come back."""
        return self.within / self.many


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """How many are left, as of when."""

    left: float
    at: datetime


def filled(bucket: Bucket | None, rate: Rate, *, now: datetime) -> Bucket:
    """The bucket as it stands now; a new one is full. A clock that went back fills nothing."""
    if bucket is None:
        return Bucket(left=float(rate.many), at=now)
    passed = max(now - bucket.at, _NOW)
    return Bucket(left=min(rate.many, bucket.left + passed / rate.each), at=max(now, bucket.at))


def take(
    buckets: Mapping[str, Bucket | None], rates: Mapping[str, Rate], *, now: datetime
) -> tuple[dict[str, Bucket], timedelta]:
    """Take one from each bucket, or from none where one is empty.

    Returns how they stand then, and how long until all of them have one; zero if it was taken.
    """
    full = {name: filled(buckets.get(name), rate, now=now) for name, rate in rates.items()}
    wait = max(
        (rates[name].each * max(0.0, 1 - one.left) for name, one in full.items()), default=_NOW
    )
    # What is left is counted in fractions: a millionth short of one is one.
    if any(one.left < 1 - 1e-6 for one in full.values()):
        return full, max(wait, timedelta(milliseconds=1))
    return {name: Bucket(left=one.left - 1, at=one.at) for name, one in full.items()}, _NOW
