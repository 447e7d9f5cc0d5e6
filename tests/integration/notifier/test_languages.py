"""P15: each person reads their own language, in letters, texts, calendars and answers."""

from sqlalchemy import select

from services.notifier.domain.message import OutgoingMessage
from services.notifier.models import Attempt, Notification
from services.notifier.operations.said import open_message
from services.simulators.twilio import TwilioSimulator
from tests.integration.notifier.test_incoming import say
from tests.integration.notifier.wishes import said
from tests.integration.notifier.world import Someone, World


def mails(world: World) -> dict[str, OutgoingMessage]:
    """What was said by e-mail, by address."""
    with world.database.begin() as session:
        tries = session.execute(
            select(Notification, Attempt).join(Attempt, Attempt.notification_id == Notification.id)
        )
        found = [open_message(session, notification=row, attempt=tried) for row, tried in tries]
    return {one.to: one for one in found}


def test_two_people_of_one_appointment_read_two_languages_p15(world: World) -> None:
    one = Someone(locale="es-MX", channels=("email",))
    other = Someone(name="Ash Moreau", email="ash@example.org", channels=("email",))
    world.book(one, other)

    world.pass_on()

    told = mails(world)
    theirs, others = told["rowan@example.org"], told["ash@example.org"]
    assert "Su cita está reservada:" in theirs.text
    assert '<html lang="es">' in theirs.html
    assert "SUMMARY:Cita\r\n" in theirs.calendar
    assert "Your time is booked:" in others.text
    assert "SUMMARY:Appointment\r\n" in others.calendar
    assert theirs.subject == "Un aviso de Harbor Lane"


def test_a_language_changed_later_is_the_one_of_the_next_message_p15(world: World) -> None:
    person = Someone(channels=("email",))
    booking = world.book(person)
    world.pass_on()

    person.locale = "es"
    world.change(person, channels=("email",))
    world.cancel(booking)
    world.pass_on()

    assert "Esta cita está cancelada" in said(world).text


def test_an_answer_to_stop_is_in_the_language_of_whose_number_it_is_l23(
    served: World, texts: TwilioSimulator
) -> None:
    served.book(Someone(locale="es-US", channels=("sms",)))
    served.pass_on()

    assert texts.taken[-1].body.startswith("Harbor Lane: ")
    assert "ayuda." in texts.taken[-1].body
    assert say(served, texts, "STOP") == (
        "Harbor Lane: ya no le enviaremos mensajes. Responda START para volver a recibirlos."
    )
    assert say(served, texts, "STOP", number="+19145550133") == (
        "Harbor Lane: you will get no more texts. Reply START to get them again."
    )
