"""What is computed from counts: shares are sane, sums are equal, and small numbers are not told."""

from collections import Counter
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain import charts
from services.scheduler.domain.insight import (
    LONGEST_WAIT,
    Period,
    apart,
    middle,
    minutes_by_cell,
    minutes_by_week,
    share,
    shown,
    waits,
)
from services.scheduler.domain.interval import Interval, merged

NEW_YORK = ZoneInfo("America/New_York")
counts = st.integers(0, 5000)


@given(counts, counts)
def test_a_share_lies_in_its_interval_and_never_tells_a_small_count(part, rest):
    found = share(part, part + rest)

    if part < 5 or rest < 5:
        assert found is None
    else:
        assert found is not None
        assert 0 <= found.low <= found.percent <= found.high <= 100


def test_wilson_by_hand_and_what_is_no_share():
    assert share(10, 100) == (10, 5, 18)  # 5.52 to 17.44 %, rounded outwards
    assert share(50, 100) == (50, 40, 60)
    with pytest.raises(ValueError, match="no part"):
        share(3, 2)
    ten, half = share(10, 100), share(50, 100)
    assert ten
    assert half
    assert apart(ten, half)
    assert not apart(ten, ten)


def test_a_small_count_is_a_word_and_none_is_none():
    assert [shown(n) for n in (0, 1, 4, 5)] == ["0", "fewer than 5", "fewer than 5", "5"]


@given(st.dictionaries(st.integers(-3, 60), st.integers(0, 50)))
def test_nobody_who_waited_is_lost(days):
    found = waits(days)

    assert sum(found) == sum(days.values())
    assert len(found) == LONGEST_WAIT + 1
    half = middle(found)
    if half is None:
        assert not sum(found)
    else:
        assert 2 * sum(found[: half + 1]) >= sum(found) > 2 * sum(found[:half]) - 1


@given(
    st.dates(date(2024, 1, 1), date(2030, 1, 1)),
    st.integers(1, 52),
    st.lists(st.tuples(st.integers(-3000, 120_000), st.integers(1, 3000)), max_size=12),
)
def test_minutes_by_week_and_by_hour_have_the_same_sum(today, weeks, stretches):
    period = Period.before(today, weeks, NEW_YORK)
    begin, end = period.within
    every = merged(Interval(begin + at, begin + at + long) for at, long in stretches)
    inside = sum(max(0, min(end, two) - max(begin, one)) for one, two in every)

    assert minutes_by_week(every, period).total() == inside
    assert minutes_by_cell(every, period).total() == inside
    assert period.until <= today < period.until + timedelta(weeks=1)
    assert len(period.mondays) == weeks


def test_a_period_counts_the_hour_that_clocks_skip_as_none():
    week = Period.before(date(2027, 3, 17), 1, NEW_YORK)  # clocks go forward on March 14

    assert week.within.end - week.within.start == (7 * 24 - 1) * 60


@given(st.integers(1, 4), st.integers(1, 4))
def test_drawings_of_small_counts_are_the_same_bytes(one, other):
    def drawn(count: int) -> tuple[str, str, str]:
        return (
            charts.bars([("Some", count), ("Many", 40)], title="t"),
            charts.columns([("0", count), ("1", 40)], title="t"),
            charts.heat({(1, 9): count, (2, 9): 40}, {(1, 9)}, title="t"),
        )

    assert drawn(one) == drawn(other)


@given(st.lists(counts, max_size=60))
def test_no_drawing_leaves_its_box_or_divides_by_nothing(values):
    pairs = [(str(n), value) for n, value in enumerate(values)]
    drawn = charts.columns(pairs, title="t") + charts.bars(pairs, title="t")

    assert "nan" not in drawn
    assert 'height="-' not in drawn
    assert "style=" not in drawn
    charts.heat(Counter(), set(), title="t")


def test_words_in_a_drawing_are_text():
    assert "<script>" not in charts.bars([("<script>", 9)], title='"><script>')
