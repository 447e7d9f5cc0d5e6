"""Many people's time in one sweep says of each what a sweep of their own says."""

from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.availability import (
    ALWAYS,
    Busy,
    BusyTime,
    Columns,
    free_starts,
)
from services.scheduler.domain.interval import Interval, merged
from services.scheduler.domain.side_by_side import Theirs, free_of_each
from tests.unit.scheduler.test_availability import all_starts, intervals, policies, taken_times


class Person(NamedTuple):
    hours: list[Interval]
    taken: list[Busy]
    within: Interval
    full: list[Interval]


people = st.lists(
    st.builds(
        Person,
        st.lists(intervals, max_size=4).map(merged),
        st.lists(taken_times.filter(lambda one: one.start < one.end), max_size=5),
        intervals,
        st.lists(intervals | st.just(ALWAYS), max_size=2),
    ),
    max_size=5,
)


@settings(max_examples=300, deadline=None)
@given(people, policies)
def test_side_by_side_each_is_free_when_they_are_by_themselves(people, policy):
    everyone = dict(enumerate(people))
    alone = {
        host: free_starts(
            one.hours, BusyTime.of(one.taken), policy, within=one.within, full=one.full
        )
        for host, one in everyone.items()
    }

    together = free_of_each(
        {host: one.hours for host, one in everyone.items()},
        [Theirs([host] * len(one.taken), Columns.of(one.taken)) for host, one in everyone.items()],
        policy,
        within={host: one.within for host, one in everyone.items()},
        full={host: one.full for host, one in everyone.items() if one.full},
    )

    assert {host: all_starts(starts) for host, starts in together.items()} == {
        host: all_starts(starts) for host, starts in alone.items() if starts
    }
