"""Shares of a pool, and how far a share strays (P24).

Of the neutral cases rule-24 (nobody), rule-26 (none yet comes first) and rule-27 (then the fewest).
Where rule-25 looks for whoever was asked longest ago, ours is fair by what each has ahead.
"""

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain import pool


def test_p24_nobody_is_asked_of_nobody():
    assert pool.order({}, {}) == []


def test_p24_whoever_has_none_yet_comes_first_then_whoever_has_fewest():
    assert pool.order({1: 1, 2: 101, 3: 2, 4: 0}, {}) == [4, 1, 3, 2]


def test_p24_a_tie_is_settled_the_same_way_each_time():
    assert pool.order({7: 1, 3: 1, 5: 1}, {}) == [3, 5, 7]


@given(weights=st.lists(st.integers(1, 100), min_size=3, max_size=3), taken=st.integers(1, 300))
def test_p24_of_three_each_stays_within_one_of_the_target_at_every_step(weights, taken):
    counts = dict.fromkeys(range(3), 0)
    given_weights = dict(enumerate(weights))
    for n in range(1, taken + 1):
        counts[pool.order(counts, given_weights)[0]] += 1
        for host, count in counts.items():
            assert abs(count - n * weights[host] / sum(weights)) <= 1


@given(
    counts=st.dictionaries(st.integers(1, 9), st.integers(0, 50), min_size=2),
    weights=st.dictionaries(st.integers(1, 9), st.integers(1, 100)),
    data=st.data(),
)
def test_p24_the_order_of_two_does_not_depend_on_who_else_is_there(counts, weights, data):
    some = data.draw(st.sets(st.sampled_from(sorted(counts)), min_size=2))
    order = pool.order(counts, weights)

    assert pool.order({one: counts[one] for one in some}, weights) == [
        one for one in order if one in some
    ]
