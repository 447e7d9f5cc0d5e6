"""The sweep against a minute-by-minute oracle, and the promises that the engine makes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.availability import (
    Busy,
    BusyTime,
    Offer,
    Policy,
    by_day,
    free_starts,
    nearest,
    pooled,
)
from services.scheduler.domain.interval import Interval, OpenTime, merged, minute_at_or_after
from services.slot_words import stamp
from tests.unit.scheduler.cases import all_starts, minutes

ALWAYS = Interval(-10_000, 10_000)
CALL = Policy(duration=minutes(20), step=minutes(30), after=minutes(10))


def some(least: int, most: int) -> st.SearchStrategy[int]:
    """Any minute, but often one of a quarter of an hour, so that edges meet."""
    quarters = st.integers(-(-least // 15), most // 15).map(lambda n: n * 15)
    return quarters | st.integers(least, most)


quiet = st.sampled_from([0, 0, 0, 7, 15, 30])
intervals = st.builds(
    lambda start, length: Interval(start, start + length), some(0, 300), some(0, 240)
)
taken_times = st.builds(
    lambda start, length, before, after: Busy(start, start + length, before, after),
    some(-30, 330),
    some(0, 60) | st.sampled_from([-10, 0]),
    quiet,
    quiet,
)
policies = st.builds(
    lambda duration, step, before, after, buffers: Policy(
        duration=minutes(duration),
        step=minutes(step),
        before=minutes(before),
        after=minutes(after),
        buffers=buffers,
    ),
    st.integers(1, 30) | some(1, 90),
    st.sampled_from([5, 15, 30]) | st.integers(1, 45),
    quiet,
    quiet,
    st.sampled_from(["max", "sum"]),
)


def slow(
    opened: list[Interval],
    taken: list[Busy],
    policy: Policy,
    within: Interval,
    full: list[Interval],
) -> list[int]:
    """The same question, decided minute by minute on plain sets."""
    work = {minute for one in opened for minute in range(*one)}
    before, after = (one // minutes(1) for one in (policy.before, policy.after))
    blocked: set[int] = set()
    for one in taken:
        if policy.buffers == "max":
            lead, tail = max(one.before, after), max(one.after, before)
        else:
            lead, tail = one.before + after, one.after + before
        blocked.update(range(one.start - lead, one.end + tail))
    visit = policy.duration // minutes(1)
    return sorted(
        start
        for one in merged(opened)
        for start in range(one.start, one.end, policy.step // minutes(1))
        if within.start <= start < within.end
        and not any(day.start <= start < day.end for day in full)
        and all(m in work and m not in blocked for m in range(start, start + visit))
    )


@settings(max_examples=400, deadline=None)
@given(
    opened=st.lists(intervals, max_size=5),
    taken=st.lists(taken_times, max_size=6),
    policy=policies,
    within=intervals,
    full=st.lists(intervals, max_size=2),
)
def test_the_sweep_agrees_with_counting_every_minute(opened, taken, policy, within, full):
    found = free_starts(merged(opened), taken, policy, within=within, full=full)

    assert all_starts(found) == slow(opened, taken, policy, within, full)


@settings(max_examples=400, deadline=None)
@given(
    opened=st.lists(intervals, min_size=1, max_size=4),
    parts=st.lists(st.lists(taken_times, max_size=4), max_size=3),
    questions=st.lists(st.tuples(policies, intervals), min_size=2, max_size=3),
)
def test_values_kept_in_columns_answer_every_question_as_each_minute_does(opened, parts, questions):
    hours = OpenTime(merged(opened))
    taken = [one for part in parts for one in part]
    columns = sum(map(BusyTime.of, parts), BusyTime())

    assert list(columns) == taken
    for policy, within in questions:
        found = free_starts(hours, columns, policy, within=within)

        assert all_starts(found) == slow(opened, taken, policy, within, [])
        assert all(found)
        assert all(one[-1] < next_one[0] for one, next_one in pairwise(found))


def test_p8_neighbours_keep_the_larger_of_the_two_buffers_and_never_their_sum():
    """P8: gap >= max(after of the earlier, before of the later), for every pair of buffers."""
    sizes = (0, 10, 15, 30)
    for old_after in sizes:
        for new_before in sizes:
            policy = Policy(duration=minutes(20), step=minutes(5), before=minutes(new_before))
            taken = [Busy(0, 50, before=0, after=old_after)]

            found = all_starts(free_starts([Interval(0, 200)], taken, policy, within=ALWAYS))

            assert found[0] == 50 + max(old_after, new_before)


def test_p8_busy_time_takes_starts_away_and_never_moves_the_grid():
    found = free_starts([Interval(0, 240)], [Busy(65, 85)], CALL, within=ALWAYS)

    assert all_starts(found) == [0, 30, 90, 120, 150, 180, 210]


def test_a_start_on_the_second_after_the_notice_is_still_too_soon():
    now = datetime(2026, 3, 2, 9, 0, 1, tzinfo=UTC)
    policy = Policy(duration=minutes(20), step=minutes(30), notice=timedelta(hours=12))

    earliest = policy.bookable(now, ZoneInfo("UTC")).start

    assert stamp(earliest) == "2026-03-02T21:01:00Z"
    assert policy.bookable(now - timedelta(seconds=1), ZoneInfo("UTC")).start == earliest - 1


@pytest.mark.parametrize(
    ("hour", "zone", "ends"),
    [
        (9, "Pacific/Auckland", "2026-03-03T11:00:00Z"),
        (9, "America/New_York", "2026-03-04T05:00:00Z"),
        (23, "Pacific/Auckland", "2026-03-04T11:00:00Z"),
        (23, "Europe/Madrid", "2026-03-04T23:00:00Z"),
        (23, "America/New_York", "2026-03-04T05:00:00Z"),
        (2, "America/New_York", "2026-03-03T05:00:00Z"),
    ],
)
def test_p6_the_horizon_ends_with_the_local_day_of_the_clinician(hour, zone, ends):
    """At hours at which it is the clinician's tomorrow, or still their yesterday."""
    now = datetime(2026, 3, 2, hour, tzinfo=UTC)
    policy = Policy(duration=minutes(20), step=minutes(30), horizon=timedelta(days=1))

    assert stamp(policy.bookable(now, ZoneInfo(zone)).end) == ends


def test_a_pool_offers_each_start_once_and_asks_in_the_order_given():
    free = {1: [range(0, 90, 30)], 2: [range(30, 120, 30)]}

    offers = pooled(free, [2, 1])

    assert offers == [Offer(0, (1,)), Offer(30, (2, 1)), Offer(60, (2, 1)), Offer(90, (2,))]


def test_alternatives_are_the_nearest_offers_in_the_order_of_time():
    offers = [Offer(start, (1,)) for start in range(0, 300, 30)]

    assert [one.start for one in nearest(offers, 125, 4)] == [90, 120, 150, 180]
    assert nearest([], 125, 4) == []


def test_offers_are_listed_under_the_days_of_the_one_who_looks():
    midnight_utc = minute_at_or_after(datetime(2026, 3, 3, tzinfo=UTC))
    offers = [Offer(midnight_utc - 60, (1,)), Offer(midnight_utc + 60, (1,))]

    kiritimati = by_day(offers, ZoneInfo("Pacific/Kiritimati"))
    midway = by_day(offers, ZoneInfo("Pacific/Midway"))

    assert [day.isoformat() for day in kiritimati] == ["2026-03-03"]
    assert [day.isoformat() for day in midway] == ["2026-03-02"]
