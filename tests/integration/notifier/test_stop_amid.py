"""STOP comes by the carrier's own door while workers send to that number (F27)."""

import random
import threading
import time
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.notifier.domain.message import OutgoingMessage
from services.notifier.models import Attempt, Notification
from services.notifier.operations import attempts, frequency
from services.notifier.operations.rendering import render
from services.simulators.twilio import TwilioSimulator
from tests.integration.notifier.test_incoming import STOPPED, say
from tests.integration.notifier.wishes import planned_and_waiting
from tests.integration.notifier.world import Someone, World

WAITING = 6
WORKERS = 3


def begun(world: World) -> set[UUID]:
    """The tries that are written down and committed."""
    with world.database.begin() as session:
        return set(session.scalars(select(Attempt.id).where(Attempt.provider == "twilio")))


def send(world: World, waiting: list[UUID]) -> None:
    for notification_id in waiting:
        world.courier.deliver(notification_id)


def slowly(*about: Any) -> OutgoingMessage:
    """Between the last look and the commit: where a stop would slip through, were it not held."""
    time.sleep(0.05)
    return render(*about)


@pytest.mark.parametrize("seed", range(6))
def test_f27_whenever_a_stop_was_committed_no_text_is_begun_after_it(
    served: World, texts: TwilioSimulator, seed: int, monkeypatch: pytest.MonkeyPatch
):
    """Also where nothing else would hold back so many texts to one number."""
    monkeypatch.setattr(frequency, "free_again", lambda *_, **__: None)
    monkeypatch.setattr(attempts, "render", slowly)
    chance = random.Random(seed)  # noqa: S311 - picks a moment, keeps no secret
    for turn in range(WAITING):
        planned_and_waiting(served, Someone(name=f"Rowan {turn}", channels=("sms",)), "update")
    served.make_due()
    waiting = [row.id for row in served.rows(channel="sms")]
    workers = [
        threading.Thread(target=send, args=(served, chance.sample(waiting, len(waiting))))
        for _ in range(WORKERS)
    ]

    for worker in workers:
        worker.start()
    time.sleep(chance.uniform(0, 0.25))
    assert say(served, texts, "STOP") == STOPPED
    before_it = begun(served)
    for worker in workers:
        worker.join(timeout=30)
    served.make_due()
    served.pass_on()

    assert begun(served) == before_it
    assert len(texts.taken) == len(before_it)
    rows: list[Notification] = served.rows(channel="sms")
    assert {(str(row.state), row.reason) for row in rows} <= {
        ("accepted", None),
        ("suppressed", "opted-out"),
    }
