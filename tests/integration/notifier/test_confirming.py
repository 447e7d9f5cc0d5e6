"""Somebody texts C: a yes to their next time, where it can be told which."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.simulators.sinch import SinchSimulator
from services.simulators.twilio import TwilioSimulator
from shared.messaging.tables import Outbox
from tests.integration.notifier.test_incoming import say
from tests.integration.notifier.world import Someone, World

NOTED = "Harbor Lane: thank you, that is noted."
UNCLEAR = "Harbor Lane: we cannot note that by text."


def one(**wishes: object) -> Someone:
    return Someone(channels=("sms", "call"), **wishes)  # type: ignore[arg-type]


def told_the_scheduler(world: World) -> list[dict[str, object]]:
    with world.database.begin() as session:
        rows = session.scalars(select(Outbox).order_by(Outbox.id)).all()
        return [row.envelope["data"] for row in rows if "attendance" in row.envelope["type"]]


@pytest.mark.parametrize("word", ["C", "c.", "Confirm", "CONFIRMO"])
def test_a_c_says_yes_to_the_one_time_that_was_texted(
    served: World, texts: TwilioSimulator, word: str
):
    person = one()
    booking = served.book(person)
    served.pass_on()

    answer = say(served, texts, word)

    assert answer is not None
    assert answer.startswith(NOTED)
    assert told_the_scheduler(served) == [
        {"appointment_id": str(booking.id), "sequence": 0, "person_id": str(person.id)}
    ]
    assert say(served, texts, word) is None  # the same answer not so soon again


def test_a_c_by_the_second_carrier_is_the_same(served_by_sinch: World, sinch: SinchSimulator):
    served_by_sinch.book(one())
    served_by_sinch.pass_on()
    door = f"{served_by_sinch.settings.public_url}/notify/hooks/sinch/incoming"

    sinch.say(door, "+19145550119", "C", uuid4().hex)
    served_by_sinch.courier.answer_texts()

    assert sinch.taken[-1].body.startswith(NOTED)
    assert len(told_the_scheduler(served_by_sinch)) == 1


def test_nothing_is_guessed_for_a_stranger(served: World, texts: TwilioSimulator):
    answer = say(served, texts, "C", number="+19145550123")

    assert answer is not None
    assert answer.startswith(UNCLEAR)
    assert told_the_scheduler(served) == []


def test_nothing_is_guessed_of_two_times(served: World, texts: TwilioSimulator):
    person = one()
    served.book(person)
    served.book(person, ahead=timedelta(days=9))
    served.pass_on()

    answer = say(served, texts, "C")

    assert answer is not None
    assert answer.startswith(UNCLEAR)
    assert told_the_scheduler(served) == []


def test_nothing_is_guessed_of_a_number_that_two_share(served: World, texts: TwilioSimulator):
    served.book(one(), one(name="Wren Sato"))
    served.pass_on()

    answer = say(served, texts, "C")

    assert answer is not None
    assert answer.startswith(UNCLEAR)
    assert told_the_scheduler(served) == []


def test_a_yes_to_a_time_that_was_moved_since_is_none(served: World, texts: TwilioSimulator):
    booking = served.book(one())
    served.pass_on()
    served.move(booking, ahead=timedelta(days=8))  # not told yet: nothing was passed on since

    answer = say(served, texts, "C")

    assert answer is not None
    assert answer.startswith(UNCLEAR)
    assert told_the_scheduler(served) == []


def test_a_c_is_no_yes_to_a_time_that_was_never_texted(served: World, texts: TwilioSimulator):
    served.courier.prepare(served.book(one()).id)

    say(served, texts, "C")

    assert told_the_scheduler(served) == []
