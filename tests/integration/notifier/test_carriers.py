"""Two carriers of texts, both real HTTP servers: who gets the next one, and who is left alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select

from services.notifier.models import Attempt, AttemptEvent, Notification
from services.notifier.operations import choosing
from services.simulators.carrier import Reply
from services.simulators.sinch import SinchSimulator
from services.simulators.twilio import TwilioSimulator
from shared.clock import utcnow
from shared.db import database_now
from shared.vocabulary import Role
from tests.integration.notifier.conftest import serving
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.world import Someone, World

__all__ = ["sign_in"]

SECOND = timedelta(seconds=1)


def by_text(number: int) -> Someone:
    return Someone(channels=("sms", "call"), phone=f"+191455501{number:02}")


def book(world: World, *numbers: int) -> None:
    for number in numbers:
        world.book(by_text(number))
        world.pass_on(2)


def confirmations(world: World) -> list[tuple[str, str | None, int]]:
    rows = sorted(world.rows(purpose="confirmation"), key=lambda row: row.created_at)
    return [(str(row.state), row.reason, row.tries) for row in rows]


def remember(
    world: World, carrier: str, outcomes: str, *, begin: datetime, took: timedelta = SECOND
) -> None:
    """Put tries of an earlier time down, one a second: `.` taken, `s` taken slowly, `x` refused."""
    with world.database.begin() as session:
        (row,) = session.scalars(select(Notification).limit(1)).all()
        first = session.scalar(select(func.count()).select_from(Attempt)) or 0
        for place, outcome in enumerate(outcomes):
            id_, opened_at = uuid4(), begin + place * SECOND
            session.execute(
                insert(Attempt).values(
                    id=id_,
                    notification_id=row.id,
                    number=1000 + first + place,
                    fence=0,
                    provider=carrier,
                    wording="none",
                    opened_at=opened_at,
                    said_sealed=b"",
                )
            )
            session.execute(
                insert(AttemptEvent).values(
                    attempt_id=id_,
                    at=opened_at + (9 * SECOND if outcome == "s" else SECOND / 10),
                    kind="temporary" if outcome == "x" else "accepted",
                    reason="busy" if outcome == "x" else "taken",
                )
            )


@pytest.fixture
def first_twilio(
    make_world: Callable[..., World], texts: TwilioSimulator, sinch: SinchSimulator
) -> World:
    """Live by both; while nothing is wrong with Twilio, all go there."""
    return make_world(
        DELIVERY="live",
        SMS_WEIGHTS="twilio=100,sinch=0",
        **texts.settings(),
        **sinch.settings(),
    )


def test_both_get_their_share(
    make_world: Callable[..., World], texts: TwilioSimulator, sinch: SinchSimulator
):
    world = make_world(DELIVERY="live", **texts.settings(), **sinch.settings())

    book(world, *range(20, 40))

    assert len(texts.taken) + len(sinch.taken) == 20
    assert texts.taken
    assert sinch.taken


def test_f15_a_carrier_that_is_busy_is_not_called_for_as_long_as_it_asks_while_others_go_on(
    first_twilio: World, texts: TwilioSimulator, sinch: SinchSimulator
):
    texts.script.append(Reply(429, 20429, headers={"Retry-After": "30"}))

    book(first_twilio, 20, 21, 22)

    assert texts.posts == 1
    assert [text.to[-2:] for text in sinch.taken] == ["21", "22"]
    assert confirmations(first_twilio)[0] == ("scheduled", "busy", 1)
    with first_twilio.database.begin() as session:
        now = database_now(session)
        free_at = choosing.state_of(session, "twilio", now=now).free_at
    assert free_at is not None
    assert 20 * SECOND < free_at - now <= 30 * SECOND


def test_f15_with_nobody_else_the_texts_wait_and_use_up_no_try(
    twilio_world: World, texts: TwilioSimulator
):
    texts.script.append(Reply(429, 20429, headers={"Retry-After": "30"}))

    book(twilio_world, 20, 21)

    assert texts.posts == 1
    assert confirmations(twilio_world)[1] == ("scheduled", "carrier-away", 0)
    (row,) = [row for row in twilio_world.rows(purpose="confirmation") if row.tries == 0]
    assert 20 * SECOND < row.due_at - utcnow() <= 30 * SECOND


@pytest.mark.parametrize("takes", [True, False])
def test_f16_what_is_uncertain_is_asked_of_the_carrier_that_had_it_and_of_no_other(
    first_twilio: World,
    texts: TwilioSimulator,
    sinch: SinchSimulator,
    impatient: None,
    takes: bool,
):
    texts.script.append(Reply(500, takes=takes))
    book(first_twilio, 20)
    assert confirmations(first_twilio)[0][0] == "uncertain"
    assert sinch.posts == 0

    for _ in range(3):
        first_twilio.make_due("confirmation")
        first_twilio.pass_on(1)

    assert confirmations(first_twilio)[0][0] == "accepted"
    assert len(texts.taken) + len(sinch.taken) == 1


def test_f16_while_the_carrier_that_had_it_is_away_it_is_not_sent_through_the_other(
    first_twilio: World, texts: TwilioSimulator, sinch: SinchSimulator, impatient: None
):
    texts.script.append(Reply(500, takes=True))
    book(first_twilio, 20)
    texts.stop()

    for _ in range(3):
        first_twilio.make_due("confirmation")
        first_twilio.pass_on(1)

    assert confirmations(first_twilio)[0][0] == "uncertain"
    assert sinch.posts == 0


@pytest.mark.parametrize("reply", [Reply(401, 20003), Reply(400, 30034), Reply(403)])
def test_f18_when_our_settings_are_refused_the_carrier_is_paused_and_no_text_uses_up_a_try(
    twilio_world: World, texts: TwilioSimulator, reply: Reply
):
    texts.script.append(reply)

    book(twilio_world, 20, 21, 22)
    twilio_world.make_due("confirmation")
    twilio_world.pass_on()

    assert texts.posts == 1
    assert confirmations(twilio_world) == [
        ("scheduled", "carrier-away", 1),
        ("scheduled", "carrier-away", 0),
        ("scheduled", "carrier-away", 0),
    ]
    waits = [row.due_at - utcnow() for row in twilio_world.rows(purpose="confirmation")]
    assert min(waits) > timedelta(minutes=4)


def test_f18_an_unregistered_sender_is_learnt_from_a_receipt_too(
    make_world: Callable[..., World], texts: TwilioSimulator, sinch: SinchSimulator
):
    with serving(make_world, texts) as world:
        book(world, 20)
        texts.call_back(texts.taken[0], "undelivered", 30034)
        book(world, 21)

    assert texts.posts == 1
    assert confirmations(world) == [
        ("undelivered", "our-settings", 1),
        ("scheduled", "carrier-away", 0),
    ]


def test_f17_after_five_errors_in_a_row_all_texts_go_through_the_other(
    first_twilio: World, texts: TwilioSimulator, sinch: SinchSimulator
):
    texts.script.extend([Reply(503)] * 9)

    book(first_twilio, *range(20, 30))

    assert texts.posts == 5
    assert len(sinch.taken) == 5


def test_f17_of_two_workers_at_once_one_alone_sends_the_probe(
    first_twilio: World, texts: TwilioSimulator, sinch: SinchSimulator
):
    for number in range(20, 28):
        booking = first_twilio.book(by_text(number))
        first_twilio.courier.prepare(booking.id)
    waiting = [row.id for row in first_twilio.rows(purpose="confirmation")]
    remember(first_twilio, "twilio", "xxxxx", begin=utcnow() - timedelta(minutes=2))
    texts.script.extend([Reply(503, after_seconds=0.5)] * 8)

    with ThreadPoolExecutor(8) as workers:
        list(workers.map(first_twilio.courier.deliver, waiting))

    assert texts.posts == 1
    assert len(sinch.taken) == 7


def test_f17_a_carrier_that_is_slow_one_time_in_ten_loses_weight_within_two_minutes(
    make_world: Callable[..., World], texts: TwilioSimulator, sinch: SinchSimulator
):
    world = make_world(DELIVERY="live", **texts.settings(), **sinch.settings())
    book(world, 20)
    minute = utcnow().replace(second=0, microsecond=0)
    for ago in (2, 1):
        begin = minute - timedelta(minutes=ago)
        remember(world, "twilio", ("." * 9 + "s") * 4, begin=begin)
        remember(world, "sinch", "." * 40, begin=begin)

    with world.database.begin() as session:
        weighed = choosing.weights_now(session, world.settings.carriers, minute)
        usual = choosing.weights_now(
            session, world.settings.carriers, minute - timedelta(minutes=2)
        )

    assert usual == {"twilio": 50, "sinch": 50}
    assert weighed == {"twilio": 30, "sinch": 70}


def test_f18_staff_see_that_a_carrier_refuses_our_account(
    twilio_world: World, texts: TwilioSimulator, sign_in: SignIn
):
    assert "refuses our texts" not in page(sign_in(twilio_world, Role.FRONT_DESK))
    texts.script.append(Reply(401, 20003))

    book(twilio_world, 20)

    assert "Twilio refuses our texts" in page(sign_in(twilio_world, Role.FRONT_DESK))
