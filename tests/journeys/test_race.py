"""Fifty people want one hour (P1), through two web processes behind the gateway."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journeys.people import SINGLE
from tests.journeys.world import World, somebody

RACERS = 50


@pytest.mark.processes
def test_p1_of_fifty_parallel_bookings_of_one_time_exactly_one_wins(apart_world: World) -> None:
    api = apart_world.api
    with ThreadPoolExecutor(10) as pool:
        permissions = list(pool.map(lambda _: api.permission(somebody(SINGLE)), range(RACERS)))
    start = api.slots(permissions[0], days=20)[-1]["start"]

    with ThreadPoolExecutor(RACERS) as pool:
        answers = list(pool.map(lambda permission: api.book(permission, start), permissions))

    statuses = [answer.status_code for answer in answers]
    assert sorted(set(statuses)) == [201, 409]
    assert statuses.count(201) == 1
    for refused in (answer for answer in answers if answer.status_code == 409):
        offered = refused.json()["alternatives"]
        assert offered
        assert start not in {one["start"] for one in offered}
    winner = permissions[statuses.index(201)]
    assert api.book(winner, start).json()["id"] == answers[statuses.index(201)].json()["id"]
