"""Each service's migrations stand in one line, however many people wrote one on the same day."""

import re

import pytest

from shared.vocabulary import SERVICES
from tests.house.tree import ROOT

SAID = re.compile(r'^(?:down_)?revision = (?:"(?:[a-z]+_)?(\d+)"|None)$', re.MULTILINE)


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_are_numbered_one_after_the_other(service: str) -> None:
    found = sorted((ROOT / "services" / service / "migrations" / "versions").glob("[0-9]*.py"))

    numbers = [f"{n:04}" for n in range(1, len(found) + 1)]
    assert [path.name[:4] for path in found] == numbers
    said = [tuple(SAID.findall(path.read_text())) for path in found]
    assert said == list(zip(numbers, ["", *numbers[:-1]], strict=True))
