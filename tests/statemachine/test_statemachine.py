"""Whatever people, staff and the clock do, in two processes: nothing that must not be ever is.

`EXAMPLES` sets how many histories are lived through; `make statemachine` lives through a thousand.
"""

import os
import sys
import time
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from services import doctor
from services.notifier.consumers import consumer
from services.scheduler.settings import Settings
from shared.crypto import Keyring
from shared.db import Database
from shared.provision import role_url
from tests.conftest import PASSWORDS, environment_for
from tests.statemachine import acts, oracle
from tests.statemachine.intents import KINDS, Given, Intents
from tests.statemachine.invariants import LIVE_VIEW, Keeping, broken
from tests.statemachine.other_process import OtherProcess
from tests.statemachine.practice import Practice, open_practice, stop_the_clock

EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
STEPS = int(os.environ.get("STEPS", "40"))
TICKS = [timedelta(minutes=n) for n in (1, 14, 16, 40, 150, 60 * 11, 60 * 26)]
NUMBERS = st.integers(0, 2**31)
LOCK_CLASS = 0x50F7


_SETTINGS = settings(
    max_examples=EXAMPLES or 12,
    stateful_step_count=STEPS,
    derandomize=not EXAMPLES,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


@dataclass
class World:
    """The practice, the one who listens to it, and the other process."""

    practice: Practice
    notifier: Database
    other: OtherProcess
    gate: psycopg.Connection[Any]
    faults: list[str] = field(default_factory=list)
    """What was found, as it was found: a race is not the same one when it is run again."""


class Life(RuleBasedStateMachine):
    """One history of the practice, from Monday morning on."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.practice = self.world.practice
        self.practice.reset()
        self.intents = Intents(self.practice)
        self.keeping = Keeping()
        self.free: set[UUID] = set()
        self.log: list[str] = []

    def teardown(self) -> None:
        if isinstance(sys.exc_info()[1], Exception):
            self.world.faults.append("\n".join([*self.log, traceback.format_exc()]))

    # ------------------------------------------------------------ what happens

    @initialize(some=st.integers(0, 14))
    def begin(self, some: int) -> None:
        """The soonest times are given already, so that there is something to wait for."""
        for n in range(some):
            made = self.intents.soonest(n)
            if made is not None:
                self.note(made, self.here(*made))

    @rule(kind=st.sampled_from(KINDS), a=NUMBERS, b=NUMBERS, there=st.booleans())
    def one(self, kind: str, a: int, b: int, there: bool) -> None:
        """One act, in this process or in the other."""
        made = self.intents.make(kind, a, b)
        if made is not None:
            self.note(made, self.there(*made) if there else self.here(*made))

    @rule(
        kinds=st.tuples(st.sampled_from(KINDS), st.sampled_from(KINDS)),
        same=st.booleans(),
        a=NUMBERS,
        others=st.tuples(NUMBERS, NUMBERS),
        b=NUMBERS,
        shut=st.booleans(),
    )
    def two_at_once(
        self, kinds: tuple[str, str], same: bool, a: int, others: tuple[int, int], b: int,
        shut: bool,
    ) -> None:  # fmt: skip
        """One act here and one there, at the same moment; often for one and the same time."""
        one = self.intents.make(kinds[0], a, b)
        other = self.intents.make(
            kinds[0] if same else kinds[1], others[0], b if same else others[1]
        )
        if one is None or other is None:
            return
        with ThreadPoolExecutor(2) as pool:
            if shut:
                self.shut()
            there = pool.submit(self.there, *other)
            here = pool.submit(self.here, *one)
            if shut:
                self.let_in_when_both_wait(here, there)
            outcomes = here.result(), there.result()
        self.note(one, outcomes[0])
        self.note(other, outcomes[1])

    @rule(by=st.sampled_from(TICKS), workers=st.booleans())
    def tick(self, by: timedelta, workers: bool) -> None:
        """Time goes by. Where workers run, they do their jobs, and the doctor finds nothing."""
        self.practice.tick(by)
        if not workers:
            return
        for job in ("sweep", "release", "look"):
            self.here(job, {})
        self.hear()
        found = doctor.examine(self.practice.admin)
        assert found == []

    @rule(a=NUMBERS, b=NUMBERS, there=st.booleans())
    def choose(self, a: int, b: int, there: bool) -> None:
        """What one process offers is what the rows say, and what the other one gives (P5, P7)."""
        by = self.practice.invitations[a % len(self.practice.invitations)]
        looks, gives = (self.there, self.here) if there else (self.here, self.there)
        listed = looks("offered", {"by": str(by)}).split()[1:]
        offered = {(datetime.fromisoformat(at), UUID(who)) for at, who in map(_parts, listed)}
        assert offered == oracle.free(self.practice, by)

        chance = Random(b)  # noqa: S311 - the same for the same number
        known = sorted(offered)
        for start, who in chance.sample(known, min(2, len(known))) + self.beside(chance):
            values = {"by": str(by), "start": start.isoformat(), "who": str(who)}
            answer = gives("attempt", values)
            if "AlreadyBooked" in answer:
                return
            assert answer.startswith("done given") == ((start, who) in offered), (answer, values)

    def beside(self, chance: Random) -> list[tuple[datetime, UUID]]:
        """Any times at all, on the grid or off it."""
        return [
            (
                self.practice.now + timedelta(minutes=5 * chance.randrange(-100, 1500)),
                chance.choice(self.practice.hosts)[1],
            )
            for _ in range(2)
        ] + [
            (row[0] + timedelta(minutes=10 * chance.randrange(-3, 4)), row[1])
            for row in self.practice.rows(
                "SELECT lower(during), practitioner_id FROM appointment a"
                " JOIN schedule s ON s.id = schedule_id ORDER BY a.created_at DESC LIMIT 3"
            )
        ]

    # ------------------------------------------------------------ what must hold

    @invariant()
    def nothing_is_broken(self) -> None:
        assert broken(self.practice, self.free) == []
        assert self.keeping.broken(self.practice) == []

    # ------------------------------------------------------------ how it is done

    def here(self, act: str, given: Given) -> str:
        outcome = acts.do(self.practice.database, self.practice.settings, act, given)
        return self.logged("here", act, given, outcome)

    def there(self, act: str, given: Given) -> str:
        self.world.other.begin(act, given)
        return self.logged("there", act, given, self.world.other.end())

    def logged(self, where: str, act: str, given: Given, outcome: str) -> str:
        if act not in ("offered", "attempt"):
            self.log.append(f"{self.practice.now:%d %H:%M} {where} {act} {given}: {outcome}")
        return outcome

    def note(self, made: tuple[str, Given], outcome: str) -> None:
        """Remember what was given against the rules, or came late after all."""
        _, given = made
        if given.get("against") and outcome.startswith("done"):
            self.free.add(UUID(outcome.split()[1]))
        if given.get("what") == "arrive" and outcome == "done":
            self.free.add(UUID(given["one"]))

    def shut(self) -> None:
        """Nobody gets past the guard's lock for now."""
        for schedule, _ in self.practice.hosts:
            self.world.gate.execute(
                "SELECT pg_advisory_lock(%s::int, %s::int)", (LOCK_CLASS, schedule)
            )

    def let_in_when_both_wait(self, here: Any, there: Any) -> None:
        """As soon as both stand before it, or nearly at once where one of them needs no lock."""
        end = time.monotonic() + 0.15
        while not (here.done() and there.done()) and time.monotonic() < end:
            row = self.world.gate.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock'"
            ).fetchone()
            if row and row[0] == 2:
                break
        self.world.gate.execute("SELECT pg_advisory_unlock_all()")

    def hear(self) -> None:
        """The notifier hears everything, as its worker would."""
        heard = self.practice.rows(
            "SELECT id, queue, envelope FROM outbox WHERE acknowledged_at IS NULL ORDER BY id"
        )
        for _, queue, envelope in heard:
            if queue == "notifier":
                with self.world.notifier.begin() as session:
                    consumer.receive(envelope, session)
        self.practice.admin.execute(
            "UPDATE outbox SET acknowledged_at = clock_timestamp() WHERE acknowledged_at IS NULL"
        )


