"""A message that did not arrive is followed by the next channel, then by a call (delivery.md)."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from services.notifier.call_models import Call
from services.notifier.jobs import follow_up
from services.notifier.models import Notification
from services.notifier.operations import contacts
from services.notifier.schemas import ContactSchema
from services.simulators.mail import MailServer
from shared.vocabulary import Role
from tests.integration.notifier.test_pages import page, sign_in  # noqa: F401 - a fixture
from tests.integration.notifier.wishes import wish
from tests.integration.notifier.world import Someone, World

SignIn = Callable[[World, Role], FlaskClient]


def ended(world: World, purpose: str, channel: str, state: str, reason: str) -> None:
    """As if all tries had come to this."""
    with world.database.begin() as session:
        session.execute(
            update(Notification)
            .where(Notification.purpose == purpose, Notification.channel == channel)
            .values(state=state, reason=reason, changed_at=Notification.created_at)
        )


def follow(world: World) -> None:
    follow_up(world.database, world.settings)
    follow_up(world.database, world.settings)


def calls(world: World) -> list[tuple[str, str]]:
    with world.database.begin() as session:
        query = select(Notification.purpose, Notification.reason).join(Call)
        return sorted((purpose, reason) for purpose, reason in session.execute(query))


def test_f11_an_address_that_does_not_exist_leads_to_a_call_and_a_note(
    smtp_world: World, mail: MailServer
):
    mail.refuse("rcpt", "550 5.1.1 no such user")
    smtp_world.book(Someone(channels=("email", "call")))
    smtp_world.pass_on()

    follow(smtp_world)

    assert calls(smtp_world) == [("confirmation", "no-such-address")]
    assert [row.state for row in smtp_world.rows(purpose="staff-call")] == ["scheduled"]


def test_f11_the_last_reminder_leads_to_a_call_and_the_ones_before_do_not(world: World):
    world.book(Someone(channels=("email",)))
    world.pass_on()
    ended(world, "reminder-48h", "email", "bounced", "refused")
    ended(world, "reminder-24h", "email", "expired", "busy")
    follow(world)
    assert calls(world) == []

    ended(world, "reminder-2h", "email", "expired", "busy")
    follow(world)

    assert calls(world) == [("reminder-2h", "busy")]


def test_who_was_told_by_the_other_way_is_left_alone(world: World):
    world.book()
    world.pass_on()
    ended(world, "confirmation", "email", "bounced", "refused")

    follow(world)

    assert calls(world) == []
    assert len(world.rows(purpose="confirmation")) == 2


def test_a_time_that_changed_calls_for_nobody(world: World):
    booking = world.book(Someone(channels=("email",)))
    world.pass_on()
    ended(world, "confirmation", "email", "bounced", "refused")
    world.cancel(booking)

    follow(world)

    assert calls(world) == []


def test_f18_a_note_that_did_not_arrive_goes_by_the_next_channel_once(world: World):
    person = Someone(channels=("sms",))
    errand = wish(world, person)
    world.courier.errand(errand)
    world.change(person, channels=("sms", "email"))
    ended(world, "update", "sms", "undelivered", "phone-off")
    with world.database.begin() as session:
        contacts.keep(session, contact=ContactSchema().load(person.document()))

    follow(world)

    rows = world.rows(purpose="update", channel="email")
    assert [row.state for row in rows] == ["scheduled"]
    assert calls(world) == []
    ended(world, "update", "email", "failed_permanent", "no-such-address")
    follow(world)
    assert calls(world) == [("update", "no-such-address")]


def test_the_list_shows_clinicians_how_to_call_and_the_front_desk_that_somebody_should_l01(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    world.book(Someone(channels=("email", "call", "voicemail")))
    world.pass_on()
    ended(world, "confirmation", "email", "bounced", "no-such-address")
    follow(world)
    clinician, desk = sign_in(world, Role.CLINICIAN), sign_in(world, Role.FRONT_DESK)

    read, seen = page(clinician, "/staff/calls"), page(desk, "/staff/calls")

    assert "To call, 1" in page(desk)
    assert "Rowan Ellery" in read
    assert "914-555-0119" in read
    assert "A voice message is fine." in read
    assert "There is no such address." in read
    assert "Rowan Ellery" in seen
    assert "0119" not in seen
    short = page(clinician, "/staff/calls?short=1")
    assert "Rowan Ellery" in short
    assert "0119" not in short, "Today says who it is, and nothing of how to reach them"


@pytest.mark.parametrize(("channels", "words"), [(("email",), "Do not call.")])
def test_who_may_not_be_called_is_listed_with_those_words(
    world: World,
    sign_in: SignIn,  # noqa: F811
    channels: tuple[str, ...],
    words: str,
):
    world.book(Someone(channels=channels))
    world.pass_on()
    ended(world, "confirmation", "email", "bounced", "refused")
    follow(world)

    text = page(sign_in(world, Role.OWNER), "/staff/calls")

    assert words in text
    assert "0119" not in text


def test_a_call_is_taken_off_the_list_once_and_gone_when_the_time_is(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    booking = world.book(Someone(channels=("email",)))
    world.book(Someone(name="Ash Moreau", channels=("email",)))
    world.pass_on()
    ended(world, "confirmation", "email", "bounced", "refused")
    follow(world)
    client = sign_in(world, Role.OWNER)
    text = page(client, "/staff/calls")
    token = re.search(r'name="csrf_token" value="([^"]+)"', text)
    path = re.search(r'action="[^"]*(/staff/calls/[^"]+/told)"', text)
    assert token
    assert path

    first = client.post(path[1], data={"csrf_token": token[1]})
    again = client.post(path[1], data={"csrf_token": token[1]})
    world.move(booking, ahead=timedelta(days=9))

    assert first.status_code == again.status_code == 303
    left = page(client, "/staff/calls")
    assert ("Rowan Ellery" in left) + ("Ash Moreau" in left) <= 1
