"""N12: each time that is not offered has a reason, and the reason is the rule that refused."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.domain.availability import (
    Busy,
    Cause,
    Policy,
    free_starts,
    is_free,
    roomless,
)
from services.scheduler.domain.explanation import (
    Closed,
    Closing,
    Explanation,
    Reason,
    explain,
)
from services.scheduler.domain.interval import Interval, merged
from tests.unit.scheduler.cases import all_starts, minutes
from tests.unit.scheduler.test_availability import ALWAYS, CALL, intervals, policies, taken_times

OPEN = [Interval(0, 240)]


def why_not(start, opened, taken, policy, **rules):
    return explain(start, opened, taken, policy, **rules).reason


@settings(max_examples=200, deadline=None)
@given(
    opened=st.lists(intervals, max_size=4),
    taken=st.lists(taken_times, max_size=4),
    policy=policies,
    within=intervals,
    full=st.lists(intervals, max_size=2),
    rooms=st.none() | st.lists(st.lists(taken_times, max_size=3), max_size=3),
)
def test_n12_a_time_has_no_reason_against_it_exactly_when_it_is_offered(
    opened, taken, policy, within, full, rooms
):
    opened = merged(opened)
    rules = {
        "within": within,
        "full": full,
        "roomless": () if rooms is None else roomless(rooms, policy),
    }
    found = free_starts(opened, taken, policy, **rules)
    offered = set(all_starts(found))

    for start in range(-40, 440):
        assert is_free(found, start) == (start in offered)
        reason = why_not(start, opened, taken, policy, **rules)
        assert (reason is None) == (start in offered)


@pytest.mark.parametrize(
    ("start", "reason", "interval"),
    [
        (0, Reason.TOO_SOON, Interval(30, 200)),
        (210, Reason.TOO_FAR, Interval(30, 200)),
        (40, Reason.OFF_GRID, Interval(0, 240)),
        (60, None, Interval(0, 240)),
    ],
)
def test_n12_the_reason_is_the_rule_that_refused(start, reason, interval):
    found = explain(start, OPEN, [], CALL, within=Interval(30, 200))

    assert found == Explanation(reason=reason, interval=interval)


def test_n12_a_day_that_differs_is_told_from_one_without_hours():
    holiday = Closed(1000, 2000, Closing.HOLIDAY)

    def reason(start: int) -> Explanation:
        return explain(start, OPEN, [], CALL, within=ALWAYS, closed=[holiday])

    assert reason(500) == Explanation(reason=Reason.OUTSIDE_HOURS)
    assert reason(230) == Explanation(reason=Reason.OUTSIDE_HOURS, interval=Interval(0, 240))
    assert reason(1200) == Explanation(
        reason=Reason.CLOSED, interval=Interval(1000, 2000), why=Closing.HOLIDAY
    )


def test_n12_a_full_day_is_the_reason_on_that_day_alone():
    full = [Interval(0, 90)]

    assert why_not(60, OPEN, [], CALL, within=ALWAYS, full=full) is Reason.FULL
    assert why_not(90, OPEN, [], CALL, within=ALWAYS, full=full) is None


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (Cause.APPOINTMENT, Reason.TAKEN),
        (Cause.HOLD, Reason.HELD),
        (Cause.OUTSIDE, Reason.OUTSIDE_EVENT),
        (Cause.UNREAD, Reason.OUTSIDE_UNREAD),
        (Cause.BLOCKED, Reason.BLOCKED),
    ],
)
def test_n12_what_is_in_the_way_says_what_it_is_and_never_what_it_is_about(cause, reason):
    found = explain(120, OPEN, [Busy(125, 150, cause=cause)], CALL, within=ALWAYS)

    assert found == Explanation(reason=reason, interval=Interval(125, 150), cause=cause)


def test_n12_p8_quiet_that_is_wanted_around_a_neighbour_is_a_reason_of_its_own():
    policy = Policy(duration=minutes(20), step=minutes(10), before=minutes(15))
    taken = [Busy(100, 120, before=5, after=10)]

    def reason(start: int) -> Explanation:
        return explain(start, OPEN, taken, policy, within=ALWAYS)

    neighbour = Interval(100, 120)
    assert reason(80) == Explanation(
        reason=Reason.BUFFER, interval=neighbour, cause=Cause.APPOINTMENT, gap=5
    )
    assert reason(130) == Explanation(
        reason=Reason.BUFFER, interval=neighbour, cause=Cause.APPOINTMENT, gap=15
    )
    assert reason(90).reason is Reason.TAKEN
    assert reason(140).reason is None


def test_n12_of_several_in_the_way_the_one_that_stays_is_named():
    taken = [Busy(100, 120, cause=Cause.HOLD), Busy(110, 130), Busy(60, 90, after=30)]

    assert why_not(100 - 10, OPEN, taken, CALL, within=ALWAYS) is Reason.HELD
    assert why_not(90 + 30, OPEN, taken, CALL, within=ALWAYS) is Reason.TAKEN


def test_n12_without_a_free_room_for_the_whole_visit_there_is_no_time():
    rooms = [[Busy(0, 30), Busy(75, 80)], [Busy(40, 60), Busy(95, 100)]]
    none = roomless(rooms, CALL)

    found = free_starts(OPEN, [], CALL, within=ALWAYS, roomless=none)

    # At 60 the first room fills at 75; the second is free from 60 on. At 90 the second fills.
    assert all_starts(found) == [0, 30, 60, 90, 120, 150, 180, 210]
    assert all_starts(
        free_starts(OPEN, [], CALL, within=ALWAYS, roomless=roomless([rooms[0]], CALL))
    ) == [30, 90, 120, 150, 180, 210]
    assert why_not(60, OPEN, [], CALL, within=ALWAYS, roomless=roomless([rooms[0]], CALL)) is (
        Reason.NO_ROOM
    )
    assert free_starts(OPEN, [], CALL, within=ALWAYS, roomless=roomless([], CALL)) == []
