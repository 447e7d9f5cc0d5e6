"""A process whose clock is an hour off, or steps back (F24): nothing is early, nothing is double.

Due times and leases are the database's own, so that processes with clocks of their own agree.
"""

import os
import sys
from datetime import timedelta
from subprocess import run

import pytest
from sqlalchemy import text

from tests.integration.notifier.test_crashes import ROOT, environment
from tests.integration.notifier.world import Someone, World

HOUR = timedelta(hours=1)

SKEWED = """
import runpy, sys
from datetime import UTC, datetime, timedelta
import shared.clock
steps = [timedelta(seconds=float(one)) for one in sys.argv.pop(1).split(",")]
shared.clock.utcnow = lambda: datetime.now(UTC) + (steps.pop(0) if len(steps) > 1 else steps[0])
runpy.run_module("tests.integration.notifier.errand", run_name="__main__", alter_sys=True)
"""


def deliver_by_a_clock_off_by(steps: str, world: World, database_url: str, *ids: object) -> None:
    """One worker process tries each of them; its clock is off by so many seconds, step by step."""
    done = run(
        [sys.executable, "-c", SKEWED, steps, "deliver", *map(str, ids)],
        env=environment(world, database_url) | {"PATH": os.environ["PATH"]},
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("steps", ["3600", "-3600", "3600,-3600"], ids=["fast", "slow", "back"])
def test_a_clock_that_is_an_hour_off_sends_nothing_early_late_or_twice_f24(
    world: World, database_url: str, steps: str
):
    for _ in range(3):
        world.courier.prepare(world.book(Someone(channels=("email",))).id)
    due, early, held = world.rows(purpose="confirmation")
    with world.database.begin() as session:
        later = text("UPDATE notification SET due_at = clock_timestamp() + :by WHERE id = :id")
        session.execute(later, {"by": HOUR / 2, "id": early.id})
        lease = text(
            "UPDATE notification SET state = 'claimed', fence = fence + 1,"
            " lease_until = clock_timestamp() + interval '20 seconds' WHERE id = :id"
        )
        session.execute(lease, {"id": held.id})

    deliver_by_a_clock_off_by(steps, world, database_url, due.id, early.id, held.id, due.id)

    assert world.kept() == [due.id]
    now = {row.id: row for row in world.rows(purpose="confirmation")}
    assert [now[row.id].state for row in (due, early, held)] == ["accepted", "scheduled", "claimed"]
    assert now[held.id].fence == held.fence + 1
