"""Which carrier takes the next text."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.choosing import (
    INCIDENT_PROBE_AFTER,
    PROBE_AFTER,
    Fault,
    Minute,
    Tried,
    breaker,
    choose,
    weights,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HALF = {"one": 50, "other": 50}


def tries(outcomes: str, *, begin: datetime = NOON) -> list[Tried]:
    """One try a second: `.` is well, `x` an error, `!` an incident, `?` not known yet."""
    faults = {"x": Fault.ERROR, "!": Fault.INCIDENT}
    return [
        Tried(
            opened_at=begin + place * SECOND,
            at=None if outcome == "?" else begin + place * SECOND + SECOND / 2,
            fault=faults.get(outcome),
        )
        for place, outcome in enumerate(outcomes)
    ]


@pytest.mark.parametrize(
    ("outcomes", "is_open"),
    [
        ("", False),
        ("....", False),
        ("xxxx", False),
        ("xxxxx", True),
        ("xxxx.xxxx.xxxx", False),
        (".x" * 9 + "..", False),
        (".x" * 10, True),
        (".." * 10 + ".x" * 10, True),
        ("!", True),
        ("xxxxx?", True),
    ],
)
def test_a_breaker_opens_at_five_in_a_row_half_of_twenty_or_an_incident(outcomes, is_open):
    assert breaker(tries(outcomes)).open is is_open


def test_f17_an_open_breaker_lets_one_probe_through_every_half_minute():
    known = tries("xxxxx")
    tripped = known[-1].at
    assert tripped is not None

    assert not breaker(known).lets_through(tripped + PROBE_AFTER - SECOND)
    assert breaker(known).lets_through(tripped + PROBE_AFTER)

    probing = [*known, *tries("?", begin=tripped + PROBE_AFTER)]
    assert not breaker(probing).lets_through(tripped + PROBE_AFTER + SECOND)
    assert breaker(probing).lets_through(tripped + 2 * PROBE_AFTER)


def test_one_good_probe_closes_it_and_what_was_under_way_does_not():
    known = tries("xxxxx")
    late = Tried(opened_at=NOON, at=NOON + 20 * SECOND)

    assert breaker([*known, late]).open
    assert not breaker([*known, *tries(".", begin=NOON + 40 * SECOND)]).open
    assert breaker([*known, *tries("x", begin=NOON + 40 * SECOND)]).open
    assert not breaker([*known, *tries(".xxxx", begin=NOON + 40 * SECOND)]).open


def test_while_our_settings_are_refused_somebody_has_time_to_put_them_right():
    (incident,) = tries("!")
    assert incident.at is not None

    free_at = breaker([incident]).free_at

    assert free_at == incident.at + INCIDENT_PROBE_AFTER


def test_f15_whoever_asks_to_be_left_alone_is_left_alone():
    until = NOON + 30 * SECOND
    asked = Tried(opened_at=NOON, at=NOON, fault=Fault.ERROR, retry_at=until)

    state = breaker([asked, *tries(".....", begin=NOON - 60 * SECOND)])

    assert not state.open
    assert not state.lets_through(until - SECOND)
    assert state.lets_through(until)


def slow(share: float, *, minutes: range, each: int = 40) -> dict[int, Minute]:
    return {at: Minute(tries=each, bad=round(each * share)) for at in minutes}


def test_f17_ten_slow_in_a_hundred_move_the_weights_within_two_minutes_by_steps():
    bad, good = slow(0.1, minutes=range(100, 130)), slow(0, minutes=range(100, 130))
    history = {"one": bad, "other": good}

    moved = [weights(HALF, history, minute=at)["one"] for at in range(100, 107)]

    assert moved == [50, 40, 30, 20, 10, 10, 10]


def test_after_a_quarter_of_an_hour_of_calm_the_weights_come_back_by_steps():
    history = {"one": slow(0.1, minutes=range(100, 110)), "other": slow(0, minutes=range(200))}

    moved = [weights(HALF, history, minute=at)["one"] for at in (109, 124, 125, 130, 140, 169)]

    assert moved == [10, 10, 20, 30, 50, 50]


def test_where_all_are_slow_nothing_moves():
    both = slow(0.5, minutes=range(100, 110))

    assert weights(HALF, {"one": both, "other": both}, minute=110) == HALF


def test_one_bad_answer_moves_nothing():
    history = {"one": {100: Minute(tries=1, bad=1)}}

    assert weights(HALF, history, minute=101) == HALF


@given(
    st.dictionaries(st.sampled_from(["one", "other", "third"]), st.integers(0, 100), min_size=1),
    st.dictionaries(
        st.sampled_from(["one", "other", "third"]),
        st.dictionaries(
            st.integers(40, 100), st.builds(Minute, tries=st.integers(5, 9), bad=st.integers(0, 5))
        ),
    ),
)
def test_no_weight_is_lost_and_none_is_below_zero(usual, history):
    now = weights(usual, history, minute=101)

    assert sum(now.values()) == sum(usual.values())
    assert min(now.values()) >= 0
    assert set(now) == set(usual)


def test_texts_are_spread_by_weight():
    picked = Counter(choose({"one": 30, "other": 70, "none": 0}, dice / 100) for dice in range(100))

    assert picked == {"one": 30, "other": 70}
    assert choose({"one": 0, "other": 0}, 0.5) == "one"
