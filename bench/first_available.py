"""How long it takes to tell the ten soonest times with any of a thousand clinicians, from question
to answer, the database included; beside it, what the database takes to hand over what is taken.
"""

import random
from datetime import datetime, timedelta
from time import perf_counter

from bench.database import PASSWORDS, fill, fresh_database
from bench.frame import Figure, Run, percentile
from bench.workload import workload
from services.scheduler.operations import schedules
from services.scheduler.operations.offers import first_available
from services.scheduler.operations.question import Question
from services.scheduler.operations.taken import taken_times
from services.scheduler.operations.timetables import timetables
from shared.db import Database
from shared.provision import role_url

MILLISECONDS = 1e3
AIM = 25
NOTHING = timedelta(0)
DAYS = 4
WARMING = 2
"""Questions at both ends, so that the process knows everybody's hours by either week."""


def measure(run: Run) -> list[Figure]:
    """One figure: the 99th of a hundred questions, asked at any minute of four days."""
    practice = workload("spring", 30, clinicians=run.count(1000, 3))
    chance = random.Random(1)  # noqa: S311 - the same minutes each time, not a secret
    ours: list[float] = []
    floor: list[float] = []
    with fresh_database() as url:
        database = Database(role_url(url, "scheduler", PASSWORDS))
        fill(database, practice)
        for n in range(run.count(140, 3)):
            minutes = chance.randrange(DAYS * 24 * 60) if n >= WARMING else n * DAYS * 24 * 60
            answered, read = _ask(database, practice.now + timedelta(minutes=minutes))
            if n >= WARMING:
                ours.append(answered)
                floor.append(read)
        database.dispose()
    return [
        Figure(
            name="ten soonest times over 1,000 clinicians, p99",
            unit="ms",
            measured=percentile(ours, 0.99) * MILLISECONDS,
            aim=AIM,
            baseline=percentile(floor, 0.99) * MILLISECONDS,
            beside="reading 3 hours of everybody's appointments",
        )
    ]


def _ask(database: Database, now: datetime) -> tuple[float, float]:
    with database.begin() as session:
        kind = schedules.appointment_type(session, schedules.PRIVATE_CALL)
        assert kind is not None
        question = Question(kind=kind, notice=NOTHING, now=now)
        began = perf_counter()
        found = first_available(session, question)
        answered = perf_counter() - began
        assert len(found.starts) == 10
        everyone = [one.id for one in timetables(session).schedules]
        since = now + timedelta(days=1)
        began = perf_counter()
        taken_times(session, everyone, question, since=since, until=since + timedelta(hours=3))
        return answered, perf_counter() - began
