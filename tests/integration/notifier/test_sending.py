"""What is looked at once more before anything leaves, and what then happens."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from services.notifier.models import AppointmentProjection, Attempt, Notification
from services.notifier.operations import attempts, claims, suppressions
from shared.clock import utcnow
from shared.crypto import destroy_key
from shared.vocabulary import Channel
from tests.integration.notifier.world import Someone, World, booked, where_it_is_night

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def state_of(world: World, purpose: str, channel: str = "email") -> tuple[str, str | None]:
    (row,) = world.rows(purpose=purpose, channel=channel)
    return str(row.state), row.reason


def test_a_reminder_cancelled_a_second_before_its_time_is_not_sent_p13(world: World):
    booking = world.book()
    world.pass_on()
    world.make_due("reminder-24h")

    world.cancel(booking)
    world.pass_on()

    assert ("reminder-24h", "email") not in world.kept_purposes()
    assert state_of(world, "reminder-24h") == ("cancelled", "superseded")


def test_a_cancellation_that_overtakes_a_claimed_reminder_stops_it_f22(world: World):
    booking = world.book()
    world.pass_on()
    world.make_due("reminder-24h")
    (row,) = world.rows(purpose="reminder-24h", channel="email")
    with world.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
    assert claim is not None

    world.cancel(booking)
    with world.database.begin() as session:
        dispatch = attempts.open_attempt(session, claim=claim, settings=world.settings)

    assert dispatch is None
    assert state_of(world, "reminder-24h")[0] == "cancelled"


def test_a_cancellation_waits_for_a_try_that_is_being_opened_and_takes_it_back_f22(
    world: World,
):
    """The row lock decides who was first; whoever comes second sees what the first has done."""
    booking = world.book(Someone(channels=("email",)))
    world.courier.prepare(booking.id)
    (row,) = world.rows(purpose="confirmation")
    with world.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
    assert claim is not None
    cancelling = threading.Thread(target=world.cancel, args=(booking,))

    with world.database.begin() as session:
        dispatch = attempts.open_attempt(session, claim=claim, settings=world.settings)
        cancelling.start()
        cancelling.join(timeout=0.3)
        assert cancelling.is_alive()
    cancelling.join(timeout=5)
    world.courier.prepare(booking.id)
    assert dispatch is not None
    world.courier._hand_over(dispatch)
    world.pass_on()

    assert world.kept_purposes() == []
    assert world.states() == {}


def test_a_message_is_sent_by_one_worker_however_many_ring(world: World):
    booking = world.book(Someone(channels=("email",)))
    world.courier.prepare(booking.id)
    (row,) = world.rows(purpose="confirmation")
    ready = threading.Barrier(6)

    def ring() -> None:
        ready.wait()
        world.courier.deliver(row.id)

    hands = [threading.Thread(target=ring) for _ in range(6)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()

    (row,) = world.rows(purpose="confirmation")
    assert (row.state, row.tries) == ("accepted", 1)


def test_wishes_that_changed_count_for_what_already_waits_l19(world: World):
    person = Someone()
    world.book(person)
    world.pass_on()

    world.change(person, channels=("sms",))
    world.make_due("reminder-24h")
    world.pass_on()

    assert state_of(world, "reminder-24h", "email") == ("suppressed", "not-permitted")
    assert state_of(world, "reminder-24h", "sms")[0] == "accepted"


def test_nothing_is_sent_to_an_address_known_to_be_old(world: World):
    """Intake has said that something changed, and can't be asked what: better late than wrong."""
    person = Someone()
    world.book(person)
    world.pass_on()
    world.neighbours.down.add("intake")

    world.change(person, email="new@example.org")
    world.make_due("reminder-24h")
    world.pass_on()

    assert state_of(world, "reminder-24h") == ("scheduled", "wishes-unknown")


def test_a_suppressed_address_is_not_written_to_again(world: World):
    world.book()
    world.pass_on()
    with world.database.begin() as session:
        suppressions.suppress(
            session, channel=Channel.SMS, address="+19145550119", reason="opted-out"
        )

    world.make_due("reminder-24h")
    world.pass_on()

    assert state_of(world, "reminder-24h", "sms") == ("suppressed", "opted-out")
    assert state_of(world, "reminder-24h", "email")[0] == "accepted"


