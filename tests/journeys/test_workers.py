"""Workers of their own: what whoever watches over them can see."""

import time

import pytest

from tests.journeys.apart import WORKERS, Apart
from tests.journeys.world import World, until


@pytest.mark.processes
@pytest.mark.parametrize("worker", WORKERS)
def test_a_worker_shows_that_it_is_alive(apart_world: World, worker: str) -> None:
    apart = apart_world.product
    assert isinstance(apart, Apart)
    sign = apart.folder / f"{worker}.alive"
    until(sign.exists)
    since = time.time()

    assert until(lambda: sign.stat().st_mtime > since, 15)
