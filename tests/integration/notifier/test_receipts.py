"""What becomes of texts by what their carriers report: each meaning of a number, by either."""

import time
from collections.abc import Callable
from datetime import timedelta
from itertools import permutations

import pytest

from services.notifier.models import Notification
from services.simulators.carrier import Carrier, listening
from services.simulators.recipients import MEANINGS, Meaning
from services.simulators.sinch import SinchSimulator
from services.simulators.twilio import TwilioSimulator
from shared.clock import utcnow
from tests.integration.notifier.conftest import serving
from tests.integration.notifier.world import Someone, World

SETTLED = {"delivered", "undelivered", "failed_permanent"}
EXPECTED = {
    Meaning.ARRIVES: ("delivered", None),
    Meaning.OPTED_OUT: ("failed_permanent", "opted-out"),
    Meaning.NO_SUCH_NUMBER: ("failed_permanent", "no-such-number"),
    Meaning.LANDLINE: ("undelivered", "cannot-get-texts"),
    Meaning.PHONE_OFF: ("scheduled", "phone-off"),
    Meaning.BLOCKED: ("undelivered", "blocked"),
    Meaning.UNKNOWN_HANDSET: ("undelivered", "no-such-number"),
    Meaning.FILTERED: ("undelivered", "filtered"),
    Meaning.UNKNOWN_ERROR: ("scheduled", "unknown"),
    Meaning.DOUBLED: ("delivered", None),
    Meaning.FORGED: ("delivered", None),
    Meaning.SILENT: ("accepted", None),
}
OTHERWISE_AT_SINCH = {
    Meaning.OPTED_OUT: ("undelivered", "blocked"),
    Meaning.NO_SUCH_NUMBER: ("failed_permanent", "refused"),
}


def number_of(meaning: Meaning) -> str:
    ending = next((two for two, meant in MEANINGS.items() if meant is meaning), "19")
    return f"+191455501{ending}"


def confirmations(world: World) -> dict[str, Notification]:
    return {str(row.person_id): row for row in world.rows(purpose="confirmation")}


def after_their_receipts(world: World, people: dict[str, Meaning]) -> dict[Meaning, Notification]:
    """Wait until nothing but the silent one is still only taken."""
    for _ in range(100):
        rows = {people[id_]: row for id_, row in confirmations(world).items()}
        if {meaning for meaning, row in rows.items() if row.state == "accepted"} <= {
            Meaning.SILENT
        }:
            return rows
        time.sleep(0.2)
    raise AssertionError(f"Some receipts never came: {rows}")


@pytest.mark.parametrize("carrier", [TwilioSimulator, SinchSimulator])
def test_f18_f19_each_number_with_a_meaning_ends_as_delivery_md_says(
    make_world: Callable[..., World], carrier: type[Carrier]
):
    expected = EXPECTED | (OTHERWISE_AT_SINCH if carrier is SinchSimulator else {})
    with listening(carrier(plays_recipients=True)) as party, serving(make_world, party) as world:
        people = {}
        for meaning in expected:
            someone = Someone(channels=("sms", "call"), phone=number_of(meaning))
            people[str(someone.id)] = meaning
            world.courier.prepare(world.book(someone).id)
        world.pass_on(2)

        rows = after_their_receipts(world, people)

    assert {meaning: (str(row.state), row.reason) for meaning, row in rows.items()} == expected
    for meaning in (Meaning.PHONE_OFF, Meaning.UNKNOWN_ERROR):
        assert rows[meaning].due_at - utcnow() > timedelta(minutes=14)


def test_f18_a_phone_that_stays_off_ends_the_text_after_its_last_try(
    served: World, texts: TwilioSimulator
):
    served.book(Someone(channels=("sms", "call")))
    served.pass_on(2)

    for _ in range(3):
        texts.call_back(texts.taken[-1], "undelivered", 30003)
        served.make_due("confirmation")
        served.pass_on(1)
    assert len(texts.taken) == 4
    texts.call_back(texts.taken[-1], "undelivered", 30003)

    (row,) = served.rows(purpose="confirmation")
    assert (row.state, row.reason) == ("undelivered", "phone-off")


def test_f18_a_text_that_did_arrive_after_all_is_not_sent_again(
    served: World, texts: TwilioSimulator
):
    served.book(Someone(channels=("sms", "call")))
    served.pass_on(2)

    texts.call_back(texts.taken[0], "undelivered", 30008)
    texts.call_back(texts.taken[0], "delivered")
    served.make_due("confirmation")
    served.pass_on(1)

    (row,) = served.rows(purpose="confirmation")
    assert (row.state, len(texts.taken)) == ("delivered", 1)


def test_f19_no_order_of_receipts_takes_a_text_from_its_next_try(
    served: World, texts: TwilioSimulator
):
    orders = list(permutations([("sending", None), ("sent", None), ("undelivered", 30008)]))
    for number, _ in enumerate(orders):
        someone = Someone(channels=("sms", "call"), phone=f"+191455501{20 + number}")
        served.courier.prepare(served.book(someone).id)
    served.pass_on(2)

    for text, order in zip(texts.taken, orders, strict=True):
        for report in (*order, *order):
            assert texts.call_back(text, *report) == 204

    ends = {(str(row.state), row.reason) for row in served.rows(purpose="confirmation")}
    assert ends == {("scheduled", "unknown")}
