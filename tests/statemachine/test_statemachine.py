"""Whatever people, staff and the clock do, in two processes: nothing that must not be ever is.

`EXAMPLES` sets how many histories are lived through, `STEPS` how long each of them is; with
`make statemachine` they are three hundred.
"""

import os
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

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
from tests.integration.scheduler.world import token_of
from tests.statemachine import acts, oracle, programs
from tests.statemachine.arrivals import Arrivals
from tests.statemachine.choosing import Given
from tests.statemachine.conftest import World
from tests.statemachine.intents import KINDS, RIVALS, Intents
from tests.statemachine.invariants import Keeping, broken
from tests.statemachine.practice import Said

EXAMPLES = int(os.environ.get("EXAMPLES", "0"))
STEPS = int(os.environ.get("STEPS", "40"))
TICKS = [timedelta(minutes=n) for n in (1, 14, 16, 40, 40, 95, 150, 150, 60 * 11, 60 * 26)]
DRAWN = st.binary(min_size=16, max_size=16)
"""What decides about a step: no numbers, for most of those that are drawn are small."""
LOCK_CLASS = 0x50F7


_SETTINGS = settings(
    max_examples=EXAMPLES or 4,
    stateful_step_count=STEPS,
    derandomize=not EXAMPLES,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class Life(RuleBasedStateMachine):
    """One history of the practice, from Monday morning on."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.practice = self.world.practice
        self.practice.reset()
        self.intents = Intents(self.practice)
        self.keeping, self.arrivals = Keeping(), Arrivals()
        self.free: set[UUID] = set()
        self.log: list[str] = []
        self.steps = 0

    def teardown(self) -> None:
        if isinstance(sys.exc_info()[1], Exception):
            return self.keep_fault()
        try:
            self.work()
            self.nothing_is_broken()
        except Exception:
            self.keep_fault()
            raise

    def keep_fault(self) -> None:
        self.world.faults.append("\n".join([*self.log, traceback.format_exc()]))

    # ------------------------------------------------------------ what happens

    @initialize(drawn=DRAWN)
    def begin(self, drawn: bytes) -> None:
        """The soonest times are given already, so that there is something to wait for."""
        chance = Random(drawn)  # noqa: S311 - the same for the same bytes
        everybody = range(len(self.practice.invitations))
        for n in chance.sample(everybody, chance.randrange(len(everybody))):
            made = self.intents.soonest(n)
            if made is not None:
                self.note(made, self.here(*made))
        for n in range(chance.randrange(4)):
            self.do("say yes", n, 1, there=False)

    @rule(drawn=DRAWN)
    def step(self, drawn: bytes) -> None:
        """Something happens, more often what matters more."""
        self.steps += 1  # what is drawn twice is not done twice
        chance = Random(drawn + self.steps.to_bytes())  # noqa: S311 - the same for the same bytes
        (what,) = chance.choices(
            (
                self.in_turn,
                self.at_once,
                self.tick,
                self.choose,
                self.choose_another,
                self.send_again,
            ),
            (7, 7, 3, 2, 1, 1),
        )
        what(chance)

    def in_turn(self, chance: Random) -> None:
        """One act after the other, in this process or in the other."""
        for _ in range(chance.randrange(1, 5)):
            self.do(chance.choice(KINDS), *_two(chance), there=chance.random() < 0.5)
            self.nothing_is_broken()

    def do(self, kind: str, a: int, b: int, *, there: bool) -> None:
        made = self.intents.make(kind, a, b)
        if made is None:
            return
        outcome = self.there(*made) if there else self.here(*made)
        self.note(made, outcome)
        if outcome.startswith("409"):
            programs.check_refusal(self.practice, made[1], outcome)

    def at_once(self, chance: Random) -> None:
        """One act here and one there, at the same moment; often for one and the same time."""
        (a, b), others = _two(chance), _two(chance)
        kinds = chance.choice(
            (chance.choices(KINDS, k=2), [chance.choice(KINDS)] * 2, chance.choice(RIVALS))
        )
        one = self.intents.make(kinds[0], a, b)
        other = self.intents.make(kinds[1], others[0], chance.choice((b, others[1])))
        if one is None or other is None:
            return
        if "state" == one[0] == other[0] and one[1]["by"] == other[1]["by"]:
            return  # which of the two words of one person was the last, no row says
        shut = chance.random() < 0.5
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

    def send_again(self, chance: Random) -> None:
        """One request with one key, from both processes at once and then again: it acts once."""
        kind = chance.choice(("send book", "send hold", "send move", "send cancel"))
        made = self.intents.make(kind, *_two(chance))
        if made is None or made[0] != "send":
            return
        asked = ("send", {**made[1], "key": f"again-{chance.random()}"})
        with ThreadPoolExecutor(2) as pool:
            there, here = pool.submit(self.there, *asked), pool.submit(self.here, *asked)
            at_once = [here.result(), there.result()]
        programs.check_again(at_once, [self.here(*asked), self.there(*asked)])

    def tick(self, chance: Random) -> None:
        """Time goes by. Where workers run, they do their jobs, and the doctor finds nothing."""
        self.practice.tick(chance.choice(TICKS))
        if chance.random() < 0.5:
            self.work()

    def work(self) -> None:
        """Everything that waits for a worker is done, and heard."""
        for job in ("sweep", "release", "look"):
            self.here(job, {})
        self.hear()
        assert doctor.examine(self.practice.admin) == []

    def choose(self, chance: Random) -> None:
        """What one process offers is what the rows say, and what the other one gives (P5, P7)."""
        by, has = self.practice.rows(
            "SELECT i.id, EXISTS (SELECT FROM live_appointment a WHERE status <> 'proposed' AND"
            " (i.id = a.invitation_id OR i.couple_id = a.couple_id)) FROM invitation i"
            " WHERE given_by IS NULL ORDER BY 2, i.id"
        )[chance.randrange(4)]
        asking = oracle.permitted(self.practice, by)
        offered = self.compare("", {"by": str(by)}, asking, asking, chance=chance)
        if not has and not asking.ended:
            asked = {"token": token_of(by), "first": 5}
            programs.check_slots(offered, 5, self.there("slots", asked))

    def choose_another(self, chance: Random) -> None:
        """The same for a time that is moved, alone or by asking the other, or by staff (N7)."""
        rows = self.practice.rows(
            "SELECT a.id, person_id, couple_id, lower(during),"
            " array(SELECT held_id FROM live_proposal m WHERE m.appointment_id = a.id)"
            " FROM live_appointment a JOIN participant p ON p.appointment_id = a.id"
            " WHERE a.status = 'booked' AND lower(during) > clock_timestamp()"
            " ORDER BY a.id, p.id"
        )
        if not rows:
            return
        one, person, couple, start, kept = chance.choice(rows)
        who = chance.choice((None, person, person))
        ((both,),) = self.practice.rows("SELECT bool_and(move_needs_both) FROM practice_rules")
        asks = bool(couple and who and both is not False)
        asking = oracle.moving(self.practice, one, who, both=asks)
        bookable = asking if asks else replace(asking, besides=asking.besides | set(kept))
        whose = {"one": str(one), "person": str(who) if who else None}
        self.compare("_another", whose, asking, bookable, chance=chance, own=start)

    def compare(
        self, act: str, whose: Given, asking: oracle.Asking, bookable: oracle.Asking, *,
        chance: Random, own: datetime | None = None,
    ) -> set[tuple[datetime, UUID]]:  # fmt: skip
        """Both processes offer what the rows say; each gives it, and nothing else."""
        looks, gives = chance.sample((self.here, self.there), 2)
        answer = looks(f"offered{act}", whose)
        assert gives(f"offered{act}", whose) == answer
        offered = {
            (datetime.fromisoformat(at), UUID(who)) for at, who in map(_parts, answer.split()[1:])
        }
        assert offered == oracle.free(self.practice, asking)

        can = offered if bookable == asking else oracle.free(self.practice, bookable)
        known = sorted(can)
        for start, who in chance.sample(known, min(2, len(known))) + self.beside(chance):
            values = {**whose, "start": start.isoformat(), "who": str(who)}
            answer = gives(f"attempt{act}", values)
            if not answer.startswith("done"):
                break  # they have a time, or may not change it any more
            if start != own:
                assert (answer == "done given") == ((start, who) in can), (answer, values)
        return offered

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
        assert self.arrivals.broken(self.practice, self.free) == []

    # ------------------------------------------------------------ how it is done

    def here(self, act: str, given: Given) -> str:
        outcome = acts.do(self.practice.database, self.practice.settings, act, given)
        return self.logged("here", act, given, outcome)

    def there(self, act: str, given: Given) -> str:
        self.world.other.begin(act, given)
        return self.logged("there", act, given, self.world.other.end())

    def logged(self, where: str, act: str, given: Given, outcome: str) -> str:
        if not act.startswith(("offered", "attempt", "slots")):
            self.log.append(f"{self.practice.now:%d %H:%M} {where} {act} {given}: {outcome}")
        return outcome

    def note(self, made: tuple[str, Given], outcome: str) -> None:
        """Remember what was given against the rules, or came late after all."""
        act, given = made
        assert act != "send" or int(outcome[:3]) in programs.HONEST, outcome
        if outcome == "done" and act in ("state", "part", "erase"):
            self.remember(act, given)
        if given.get("against") and outcome.startswith("done"):
            self.free.add(UUID(outcome.split()[1]))
        if given.get("what") == "arrive" and outcome == "done":
            self.free.add(UUID(given["one"]))

    def remember(self, act: str, given: Given) -> None:
        """What two have said, and what is forgotten of it."""
        said, parted = self.practice.said, self.practice.parted
        if act == "state":
            ((couple, person),) = self.practice.rows(
                "SELECT couple_id, person_id FROM invitation WHERE id = %(by)s", by=given["by"]
            )
            said.append(Said(couple, person, self.practice.now, given["weekly"]))
        else:
            gone = self.practice.rows(
                "SELECT couple_id FROM invitation WHERE couple_id IS NOT NULL"
                " AND %(one)s IN (couple_id, person_id)",
                one=given.get("couple", given.get("person")),
            )
            parted.update(couple for (couple,) in gone)
            said[:] = [one for one in said if one.couple not in parted]

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


def _two(chance: Random) -> tuple[int, int]:
    return chance.randrange(2**31), chance.randrange(2**31)


def _parts(listed: str) -> tuple[str, str]:
    start, _, who = listed.partition("|")
    return start, who


@pytest.mark.slow
def test_n6_n7_p1_p2_p3_p7_p9_p11_p22_p23_p27_nothing_that_must_not_be_ever_is(
    world: World,
) -> None:
    Life.world = world
    try:
        run_state_machine_as_test(Life, settings=_SETTINGS)
    except Exception:
        if world.faults:
            pytest.fail(world.faults[0], pytrace=False)
        raise
