"""A practice whose clock stands still, in two processes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from services.scheduler.settings import Settings
from shared.crypto import Keyring
from shared.db import Database
from shared.provision import role_url
from tests.conftest import PASSWORDS, environment_for
from tests.statemachine import watch
from tests.statemachine.invariants import LIVE_VIEW
from tests.statemachine.other_process import OtherProcess
from tests.statemachine.practice import Practice, open_practice, stop_the_clock


@dataclass
class World:
    """The practice, the one who listens to it, and the other process."""

    practice: Practice
    notifier: Database
    other: OtherProcess
    gate: psycopg.Connection[Any]
    faults: list[str] = field(default_factory=list)
    """What was found, as it was found: a race is not the same one when it is run again."""


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
        watch.put_on()
        yield World(practice, notifier, other, gate)
        watch.take_off()
        other.stop()
        scheduler.dispose()
        notifier.dispose()
        ((deadlocks,),) = practice.rows(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        assert deadlocks == 0
