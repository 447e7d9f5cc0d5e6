"""People who answer everything open alike and confide different things: do their ways part?"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from tests.noninterference.journey import (
    Way,
    begin,
    book_and_cancel,
    fill_in,
    look_at_times,
    may_choose,
)
from tests.noninterference.people import confidences, somebody
from tests.noninterference.product import Product
from tests.noninterference.surfaces import difference

TWINS = 10
"""How many twins somebody has; one of them books, too, and is written to."""


@dataclass
class Twins:
    """Sends people through a product and compares what they saw.

    Who books has a number of their own, so that no limit on texts to one number is met.
    """

    product: Product
    bookers: Iterator[int] = field(default_factory=count)
    others: Iterator[int] = field(default_factory=lambda: count(10**6))

    def walk(self, open_answers: dict[str, Any], confided: dict[str, Any], *, book: bool) -> Way:
        """One person's whole way, as far as their page leads."""
        number = next(self.bookers if book else self.others)
        way = begin(self.product, open_answers, confided, number)
        fill_in(way)
        if may_choose(way):
            look_at_times(way)
            if book:
                book_and_cancel(way)
        way.visitor.close()
        return way

    def difference(
        self,
        open_answers: dict[str, Any],
        confided: list[dict[str, Any]],
        *,
        book_all: bool = False,
    ) -> str:
        """Where the ways of people with these confidences part; nothing if they never do."""
        self.product.begin_today()
        first = self.walk(open_answers, confided[0], book=True)
        for n, twin in enumerate(confided[1:]):
            booked = book_all or n == 0
            other = self.walk(open_answers, twin, book=booked)
            expected = first.surfaces(messages=booked)
            if not booked:  # who does not book sees the beginning of the same way
                expected = expected[: len(other.visitor.seen)]
            if found := difference(expected, other.surfaces(messages=booked)):
                return f"{found}\n{open_answers}\n{confided[0]}\n{twin}"
        return ""

    def random_difference(self, *, seed: int, pairs: int) -> str:
        """The same for that many random pairs."""
        chance = random.Random(seed)  # noqa: S311 - the same people for the same seed
        for _ in range(0, pairs, TWINS):
            confided = [confidences(chance) for _ in range(TWINS + 1)]
            if found := self.difference(somebody(chance, 0), confided):
                return found
        return ""
