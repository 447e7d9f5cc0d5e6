"""From events to rows: what is planned, withdrawn, and told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import permutations
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.notifier.models import AppointmentProjection
from shared.contracts.intake import ContactChanged, ScreeningCompleted
from tests.integration.notifier.world import Booking, Someone, World, booked, cancelled, moved

DAY = timedelta(days=1)


def purposes(world: World, channel: str = "email") -> list[str]:
    return [row.purpose for row in world.rows(channel=channel) if row.state != "cancelled"]


def test_a_booking_is_told_at_once_and_its_reminders_wait_as_rows(world: World):
    booking = world.book()

    world.pass_on()

    assert world.states() == {
        ("confirmation", "email"): "accepted",
        ("confirmation", "sms"): "accepted",
        ("reminder-48h", "email"): "scheduled",
        ("reminder-24h", "email"): "scheduled",
        ("reminder-24h", "sms"): "scheduled",
        ("reminder-2h", "email"): "scheduled",
        ("reminder-2h", "sms"): "scheduled",
    }
    for row in world.rows(state="scheduled"):
        assert row.due_at <= row.not_after < booking.starts_at


def test_an_event_heard_five_times_plans_one_message_f20(world: World):
    booking, event_id = world.book(tell=False), uuid4()

    with ThreadPoolExecutor(5) as hands:
        list(hands.map(lambda _: world.hear(booked(booking), event_id=event_id), range(5)))
    for _ in range(5):
        world.hear(booked(booking))
    world.pass_on()

    assert purposes(world) == ["confirmation", "reminder-48h", "reminder-24h", "reminder-2h"]
    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]


def a_story(world: World) -> list[object]:
    """A booking that was moved and cancelled, as three events."""
    booking = world.book(tell=False)
    first = booked(booking)
    booking.sequence, booking.starts_at = 1, booking.starts_at + DAY
    second = moved(booking)
    booking.sequence, booking.status = 2, "cancelled"
    world.publish(booking)
    return [first, second, cancelled(booking)]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_events_in_any_order_end_in_the_latest_and_tell_nothing_f21(world: World, order):
    story = a_story(world)

    for place in order:
        world.hear(story[place])
    world.pass_on()

    with world.database.begin() as session:
        (known,) = session.scalars(select(AppointmentProjection)).all()
        assert (known.sequence, known.status) == (2, "cancelled")
    assert world.kept() == []
    assert world.rows() == []


def test_a_move_that_overtakes_its_booking_is_told_as_a_first_time_f21(world: World):
    booking = world.book(tell=False)
    first = booked(booking)
    world.move(booking, ahead=5 * DAY)
    world.hear(first)

    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]
    assert {row.sequence for row in world.rows()} == {1}


def test_a_move_withdraws_the_old_reminders_and_plans_new_ones(world: World):
    booking = world.book()
    world.pass_on()

    world.move(booking, ahead=9 * DAY)
    world.pass_on()

    assert purposes(world) == [
        *("confirmation", "moved"),
        *("reminder-48h", "reminder-24h", "reminder-2h"),
    ]
    assert {row.sequence for row in world.rows(state="scheduled")} == {1}
    assert {row.reason for row in world.rows(state="cancelled")} == {"superseded"}


def test_a_cancellation_withdraws_what_was_planned_and_is_told(world: World):
    booking = world.book()
    world.pass_on()

    world.cancel(booking)
    world.pass_on()

    assert world.states() == {
        ("confirmation", "email"): "accepted",
        ("confirmation", "sms"): "accepted",
        ("cancelled", "email"): "accepted",
        ("cancelled", "sms"): "accepted",
    }


def test_a_booking_cancelled_before_anyone_was_told_ends_in_silence_f22(world: World):
    booking = world.book()
    world.courier.prepare(booking.id)

    world.cancel(booking)
    world.pass_on()

    assert world.kept() == []
    assert {row.state for row in world.rows()} == {"cancelled"}


def test_a_move_before_anyone_was_told_confirms_the_new_time(world: World):
    booking = world.book()
    world.courier.prepare(booking.id)

    world.move(booking, ahead=8 * DAY)
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]


@pytest.mark.parametrize(
    ("channels", "told"),
    [(("email", "call"), {"email"}), (("sms",), {"sms"}), (("call", "voicemail"), set())],
)
def test_only_permitted_channels_are_written_to_l20(world: World, channels, told):
    world.book(Someone(channels=channels))

    world.pass_on()

    assert {channel for _, channel in world.kept_purposes()} == told


def test_a_permission_without_an_address_is_none(world: World):
    world.book(Someone(email=None))

    world.pass_on()

    assert {channel for _, channel in world.kept_purposes()} == {"sms"}


def test_where_nothing_may_be_sent_staff_are_told_to_call(world: World):
    world.book(Someone(channels=("call",)))

    world.pass_on()

    (row,) = world.rows()
    assert (row.purpose, row.channel, row.state, row.reason) == (
        *("confirmation", None),
        *("suppressed", "no-way"),
    )


def test_a_way_that_is_not_set_up_is_told_apart_from_one_that_is_not_allowed(twilio_world: World):
    twilio_world.book(Someone(channels=("email",)))

    twilio_world.pass_on()

    (row,) = twilio_world.rows()
    assert (row.channel, row.reason) == (None, "not-set-up")


def test_a_cancellation_of_an_unknown_booking_asks_nobody_for_anything(world: World):
    booking = world.book(tell=False)
    world.cancel(booking)

    world.pass_on()

    assert world.neighbours.asked == []
    with world.database.begin() as session:
        (known,) = session.scalars(select(AppointmentProjection)).all()
        assert known.prepare_at is None


def test_two_people_each_have_their_own_messages_p17(world: World):
    one = Someone(channels=("email",))
    other = Someone(name="Ash Moreau", email="ash@example.org", channels=("sms",))

    world.book(one, other)
    world.pass_on()

    told = {(row.person_id, row.channel) for row in world.rows(state="accepted")}
    assert told == {(one.id, "email"), (other.id, "sms")}


def test_one_person_who_cannot_be_asked_about_holds_up_nobody_else_p12(world: World):
    one, other = Someone(), Someone(email="ash@example.org")
    world.book(one, other)
    path = f"/intake/internal/contacts/{other.id}"
    known = world.neighbours.answers.pop(path)
    world.neighbours.answers[path] = {"nonsense": True}

    world.pass_on()
    before = {row.person_id for row in world.rows(state="accepted")}
    world.neighbours.answers[path] = known
    world.hear(ContactChanged(person_id=other.id, contact_version=1))
    world.pass_on()

    assert before == {one.id}
    assert {row.person_id for row in world.rows(state="accepted")} == {one.id, other.id}
    assert len(world.kept()) == 4


def test_someone_whom_intake_has_forgotten_is_not_written_to(world: World):
    person = Someone()
    world.book(person)
    del world.neighbours.answers[f"/intake/internal/contacts/{person.id}"]

    world.pass_on()

    (row,) = world.rows()
    assert row.reason == "no-way"


@pytest.mark.parametrize("silent", ["intake", "scheduler"])
def test_messages_are_planned_as_soon_as_a_silent_neighbour_is_back(world: World, silent):
    world.book()
    world.neighbours.down.add(silent)
    world.pass_on()
    assert world.rows() == []

    world.neighbours.down.clear()
    world.let_pauses_pass()
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]


def test_reminders_go_out_while_intake_is_down(world: World):
    world.book()
    world.pass_on()
    world.neighbours.down.update({"intake", "scheduler"})

    world.make_due("reminder-24h")
    world.pass_on()

    assert ("reminder-24h", "email") in world.kept_purposes()


def test_a_new_channel_gets_what_is_still_to_come_and_nothing_twice(world: World):
    person = Someone(channels=("email",))
    world.book(person)
    world.pass_on()

    world.change(person, channels=("email", "sms"))
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email"), ("confirmation", "sms")]
    assert purposes(world, "sms") == ["confirmation", "reminder-24h", "reminder-2h"]


def test_an_older_version_of_a_contact_never_comes_back(world: World):
    person = Someone(channels=("email",))
    world.book(person)
    world.pass_on()
    world.change(person, channels=("call",))
    world.pass_on()

    world.hear(ContactChanged(person_id=person.id, contact_version=1))
    world.make_due("reminder-24h")
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email")]
    assert world.states()[("reminder-24h", "email")] == "suppressed"


def test_a_form_sent_makes_one_neutral_note_for_the_practice(world: World):
    event = ScreeningCompleted(response_id=uuid4(), person_id=uuid4(), contact_version=1)

    for _ in range(3):
        world.hear(event)
    world.pass_on()

    assert world.kept_purposes() == [("staff-note", "email")]
    (row,) = world.rows()
    assert row.person_id is None


def test_a_booking_already_past_is_left_alone(world: World):
    booking = Booking(people=(Someone(),), starts_at=world.book(tell=False).starts_at - 30 * DAY)
    world.publish(booking)
    world.hear(booked(booking))

    world.pass_on()

    assert world.rows() == []


def test_a_time_taken_in_the_last_minute_is_told_although_it_has_begun(world: World):
    world.book(ahead=timedelta(0))

    world.pass_on()

    assert world.states() == {
        ("confirmation", "email"): "accepted",
        ("confirmation", "sms"): "accepted",
    }


def test_a_move_in_the_last_minute_is_told_although_it_has_begun(world: World):
    booking = world.book()
    world.pass_on()

    world.move(booking, ahead=timedelta(0))
    world.pass_on()

    assert purposes(world) == ["confirmation", "moved"]


def test_a_time_that_began_long_before_anyone_heard_of_it_is_not_told(world: World):
    booking = world.book(ahead=timedelta(minutes=-6), tell=False)
    world.hear(booked(booking), ago=timedelta(minutes=7))

    world.pass_on()

    assert world.rows() == []
