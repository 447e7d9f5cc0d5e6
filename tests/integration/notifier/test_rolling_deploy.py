"""Old and new processes side by side (F28): what one does not know waits for the other."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from services.notifier.consumers import consumer
from shared.clock import utcnow
from shared.messaging.broker import Doorbell
from shared.messaging.events import BadEvent
from shared.messaging.tables import Inbox
from tests.integration.notifier.test_sweep import until, working
from tests.integration.notifier.world import Someone, World, booked


def test_what_a_newer_sender_adds_to_an_event_and_its_envelope_is_ignored_f28(world: World):
    booking = world.book(tell=False)
    envelope = booked(booking).envelope(event_id=uuid4(), at=utcnow())
    newer = envelope | {
        "dataschema": "https://example.org/v1.7",
        "softstartversion": "7",
        "data": envelope["data"] | {"location_id": str(uuid4()), "seats": 2},
    }

    with world.database.begin() as session:
        consumer.receive(newer, session)
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]


def test_an_event_of_a_newer_version_is_left_to_a_newer_process_f28(world: World):
    """Refused, it is not written down as heard: its sender goes on ringing."""
    booking = world.book(tell=False)
    envelope = booked(booking).envelope(event_id=uuid4(), at=utcnow())
    newer = envelope | {"type": "scheduler.appointment.booked.v2"}

    with pytest.raises(BadEvent), world.database.begin() as session:
        consumer.receive(newer, session)

    with world.database.begin() as session:
        assert session.scalar(select(func.count()).select_from(Inbox)) == 0
        consumer.receive(envelope, session)  # as a process does that has a handler for it
    world.pass_on()
    assert len(world.kept()) == 2


def test_a_bell_for_an_actor_that_this_version_does_not_have_holds_up_nobody_f28(world: World):
    booking = world.book(tell=False)
    envelope = booked(booking).envelope(event_id=uuid4(), at=utcnow())
    bell = Doorbell(world.settings.broker_url)

    with working(world.settings):
        for queue in ("notifier", "notifier.critical", "notifier.reminders"):
            bell.ring(queue=queue, actor="notifier.of_next_year", args=("x", 1))
        bell.ring(queue="notifier", actor="notifier.receive", args=(envelope,))
        until(lambda: len(world.kept()) == 2)


def test_a_message_that_an_older_process_wrote_down_goes_out_f28(world: World):
    """Only what the first version had to say: every column that came later has its own default."""
    booking = world.book(Someone(channels=("email",)))
    world.courier.prepare(booking.id)
    (row,) = world.rows(purpose="confirmation")
    older = text(
        "INSERT INTO notification (id, dedupe_key, appointment_id, sequence, person_id, purpose,"
        " channel, state, announced_at, due_at, not_after)"
        " SELECT gen_random_uuid(), dedupe_key || '-older', appointment_id, sequence, person_id,"
        " purpose, channel, 'scheduled', announced_at, clock_timestamp(), not_after"
        " FROM notification WHERE id = :id"
    )
    with world.database.begin() as session:
        session.execute(older, {"id": row.id})
        session.execute(text("DELETE FROM notification WHERE id = :id"), {"id": row.id})

    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email")]
    (sent,) = world.rows(purpose="confirmation")
    assert sent.state == "accepted"
    assert sent.changed_at - sent.due_at < timedelta(minutes=1)
