"""L05: what somebody confides changes no byte of anything they, or an onlooker, can see.

`PAIRS` sets how many random pairs go through the running product; `make noninterference` runs ten
thousand.
"""

import os

import pytest

from tests.journeys.people import COUPLE
from tests.noninterference.people import SAID_NOTHING, SEALED
from tests.noninterference.twins import Twins

PAIRS = int(os.environ.get("PAIRS", "60"))
SEED = int(os.environ.get("SEED", "20270310"))

OPENLY = {name: value for name, value in COUPLE.items() if name not in SEALED}


@pytest.mark.slow
def test_l05_no_byte_differs_whatever_is_confided(twins: Twins) -> None:
    assert twins.random_difference(seed=SEED, pairs=PAIRS) == ""


def test_l05_one_who_is_afraid_is_met_like_anybody_else(twins: Twins) -> None:
    afraid = {**SAID_NOTHING, "s_afraid": "yes", "s_hurt": "yes", "s_danger": "worried"}

    assert twins.difference(OPENLY, [SAID_NOTHING, afraid]) == ""


def test_only_support_now_differs_and_it_is_the_same_for_everyone_who_sees_it(
    twins: Twins,
) -> None:
    now = {**SAID_NOTHING, "h_now": "yes"}
    others = {**SAID_NOTHING, "h_others": "yes", "s_afraid": "yes"}

    assert "/begin/next" in twins.difference(OPENLY, [SAID_NOTHING, now]).partition("\n")[0]
    assert twins.difference(OPENLY, [now, others]) == ""
