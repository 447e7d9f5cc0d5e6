"""Texts over a real HTTP server that answers as Twilio does, on good days and bad ones."""

from datetime import timedelta
from itertools import permutations

import pytest
import requests

from services.notifier.domain.sms import Encoding, measure
from services.notifier.models import Notification, Suppression
from services.notifier.providers import http
from services.simulators.carrier import Reply
from services.simulators.twilio import TwilioSimulator, sign
from shared.clock import utcnow
from tests.integration.notifier.world import Someone, World

BY_TEXT = {"channels": ("sms", "call")}


def confirmation(world: World) -> Notification:
    (row,) = world.rows(purpose="confirmation")
    return row


def try_again(world: World) -> None:
    world.make_due("confirmation")
    world.pass_on(1)


def test_a_confirmation_is_one_text_of_one_segment_l24(twilio_world: World, texts: TwilioSimulator):
    twilio_world.book(Someone(**BY_TEXT))

    twilio_world.pass_on()

    (text,) = texts.taken
    size = measure(text.body)
    assert (text.to, text.sender) == ("+19145550119", "+19145550100")
    assert (size.encoding, size.segments) == (Encoding.GSM7, 1)
    assert text.body.startswith("Harbor Lane: ")
    assert confirmation(twilio_world).state == "accepted"


def test_a_number_that_has_opted_out_is_never_tried_again_f18(
    twilio_world: World, texts: TwilioSimulator
):
    texts.script.append(Reply(400, 21610))
    twilio_world.book(Someone(**BY_TEXT))
    twilio_world.pass_on()

    twilio_world.make_due("reminder-24h")
    twilio_world.pass_on()

    row = confirmation(twilio_world)
    assert (row.state, row.reason) == ("failed_permanent", "opted-out")
    (reminder,) = twilio_world.rows(purpose="reminder-24h")
    assert (reminder.state, reminder.reason) == ("suppressed", "opted-out")
    assert texts.posts == 1
    assert texts.taken == []


def test_f15_a_busy_provider_is_left_alone_as_long_as_it_asks(
    twilio_world: World, texts: TwilioSimulator
):
    texts.script.append(Reply(429, 20429, headers={"Retry-After": "300"}))
    twilio_world.book(Someone(**BY_TEXT))
    twilio_world.pass_on()

    row = confirmation(twilio_world)
    assert (row.state, row.reason) == ("scheduled", "busy")
    assert row.due_at - utcnow() > timedelta(seconds=290)
    try_again(twilio_world)
    assert texts.posts == 1


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [
        (Reply(400, 21211), "failed_permanent", "no-such-number"),
        (Reply(400, 21614), "failed_permanent", "cannot-get-texts"),
        (Reply(401, 20003), "scheduled", "our-settings"),
        (Reply(400, 30034), "scheduled", "our-settings"),
        (Reply(503), "scheduled", "busy"),
    ],
)
def test_each_refusal_ends_as_delivery_md_says_f18(
    twilio_world: World, texts: TwilioSimulator, reply: Reply, state: str, reason: str
):
    texts.script.append(reply)
    twilio_world.book(Someone(**BY_TEXT))

    twilio_world.pass_on()

    row = confirmation(twilio_world)
    assert (row.state, row.reason) == (state, reason)


@pytest.mark.parametrize(
    "reply", [Reply(500, 20500, takes=True), Reply(502, takes=True), Reply(504, takes=True)]
)
def test_a_text_taken_under_a_failure_is_found_and_not_sent_twice_f16(
    twilio_world: World, texts: TwilioSimulator, impatient: None, reply: Reply
):
    texts.script.append(reply)
    twilio_world.book(Someone(**BY_TEXT))
    twilio_world.pass_on(2)
    assert confirmation(twilio_world).state == "uncertain"

    try_again(twilio_world)

    assert confirmation(twilio_world).state == "accepted"
    assert len(texts.taken) == 1
    assert twilio_world.evidence(confirmation(twilio_world))[-1] == "trace-taken"


def test_a_failure_that_took_nothing_is_tried_again_f16(
    twilio_world: World, texts: TwilioSimulator, impatient: None
):
    texts.script.append(Reply(500))
    twilio_world.book(Someone(**BY_TEXT))
    twilio_world.pass_on(2)

    try_again(twilio_world)
    try_again(twilio_world)

    assert confirmation(twilio_world).state == "accepted"
    assert len(texts.taken) == 1


