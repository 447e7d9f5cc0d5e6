"""One text a day and three a week to one number, counted on real rows."""

from datetime import timedelta

from sqlalchemy import text, update

from services.notifier.models import Notification
from services.simulators.twilio import TwilioSimulator
from shared.clock import utcnow
from tests.integration.notifier.wishes import wish
from tests.integration.notifier.world import Someone, World

DAY = timedelta(days=1)
BY_TEXT = {"channels": ("sms", "call")}


def let_days_pass(world: World, days: float) -> None:
    """Pretend that everything so far was so many days earlier."""
    with world.database.begin() as session:
        session.execute(text("ALTER TABLE attempt DISABLE TRIGGER append_only"))
        session.execute(
            text("UPDATE attempt SET opened_at = opened_at - make_interval(secs => :s)"),
            {"s": days * 86400},
        )
        session.execute(text("ALTER TABLE attempt ENABLE TRIGGER append_only"))


def reasons(world: World, purpose: str) -> list[tuple[str, str | None]]:
    return [(str(row.state), row.reason) for row in world.rows(purpose=purpose, channel="sms")]


def test_l24_a_second_text_on_the_same_day_waits(twilio_world: World, texts: TwilioSimulator):
    person = Someone(**BY_TEXT)
    twilio_world.book(person)
    twilio_world.pass_on()

    wish(twilio_world, person)
    twilio_world.pass_on()

    assert len(texts.taken) == 1
    assert reasons(twilio_world, "update") == [("scheduled", "enough-texts")]
    (row,) = twilio_world.rows(purpose="update")
    assert utcnow() < row.due_at <= utcnow() + 2 * DAY
    let_days_pass(twilio_world, 1.5)
    twilio_world.make_due("update")
    twilio_world.courier._ask_whether_wanted(row.errand_id)
    twilio_world.pass_on()
    assert len(texts.taken) == 2


def test_l24_three_a_week_and_not_a_fourth(twilio_world: World, texts: TwilioSimulator):
    person = Someone(**BY_TEXT)
    for _ in range(3):
        wish(twilio_world, person)
        twilio_world.pass_on()
        let_days_pass(twilio_world, 1.6)
    assert len(texts.taken) == 3

    wish(twilio_world, person)
    twilio_world.pass_on()

    assert len(texts.taken) == 3
    assert ("scheduled", "enough-texts") in reasons(twilio_world, "update")


def test_l24_the_number_counts_and_not_the_person(twilio_world: World, texts: TwilioSimulator):
    """A form filled in ten times over with a stranger's number texts the stranger once."""
    for turn in range(10):
        twilio_world.book(Someone(name=f"Rowan {turn}", phone="+19145550188", **BY_TEXT))
        twilio_world.pass_on()

    assert len(texts.taken) == 1


def test_l24_another_number_is_not_held_up(twilio_world: World, texts: TwilioSimulator):
    twilio_world.book(Someone(phone="+19145550188", **BY_TEXT))
    twilio_world.book(Someone(phone="+19145550189", **BY_TEXT))

    twilio_world.pass_on()

    assert len(texts.taken) == 2


def test_l24_a_cancelled_time_is_texted_all_the_same(twilio_world: World, texts: TwilioSimulator):
    booking = twilio_world.book(Someone(**BY_TEXT))
    twilio_world.pass_on()

    twilio_world.cancel(booking)
    twilio_world.pass_on()

    assert len(texts.taken) == 2
    assert "is cancelled" in texts.taken[-1].body


def test_l24_moving_a_time_ten_times_texts_a_silent_number_twice(
    twilio_world: World, texts: TwilioSimulator
):
    booking = twilio_world.book(Someone(**BY_TEXT))
    twilio_world.pass_on()

    for turn in range(10):
        twilio_world.move(booking, ahead=timedelta(days=7 + turn))
        twilio_world.pass_on()

    assert len(texts.taken) == 2


def test_l24_what_could_not_be_texted_is_told_to_staff(twilio_world: World, texts: TwilioSimulator):
    """A reminder that would be of no use tomorrow is not kept for tomorrow."""
    booking = twilio_world.book(Someone(**BY_TEXT), ahead=timedelta(days=3))
    twilio_world.pass_on()
    with twilio_world.database.begin() as session:
        session.execute(
            update(Notification)
            .where(Notification.purpose == "reminder-2h")
            .values(due_at=utcnow(), not_after=utcnow() + timedelta(minutes=20), rung_at=None)
        )

    twilio_world.pass_on()

    assert reasons(twilio_world, "reminder-2h") == [("suppressed", "enough-texts")]
    assert len(texts.taken) == 1
    assert booking.status == "booked"


def test_l24_a_text_that_was_refused_takes_nobody_s_place(
    twilio_world: World, texts: TwilioSimulator
):
    texts.stop()
    person = Someone(**BY_TEXT)
    twilio_world.book(person)
    twilio_world.pass_on()

    wish(twilio_world, person)
    twilio_world.pass_on()

    assert reasons(twilio_world, "update") == [("scheduled", "unreachable")]


def test_l24_what_stays_in_the_mailbox_rings_nobody_and_is_not_counted(world: World):
    person = Someone(**BY_TEXT)
    world.book(person)
    wish(world, person)

    world.pass_on()

    assert len(world.kept()) == 2
