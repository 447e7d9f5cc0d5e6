"""How long it takes to tell the ten soonest times with any of a thousand clinicians, from question
to answer, the database included; beside it, what the database takes to hand over what is taken.
"""

import random
from datetime import datetime, timedelta
from time import perf_counter, process_time
from typing import NamedTuple

from bench.database import PASSWORDS, fill, fresh_database
from bench.frame import Figure, Run, percentile
from bench.workload import workload
from services.scheduler.operations import schedules
from services.scheduler.operations.offers import first_available
from services.scheduler.operations.question import Question
from services.scheduler.operations.taken import taken_times
from services.scheduler.operations.timetables import timetables
from shared.db import Database
from shared.process import collect_seldom
from shared.provision import role_url

MILLISECONDS = 1e3
AIM = 25
NOTHING = timedelta(0)
DAYS = 4
WARMING = 2
"""Questions at both ends, so that the process knows everybody's hours by either week."""


class Took(NamedTuple):
    """Seconds: from question to answer, what of it our own process was at work, a plain reading."""

    clock: float
    processor: float
    reading: float


def measure(run: Run) -> list[Figure]:
    """Two figures: the 99th of a hundred questions, asked at any minute of four days.

    On the clock, PostgreSQL included; and of the processor's time, which others at work on the same
    machine make a little longer, not many times as long.
    """
    collect_seldom()  # as each process of the product does
    practice = workload("spring", 30, clinicians=run.count(1000, 3))
    chance = random.Random(1)  # noqa: S311 - the same minutes each time, not a secret
    took: list[Took] = []
    with fresh_database() as url:
        database = Database(role_url(url, "scheduler", PASSWORDS))
        fill(database, practice)
        for n in range(run.count(300, 3)):
            minutes = chance.randrange(DAYS * 24 * 60) if n >= WARMING else n * DAYS * 24 * 60
            one = _ask(database, practice.now + timedelta(minutes=minutes))
            if n >= WARMING:
                took.append(one)
        database.dispose()
    clock, processor, reading = (
        percentile([*column], 0.99) * MILLISECONDS for column in zip(*took, strict=True)
    )
    name = "ten soonest times over 1,000 clinicians, p99"
    return [
        Figure(
            name=who,
            unit="ms",
            measured=measured,
            aim=AIM,
            baseline=reading,
            beside="reading 3 hours of everybody's appointments",
        )
        for who, measured in ((name, clock), (f"{name}, our processor time", processor))
    ]


def _ask(database: Database, now: datetime) -> Took:
    with database.begin() as session:
        kind = schedules.appointment_type(session, schedules.PRIVATE_CALL)
        assert kind is not None
        question = Question(kind=kind, notice=NOTHING, now=now)
        began, busy = perf_counter(), process_time()
        found = first_available(session, question)
        answered, worked = perf_counter() - began, process_time() - busy
        assert len(found.starts) == 10
        everyone = [one.id for one in timetables(session).schedules]
        since = now + timedelta(days=1)
        began = perf_counter()
        taken_times(session, everyone, question, since=since, until=since + timedelta(hours=3))
        return Took(answered, worked, perf_counter() - began)
