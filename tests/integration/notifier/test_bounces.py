"""Mails that come back to a mailbox, read over IMAP from a real server (F14)."""

from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest

from services.notifier import jobs
from services.notifier.models import ProviderEvent
from services.simulators.mail import Certificate, MailServer
from tests.integration.notifier.world import Someone, World
from tests.parties import imap
from tests.parties.imap import PASSWORD, USER, MailStore, mail_store

BY_MAIL = {"channels": ("email", "call")}

pytestmark = pytest.mark.skipif(imap.PROGRAM is None, reason="Dovecot is not installed")


@pytest.fixture(scope="module")
def store(certificate: Certificate) -> Iterator[MailStore]:
    with mail_store(certificate) as server:
        yield server


@pytest.fixture
def returns(
    make_world: Callable[..., World], mail: MailServer, certificate: Certificate, store: MailStore
) -> World:
    """Live by SMTP, with a mailbox to which mails come back."""
    for each in [*store.folder.glob("cur/*"), *store.folder.glob("new/*")]:
        each.unlink()
    return make_world(
        DELIVERY="live",
        SMTP_URL=f"smtp://localhost:{mail.port}",
        SMTP_CA_FILE=str(certificate.path),
        BOUNCES_ADDRESS="bounces@harborlane.example",
        BOUNCES_URL=f"imaps://{USER}:{PASSWORD}@localhost:{store.port}/INBOX",
    )


def report(to: str, *, action: str, status: str) -> bytes:
    """What a mail server writes (RFC 3464), about a name that we do not know."""
    return (
        f"From: MAILER-DAEMON@mail.example.net\r\nTo: {to}\r\nSubject: Undelivered\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; boundary="b";\r\n'
        " report-type=delivery-status\r\n\r\n--b\r\n\r\nSorry.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mail.example.net\r\n\r\n"
        "Final-Recipient: rfc822; alias@elsewhere.example\r\n"
        f"Action: {action}\r\nStatus: {status}\r\n\r\n--b--\r\n"
    ).encode()


def collect(world: World) -> None:
    assert world.settings.bounces is not None
    jobs.take_returned_mail(world.database, world.settings.bounces, world.settings.secret_key)


def sent(world: World, mail: MailServer) -> str:
    """Send a confirmation, and return the sender on its envelope."""
    world.book(Someone(**BY_MAIL))
    world.pass_on()
    (accepted,) = mail.accepted
    assert accepted.mail["From"].addresses[0].addr_spec == "notes@harborlane.example"
    return accepted.sender


def confirmation(world: World):
    (row,) = world.rows(purpose="confirmation")
    return row


def test_f14_a_mail_that_came_back_is_bounced_and_its_address_left_alone(
    returns: World, mail: MailServer, store: MailStore
):
    store.deliver(report(sent(returns, mail), action="failed", status="5.1.1"))

    collect(returns)

    row = confirmation(returns)
    assert (row.state, row.reason) == ("bounced", "no-such-address")
    returns.make_due("reminder-24h")
    returns.pass_on()
    (reminder,) = returns.rows(purpose="reminder-24h")
    assert (reminder.state, reminder.reason) == ("suppressed", "no-such-address")
    assert store.flags == ["S"]


def test_f14_a_mail_that_is_late_stays_taken_and_one_given_up_suppresses_nobody(
    returns: World, mail: MailServer, store: MailStore
):
    to = sent(returns, mail)
    store.deliver(report(to, action="delayed", status="4.4.1"))
    collect(returns)
    assert confirmation(returns).state == "accepted"

    store.deliver(report(to, action="failed", status="4.4.7"))
    collect(returns)

    row = confirmation(returns)
    assert (row.state, row.reason) == ("bounced", "gave-up")
    returns.make_due("reminder-24h")
    returns.pass_on()
    assert len(mail.accepted) == 2


def test_f14_the_same_bounce_twice_is_one_receipt(
    returns: World, mail: MailServer, store: MailStore
):
    content = report(sent(returns, mail), action="failed", status="5.2.2")
    store.deliver(content)
    store.deliver(content)

    collect(returns)

    with returns.database.begin() as session:
        assert session.query(ProviderEvent).count() == 1
    assert store.flags == ["S", "S"]


def forged(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local[:-1]}{'a' if local[-1] != 'a' else 'b'}@{domain}"


def answer(to: str) -> bytes:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = "rowan@example.org", to, "Re: A note"
    letter.set_content("Thank you. My address rowan@example.org: user unknown? No, I am here.")
    return letter.as_bytes()


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda to: report(forged(to), action="failed", status="5.1.1"), id="forged"),
        pytest.param(
            lambda _: report("bounces@harborlane.example", action="failed", status="5.1.1"),
            id="nobody's",
        ),
        pytest.param(answer, id="an answer"),
    ],
)
def test_f14_what_returns_nothing_of_ours_is_flagged_for_a_person(
    returns: World, mail: MailServer, store: MailStore, written: Callable[[str], bytes]
):
    store.deliver(written(sent(returns, mail)))

    collect(returns)

    assert confirmation(returns).state == "accepted"
    assert store.flags == ["FS"]


def test_f14_a_mailbox_that_cannot_be_read_is_read_later(
    returns: World, mail: MailServer, store: MailStore, monkeypatch: pytest.MonkeyPatch
):
    store.deliver(report(sent(returns, mail), action="failed", status="5.1.1"))
    with monkeypatch.context() as broken:
        broken.setattr(jobs.bounces, "take", _die)
        with pytest.raises(RuntimeError):
            collect(returns)
    assert confirmation(returns).state == "accepted"

    collect(returns)

    assert confirmation(returns).state == "bounced"


def _die(*_: object, **__: object) -> bool:
    raise RuntimeError("the database is gone")