@pytest.mark.parametrize(
    "reply", [Reply(201, takes=True, hangs_up=True), Reply(201, takes=True, after_seconds=2)]
)
def test_an_answer_that_never_came_is_looked_for_f16(
    twilio_world: World,
    texts: TwilioSimulator,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
    reply: Reply,
):
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", (1, 1))
    texts.script.append(reply)
    twilio_world.book(Someone(**BY_TEXT))
    twilio_world.pass_on(2)
    assert confirmation(twilio_world).reason == "no-answer"

    try_again(twilio_world)

    assert confirmation(twilio_world).state == "accepted"
    assert len(texts.taken) == 1


def test_while_the_provider_is_away_nobody_guesses(
    twilio_world: World, texts: TwilioSimulator, impatient: None
):
    texts.script.append(Reply(500, takes=True))
    twilio_world.book(Someone(**BY_TEXT))
    twilio_world.pass_on(2)
    texts.stop()

    try_again(twilio_world)

    assert confirmation(twilio_world).state == "uncertain"
    assert twilio_world.evidence(confirmation(twilio_world))[-1] == "trace-ask-later"


def test_a_provider_that_is_down_was_certainly_not_handed_anything(
    twilio_world: World, texts: TwilioSimulator
):
    texts.stop()
    twilio_world.book(Someone(**BY_TEXT))

    twilio_world.pass_on()

    row = confirmation(twilio_world)
    assert (row.state, row.reason) == ("scheduled", "unreachable")


def test_an_answer_in_gibberish_is_still_judged_by_its_status():
    answer = requests.Response()
    answer.status_code = 201
    answer._content = b"<html>"

    assert http.document(answer) == {}


# ---------------------------------------------------------------- callbacks


def sent_text(world: World, texts: TwilioSimulator):
    world.book(Someone(**BY_TEXT))
    world.pass_on()
    (text,) = texts.taken
    return text


@pytest.mark.parametrize("order", list(permutations(["sending", "sent", "delivered"])))
def test_receipts_doubled_and_in_any_order_end_in_delivered_f19(
    served: World, texts: TwilioSimulator, order: tuple[str, ...]
):
    text = sent_text(served, texts)

    answers = [texts.call_back(text, status) for status in (*order, *order)]

    assert answers == [204] * 6
    assert confirmation(served).state == "delivered"


@pytest.mark.parametrize(
    ("code", "reason", "suppressed"),
    [
        (30004, "blocked", True),
        (30005, "no-such-number", False),
        (30006, "cannot-get-texts", False),
        (30007, "filtered", False),
        (21610, "opted-out", True),
    ],
)
def test_a_text_that_did_not_arrive_says_why_f18(
    served: World, texts: TwilioSimulator, code: int, reason: str, suppressed: bool
):
    text = sent_text(served, texts)

    texts.call_back(text, "undelivered", code)

    row = confirmation(served)
    assert (row.state, row.reason) == ("undelivered", reason)
    with served.database.begin() as session:
        assert (session.query(Suppression).count() == 1) is suppressed


def test_a_receipt_that_comes_before_our_own_save_settles_the_try_f19(
    served: World, texts: TwilioSimulator
):
    texts.script.append(Reply(500, takes=True))
    text = sent_text(served, texts)
    assert confirmation(served).state == "uncertain"

    texts.call_back(text, "delivered")
    served.make_due("confirmation")
    served.pass_on()

    assert confirmation(served).state == "delivered"
    assert len(texts.taken) == 1


def test_a_forged_receipt_changes_nothing_f19(served: World, texts: TwilioSimulator):
    text = sent_text(served, texts)
    form = texts.callback_form(text, "delivered")

    def post(url: str, **headers: str) -> int:
        return requests.post(url, data=form, headers=headers, timeout=5).status_code

    assert post(text.callback) == 403
    assert post(text.callback, **{"X-Twilio-Signature": "nonsense"}) == 403
    forged = sign("another token", text.callback, form)
    assert post(text.callback, **{"X-Twilio-Signature": forged}) == 403
    wrong_try = text.callback[:-4] + "abcd"
    signed = texts.signature(wrong_try, form)
    assert post(wrong_try, **{"X-Twilio-Signature": signed}) == 404
    assert confirmation(served).state == "accepted"


def test_a_receipt_for_a_try_that_never_was_is_taken_and_forgotten(
    served: World, texts: TwilioSimulator
):
    text = sent_text(served, texts)
    form = {"MessageStatus": "delivered", "MessageSid": ""}
    headers = {"X-Twilio-Signature": texts.signature(text.callback, form)}

    answer = requests.post(text.callback, data=form, headers=headers, timeout=5)

    assert answer.status_code == 204
    assert confirmation(served).state == "accepted"
