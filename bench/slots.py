"""How long it takes to tell one clinician's free times over 30 days, in one process.

Warm: the hours were worked out before, for this version of the schedule. What is taken comes in
columns of minutes, as the database hands it over; everything after that counts.
"""

from functools import partial
from statistics import mean
from typing import NamedTuple

from bench.frame import Figure, Run
from bench.workload import KINDS, NOW, Clinician, workload
from services.scheduler.domain.availability import BusyTime, Cause, Columns, Policy, free_starts
from services.scheduler.domain.interval import Interval, OpenTime

AIM = 15
CLINICIANS = 10
QUIET = 10


class Asked(NamedTuple):
    """One question: when is there room for such a visit with one clinician?"""

    hours: OpenTime
    taken: BusyTime
    policy: Policy
    within: Interval


def measure(run: Run) -> list[Figure]:
    """The mean of twenty clinicians, ten before each change of clocks, for each type of visit."""
    return [_figure(run, kind) for kind in KINDS]


def _figure(run: Run, kind: str) -> Figure:
    everyone = [one for season in NOW for one in questions(season, KINDS[kind])]
    times = [
        run.best(
            partial(_by_the_engine, one),
            partial(by_two_pointers, one),
            calls=run.count(20, tiny=1),
            often=run.count(3, tiny=1),
        )
        for one in everyone
    ]
    ours, plain = map(mean, zip(*times, strict=True))
    return Figure(
        name=f"one clinician's free times over 30 days: {kind}",
        unit="us",
        measured=ours * 1e6,
        aim=AIM,
        baseline=plain * 1e6,
        beside="a plain sweep",
    )


def questions(season: str, length: int) -> list[Asked]:
    """A visit of so many minutes, with each clinician of a practice."""
    practice = workload(season, 30, CLINICIANS)
    policy = practice.policy(length)
    found = []
    for one in practice.clinicians:
        within = policy.bookable(practice.now, one.hours.zone)
        found.append(Asked(OpenTime(one.hours.during(within)), _taken(one), policy, within))
    return found


def _taken(who: Clinician) -> BusyTime:
    starts, ends = map(list, zip(*who.appointments, strict=True))
    count = len(starts)
    quiet, causes = [QUIET] * count, [Cause.APPOINTMENT] * count
    return BusyTime((Columns(starts, ends, quiet, quiet, causes),))


def _by_the_engine(asked: Asked) -> list[range]:
    return free_starts(asked.hours, asked.taken, asked.policy, within=asked.within)


def by_two_pointers(asked: Asked) -> list[range]:
    """What anybody would write first: both lists in order, one pointer in each.

    Only for what this workload has: appointments in order that want the policy's own quiet.
    """
    duration, step, tail, lead = asked.policy.minutes
    columns = asked.taken.parts[0]
    shut = [
        (start - lead - duration + 1, end + tail)
        for start, end in zip(columns.starts, columns.ends, strict=True)
    ]
    found: list[range] = []
    n = 0
    for begins, ends in asked.hours:
        at = max(begins, asked.within.start)
        last = min(ends - duration, asked.within.end - 1)
        while n < len(shut) and shut[n][1] <= at:
            n += 1
        k = n
        while at <= last:
            start, end = shut[k] if k < len(shut) else (last + 1, last + 1)
            first, stop = at + (begins - at) % step, start if start <= last else last + 1
            if first < stop:
                found.append(range(first, stop, step))
            at, k = max(at, end), k + 1
    return found
