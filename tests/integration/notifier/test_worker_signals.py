"""A worker is frozen (F3), asked to stop (F4), or can't reach its broker (F5): real processes."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from services.simulators.carrier import Reply, Text
from services.simulators.twilio import TwilioSimulator
from shared.provision import role_url
from tests.conftest import PASSWORDS, environment_for
from tests.integration.notifier.test_crashes import a_waiting_confirmation, environment, errand
from tests.integration.notifier.world import Someone, World
from tests.parties.wire import target_of, through, wire
from tests.parties.workers import working

SIGNED: Final = {
    "SMTP_BAA": "signed 2026-05-01 by Priya Raman",
    "TWILIO_BAA": "signed 2026-05-01 by Priya Raman",
}
STOPS_WITHIN: Final = 15
NEVER_LATER: Final = 10
"""Seconds that a message may be late whose doorbell never rang, apart from its own sending."""

TOLERANCE: Final = 5
"""For machines that are busy with other tests."""


def live_by(texts: TwilioSimulator) -> dict[str, str]:
    return {"DELIVERY": "live", **SIGNED, **texts.settings()}


def worker_environment(world: World, database_url: str, **more: str) -> dict[str, str]:
    here = {
        "INTAKE_URL": world.neighbours.url("intake"),
        "SCHEDULER_URL": world.neighbours.url("scheduler"),
    }
    return environment_for("notifier", database_url, here | more)


def until(true: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def freeze_when_it_sends(texts: TwilioSimulator, process: "subprocess.Popen[bytes]") -> None:
    """SIGSTOP at the moment at which the carrier has the text and has not yet said so."""

    def freeze(_: Text) -> None:
        texts.heard = lambda _: None
        process.send_signal(signal.SIGSTOP)

    texts.heard = freeze


def test_a_worker_frozen_while_the_carrier_answers_finds_itself_succeeded_f3(
    twilio_world: World, database_url: str, texts: TwilioSimulator, impatient: None
):
    row = a_waiting_confirmation(twilio_world, "sms")
    process = errand(environment(twilio_world, database_url, **live_by(texts)), row.id)
    freeze_when_it_sends(texts, process)
    until(lambda: len(texts.taken) == 1, 30)
    until(lambda: _is_stopped(process.pid), 5)

    twilio_world.let_leases_lapse()
    twilio_world.pass_on()
    (settled,) = twilio_world.rows(purpose="confirmation")
    process.send_signal(signal.SIGCONT)
    process.communicate(timeout=30)
    twilio_world.pass_on()

    assert process.returncode == 0
    assert len(texts.taken) == 1
    (after,) = twilio_world.rows(purpose="confirmation")
    assert (settled.state, after.state) == ("accepted", "accepted")
    assert (settled.fence, after.fence) == (row.fence + 2, row.fence + 2)
    assert twilio_world.evidence(after).count("accepted") == 1  # late, and kept


def _is_stopped(pid: int) -> bool:
    """Whether the kernel has stopped it (proc(5): the state follows the name in parentheses)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


@pytest.mark.slow
@pytest.mark.processes
def test_a_worker_asked_to_stop_finishes_what_it_sends_and_holds_nothing_f4(
    twilio_world: World, database_url: str, texts: TwilioSimulator, tmp_path: Path
):
    texts.script.extend([Reply(201, takes=True, after_seconds=3)] * 2)
    env = worker_environment(twilio_world, database_url, **live_by(texts))
    with working("notifier", env, tmp_path) as worker:
        for n in range(2):
            twilio_world.book(Someone(channels=("sms",), phone=f"+1914555012{n}"))
        until(lambda: len(texts.taken) == 2, 30)

        began = time.monotonic()
        worker.ask_to_stop()
        status = worker.ended(STOPS_WITHIN)
        took = time.monotonic() - began

    assert status == 0
    assert 1 < took < STOPS_WITHIN  # it waited for the answers, and for no more
    rows = twilio_world.rows(purpose="confirmation")
    assert [row.state for row in rows] == ["accepted"] * 2
    assert {row.lease_until for row in twilio_world.rows()} == {None}
    assert len(texts.taken) == 2


BROKERS: Final = [
    pytest.param("postgresql"),
    pytest.param("amqp", marks=pytest.mark.rabbitmq),
]


@pytest.mark.slow
@pytest.mark.processes
@pytest.mark.parametrize("kind", BROKERS)
def test_while_the_broker_is_away_what_is_due_goes_out_by_the_sweep_f5(
    twilio_world: World,
    database_url: str,
    texts: TwilioSimulator,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    kind: str,
):
    broker, target = _broker(kind, database_url, request)
    with wire(target) as line:
        env = worker_environment(
            twilio_world, database_url, **live_by(texts), BROKER_URL=through(line, broker)
        )
        with working("notifier", env, tmp_path):
            line.cut()
            twilio_world.book(Someone(channels=("sms",), phone="+19145550131"))
            began = time.monotonic()
            until(lambda: len(texts.taken) == 1, 3 * NEVER_LATER)
            late = time.monotonic() - began

            line.join()
            twilio_world.book(Someone(channels=("sms",), phone="+19145550132"))
            until(lambda: len(texts.taken) == 2, 30)

    assert late < NEVER_LATER + TOLERANCE
    assert len({text.to for text in texts.taken}) == 2


def _broker(
    kind: str, database_url: str, request: pytest.FixtureRequest
) -> tuple[str, str | tuple[str, int]]:
    """Its URL, and where that leads to."""
    if kind == "postgresql":
        url = role_url(database_url, "queue", PASSWORDS)
        return url, target_of(url)
    url = request.getfixturevalue("amqp_url")
    host, _, port = url.partition("@")[2].partition("/")[0].partition(":")
    return url, (host, int(port or 5672))
