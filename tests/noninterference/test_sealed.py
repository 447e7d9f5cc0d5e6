"""L05: what somebody confides changes no byte of anything they, or an onlooker, can see.

Random people, each with a twin who answers everything open alike and confides something else, go
through the running product. `PAIRS` sets how many; `make noninterference` runs ten thousand.
"""

import os
import random
from collections.abc import Iterator
from itertools import count

import pytest

from tests.noninterference.journey import (
    Way,
    begin,
    book_and_cancel,
    fill_in,
    look_at_times,
    may_choose,
)
from tests.noninterference.people import confidences, somebody
from tests.noninterference.product import Product, running
from tests.noninterference.surfaces import difference

PAIRS = int(os.environ.get("PAIRS", "60"))
SEED = int(os.environ.get("SEED", "20270310"))
TWINS = 10


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("product")) as started:
        yield started


def walk(way: Way, *, book: bool) -> None:
    """The whole way as far as this person's page leads."""
    fill_in(way)
    if may_choose(way):
        look_at_times(way)
        if book:
            book_and_cancel(way)
    way.visitor.close()


@pytest.mark.slow
def test_l05_no_byte_differs_whatever_is_confided(product: Product) -> None:
    chance = random.Random(SEED)
    # Who books is written to: a number of their own each, so that no limit on texts is met.
    bookers, others = count(), count(10**6)
    for _ in range(0, PAIRS, TWINS):
        product.set_clock()
        open_answers = somebody(chance, 0)
        first = begin(product, open_answers, confidences(chance), next(bookers))
        walk(first, book=True)
        for twin in range(TWINS):
            messages = twin == 0
            number = next(bookers if messages else others)
            other = begin(product, open_answers, confidences(chance), number)
            walk(other, book=messages)
            expected = first.surfaces(messages=messages)
            if not messages:
                expected = expected[: len(other.visitor.seen)]

            assert difference(expected, other.surfaces(messages=messages)) == "", (
                first.answers,
                other.answers,
            )
