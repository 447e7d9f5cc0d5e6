"""How many bookings a second are committed: a time is found free, taken under the clinician's
lock, put into the history and told to the others, all in one transaction each.

Booked outright, without a hold before, by two processes with threads, as `compose.yaml` starts
them; beside it as many commits of one small row, over as many connections of the same processes.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import cache, partial
from itertools import islice
from multiprocessing import get_context
from typing import Final, NamedTuple
from uuid import UUID

import psycopg
from sqlalchemy.orm import Session

from bench.database import environment, fill, fresh_database, let_in
from bench.frame import Figure, Run
from bench.workload import workload
from services.scheduler.domain.interval import instant
from services.scheduler.operations import bookings, invitations, schedules
from services.scheduler.operations.offers import Wanted, offers
from services.scheduler.operations.question import Question
from services.scheduler.settings import Settings
from shared.db import Database
from shared.process import open_database

PROCESSES: Final = 2
CROWD: Final = 16
APART: Final = timedelta(minutes=40)
"""From start to start: a call, and the quiet that each of two neighbours wants."""


class Visit(NamedTuple):
    """A free time: with whom, as of when it is booked, and by whose permission."""

    practitioner_id: UUID
    start: datetime
    now: datetime
    token: str = ""


Act = Callable[[Sequence[Visit]], None]


def measure(run: Run) -> list[Figure]:
    """Two figures: one after the other; sixteen at once, each with a clinician of their own."""
    practice = workload("spring", 60, CROWD)
    alone, crowd = run.count(80, 2), CROWD * run.count(8, 1)
    with fresh_database() as url, ExitStack() as stack:
        settings = Settings.from_env(environment(url))
        database = open_database(settings)
        stack.callback(database.dispose)
        fill(database, practice)
        with database.begin() as session:
            free = _free(session, practice.now, settings)
        people = let_in(database, CROWD + run.rounds * (alone + crowd))
        todo = (one._replace(token=who) for one, who in zip(free, people, strict=False))
        with psycopg.connect(url) as admin:
            admin.execute("CREATE TABLE public.small (n bigint GENERATED ALWAYS AS IDENTITY)")
        processes = [
            stack.enter_context(ProcessPoolExecutor(1, get_context("spawn")))
            for _ in range(PROCESSES)
        ]

        def compare(count: int, at_once: int) -> tuple[float, float]:
            turns = iter([list(islice(todo, count)) for _ in range(run.rounds)])
            same = [free[0]] * count
            ours, floor = run.best(
                lambda: _act(processes, partial(_book, settings), next(turns), at_once),
                lambda: _act(processes, partial(_commit, url), same, at_once),
            )
            return count / ours, count / floor

        _act(processes, partial(_book, settings), list(islice(todo, CROWD)), CROWD)
        _act(processes, partial(_commit, url), free[:CROWD], CROWD)
        return [
            _figure("bookings, one after another", 250, *compare(alone, 1)),
            _figure("bookings, 16 at once on 16 clinicians", 500, *compare(crowd, CROWD)),
        ]


def _figure(name: str, aim: float, ours: float, floor: float) -> Figure:
    return Figure(
        name=name,
        unit="/s",
        measured=ours,
        aim=aim,
        aimed="at least",
        baseline=floor,
        beside="commits of one small row",
    )


def _free(session: Session, now: datetime, settings: Settings) -> list[Visit]:
    """Times that stay free when others of them are booked; neighbours are with different people."""
    kind = schedules.appointment_type(session, schedules.PRIVATE_CALL)
    assert kind is not None
    found = offers(session, Question(kind=kind, notice=settings.booking_notice, now=now))
    columns: dict[int, list[Visit]] = {}
    for offer in found.starts:
        for host in offer.hosts:
            column, start = columns.setdefault(host, []), instant(offer.start)
            if not column or column[-1].start + APART <= start:
                column.append(Visit(found.schedules[host].practitioner_id, start, now))
    return [one for row in zip(*columns.values(), strict=False) for one in row]


def _act(
    processes: Sequence[ProcessPoolExecutor], act: Act, visits: Sequence[Visit], at_once: int
) -> None:
    """All of the visits, by so many threads side by side, spread over the processes."""
    lists = [visits[n::at_once] for n in range(at_once)]
    shares = [lists[n :: len(processes)] for n in range(len(processes))]
    working = [
        one.submit(_side_by_side, act, share)
        for one, share in zip(processes, shares, strict=True)
        if share
    ]
    for one in working:
        one.result()


def _side_by_side(act: Act, lists: Sequence[Sequence[Visit]]) -> None:
    with ThreadPoolExecutor(len(lists)) as threads:
        list(threads.map(act, lists))


def _book(settings: Settings, visits: Sequence[Visit]) -> None:
    database = _database(settings)
    for one in visits:
        with database.begin() as session:
            invitation = invitations.find(session, one.token)
            assert invitation is not None
            bookings.book(
                session,
                invitation=invitation,
                wanted=Wanted(one.start, one.practitioner_id),
                how="phone",
                timezone="America/New_York",
                location="NY",
                settings=settings,
                now=one.now,
            )


@cache
def _database(settings: Settings) -> Database:
    """One pool a process, as the web service has it."""
    return open_database(settings)


def _commit(url: str, visits: Sequence[Visit]) -> None:
    with psycopg.connect(url) as connection:
        for _ in visits:
            connection.execute("INSERT INTO public.small DEFAULT VALUES")
            connection.commit()
