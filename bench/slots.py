"""How long it takes to tell one clinician's free times over 30 days: hours known, in one process.

What is taken comes in minutes, as the database hands it over; everything after that counts.
"""

from bench.frame import Figure, Run
from bench.workload import KINDS, Clinician, Workload, workload
from services.scheduler.domain.availability import Busy, free_starts
from services.scheduler.domain.interval import Interval

MICROSECONDS = 1e6
AIM = 15


def measure(run: Run) -> list[Figure]:
    """One figure for each type of appointment: a visit of 20 minutes, and one of 50."""
    practice = workload("spring", 30, clinicians=1)
    return [_figure(run, practice, kind) for kind in KINDS]


def _figure(run: Run, practice: Workload, kind: str) -> Figure:
    policy = practice.policy(KINDS[kind])
    who = practice.clinicians[0]
    within = policy.bookable(practice.now, who.hours.zone)
    opened = who.hours.during(within)
    taken = [Busy(*one, 10, 10) for one in who.appointments]
    ours, floor = run.best(
        lambda: free_starts(opened, taken, policy, within=within),
        lambda: _floor(opened, who),
        calls=run.count(500, 1),
    )
    return Figure(
        name=f"free times of one clinician over 30 days: {kind}",
        unit="us",
        measured=ours * MICROSECONDS,
        aim=AIM,
        baseline=floor * MICROSECONDS,
        beside="touching every row once",
    )


def _floor(opened: list[Interval], who: Clinician) -> int:
    """What Python takes for looking at every interval and keeping nothing."""
    last = 0
    for start, end in opened:
        last = max(last, end - start)
    for start, end in who.appointments:
        last = max(last, end - start)
    return last
