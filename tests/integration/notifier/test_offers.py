"""P27: who waits is told of a time that became free, in time or not at all."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.clock import utcnow
from shared.contracts.scheduler import TimeOffered
from shared.neutrality import telling_words
from shared.zones import zone
from tests.integration.notifier.wishes import let_a_while_pass, said
from tests.integration.notifier.world import Someone, World, where_it_is_night

OWN = "http://127.0.0.1:8000/schedule/w/" + "k" * 43
HOUR = timedelta(hours=1)


def offered(world: World, person: Someone, *, lasts: timedelta = 2 * HOUR, **given: Any) -> UUID:
    """The scheduler keeps a time for this person, and says so."""
    start, until, number = utcnow() + 50 * HOUR, utcnow() + lasts, uuid4()
    world.neighbours.answers[f"/intake/internal/contacts/{person.id}"] = person.document()
    world.neighbours.answers[f"/scheduler/internal/communications/{number}"] = {
        "communication_id": str(number),
        "person_id": str(person.id),
        "purpose": "offer",
        "link": OWN,
        "not_after": until.isoformat(),
        "time": {
            "start": start.isoformat(),
            "end": (start + timedelta(minutes=20)).isoformat(),
            "timezone": person.timezone,
        },
        **given,
    }
    world.hear(TimeOffered(communication_id=number, person_id=person.id, expires_at=until))
    return number


def is_over(world: World, number: UUID) -> None:
    """It was answered, or lapsed: the scheduler knows no such wish any more."""
    del world.neighbours.answers[f"/scheduler/internal/communications/{number}"]


def test_p27_who_waits_is_told_the_time_in_their_zone_until_when_and_the_link(world: World) -> None:
    person = Someone()
    offered(world, person)

    world.pass_on()

    assert world.kept_purposes() == [("offer", "email"), ("offer", "sms")]
    start = (utcnow() + 50 * HOUR).astimezone(zone(person.timezone))
    until = (utcnow() + 2 * HOUR).astimezone(zone(person.timezone))
    for part in (said(world).text, said(world).html):
        assert f"{start:%A, %B} {start.day}" in part
        assert f"{until:%A} at {until.hour % 12 or 12}:{until:%M}" in part
        assert OWN in part


def test_p27_the_message_is_neutral_in_every_part(world: World) -> None:
    offered(world, Someone())

    world.pass_on()

    mail, text = said(world), said(world, "sms")
    parts = [part.replace(OWN, "") for part in (mail.subject, mail.text, mail.html, text.text)]
    assert [word for part in parts for word in telling_words(part)] == []
    assert mail.subject == "A note from Harbor Lane"
    assert not mail.calendar


def test_p27_an_offer_that_is_over_is_not_sent(world: World) -> None:
    number = offered(world, Someone(channels=("email",)))
    is_over(world, number)

    world.pass_on()

    assert world.kept() == []


def test_p27_an_offer_that_ended_while_its_message_waited_is_not_sent(world: World) -> None:
    number = offered(world, Someone(channels=("email",)))
    world.courier.errand(number)
    let_a_while_pass(world)
    is_over(world, number)

    world.pass_on()

    assert world.kept() == []


def test_p27_a_message_that_comes_too_late_is_dropped(world: World) -> None:
    offered(world, Someone(channels=("email",)), lasts=-timedelta(seconds=1))

    world.pass_on()

    assert world.kept() == []
    assert [(str(row.state), row.reason) for row in world.rows()] == [("expired", "too-late")]


def test_l26_at_night_where_the_person_waits_nothing_is_sent(world: World) -> None:
    asleep = {"timezone": where_it_is_night()}
    person = Someone(channels=("email",))
    start = utcnow() + 50 * HOUR
    time = {"start": start.isoformat(), "end": (start + HOUR).isoformat(), **asleep}
    offered(world, person, time=time)

    world.pass_on()

    assert world.kept() == []


def test_p27_who_may_not_be_written_to_gets_nothing_and_staff_see_it(world: World) -> None:
    offered(world, Someone(channels=("call",)))

    world.pass_on()

    assert world.kept() == []
    assert [(row.purpose, row.channel, row.reason) for row in world.rows()] == [
        ("offer", None, "no-way")
    ]


def test_p27_an_offer_of_no_time_is_refused(world: World) -> None:
    offered(world, Someone(channels=("email",)), time=None)

    world.pass_on()

    assert world.kept() == []
