"""Notes with a link: asked for by an id, sent only while they are wanted and permitted."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from services.notifier.models import Errand, Notification
from services.notifier.operations import attempts, claims
from shared.clock import utcnow
from shared.contracts.intake import CommunicationRequested
from tests.integration.notifier.wishes import (
    DAY,
    assign,
    ends,
    let_a_while_pass,
    offer,
    planned_and_waiting,
    said,
    wish,
    withdraw,
)
from tests.integration.notifier.world import Someone, World

# ---------------------------------------------------------------- whom nobody may write to


@pytest.mark.parametrize(
    ("channels", "sent"),
    [
        (("email", "sms", "call"), {"email", "sms"}),
        (("email", "call"), {"email"}),
        (("sms", "call"), {"sms"}),
        (("call", "voicemail"), set()),
    ],
)
def test_l20_a_way_that_was_not_agreed_to_is_not_used(
    world: World, channels: tuple[str, ...], sent: set[str]
):
    wish(world, Someone(channels=channels))

    world.pass_on()

    assert {channel for _, channel in world.kept_purposes()} == sent


def test_l22_a_number_alone_permits_no_text(world: World):
    """Without the box for texts, intake names the channel as closed; the number changes nothing."""
    person = Someone(phone="+19145550119", channels=("email",))
    wish(world, person)
    world.book(person)

    world.pass_on()

    assert {row.channel for row in world.rows()} == {"email"}


def test_l20_where_nothing_may_be_sent_staff_see_it(world: World):
    wish(world, Someone(channels=("call",)))

    world.pass_on()

    assert ends(world) == {("update", None, "suppressed", "no-way")}


def test_a_way_that_is_not_set_up_is_named_as_that(smtp_world: World):
    wish(smtp_world, Someone(channels=("sms",)))

    smtp_world.pass_on()

    assert ends(smtp_world) == {("update", None, "suppressed", "not-set-up")}


# ---------------------------------------------------------------- still wanted?


def test_what_intake_does_not_want_any_more_is_never_planned(world: World):
    errand_id = wish(world, purpose="invitation")
    withdraw(world, errand_id)

    world.pass_on()
    let_a_while_pass(world)
    world.pass_on()

    assert world.rows() == []
    asked = [path for path in world.neighbours.asked if "communications" in path]
    assert len(asked) == len(set(asked))  # each of the two that may own it, once


def test_who_has_answered_is_not_reminded_even_when_the_reminder_was_planned(world: World):
    errand_id = planned_and_waiting(world, Someone(channels=("email",)), "invitation")
    let_a_while_pass(world)

    withdraw(world, errand_id)
    world.make_due()
    world.pass_on()

    assert world.kept() == []
    assert ends(world) == {("invitation", "email", "cancelled", "not-wanted")}


def test_while_intake_cannot_be_asked_nothing_goes_out_and_nothing_is_lost(world: World):
    planned_and_waiting(world, Someone(channels=("email",)), "invitation")
    let_a_while_pass(world)
    world.neighbours.down.add("intake")

    world.make_due()
    world.pass_on()
    assert ends(world) == {("invitation", "email", "scheduled", "not-confirmed")}
    assert world.kept() == []

    world.neighbours.down.clear()
    world.make_due()
    world.pass_on()
    assert ends(world) == {("invitation", "email", "accepted", None)}


def test_intake_is_not_asked_twice_within_a_minute(world: World):
    wish(world, Someone(channels=("email",)))

    world.pass_on()

    assert [path for path in world.neighbours.asked if "communications" in path] != []
    assert len([path for path in world.neighbours.asked if "communications" in path]) == 1


def test_a_note_withdrawn_while_a_worker_holds_it_is_not_sent(world: World):
    errand_id = wish(world, Someone(channels=("email",)))
    world.courier.errand(errand_id)
    (row,) = world.rows()
    with world.database.begin() as session:
        claim = claims.claim(session, notification_id=row.id)
    assert claim is not None

    withdraw(world, errand_id)
    world.courier._ask_whether_wanted(errand_id)
    with world.database.begin() as session:
        dispatch = attempts.open_attempt(session, claim=claim, settings=world.settings)

    assert dispatch is None
    assert ends(world) == {("update", "email", "cancelled", "not-wanted")}


def test_a_note_whose_time_is_over_is_not_sent(world: World):
    planned_and_waiting(world, Someone(channels=("email",)), "update")
    with world.database.begin() as session:
        session.execute(
            update(Notification).values(
                due_at=utcnow() - 2 * DAY, not_after=utcnow() - DAY, rung_at=None
            )
        )

    world.pass_on()

    assert ends(world) == {("update", "email", "expired", "too-late")}


# ---------------------------------------------------------------- trouble next door


def test_p12_fault_7_intake_down_holds_up_nobody_and_the_note_goes_out_later(world: World):
    world.neighbours.down.add("intake")
    waiting = wish(world, Someone(channels=("email",)))
    world.pass_on()
    assert world.rows() == []

    assign(world, "marcus@harborlane.example")
    world.pass_on()
    assert world.kept_purposes() == [("staff-task", "email")]

    world.neighbours.down.clear()
    let_a_while_pass(world)
    world.pass_on()
    assert world.kept_purposes() == [("staff-task", "email"), ("update", "email")]
    assert waiting in {row.errand_id for row in world.rows(purpose="update")}


@pytest.mark.parametrize(
    "nonsense",
    [
        {"purpose": "confirmation"},
        {"purpose": "advertisement"},
        {"link": "javascript:alert(1)"},
        {"not_after": "soon"},
        {"not_after": "2031-01-01T00:00:00"},
        {"person_id": str(uuid4())},
    ],
)
def test_an_answer_that_makes_no_sense_sends_nothing_and_breaks_nothing(
    world: World, nonsense: dict[str, str]
):
    wish(world, **nonsense)
    wish(world, Someone(channels=("email",), email="other@example.org"))

    world.pass_on()

    assert world.kept_purposes() == [("update", "email")]
    assert said(world).to == "other@example.org"


def test_an_event_heard_five_times_sends_one_note_f20(world: World):
    person, errand_id = Someone(channels=("email",)), uuid4()
    offer(world, person, errand_id, "update")

    for _ in range(5):
        world.hear(CommunicationRequested(communication_id=errand_id, person_id=person.id))
        world.pass_on(2)

    assert world.kept_purposes() == [("update", "email")]


def test_a_lost_bell_is_stood_in_for_f5(world: World):
    errand_id = wish(world, Someone(channels=("email",)))
    with world.database.begin() as session:
        session.execute(
            update(Errand)
            .where(Errand.id == errand_id)
            .values(prepare_at=utcnow() - timedelta(seconds=20))
        )

    world.sweep.stand_in()
    with world.database.begin() as session:
        session.execute(update(Notification).values(due_at=utcnow() - timedelta(seconds=20)))
    world.sweep.stand_in()

    assert world.kept_purposes() == [("update", "email")]
