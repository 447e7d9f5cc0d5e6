"""Nobody outside is handed anything before an agreement with them is recorded."""

from collections.abc import Callable

import pytest

from services.simulators.mail import Certificate, MailServer
from services.simulators.twilio import TwilioSimulator
from shared.vocabulary import Role
from tests.integration.notifier.conftest import SIGNED
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.wishes import assign
from tests.integration.notifier.world import Someone, World

__all__ = ["sign_in"]


@pytest.fixture
def live(
    make_world: Callable[..., World],
    mail: MailServer,
    certificate: Certificate,
    texts: TwilioSimulator,
) -> Callable[..., World]:
    """Both servers are set; the agreements are the test's to give."""

    def make(**agreements: str) -> World:
        return make_world(
            DELIVERY="live",
            SMTP_URL=f"smtp://localhost:{mail.port}",
            SMTP_CA_FILE=str(certificate.path),
            TWILIO_URL=texts.url,
            TWILIO_ACCOUNT_SID=texts.account_sid,
            TWILIO_AUTH_TOKEN=texts.auth_token,
            TWILIO_FROM="+19145550100",
            **agreements,
        )

    return make


def test_l50_without_a_recorded_agreement_nothing_is_handed_over_and_nothing_is_lost(
    live: Callable[..., World], mail: MailServer, texts: TwilioSimulator
):
    world = live(SMTP_BAA="", TWILIO_BAA="")
    booking = world.book()
    assign(world, "marcus@harborlane.example")
    world.pass_on()

    assert (mail.tries, texts.posts) == (0, 0)
    waiting = [row for row in world.rows() if row.reason == "no-agreement"]
    assert {row.purpose for row in waiting} == {"confirmation", "staff-task"}
    assert {str(row.state) for row in waiting} == {"scheduled"}

    signed = live(SMTP_BAA=SIGNED, TWILIO_BAA="not-a-covered-entity")
    signed.publish(booking)  # the scheduler still knows of it
    signed.make_due("confirmation")
    signed.make_due("staff-task")
    signed.pass_on()

    assert len(mail.accepted) == 2
    assert len(texts.taken) == 1


def test_l50_each_provider_needs_its_own(
    live: Callable[..., World], mail: MailServer, texts: TwilioSimulator
):
    world = live(SMTP_BAA=SIGNED, TWILIO_BAA="")

    world.book(Someone())
    world.pass_on()

    assert len(mail.accepted) == 1
    assert texts.posts == 0


def test_l50_what_stays_in_the_mailbox_needs_none(make_world: Callable[..., World]):
    world = make_world(SMTP_BAA="", TWILIO_BAA="")

    world.book()
    world.pass_on()

    assert len(world.kept()) == 2


def test_l50_staff_see_what_waits_and_why(live: Callable[..., World], sign_in: SignIn):
    world = live(SMTP_BAA="", TWILIO_BAA=SIGNED)
    world.book(Someone(channels=("email",)))
    world.pass_on()
    client = sign_in(world, Role.FRONT_DESK)

    assert "Emails wait" in page(client)
    assert "SMTP_BAA" in page(client)
    assert "Waiting for an agreement" in page(client, "/staff/messages?show=waiting")

    assert "wait</b>" not in page(sign_in(live(SMTP_BAA=SIGNED, TWILIO_BAA=SIGNED), Role.OWNER))
