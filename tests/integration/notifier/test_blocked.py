"""Addresses that are not written to: staff see why, block one, and open what is theirs to open."""

import re
from collections.abc import Callable
from uuid import uuid4

from flask.testing import FlaskClient
from sqlalchemy import select

from services.notifier.domain.blocked import OPTED_OUT
from services.notifier.models import Suppression
from services.notifier.operations import blocked, suppressions
from services.notifier.operations.acts import Hand
from services.simulators.mail import MailServer
from shared.vocabulary import Channel, Role
from tests.integration.notifier.test_pages import page, sign_in  # noqa: F401 - a fixture
from tests.integration.notifier.world import Someone, World

SignIn = Callable[[World, Role], FlaskClient]
PRIYA = Hand(account_id=uuid4(), name="Priya Raman", role="owner")
PAGE = "/staff/blocked"
NUMBER, MAIL = "+19145550119", "rowan@example.org"


def suppress(world: World, channel: Channel, address: str, reason: str) -> int:
    with world.database.begin() as session:
        suppressions.suppress(session, channel=channel, address=address, reason=reason)
        (entry,) = [
            one
            for one in blocked.find(session, channel=channel, address=address)
            if one.reason == reason
        ]
        return entry.id


def why(world: World, channel: Channel, address: str) -> str | None:
    with world.database.begin() as session:
        return suppressions.suppressed(session, channel=channel, address=address)


def send(client: FlaskClient, path: str = PAGE, **form: str) -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', page(client, PAGE))
    assert token
    answer = client.post(path, data={"csrf_token": token[1], **form}, follow_redirects=True)
    return answer.status_code, answer.text


def test_l23_a_stop_is_shown_and_no_door_opens_it(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    stop = suppress(world, Channel.SMS, NUMBER, OPTED_OUT)
    owner = sign_in(world, Role.OWNER)

    assert "Only they start texts again, by sending START." in page(owner, PAGE)
    _, said = send(owner, f"{PAGE}/{stop}/lift", reason="They told me on the phone.")

    assert "only the person can open it" in said
    assert why(world, Channel.SMS, NUMBER) == OPTED_OUT


def test_l23_what_staff_lift_leaves_a_stop_of_the_same_number_in_place(world: World):
    wrong = suppress(world, Channel.SMS, NUMBER, "no-such-number")
    suppress(world, Channel.SMS, NUMBER, OPTED_OUT)
    assert why(world, Channel.SMS, NUMBER) == OPTED_OUT

    with world.database.begin() as session:
        assert blocked.lift(session, entry_id=wrong, hand=PRIYA, reason="It exists by now.")

    assert why(world, Channel.SMS, NUMBER) == OPTED_OUT
    with world.database.begin() as session:
        suppressions.lift_own(session, channel=Channel.SMS, address=NUMBER)
    assert why(world, Channel.SMS, NUMBER) is None


def test_f11_an_address_that_exists_by_now_is_opened_and_written_to(
    smtp_world: World,
    mail: MailServer,
    sign_in: SignIn,  # noqa: F811
):
    entry = suppress(smtp_world, Channel.EMAIL, MAIL, "no-such-address")
    smtp_world.book(Someone(channels=("email",)))
    smtp_world.pass_on()
    assert mail.accepted == []
    clinician = sign_in(smtp_world, Role.CLINICIAN)
    assert "Rowan Ellery" in page(clinician, PAGE)

    _, said = send(clinician, f"{PAGE}/{entry}/lift", reason="Their mailbox is there again.")
    smtp_world.book(Someone(channels=("email",)))
    smtp_world.pass_on()

    assert "Opened again" in said
    assert "Their mailbox is there again." in said
    assert len(mail.accepted) == 1


def test_staff_block_an_address_with_a_reason_and_nothing_more_goes_there(
    smtp_world: World,
    mail: MailServer,
    sign_in: SignIn,  # noqa: F811
):
    desk = sign_in(smtp_world, Role.FRONT_DESK)

    status, said = send(desk, channel="email", address=MAIL, act="block")
    assert (status, "Write why it is not written to." in said) == (422, True)
    _, said = send(desk, channel="email", address=" Rowan@example.org", act="block", reason="Ours.")
    smtp_world.book(Someone(channels=("email",)))
    smtp_world.pass_on()

    assert "Blocked, from now on." in said
    assert mail.accepted == []
    (row,) = smtp_world.rows(purpose="confirmation")
    assert (row.state, row.reason) == ("suppressed", "by-staff")
    with smtp_world.database.begin() as session:
        kept = session.scalars(select(Suppression)).one()
    assert b"rowan" not in kept.address_index


def test_l01_the_front_desk_sees_whose_it_is_and_not_the_address_and_opens_none(
    smtp_world: World,
    sign_in: SignIn,  # noqa: F811
):
    entry = suppress(smtp_world, Channel.EMAIL, MAIL, "no-such-address")
    smtp_world.book(Someone(channels=("email",)))
    smtp_world.pass_on()

    seen = page(sign_in(smtp_world, Role.FRONT_DESK), PAGE)
    read = page(sign_in(smtp_world, Role.CLINICIAN), PAGE)

    assert "Rowan Ellery" in seen
    assert "r…@example.org" in seen
    assert MAIL not in seen.split("<form")[0]
    assert "Open again" not in seen
    assert MAIL in read
    status, _ = send(sign_in(smtp_world, Role.FRONT_DESK), f"{PAGE}/{entry}/lift", reason="x")
    assert status == 403
    assert why(smtp_world, Channel.EMAIL, MAIL) == "no-such-address"


def test_one_address_is_found_by_its_hash_and_another_is_not(
    world: World,
    sign_in: SignIn,  # noqa: F811
):
    suppress(world, Channel.SMS, NUMBER, "cannot-get-texts")
    client = sign_in(world, Role.OWNER)

    _, found = send(client, channel="sms", address="914-555-0119")
    _, other = send(client, channel="sms", address="914-555-0120")
    status, half = send(client, channel="sms", address="0119")

    assert "The number cannot get texts." in found.split("All of them")[0]
    assert "This address is not blocked." in other
    assert (status, "Write the whole number" in half) == (422, True)
