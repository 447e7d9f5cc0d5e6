"""Fault 7: one that fails takes no message with it but those that went through it (P12)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from services.simulators.carrier import Reply
from services.simulators.mail import Certificate, MailServer
from services.simulators.twilio import TwilioSimulator
from tests.integration.notifier.world import Someone, World

NOWHERE = "127.0.0.1:9"  # the port of `discard`: nobody listens
FIRST = ("confirmation", "reminder-24h")


@pytest.fixture
def live(
    make_world: Callable[..., World],
    mail: MailServer,
    texts: TwilioSimulator,
    certificate: Certificate,
) -> Callable[..., World]:
    """Both carriers are real servers, unless a setting says otherwise."""

    def make(**overrides: str) -> World:
        return make_world(
            **{
                "DELIVERY": "live",
                "SMTP_URL": f"smtp://localhost:{mail.port}",
                "SMTP_CA_FILE": str(certificate.path),
                **texts.settings(),
                **overrides,
            }
        )

    return make


def states(world: World, channel: str) -> set[str]:
    """What became of the confirmation and the reminder that went this way."""
    return {str(row.state) for row in world.rows(channel=channel) if row.purpose in FIRST}


def book_and_remind(world: World) -> None:
    world.book(Someone(channels=("email",), email="rowan@example.org"))
    world.book(Someone(channels=("sms",)))
    world.pass_on()
    world.make_due("reminder-24h")
    world.pass_on()


@pytest.mark.parametrize("how", ["not there", "broken", "hangs up"])
def test_p12_fault_7_texts_that_fail_hold_up_no_mail(
    live: Callable[..., World], mail: MailServer, texts: TwilioSimulator, how: str
):
    if how == "not there":
        world = live(TWILIO_URL=f"http://{NOWHERE}")
    else:
        world = live()
        reply = Reply(500, 20500) if how == "broken" else Reply(500, hangs_up=True)
        texts.script += [reply] * 20

    book_and_remind(world)

    assert states(world, "email") == {"accepted"}
    assert len(mail.accepted) == 2
    assert "accepted" not in states(world, "sms")


def test_p12_fault_7_mail_that_fails_holds_up_no_text(
    live: Callable[..., World], texts: TwilioSimulator
):
    world = live(SMTP_URL=f"smtp://{NOWHERE}")

    book_and_remind(world)

    (text,) = texts.taken  # a second one so soon would be too many, whatever mail does
    (confirmation,) = world.rows(channel="sms", purpose="confirmation")
    assert (confirmation.state, text.to) == ("accepted", "+19145550119")
    assert states(world, "email") == {"scheduled"}, "they are tried again"


@pytest.mark.parametrize("service", ["intake", "scheduler"])
def test_p12_fault_7_a_neighbour_that_is_down_holds_up_nobody_who_is_known(
    live: Callable[..., World], mail: MailServer, service: str
):
    world = live()
    known = Someone(channels=("email",), email="rowan@example.org")
    world.book(known)
    world.pass_on()

    world.neighbours.down.add(service)
    world.book(Someone(channels=("email",), email="ashlin@example.org"))
    world.pass_on()
    world.make_due("reminder-24h")
    world.pass_on()

    assert [one.recipients for one in mail.accepted] == [("rowan@example.org",)] * 2
    world.neighbours.down.clear()
    world.let_pauses_pass(by=timedelta(hours=1))
    world.pass_on()
    assert mail.accepted[-1].recipients == ("ashlin@example.org",)
