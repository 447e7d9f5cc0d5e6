"""A mail program's own button ends offers, and nothing else (RFC 8058)."""

from flask.testing import FlaskClient
from sqlalchemy import select

from services.notifier.models import MailboxMessage
from services.notifier.operations import preferences
from services.simulators.mail import MailServer
from shared.crypto import unseal
from tests.integration.notifier.test_choices import chosen, link, visitor
from tests.integration.notifier.test_offers import offered
from tests.integration.notifier.wishes import ends
from tests.integration.notifier.world import Someone, World

__all__ = ["visitor"]


def test_one_click_ends_offers_and_nothing_else_rfc8058(world: World, visitor: FlaskClient):
    person = Someone(channels=("email",))
    world.book(person)
    world.pass_on()
    path = link(world, person, below=preferences.ONE_CLICK)

    for _ in range(2):
        answer = visitor.post(path, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 204
        assert "Set-Cookie" not in answer.headers
    offered(world, person)
    world.pass_on()
    world.make_due("reminder-24h")
    world.pass_on()

    assert chosen(world) == [(True, True, False, "one-click")]
    assert ("offer", "email", "suppressed", "turned-off") in ends(world)
    assert ("reminder-24h", "email") in world.kept_purposes()


def test_what_is_not_a_one_click_is_refused_rfc8058(world: World, visitor: FlaskClient):
    person = Someone()
    world.book(person)
    world.pass_on()

    answer = visitor.post(link(world, person, below=preferences.ONE_CLICK), data={"x": "y"})

    assert answer.status_code == 400
    assert chosen(world) == []


def test_only_an_offer_carries_the_headers_of_one_click_rfc8058(
    smtp_world: World, mail: MailServer
):
    person = Someone(channels=("email",))
    smtp_world.book(person)
    offered(smtp_world, person)
    smtp_world.pass_on()

    sent = [one.mail for one in mail.accepted]
    by_subject = {bool(one["List-Unsubscribe"]): one for one in sent}
    address = preferences.link(smtp_world.settings, person.id, below=preferences.ONE_CLICK)
    assert len(sent) == 2
    assert by_subject[True]["List-Unsubscribe"] == f"<{address}>"
    assert by_subject[True]["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert by_subject[False]["List-Unsubscribe-Post"] is None


def test_an_older_version_reads_what_a_newer_one_has_said(world: World):
    """During a rolling deploy: what is sealed has no field that it would not know."""
    person = Someone(channels=("email",))
    offered(world, person)
    world.pass_on()

    with world.database.begin() as session:
        (kept,) = session.scalars(select(MailboxMessage))
        document = unseal(
            session,
            subject_id=person.id,
            place=f"mailbox_message.message_sealed:{kept.message_id}",
            sealed=kept.message_sealed,
        )
    assert "one_click" not in document
