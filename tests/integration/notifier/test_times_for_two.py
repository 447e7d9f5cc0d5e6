"""A time for two: who is asked, and both when it is free again, get the note that everyone gets."""

from datetime import timedelta
from uuid import uuid4

import pytest

from shared.clock import utcnow
from shared.contracts.scheduler import AppointmentReleased, AppointmentRequested
from tests.integration.notifier.wishes import DAY, let_a_while_pass, said
from tests.integration.notifier.world import Someone, World

OWN = "http://127.0.0.1:8000/schedule/m/" + "k" * 43


def asked(world: World, person: Someone) -> AppointmentRequested:
    """The scheduler has a time that waits for this person's yes."""
    start = utcnow() + 7 * DAY
    event = AppointmentRequested(
        appointment_id=uuid4(),
        sequence=0,
        communication_id=uuid4(),
        person_id=person.id,
        starts_at=start,
        ends_at=start + timedelta(minutes=80),
        reply_by=utcnow() + 2 * DAY,
    )
    world.neighbours.answers[f"/intake/internal/contacts/{person.id}"] = person.document()
    world.neighbours.answers[f"/scheduler/internal/communications/{event.communication_id}"] = {
        "communication_id": str(event.communication_id),
        "person_id": str(person.id),
        "purpose": "update",
        "link": OWN,
        "not_after": event.reply_by.isoformat(),
    }
    return event


def released(world: World, event: AppointmentRequested, person: Someone) -> AppointmentReleased:
    told = world.neighbours.answers.pop(
        f"/scheduler/internal/communications/{event.communication_id}"
    )
    number = uuid4()
    world.neighbours.answers[f"/scheduler/internal/communications/{number}"] = told | {
        "communication_id": str(number)
    }
    return AppointmentReleased(
        appointment_id=event.appointment_id,
        sequence=1,
        communication_id=number,
        person_id=person.id,
    )


def test_who_is_asked_gets_a_neutral_note_with_their_own_link(world: World) -> None:
    world.hear(asked(world, Someone()))

    world.pass_on()

    assert world.kept_purposes() == [("update", "email"), ("update", "sms")]
    assert said(world).subject == "A note from Harbor Lane"
    assert OWN in said(world).text


@pytest.mark.parametrize("secret", ["appointment", "partner", "couple", "together", "both"])
def test_p18_the_note_says_nothing_of_two(world: World, secret: str) -> None:
    world.hear(asked(world, Someone()))

    world.pass_on()

    mail, text = said(world), said(world, "sms")
    assert secret not in (mail.subject + mail.text + mail.html + text.text).lower()


def test_that_it_is_free_again_is_told_by_the_same_note_and_the_question_is_dropped(
    world: World,
) -> None:
    person = Someone(channels=("email",))
    event = asked(world, person)
    world.hear(event)
    world.hear(released(world, event, person))

    world.pass_on()

    assert world.kept_purposes() == [("update", "email")]


def test_what_neither_service_knows_any_more_is_not_sent(world: World) -> None:
    event = asked(world, Someone())
    del world.neighbours.answers[f"/scheduler/internal/communications/{event.communication_id}"]
    world.hear(event)

    world.pass_on()

    assert world.kept() == []


def test_a_silent_scheduler_is_asked_again_later(world: World) -> None:
    world.hear(asked(world, Someone(channels=("email",))))
    world.neighbours.down = {"scheduler"}
    world.pass_on()
    assert world.kept() == []

    world.neighbours.down = set()
    let_a_while_pass(world)
    world.pass_on()

    assert world.kept_purposes() == [("update", "email")]
