"""Every benchmark runs through, with next to nothing to do: nothing here is timed."""

import pytest

from bench.__main__ import benchmarks, main, table
from bench.frame import Figure, Run, percentile
from bench.slots import by_two_pointers, questions
from bench.workload import KINDS, NOW, workload
from services.scheduler.domain.availability import free_starts
from services.scheduler.domain.hours import clock_changes

TINY = Run(rounds=1, tiny=True)


@pytest.mark.parametrize("name", benchmarks())
def test_a_benchmark_runs_through(name: str, server_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_URL", server_url)

    figures = benchmarks()[name].measure(TINY)

    assert figures
    assert all(one.measured > 0 and one.baseline > 0 and one.beside for one in figures)


def test_the_table_says_what_was_aimed_at_and_whether_it_is_met():
    slow = Figure(name="a", unit="us", measured=20, aim=15, baseline=5, beside="nothing")
    many = Figure(
        name="b", unit="/s", measured=1200, aim=250, aimed="at least", baseline=2400, beside="c"
    )

    first, second = table([slow, many]).splitlines()[1:]

    assert " ".join(first.split()) == "a at most 15 us 20 us nothing: 5 us 4.00 not met"
    assert " ".join(second.split()) == "b at least 250 /s 1,200 /s c: 2,400 /s 0.50 met"


def test_an_unknown_benchmark_is_named(capsys: pytest.CaptureFixture[str]):
    assert main(["nonesuch"]) == 2
    assert "nonesuch" in capsys.readouterr().out


def test_a_percentile_is_one_of_the_values():
    values = [float(one) for one in range(1, 101)]

    assert (percentile(values, 0.5), percentile(values, 0.99)) == (50.0, 99.0)
    assert percentile([3.0], 0.99) == 3.0


def test_the_engine_and_the_plain_sweep_beside_it_find_the_same_times():
    for season in NOW:
        for length in KINDS.values():
            for one in questions(season, length):
                found = free_starts(one.hours, one.taken, one.policy, within=one.within)

                assert found
                assert found == by_two_pointers(one)


def test_the_workload_is_the_same_each_time_and_crosses_a_change_of_clocks():
    for season in NOW:
        practice = workload(season, 30, 5)
        first, *_, last = practice.dates

        assert practice == workload(season, 30, 5)
        assert clock_changes(practice.clinicians[0].hours.zone, first, last)
