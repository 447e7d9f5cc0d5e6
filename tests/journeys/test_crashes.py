"""`kill -9` of any process on the way, then a restart: the person gets exactly one confirmation."""

import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from tests.journeys.apart import Apart
from tests.journeys.people import SINGLE
from tests.journeys.suite import Suite
from tests.journeys.world import World, somebody, until

# How long a message may still be on its way after a crash: a lease, and the provider's settling.
SETTLED_SECONDS = 100


def confirmations(world: World, person: dict[str, Any]) -> int:
    return len(world.entries(person["email"], "REQUEST"))


@pytest.fixture(scope="module")
def fragile_world(make_world: Callable[[], World]) -> World:
    return make_world()


@pytest.mark.slow
@pytest.mark.parametrize("after_seconds", [0.0, 0.1, 0.25, 0.5, 1.0])
def test_the_whole_suite_killed_after_a_booking_still_confirms_it_once(
    fragile_world: World, after_seconds: float
) -> None:
    suite = fragile_world.product
    assert isinstance(suite, Suite)
    person = somebody(SINGLE)
    fragile_world.api.booked(person)

    time.sleep(after_seconds)
    suite.kill()
    suite.start()

    until(lambda: confirmations(fragile_world, person), SETTLED_SECONDS)
    time.sleep(3)
    assert confirmations(fragile_world, person) == 1


@pytest.mark.slow
def test_the_suite_killed_between_any_two_steps_costs_the_person_nothing(
    fragile_world: World,
) -> None:
    suite = fragile_world.product
    assert isinstance(suite, Suite)
    api, person = fragile_world.api, somebody(SINGLE)

    def crash() -> None:
        suite.kill()
        suite.start()

    draft = api.call("POST", "/begin/api/responses").json()["token"]
    api.call("PATCH", "/begin/api/response", draft, json={"answers": person})
    crash()
    assert api.call("GET", "/begin/api/response", draft).json()["answers"]["name_used"]
    result = api.call("POST", "/begin/api/response/completion", draft).json()
    crash()
    permission = result["booking"]["permission_token"]
    start = api.slots(permission)[2]["start"]
    held = api.call("POST", "/schedule/api/holds", permission, json={"start": start})
    assert held.status_code == 201, held.text
    crash()
    assert start not in {one["start"] for one in api.slots(api.permission(somebody(SINGLE)))}
    booked = api.book(permission, start)
    crash()

    assert api.book(permission, start).json()["id"] == booked.json()["id"]
    until(lambda: confirmations(fragile_world, person), SETTLED_SECONDS)
    time.sleep(3)
    assert confirmations(fragile_world, person) == 1


@pytest.mark.slow
def test_the_database_killed_after_a_booking_loses_nothing(fragile_world: World) -> None:
    suite = fragile_world.product
    assert isinstance(suite, Suite)
    person = somebody(SINGLE)
    appointment = fragile_world.api.booked(person)
    server = int((suite.home / "postgres" / "postmaster.pid").read_text().splitlines()[0])

    psutil.Process(server).kill()
    suite.kill()
    suite.start()

    until(lambda: confirmations(fragile_world, person), SETTLED_SECONDS)
    token = appointment["manage_token"]
    kept = fragile_world.api.call("GET", "/schedule/api/appointment", token).json()
    assert kept["status"] == "booked"
    time.sleep(3)
    assert confirmations(fragile_world, person) == 1


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize(
    "victim",
    ["scheduler", "scheduler-worker", "notifier-worker", "intake", "intake-worker", "gateway"],
)
def test_any_process_killed_after_a_booking_and_started_again_confirms_it_once(
    apart_world: World, victim: str
) -> None:
    apart = apart_world.product
    assert isinstance(apart, Apart)
    person = somebody(SINGLE)
    apart_world.api.booked(person)

    apart.kill(victim)
    apart.run(victim)

    until(lambda: confirmations(apart_world, person), SETTLED_SECONDS)
    time.sleep(1)
    assert confirmations(apart_world, person) == 1
