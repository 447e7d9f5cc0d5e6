"""The disk is full while messages go out (F25): nobody gets nothing, and nobody gets two."""

from uuid import uuid4

import pytest
from sqlalchemy.exc import OperationalError

from services.simulators.twilio import TwilioSimulator
from tests.integration.notifier.world import Someone, World, booked
from tests.parties.full_disk import full_disk


def test_what_was_heard_on_a_full_disk_is_heard_again_f25(world: World, database_url: str):
    booking = world.book(tell=False)
    event_id = uuid4()

    with (
        full_disk(database_url, "notifier", "appointment_projection"),
        pytest.raises(OperationalError),
    ):
        world.hear(booked(booking), event_id=event_id)
    world.hear(booked(booking), event_id=event_id)  # as its sender does: nobody said it was heard
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]


@pytest.mark.parametrize("table", ["notification", "attempt", "attempt_event"])
def test_a_full_disk_at_any_step_costs_time_and_no_second_text_f25(
    twilio_world: World,
    database_url: str,
    texts: TwilioSimulator,
    impatient: None,
    table: str,
):
    booking = twilio_world.book(Someone(channels=("sms",)))
    twilio_world.courier.prepare(booking.id)

    with full_disk(database_url, "notifier", table), pytest.raises(OperationalError):
        twilio_world.pass_on()
    sent_meanwhile = len(texts.taken)
    for _ in range(2):
        twilio_world.let_leases_lapse()
        twilio_world.make_due("confirmation")
        twilio_world.pass_on()

    assert sent_meanwhile == 0  # each try is written down before its first byte leaves
    assert len(texts.taken) == 1
    (row,) = twilio_world.rows(purpose="confirmation")
    assert row.state == "accepted"


def test_a_disk_that_fills_up_after_the_carrier_took_a_text_sends_it_no_second_time_f25(
    twilio_world: World, database_url: str, texts: TwilioSimulator, impatient: None
):
    """The answer can't be written down: as after a kill, the carrier is asked."""
    booking = twilio_world.book(Someone(channels=("sms",)))
    twilio_world.courier.prepare(booking.id)
    filling = full_disk(database_url, "notifier", "attempt_event")
    texts.heard = lambda _: filling.__enter__()

    with pytest.raises(OperationalError):
        twilio_world.pass_on()
    filling.__exit__(None, None, None)
    texts.heard = lambda _: None
    for _ in range(2):
        twilio_world.let_leases_lapse()
        twilio_world.make_due("confirmation")
        twilio_world.pass_on()

    assert len(texts.taken) == 1
    (row,) = twilio_world.rows(purpose="confirmation")
    assert row.state == "accepted"
