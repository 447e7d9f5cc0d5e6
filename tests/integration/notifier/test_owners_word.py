"""Right before a message leaves the scheduler is asked: its word comes before our copy (F22)."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, update

from services.notifier.models import AppointmentProjection
from services.notifier.operations import attempts, claims, suppressions
from services.notifier.operations.attempts import Dispatch
from services.simulators.mail import MailServer
from shared.contracts.intake import PersonErased
from shared.messaging.events import Event
from shared.vocabulary import Channel
from tests.integration.notifier.world import Booking, Someone, World, cancelled, moved

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def cancel_in_silence(world: World, booking: Booking) -> None:
    """The scheduler has committed it, and its event is still on the way."""
    booking.sequence += 1
    booking.status = "cancelled"
    world.publish(booking)


def move_in_silence(world: World, booking: Booking, ahead: timedelta) -> None:
    booking.sequence += 1
    booking.starts_at += ahead
    world.publish(booking)


def opened(world: World, purpose: str) -> Dispatch:
    """A try at this message, written down and not yet made."""
    (row,) = world.rows(purpose=purpose, channel="email")
    with world.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
    assert claim is not None
    with world.database.begin() as session:
        dispatch = attempts.open_attempt(session, claim=claim, settings=world.settings)
    assert dispatch is not None
    return dispatch


def word_is_old(world: World, by: timedelta, *, silent_for: timedelta | None = None) -> None:
    """Pretend that the scheduler was last heard of so long ago, and silent for so long."""
    known = AppointmentProjection
    with world.database.begin() as session:
        session.execute(
            update(known).values(announced_at=known.announced_at - by, asked_at=known.asked_at - by)
        )
        if silent_for is not None:
            session.execute(
                update(known).values(unanswered_since=func.clock_timestamp() - silent_for)
            )


def only_mail() -> Someone:
    return Someone(channels=("email",))


def test_f22_a_cancellation_whose_event_is_still_on_the_way_stops_a_reminder_p13(world: World):
    booking = world.book(only_mail())
    world.pass_on()
    world.make_due("reminder-24h")

    cancel_in_silence(world, booking)
    world.pass_on()

    assert world.kept_purposes() == [("cancelled", "email"), ("confirmation", "email")]
    (reminder,) = world.rows(purpose="reminder-24h")
    assert (reminder.state, reminder.reason) == ("cancelled", "superseded")
    assert world.evidence(reminder) == ["taken-back"]
    world.hear(cancelled(booking))
    world.pass_on()
    assert world.kept_purposes() == [("cancelled", "email"), ("confirmation", "email")]


def test_f22_a_move_whose_event_is_still_on_the_way_stops_the_old_reminder(world: World):
    booking = world.book(only_mail())
    world.pass_on()
    world.make_due("reminder-24h")

    move_in_silence(world, booking, DAY)
    world.pass_on()
    world.hear(moved(booking))
    world.pass_on()

    assert world.kept_purposes() == [("confirmation", "email"), ("moved", "email")]
    (reminder,) = world.rows(purpose="reminder-24h", sequence=1)
    assert reminder.state == "scheduled"


def test_f22_what_is_cancelled_after_the_try_was_opened_and_before_the_first_byte_is_not_sent(
    smtp_world: World, mail: MailServer
):
    booking = smtp_world.book(only_mail())
    smtp_world.courier.prepare(booking.id)
    dispatch = opened(smtp_world, "confirmation")

    cancel_in_silence(smtp_world, booking)
    smtp_world.courier._hand_over(dispatch)
    smtp_world.pass_on()

    assert mail.accepted == []
    assert smtp_world.states() == {}


def test_f22_what_is_cancelled_after_the_last_question_is_sent_and_then_taken_back(
    smtp_world: World, mail: MailServer, monkeypatch: pytest.MonkeyPatch
):
    """Nobody can call back a byte: then there is one message, and a notice of its end."""
    booking = smtp_world.book(only_mail())
    smtp_world.courier.prepare(booking.id)
    dispatch = opened(smtp_world, "confirmation")
    note = attempts.note_handing_over

    def too_late(*args, **given) -> bool:
        done = note(*args, **given)
        cancel_in_silence(smtp_world, booking)
        return done

    with monkeypatch.context() as patch:
        patch.setattr(attempts, "note_handing_over", too_late)
        smtp_world.courier._hand_over(dispatch)
    smtp_world.hear(cancelled(booking))
    smtp_world.pass_on()

    assert len(mail.accepted) == 2
    assert smtp_world.states() == {
        ("confirmation", "email"): "accepted",
        ("cancelled", "email"): "accepted",
    }


def test_f22_a_reminder_waits_while_the_scheduler_does_not_answer(world: World):
    world.book(only_mail())
    world.pass_on()
    world.neighbours.down.add("scheduler")
    word_is_old(world, 11 * MINUTE)

    world.make_due("reminder-24h")
    world.pass_on()

    (reminder,) = world.rows(purpose="reminder-24h")
    assert (reminder.state, reminder.reason, reminder.tries) == ("scheduled", "not-confirmed", 0)
    world.neighbours.down.clear()
    world.make_due("reminder-24h")
    world.pass_on()
    assert ("reminder-24h", "email") in world.kept_purposes()


def test_f22_a_stranger_that_answers_in_the_schedulers_place_cancels_nothing(world: World):
    """A wrong address, or a proxy whose page says 404: no word of the scheduler's."""
    world.book(only_mail())
    world.pass_on()
    word_is_old(world, 11 * MINUTE)
    world.neighbours.stranger = True
    world.neighbours.answers.clear()

    world.make_due("reminder-24h")
    world.pass_on()

    (reminder,) = world.rows(purpose="reminder-24h")
    assert (reminder.state, reminder.reason, reminder.tries) == ("scheduled", "not-confirmed", 0)


