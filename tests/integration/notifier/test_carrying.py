"""How the carriers are doing, as staff see it; and beginning again once an account is in order."""

import re
from datetime import timedelta

from flask.testing import FlaskClient

from services.notifier import jobs
from services.notifier.domain.servers import ImapMailbox
from services.notifier.operations import carrying
from services.simulators.carrier import Reply
from services.simulators.twilio import TwilioSimulator
from shared.vocabulary import Role
from tests.integration.notifier.test_carriers import book
from tests.integration.notifier.test_pages import SignIn, page, sign_in
from tests.integration.notifier.world import World

__all__ = ["sign_in"]

PAGE = "/staff/carriers"


def begin_again(client: FlaskClient, token: str, name: str = "twilio", why: str = "Paid.") -> int:
    answer = client.post(f"{PAGE}/{name}/resume", data={"csrf_token": token, "reason": why})
    return answer.status_code


def token_of(text: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', text)
    assert found
    return found[1]


def test_f18_a_refused_account_is_shown_with_its_code_and_begun_again_with_once_it_is_in_order(
    twilio_world: World, texts: TwilioSimulator, sign_in: SignIn
):
    texts.script.append(Reply(401, 20003))
    book(twilio_world, 20, 21)
    owner = sign_in(twilio_world, Role.OWNER)

    shown = page(owner, PAGE)
    assert "Refuses us" in shown
    assert "(20003)" in shown
    twilio_world.make_due("confirmation")
    twilio_world.pass_on()
    assert texts.posts == 1

    assert begin_again(owner, token_of(shown)) == 303
    twilio_world.make_due("confirmation")
    twilio_world.pass_on()

    assert len(texts.taken) == 2
    after = page(owner, PAGE)
    assert "Well" in after
    assert "Paid." in after
    assert "2 taken, 1 not" in after


def test_f15_beginning_again_keeps_the_pause_that_the_carrier_asked_for(
    twilio_world: World, texts: TwilioSimulator, sign_in: SignIn
):
    texts.script.append(Reply(429, 20429, headers={"Retry-After": "300"}))
    book(twilio_world, 20)
    owner = sign_in(twilio_world, Role.OWNER)

    assert begin_again(owner, token_of(page(owner, "/staff/blocked"))) == 303
    twilio_world.make_due("confirmation")
    twilio_world.pass_on()

    assert texts.posts == 1


def test_the_front_desk_sees_it_and_does_not_begin_again(
    twilio_world: World, texts: TwilioSimulator, sign_in: SignIn
):
    texts.script.append(Reply(400, 30034))
    book(twilio_world, 20)
    desk = sign_in(twilio_world, Role.FRONT_DESK)

    assert "(30034)" in page(desk, PAGE)
    assert "Begin again" not in page(desk, PAGE)
    assert begin_again(desk, token_of(page(desk, "/staff/blocked"))) == 403


def test_a_carrier_that_is_not_set_up_is_not_found_and_a_reason_is_needed(
    twilio_world: World, sign_in: SignIn
):
    owner = sign_in(twilio_world, Role.OWNER)
    token = token_of(page(owner, "/staff/blocked"))

    assert begin_again(owner, token, "sinch") == 404
    assert begin_again(owner, token, why=" ") == 303
    assert "Write why" in page(owner, PAGE)


def test_a_practice_that_keeps_its_messages_has_no_carrier(world: World, sign_in: SignIn):
    assert "Nobody carries messages" in page(sign_in(world, Role.OWNER), PAGE)


def test_f14_it_is_known_when_the_mailbox_of_returned_mail_was_last_read(world: World):
    away = ImapMailbox.from_url("imaps://us:secret@127.0.0.1:1/INBOX")

    jobs.take_returned_mail(world.database, away, world.settings.secret_key)
    with world.database.begin() as session:
        first = carrying.latest_reading(session)
        assert first is not None
        assert (first.failed, first.read_at) == (True, None)
        carrying.note_reading(session, failed=False)
    jobs.take_returned_mail(world.database, away, world.settings.secret_key)

    with world.database.begin() as session:
        known = carrying.latest_reading(session)
        assert known is not None
        assert known.failed
        assert known.read_at is not None
        assert known.tried_at - known.read_at < timedelta(minutes=1)
