"""Token buckets: whatever comes when, no more leaves than may, and whoever waits gets a turn."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.rates import Bucket, Rate, filled, take

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
RATES = st.builds(
    Rate, many=st.integers(1, 50), within=st.integers(1, 3600).map(lambda s: timedelta(seconds=s))
)
PAUSES = st.lists(st.integers(-5_000, 60_000).map(lambda ms: timedelta(milliseconds=ms)))


@given(rates=st.dictionaries(st.sampled_from("abc"), RATES, min_size=1), pauses=PAUSES)
def test_in_any_span_no_more_leaves_than_the_bucket_holds_and_than_came_back(
    rates: dict[str, Rate], pauses: list[timedelta]
):
    now, latest, buckets = NOON, datetime.min.replace(tzinfo=UTC), dict[str, Bucket | None]()
    left: list[datetime] = []
    for pause in pauses:
        now += pause
        latest = max(latest, now)
        buckets, wait = take(buckets, rates, now=now)
        if not wait:
            left.append(latest)

    for rate in rates.values():
        for first, begin in enumerate(left):
            for last, end in enumerate(left[first:], first):
                assert last - first + 1 <= rate.many + (end - begin) / rate.each + 1e-3


@given(rates=st.dictionaries(st.sampled_from("abc"), RATES, min_size=1), before=st.integers(0, 60))
def test_whoever_waits_as_long_as_was_said_gets_a_turn(rates: dict[str, Rate], before: int):
    buckets: dict[str, Bucket | None] = {}
    for _ in range(before):
        buckets, _ = take(buckets, rates, now=NOON)
    _, wait = take(buckets, rates, now=NOON)

    _, again = take(buckets, rates, now=NOON + wait + timedelta(milliseconds=1))

    assert again == timedelta(0)


@given(rate=RATES, other=RATES)
def test_where_one_is_empty_none_is_taken_from_the_others(rate: Rate, other: Rate):
    empty = {"full": Bucket(left=other.many, at=NOON), "empty": Bucket(left=0, at=NOON)}

    then, wait = take(empty, {"full": other, "empty": rate}, now=NOON)

    assert wait == rate.each
    assert then["full"].left == other.many


def test_f24_a_clock_that_goes_back_fills_nothing():
    rate = Rate(many=10, within=timedelta(seconds=10))
    bucket = Bucket(left=3, at=NOON)

    assert filled(bucket, rate, now=NOON - timedelta(hours=1)) == bucket


@pytest.mark.parametrize(("many", "seconds"), [(0, 1), (1, 0)])
def test_a_rate_that_lets_nothing_through_is_none(many: int, seconds: int):
    with pytest.raises(ValueError, match="at least one"):
        Rate(many=many, within=timedelta(seconds=seconds))
