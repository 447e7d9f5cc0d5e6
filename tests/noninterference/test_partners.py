"""L08, L11: nothing that one partner says or does reaches the other, on any day.

The first partner's surfaces are the same bytes for whatever the second answers and does, before
the uniform day and on it; the second's are the same for whatever the first has answered.
"""

import os
import random
from typing import Any
from unittest.mock import patch

import pytest

from services.intake.operations import steps
from tests.journeys.people import COUPLE
from tests.noninterference.pairs import UNIFORM_DAY, Pairs
from tests.noninterference.people import SAID_NOTHING, SEALED, confidences, somebody
from tests.noninterference.product import Product
from tests.noninterference.surfaces import Surface, difference

PAIRS = int(os.environ.get("PAIRS", "60")) // 20
SEED = int(os.environ.get("SEED", "20270310"))
DAYS = (1, 6, UNIFORM_DAY, UNIFORM_DAY + 3)

OPENLY = {name: value for name, value in COUPLE.items() if name not in SEALED}
INVITING = {**OPENLY, "email_safe": "yes", "c_email": True, "invite_pref": "share_link"}
RATHER_NOT = {**SAID_NOTHING, "joint_willing": "no"}
IN_CRISIS = {**SAID_NOTHING, "h_now": "yes", "s_danger": "yes"}
AFRAID = {**SAID_NOTHING, "s_afraid": "yes", "s_hurt": "yes"}

# What the second does, by name: what they confide (None: the link is never used), and how many
# pages of the form they send.
WAYS: dict[str, tuple[dict[str, Any] | None, int]] = {
    "never opens it": (None, 0),
    "begins and leaves": (SAID_NOTHING, 3),
    "leaves in crisis": (IN_CRISIS, 6),
    "declines": (RATHER_NOT, 14),
    "is afraid": (AFRAID, 14),
    "is in crisis": (IN_CRISIS, 14),
    "is willing": (SAID_NOTHING, 14),
}


@pytest.fixture(scope="module")
def pairs(product: Product) -> Pairs:
    product.begin_today()
    return Pairs(product)


def of_first(
    pairs: Pairs, answers: dict[str, Any], confided: dict[str, Any] | None, pages: int
) -> list[Surface]:
    """Everything that the first sees over the days, when the second does this."""
    pairs.product.set_clock(days=0)
    first = pairs.first(INVITING, SAID_NOTHING)
    for day in DAYS:
        if day == DAYS[1] and confided is not None:
            pairs.product.set_clock(days=2)
            pairs.second(first, answers, confided, pages=pages)
        pairs.look(first, day=day)
    first.way.visitor.close()
    return first.way.surfaces(messages=True)


@pytest.fixture(scope="module")
def undisturbed(pairs: Pairs) -> list[Surface]:
    return of_first(pairs, OPENLY, None, 0)


@pytest.mark.parametrize("name", list(WAYS)[1:])
def test_l11_the_first_sees_the_same_whatever_the_second_does(
    pairs: Pairs, undisturbed: list[Surface], name: str
) -> None:
    confided, pages = WAYS[name]

    assert difference(undisturbed, of_first(pairs, OPENLY, confided, pages)) == ""


def test_a_planted_leak_between_partners_is_found(pairs: Pairs, undisturbed: list[Surface]) -> None:
    to_see = steps._to_see

    def telling(couple: Any, invitation: Any, now: Any) -> bool:
        return to_see(couple, invitation, now) and couple.b_response_id is None

    with patch.object(steps, "_to_see", telling):
        found = difference(undisturbed, of_first(pairs, OPENLY, SAID_NOTHING, 3))

    assert "/begin/p/" in found


@pytest.mark.slow
def test_l08_no_byte_differs_for_the_first_whatever_the_second_answers(
    pairs: Pairs, undisturbed: list[Surface]
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - the same people for the same seed
    for _ in range(PAIRS):
        answers = somebody(chance, 0) | {"session_state": "NY", "age_group": "18_plus"}
        confided = confidences(chance, crisis=True)

        found = difference(undisturbed, of_first(pairs, answers, confided, chance.randrange(15)))

        assert found == "", (answers, confided)


@pytest.mark.slow
def test_l08_no_byte_differs_for_the_second_whatever_the_first_has_answered(
    pairs: Pairs,
) -> None:
    chance = random.Random(SEED + 1)  # noqa: S311 - the same people for the same seed

    def of_second(confided: dict[str, Any], **openly: Any) -> list[Surface]:
        pairs.product.set_clock(days=0)
        first = pairs.first({**INVITING, **openly}, confided)
        second = pairs.second(first, OPENLY, SAID_NOTHING)
        first.way.visitor.close()
        pairs.product.settle()
        return second.surfaces(messages=True)

    expected = of_second(SAID_NOTHING)
    for _ in range(PAIRS):
        openly = {"name_used": chance.choice(("Ellis", "Robin")), "main_concern": "trust"}

        assert difference(expected, of_second(confidences(chance), **openly)) == ""