def _parts(listed: str) -> tuple[str, str]:
    start, _, who = listed.partition("|")
    return start, who


@pytest.fixture
def world(fresh_database: Any, keyring: Keyring) -> Iterator[World]:
    url = fresh_database()
    with psycopg.connect(url, autocommit=True) as admin, psycopg.connect(
        url, autocommit=True
    ) as gate:  # fmt: skip
        stop_the_clock(admin)
        admin.execute(LIVE_VIEW.encode())
        env = environment_for("scheduler", url, {"BOOKING_NOTICE_HOURS": "0"})
        scheduler = Database(env["DATABASE_URL"], keyring)
        notifier = Database(role_url(url, "notifier", PASSWORDS), keyring)
        practice = open_practice(admin, scheduler, Settings.from_env(env))
        other = OtherProcess(env)
        yield World(practice, notifier, other, gate)
        other.stop()
        scheduler.dispose()
        notifier.dispose()


@pytest.mark.slow
def test_p1_p2_p3_p7_p9_p23_p27_nothing_that_must_not_be_ever_is(world: World) -> None:
    Life.world = world
    try:
        run_state_machine_as_test(Life, settings=_SETTINGS)
    except Exception:
        if world.faults:
            pytest.fail(world.faults[0], pytrace=False)
        raise