@pytest.mark.parametrize(
    ("old", "silent_for"), [(9 * MINUTE, None), (5 * 60 * MINUTE, 61 * MINUTE)]
)
def test_f22_a_silent_scheduler_does_not_hold_up_what_it_spoke_of_just_now_nor_anything_for_hours(
    world: World, old: timedelta, silent_for: timedelta | None
):
    world.book(only_mail())
    world.pass_on()
    world.neighbours.down.add("scheduler")
    word_is_old(world, old, silent_for=silent_for)

    world.make_due("reminder-24h")
    world.pass_on()

    assert ("reminder-24h", "email") in world.kept_purposes()


def test_f22_a_cancellation_is_told_though_the_scheduler_is_silent(world: World):
    booking = world.book(only_mail())
    world.pass_on()
    world.cancel(booking)
    world.neighbours.down.add("scheduler")
    word_is_old(world, 3 * 60 * MINUTE)

    world.pass_on()

    assert ("cancelled", "email") in world.kept_purposes()


# ------------------------------------------------------------ any order

ACTS = st.lists(
    st.sampled_from(
        ["cancel", "move", "hear", "remind", "pass on", "stop", "erase", "silence", "answer"]
    ),
    min_size=3,
    max_size=9,
)


class History:
    """One appointment of one person, and what was true of it when each message was handed over."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
        self.world = world
        self.person = Someone()
        self.booking = world.book(self.person)
        self.unheard: list[Event] = []
        self.over: list[str] = []
        self.stopped = self.erased = False
        self._watch(monkeypatch)

    def _watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        keep = self.world.courier.providers["mailbox"]._keep

        def look(message, attempt_id) -> None:
            (row,) = self.world.rows(id=UUID(message.message_id))
            if row.person_id != self.person.id:
                # Left over from a history before this one, of somebody else.
                keep(message, attempt_id)
                return
            cancelling = message.calendar_method == "CANCEL" or "cancel" in message.text.lower()
            answering = "scheduler" not in self.world.neighbours.down
            if self.booking.status == "cancelled" and answering and not cancelling:
                self.over.append(f"a cancelled time was told: {message.text}")
            if self.erased:
                self.over.append("somebody erased was written to")
            if self.stopped and message.channel is Channel.SMS:
                self.over.append("somebody was texted after their STOP")
            keep(message, attempt_id)

        monkeypatch.setattr(self.world.courier.providers["mailbox"], "_keep", look)

    def act(self, act: str) -> None:
        if act in {"cancel", "move"} and self.booking.status == "booked":
            self._change(act)
        elif act == "hear" and self.unheard:
            self.world.hear(self.unheard.pop())  # the latest first: events come in any order
        elif act == "remind":
            self.world.make_due("reminder-24h")
        elif act == "pass on":
            self.world.pass_on(2)
        elif act in {"stop", "erase"}:
            self._end_it(act)
        elif act in {"silence", "answer"}:
            self._fall_silent(act == "silence")

    def _change(self, act: str) -> None:
        if act == "cancel":
            cancel_in_silence(self.world, self.booking)
            self.unheard.append(cancelled(self.booking))
        else:
            move_in_silence(self.world, self.booking, DAY)
            self.unheard.append(moved(self.booking))

    def _fall_silent(self, silent: bool) -> None:
        down = self.world.neighbours.down
        (down.add if silent else down.discard)("scheduler")

    def _end_it(self, act: str) -> None:
        if act == "erase":
            self.world.hear(PersonErased(person_id=self.person.id))
            self.erased = True
            return
        with self.world.database.begin() as session:
            suppressions.suppress(
                session, channel=Channel.SMS, address="+19145550119", reason="opted-out"
            )
        self.stopped = True

    def end(self) -> None:
        """Everything is heard and done."""
        self.world.neighbours.down.clear()
        for event in self.unheard:
            self.world.hear(event)
        self.world.let_pauses_pass()
        self.world.make_due("moved")
        self.world.make_due("cancelled")
        self.world.pass_on()


@given(acts=ACTS)
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_f22_in_whatever_order_nothing_untrue_goes_out_and_who_was_told_is_told_p13(
    make_world, monkeypatch_each: Callable[[], pytest.MonkeyPatch], acts: list[str]
):
    history = History(make_world(), monkeypatch_each())

    for act in acts:
        history.act(act)
    history.end()

    assert history.over == []
    rows = [row for row in history.world.rows() if row.appointment_id == history.booking.id]
    sent = Counter((row.purpose, row.channel) for row in rows if row.state == "accepted")
    assert all(row.state not in ("dead", "failed_technical") for row in rows)
    if history.booking.status == "cancelled" and not history.erased:
        told = {channel for _, channel in sent}
        noticed = {channel for purpose, channel in sent if purpose == "cancelled"}
        assert told - {"sms"} == noticed - {"sms"}


@pytest.fixture
def monkeypatch_each(monkeypatch: pytest.MonkeyPatch) -> Callable[[], pytest.MonkeyPatch]:
    """The same patches undone before each example."""

    def anew() -> pytest.MonkeyPatch:
        monkeypatch.undo()
        return monkeypatch

    return anew
