"""The product that people are sent through, started for each module and gone after it."""

from collections.abc import Iterator

import pytest

from tests.noninterference.product import Product, running
from tests.noninterference.twins import Twins


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running(tmp_path_factory.mktemp("product")) as started:
        yield started


@pytest.fixture(scope="module")
def twins(product: Product) -> Twins:
    return Twins(product)