def test_someone_erased_is_not_written_to_f30(world: World):
    person = Someone()
    world.book(person)
    world.pass_on()
    with world.database.begin() as session:
        destroy_key(session, person.id)

    world.make_due("reminder-24h")
    world.pass_on()

    assert state_of(world, "reminder-24h") == ("suppressed", "erased")


def test_at_night_a_confirmation_comes_at_once_and_a_reminder_waits_l26(world: World):
    world.book(Someone(timezone=where_it_is_night()))
    world.pass_on()

    world.make_due("reminder-48h")
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]
    (row,) = world.rows(purpose="reminder-48h")
    assert (row.state, row.reason) == ("scheduled", "night")
    assert row.due_at > utcnow()


def test_news_of_the_evening_heard_after_an_outage_in_the_night_waits_for_the_morning_l26(
    world: World,
):
    booking = world.book(Someone(timezone=where_it_is_night()), tell=False)

    world.hear(booked(booking), ago=timedelta(hours=3))
    world.pass_on()

    (email,) = world.rows(channel="email", purpose="confirmation")
    assert (email.state, email.reason) == ("scheduled", "night")
    assert world.kept_purposes() == []


def test_at_night_a_confirmation_that_is_late_waits_too_l26(world: World):
    booking = world.book(Someone(timezone=where_it_is_night(), channels=("email",)))
    world.courier.prepare(booking.id)
    with world.database.begin() as session:
        session.execute(update(Notification).values(announced_at=utcnow() - 2 * HOUR))

    world.pass_on()

    assert state_of(world, "confirmation") == ("scheduled", "night")


def test_a_message_past_its_use_is_not_sent(world: World):
    world.book()
    world.pass_on()
    past = utcnow() - timedelta(seconds=5)
    with world.database.begin() as session:
        session.execute(
            update(Notification)
            .where(Notification.purpose == "reminder-24h")
            .values(due_at=past, not_after=past)
        )

    world.pass_on()

    assert state_of(world, "reminder-24h") == ("expired", "too-late")


def test_a_row_that_kills_its_worker_each_time_is_set_aside_f23(world: World):
    booking = world.book(Someone(channels=("email",)))
    world.courier.prepare(booking.id)
    (row,) = world.rows(purpose="confirmation")

    for _ in range(6):
        with world.database.begin() as session:
            claims.claim(session, notification_id=row.id)
        world.let_leases_lapse()

    assert state_of(world, "confirmation") == ("dead", "worker-died")
    with world.database.begin() as session:
        assert claims.claim(session, notification_id=row.id) is None


def test_words_that_would_tell_too_much_are_not_sent_l07(make_world):
    world = make_world()
    object.__setattr__(world.settings.practice, "neutral_sender", "The Couples Place")
    world.book(Someone(channels=("email",)))

    world.pass_on()

    assert world.kept() == []
    assert state_of(world, "confirmation") == ("failed_technical", "telling-words")


def test_a_try_is_written_down_for_good(world: World):
    world.book()
    world.pass_on()

    for statement in (
        "UPDATE attempt SET number = 9",
        "DELETE FROM attempt_event",
        "DELETE FROM attempt",
    ):
        with (
            pytest.raises(DBAPIError, match="append-only"),
            world.database.begin() as session,
        ):
            session.execute(text(statement))


def test_preparing_twice_at_once_plans_once(world: World):
    booking = world.book()

    hands = [threading.Thread(target=world.courier.prepare, args=(booking.id,)) for _ in range(4)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()

    assert len(world.rows()) == 7
    with world.database.begin() as session:
        (known,) = session.scalars(select(AppointmentProjection)).all()
        assert known.prepare_at is None


def test_what_was_said_is_the_same_words_each_time_it_is_tried(world: World):
    world.book()
    world.pass_on()

    with world.database.begin() as session:
        wordings = set(session.scalars(select(Attempt.wording)))

    kinds = sorted(wording.rpartition(" ")[0] for wording in wordings)
    assert kinds == ["confirmation en email 1", "confirmation en sms 1"]


def test_a_try_by_a_carrier_that_is_no_longer_set_up_is_still_settled(
    smtp_world: World, make_world, mail, impatient: None
):
    mail.refuse("dot", "take and drop")
    booking = smtp_world.book(Someone(channels=("email",)))
    smtp_world.pass_on(2)
    assert state_of(smtp_world, "confirmation")[0] == "uncertain"

    world = make_world()
    world.publish(booking)
    world.make_due("confirmation")
    world.pass_on(1)

    assert state_of(world, "confirmation")[0] == "accepted"
