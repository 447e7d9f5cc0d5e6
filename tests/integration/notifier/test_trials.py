"""A test message to oneself: by the outbox, to a real server, and the page says how it went."""

import re
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from services.notifier.app import create_app
from services.notifier.domain.delivery import State
from services.notifier.operations.suppressions import OPTED_OUT
from services.simulators.mail import MailServer
from services.simulators.twilio import TwilioSimulator
from shared.vocabulary import Channel, Role
from shared.web.identity import StaffIdentity
from tests.integration.notifier.test_blocked import suppress
from tests.integration.notifier.test_pages import signed_in
from tests.integration.notifier.world import World

PAGE = "/staff/test-message"
OWN = "dana@harborlane.example"


def owner_of(world: World, role: Role = Role.OWNER) -> FlaskClient:
    account = uuid4()
    path = f"/scheduler/internal/staff/{account}/address"
    world.neighbours.answers[path] = {"email": OWN, "name": "Dana Whitlock"}
    who = StaffIdentity(
        session_id=uuid4(),
        account_id=account,
        name="Dana Whitlock",
        role=role,
        second_factor=True,
    )
    return signed_in(create_app(world.settings), who)


def send(client: FlaskClient, **form: str) -> tuple[int, str]:
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(PAGE).text)
    assert token
    answer = client.post(PAGE, data={"csrf_token": token[1], **form}, follow_redirects=True)
    return answer.status_code, answer.text


def test_a_mail_goes_to_the_address_one_signs_in_with(smtp_world: World, mail: MailServer) -> None:
    owner = owner_of(smtp_world)

    _, said = send(owner, way="email")
    assert "One is being prepared" in said
    smtp_world.pass_on()

    (sent,) = [one for one in mail.accepted if OWN in one.recipients]
    assert "A test from" in sent.text or "This is a test" in sent.text
    (row,) = smtp_world.rows(purpose="staff-test")
    assert row.state is State.ACCEPTED
    shown = owner.get(PAGE).text
    assert "None was sent yet." not in shown
    assert "data-again" not in shown


def test_a_text_goes_to_ones_own_number_alone(twilio_world: World, texts: TwilioSimulator) -> None:
    owner = owner_of(twilio_world)

    status, said = send(owner, way="sms", number="(914) 555-0119")
    assert (status, "Tick this if it is so" in said) == (422, True)
    assert 'value="(914) 555-0119"' in said
    send(owner, way="sms", number="(914) 555-0119", own="true")
    twilio_world.pass_on()

    (text,) = texts.taken
    assert text.to == "+19145550119"
    assert "a test, as you asked for" in text.body


def test_l23_a_number_that_said_stop_gets_no_test(
    twilio_world: World, texts: TwilioSimulator
) -> None:
    suppress(twilio_world, Channel.SMS, "+19145550119", OPTED_OUT)
    owner = owner_of(twilio_world)

    send(owner, way="sms", number="914-555-0119", own="true")
    twilio_world.pass_on()

    assert not texts.taken
    (row,) = twilio_world.rows(purpose="staff-test")
    assert row.state is State.SUPPRESSED


def test_so_many_and_no_more(world: World) -> None:
    owner = owner_of(world)

    said = [send(owner, way="email")[0] for _ in range(7)]

    assert said == [200] * 6 + [429]


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.FRONT_DESK])
def test_the_owner_alone_sends_tests(world: World, role: Role) -> None:
    assert owner_of(world, role).get(PAGE).status_code == 403
