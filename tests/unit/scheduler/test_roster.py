"""Who is at work when: found by bisection as it would be by looking at everybody."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain import roster as module
from services.scheduler.domain.interval import Interval, merged
from services.scheduler.domain.roster import Roster

intervals = st.builds(
    lambda start, length: Interval(start, start + length), st.integers(0, 500), st.integers(1, 80)
)
hours = st.dictionaries(
    st.integers(1, 8), st.lists(intervals, max_size=6).map(merged), min_size=1, max_size=8
)
hosts = st.sets(st.integers(1, 9))
windows = st.builds(
    lambda start, length: Interval(start, start + length),
    st.integers(-20, 600),
    st.integers(1, 700),
)


def reach(one: Interval, within: Interval) -> bool:
    return one.start < within.end and within.start < one.end


@given(hours, hosts, windows)
def test_at_work_are_those_whose_hours_reach_into_it(hours, hosts, within):
    expected = {
        host: [one for one in those if reach(one, within)]
        for host, those in hours.items()
        if host in hosts
    }

    assert Roster(hours).at_work(within, hosts) == {
        host: those for host, those in expected.items() if those
    }


@given(hours, hosts, windows, st.integers(1, 200), st.integers(1, 300))
def test_the_pieces_hold_every_minute_in_which_somebody_works(hours, hosts, within, least, much):
    worked = {
        minute
        for host, those in hours.items()
        if host in hosts
        for start, end in those
        for minute in range(start, end)
        if within.start <= minute < within.end
    }

    pieces = list(_pieces(Roster(hours), hosts, within, least, much))

    assert {minute for one in pieces for minute in range(*one)} >= worked
    assert all(a.end <= b.start for a, b in pairwise(pieces))
    assert all(len(worked.intersection(range(*one))) >= least for one in pieces[:-1])
    assert all(one.start in worked and one.end <= within.end for one in pieces)


def _pieces(roster, hosts, within, least, much):
    usual, module._MUCH = module._MUCH, much
    try:
        yield from roster.pieces(hosts, within, least=least)
    finally:
        module._MUCH = usual


def test_late_in_a_day_a_piece_ends_when_the_next_one_has_begun():
    """What is over by then is not counted, and not a minute more is read than was asked for."""
    day = 24 * 60
    weeks = [Interval(n * day + 540, n * day + 1020) for n in range(60)]
    roster = Roster(dict.fromkeys(range(1000), weeks))

    piece = next(roster.pieces(set(range(1000)), Interval(1000, 61 * day), least=150))

    assert piece == Interval(1000, day + 540 + 130)


def test_one_clinician_is_one_piece_and_a_thousand_are_four():
    day = 24 * 60
    weeks = [Interval(n * day + 540, n * day + 1020) for n in range(60)]
    within = Interval(0, 61 * day)

    assert len(list(Roster({1: weeks}).pieces({1}, within, least=150))) == 1
    many = dict.fromkeys(range(1000), weeks)
    assert len(list(Roster(many).pieces(set(many), within, least=150))) <= 4
