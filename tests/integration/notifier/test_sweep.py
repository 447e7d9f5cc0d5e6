"""The worker as it runs: ticker, broker, actors; doorbells that ring, and ones that get lost."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import NoReturn
from uuid import UUID, uuid4

import dramatiq
import pytest

from services.notifier.app import QUEUES, declare_actors
from services.notifier.jobs import IN_VAIN, Sweep
from services.notifier.operations import claims
from services.notifier.settings import Settings
from shared.clock import utcnow
from shared.messaging.broker import Doorbell, open_broker
from shared.messaging.ticker import Ticker
from tests.integration.notifier.world import Someone, World, booked

HOUR = timedelta(hours=1)


@contextmanager
def working(settings: Settings) -> Iterator[dramatiq.Broker]:
    """The notifier's own worker, in this process."""
    broker = open_broker(settings.broker_url, worker_threads=2)
    ticker = Ticker()
    broker.add_middleware(ticker)
    declare_actors(broker, ticker, settings)
    worker = dramatiq.Worker(broker, worker_threads=2, worker_timeout=100)
    worker.start()
    try:
        yield broker
    finally:
        worker.stop(timeout=5000)
        broker.close()


def until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    """Wait for something to come true."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "It did not happen in time."
        time.sleep(0.05)


def test_from_the_event_s_doorbell_to_the_message_everything_happens_by_itself(world: World):
    booking = world.book(tell=False)
    envelope = booked(booking).envelope(event_id=uuid4(), at=utcnow())

    with working(world.settings):
        Doorbell(world.settings.broker_url).ring(
            queue="notifier", actor="notifier.receive", args=(envelope,)
        )
        until(lambda: len(world.kept()) == 2)

    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]


def test_a_reminder_goes_out_at_its_time_while_the_worker_runs(make_world):
    world = make_world(REMINDERS_EMAIL="24h", REMINDERS_SMS="", REMINDERS_GAP_MINUTES="0")
    world.book(Someone(channels=("email",)), ahead=24 * HOUR + timedelta(seconds=4))

    with working(world.settings):
        until(lambda: ("reminder-24h", "email") in world.kept_purposes())

    (row,) = world.rows(purpose="reminder-24h")
    assert row.state == "accepted"
    assert timedelta(0) <= row.changed_at - row.due_at < timedelta(seconds=5)


def deaf_sweep(world: World) -> Sweep:
    """A sweep whose doorbells nobody hears."""
    return Sweep(
        database=world.database,
        ring_deliver=lambda *_: None,
        ring_prepare=lambda *_: None,
        ring_errand=lambda *_: None,
        deliver=world.courier.deliver,
        prepare=world.courier.prepare,
        do_errand=world.courier.errand,
    )


def let_it_be_in_vain(world: World) -> None:
    world.let_pauses_pass(IN_VAIN + timedelta(seconds=1))
    world.make_due("confirmation", by=IN_VAIN + timedelta(seconds=1))


def test_what_was_rung_for_in_vain_is_done_by_the_sweep_itself_f6(world: World):
    sweep = deaf_sweep(world)
    world.book()
    sweep.ring()
    sweep.stand_in()
    assert world.rows() == []

    let_it_be_in_vain(world)
    sweep.stand_in()
    let_it_be_in_vain(world)
    sweep.stand_in()

    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]


def test_a_broker_that_is_down_costs_seconds_and_no_message_f5(world: World):
    def refuse(*_: object) -> NoReturn:
        raise ConnectionError("the broker is down")

    sweep = Sweep(
        database=world.database,
        ring_deliver=refuse,
        ring_prepare=refuse,
        ring_errand=refuse,
        deliver=world.courier.deliver,
        prepare=world.courier.prepare,
        do_errand=world.courier.errand,
    )
    world.book()
    with pytest.raises(ConnectionError):
        sweep.ring()

    let_it_be_in_vain(world)
    sweep.stand_in()
    let_it_be_in_vain(world)
    sweep.stand_in()

    assert len(world.kept()) == 2


def test_nothing_is_rung_for_twice_within_ten_seconds(world: World):
    booking = world.book()
    world.courier.prepare(booking.id)

    with world.database.begin() as session:
        first = claims.ring_for_due(session)
    with world.database.begin() as session:
        second = claims.ring_for_due(session)

    assert sorted(purpose for _, purpose in first) == ["confirmation", "confirmation"]
    assert second == []


def test_news_rings_on_a_queue_of_its_own_and_every_queue_has_an_actor(world: World):
    rung: list[tuple[str, UUID]] = []
    sweep = Sweep(
        database=world.database,
        ring_deliver=lambda queue, id_: rung.append((queue, id_)),
        ring_prepare=lambda _, id_: world.courier.prepare(id_),
        ring_errand=lambda _, id_: world.courier.errand(id_),
        deliver=world.courier.deliver,
        prepare=world.courier.prepare,
        do_errand=world.courier.errand,
    )
    world.book(Someone(channels=("email",)))
    sweep.ring()
    world.make_due()

    sweep.ring()

    assert sorted(queue for queue, _ in rung) == [
        "notifier.critical",
        *["notifier.reminders"] * 3,
    ]
    assert {queue for queue, _ in rung} == set(QUEUES)
