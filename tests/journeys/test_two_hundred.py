"""A crowd at two web processes of the scheduler, over real HTTP, on one PostgreSQL (P1)."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import pytest
import requests
from sqlalchemy import update

from services.scheduler.models import AppointmentType
from shared.clock import utcnow
from shared.db import Database
from tests.conftest import environment_for
from tests.integration.scheduler.world import (
    NEW_YORK,
    a_clinician,
    an_invitation,
    live_rows,
    local,
    token_of,
)
from tests.journeys.suite import ROOT, free_port

pytestmark = [pytest.mark.processes, pytest.mark.slow]


@dataclass
class Crowd:
    """Everybody who books, at whichever of the two processes they come to."""

    urls: list[str]
    database: Database

    def tokens(self, count: int) -> list[str]:
        with self.database.begin() as session:
            return [token_of(an_invitation(session).id) for _ in range(count)]

    def book(self, number: int, token: str, start: str) -> requests.Response:
        return requests.post(
            f"{self.urls[number % len(self.urls)]}/api/appointments",
            json={"start": start, "location": "NY"},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )

    def slots(self, token: str, number: int = 0) -> set[str]:
        answer = requests.get(
            f"{self.urls[number]}/api/slots",
            params={"days": 30},
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )
        return {one["start"] for one in answer.json()["slots"]}

    def all_at_once(self, tokens: list[str], starts: list[datetime]) -> list[requests.Response]:
        """Each in a thread of its own, all let go at the same moment."""
        together = Barrier(len(tokens))

        def run(number: int) -> requests.Response:
            together.wait()
            return self.book(number, tokens[number], starts[number % len(starts)].isoformat())

        with ThreadPoolExecutor(len(tokens)) as pool:
            return list(pool.map(run, range(len(tokens))))


@contextmanager
def a_web_process(env: dict[str, str], log: Path) -> Iterator[str]:
    """The scheduler's web service as compose.yaml starts it, with one worker."""
    port = free_port()
    with log.open("ab") as out:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "gunicorn", "services.scheduler.app:create_app()",
                f"--bind=127.0.0.1:{port}", "--worker-class=gthread", "--workers=1", "--threads=8",
                "--backlog=512", "--no-control-socket",
            ],
            cwd=ROOT, env=env, stdout=out, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        url, end = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while not _answers(url):
            assert time.monotonic() < end, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return requests.get(f"{url}/readyz", timeout=5).ok
    except requests.RequestException:
        return False


@pytest.fixture
def crowd(scheduler_db: Database, database_url: str, tmp_path: Path) -> Iterator[Crowd]:
    env = environment_for("scheduler", database_url, {"BOOKING_NOTICE_HOURS": "0"})
    with ExitStack() as stack:
        urls = [stack.enter_context(a_web_process(env, tmp_path / f"web{n}.log")) for n in range(2)]
        yield Crowd(urls, scheduler_db)


def warmed(crowd: Crowd) -> None:
    """Both have answered before, as processes that run have: the first answer takes long."""
    for number, token in enumerate(crowd.tokens(2)):
        start = max(crowd.slots(token, number))
        assert crowd.book(number, token, start).status_code == 201


@pytest.fixture
def no_deadlocks(server_url: str, database_url: str) -> Iterator[None]:
    """None is counted and, where the server is ours, none stands in its log."""
    with psycopg.connect(server_url, autocommit=True) as admin:
        folder = admin.execute("SHOW data_directory").fetchone()
        before = _counted(database_url)
        log = Path(str(folder and folder[0])).parent / "postgres.log"
        begins = log.stat().st_size if log.exists() else 0
        yield
        assert _counted(database_url) == before
        if log.exists():
            assert "deadlock detected" not in log.read_text(errors="replace")[begins:]


def _counted(database_url: str) -> int:
    with psycopg.connect(database_url) as admin:
        row = admin.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    assert row
    return int(row[0])


@pytest.fixture
def ten(crowd: Crowd) -> datetime:
    """Ten o'clock in a week, with somebody whose times begin every ten minutes."""
    with crowd.database.begin() as session:
        a_clinician(session)
        session.execute(update(AppointmentType).values(step=timedelta(minutes=10)))
    warmed(crowd)
    return local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=7), "10:00")


def near(database: Database, ten: datetime) -> list[Any]:
    """What was given on that morning."""
    return [one for one in live_rows(database) if abs(one.starts_at - ten) < timedelta(hours=5)]


def not_apart(database: Database) -> list[Any]:
    """Neighbours without the quiet between them that both were promised."""
    rows = sorted(live_rows(database), key=lambda one: one.starts_at)
    return [
        (one.starts_at, other.starts_at)
        for one, other in pairwise(rows)
        if one.ends_at + max(one.buffer_after, other.buffer_before) > other.starts_at
    ]


def test_p1_of_fifty_with_starts_that_overlap_one_has_a_time_and_49_hear_of_others(
    crowd: Crowd, ten: datetime, no_deadlocks: None
) -> None:
    """P1: 1 x 201, 49 x 409, no 500. Twenty minutes apart, two of them meet in the buffer alone."""
    starts = [ten + timedelta(minutes=n) for n in (0, 10, 20)]
    tokens = crowd.tokens(50)

    answers = crowd.all_at_once(tokens, starts)

    assert Counter(one.status_code for one in answers) == {201: 1, 409: 49}
    assert len(near(crowd.database, ten)) == 1
    losers = [n for n, one in enumerate(answers) if one.status_code == 409]
    others = [[one["start"] for one in answers[n].json()["alternatives"]] for n in losers]
    assert all(others)
    # One row was written before any of them was refused: what they were told is still true.
    assert {start for some in others for start in some} <= crowd.slots(tokens[losers[0]])
    assert crowd.book(0, tokens[losers[0]], others[0][0]).status_code == 201
    assert not_apart(crowd.database) == []


def test_p1_two_hundred_race_for_twenty_overlapping_times_and_nobody_has_one_twice(
    crowd: Crowd, ten: datetime, no_deadlocks: None
) -> None:
    starts = [ten + timedelta(minutes=10 * n) for n in range(20)]
    tokens = crowd.tokens(200)

    answers = crowd.all_at_once(tokens, starts)

    told = Counter(one.status_code for one in answers)
    assert set(told) == {201, 409}
    assert len(near(crowd.database, ten)) == told[201] >= 4
    assert not_apart(crowd.database) == []
    losers = {n: one for n, one in enumerate(answers) if one.status_code == 409}
    asked = {n: starts[n % len(starts)].isoformat() for n in losers}
    for n, one in losers.items():
        alternatives = [other["start"] for other in one.json()["alternatives"]]
        assert alternatives
        assert asked[n] not in alternatives
    # Who lost takes the first of the others that is still free when they come, one after another.
    for n in list(losers)[::20]:
        assert follows(crowd, n, tokens[n], losers[n]), n
    assert not_apart(crowd.database) == []


def follows(crowd: Crowd, number: int, token: str, refused: requests.Response) -> bool:
    """Whether the alternatives lead to a time: each refusal brings fresh ones."""
    for _ in range(3):
        for other in refused.json()["alternatives"]:
            answer = crowd.book(number, token, other["start"])
            assert answer.status_code in (201, 409)
            if answer.status_code == 201:
                return True
        refused = answer
    return False
