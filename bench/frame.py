"""What a benchmark is given, and what it gives back.

A benchmark is a module of this package with `measure(run: Run) -> list[Figure]`. It makes what it
needs, warms up, and measures its baseline in the same rounds: machines are shared, and a ratio
taken side by side holds where a figure alone does not.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Literal

LEAST_ROUNDS = 5


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table. All three numbers are in `unit`.

    `baseline` was measured in the same rounds; `beside` says what it is, in a few words.
    """

    name: str
    unit: str
    measured: float
    aim: float
    aimed: Literal["at most", "at least"] = "at most"
    baseline: float
    beside: str

    @property
    def met(self) -> bool:
        """Whether the aim is reached."""
        if self.aimed == "at most":
            return self.measured <= self.aim
        return self.measured >= self.aim

    @property
    def ratio(self) -> float:
        """How many times its baseline it is."""
        return self.measured / self.baseline


@dataclass(frozen=True)
class Run:
    """How much of it: everything, best of several rounds; or just enough to see that it works."""

    rounds: int = 7
    tiny: bool = False

    def count(self, full: int, tiny: int) -> int:
        """The size of something: clinicians, calls, rows."""
        return tiny if self.tiny else full

    def best(self, *functions: Callable[[], object], calls: int = 1, often: int = 1) -> list[float]:
        """Seconds that one call of each takes: the best of all rounds, one after the other in each.

        With several `calls` the clock is read once around them, which short functions need; they
        can also have rounds more `often`, so that some are left alone by whoever else is at work.
        """
        found = [math.inf] * len(functions)
        for _ in range(self.rounds * often):
            for n, function in enumerate(functions):
                found[n] = min(found[n], _seconds(function, calls) / calls)
        return found


def _seconds(function: Callable[[], object], calls: int) -> float:
    began = perf_counter()
    for _ in range(calls):
        function()
    return perf_counter() - began


def percentile(values: list[float], share: float) -> float:
    """The smallest of the values that at least that share of them does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
