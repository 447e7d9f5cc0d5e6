"""The worked cases of two people, walked through the pages; what clinicians then read."""

import pytest

from tests.noninterference.pairs import Pairs
from tests.noninterference.people import SEALED
from tests.noninterference.product import Product
from tests.unit.intake.cases import VIGNETTES

TWO = [name for name, case in VIGNETTES.items() if case["form"] == "pair"]


@pytest.mark.parametrize("name", TWO)
def test_a_pair_is_decided_as_written_when_both_came_by_the_pages(
    product: Product, name: str
) -> None:
    case = VIGNETTES[name]
    pairs = Pairs(product, numbers=iter(range(3000 + 10 * TWO.index(name), 4000)))
    product.begin_today()
    first = pairs.first(*_apart(case["a"]))
    if case["b"] is not None:
        pairs.second(first, *_apart(case["b"]))
    pairs.look(first, day=case["days_since_invite"])

    answer = product.staff.sign_in().session.get(
        f"{product.url}/begin/api/staff/inquiries/{first.response_id}/pair", timeout=20
    )

    assert answer.status_code == 200, answer.text
    said = answer.json()
    assert {key: said[key] for key in case["expect"]} == case["expect"]
    assert said["b_status"] == case["b_status"]


def _apart(answers: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """What is said openly, and what is confided."""
    openly = {name: value for name, value in answers.items() if name not in SEALED}
    return openly, {name: value for name, value in answers.items() if name in SEALED}
