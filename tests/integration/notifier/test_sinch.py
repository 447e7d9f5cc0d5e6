"""Texts over a real HTTP server that answers as Sinch does: what differs from the other carrier."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import permutations
from uuid import uuid4

import pytest
import requests
from sqlalchemy import func, select

from services.notifier.models import IncomingText, Notification, Suppression
from services.notifier.providers import http
from services.simulators.carrier import Reply, Text
from services.simulators.sinch import SinchSimulator
from shared.clock import utcnow
from tests.integration.notifier.conftest import serving
from tests.integration.notifier.world import Someone, World

BY_TEXT = {"channels": ("sms", "call")}
NUMBER = "+19145550119"


def confirmation(world: World) -> Notification:
    (row,) = world.rows(purpose="confirmation")
    return row


def sent_text(world: World, sinch: SinchSimulator) -> Text:
    world.book(Someone(**BY_TEXT))
    world.pass_on()
    (text,) = sinch.taken
    return text


def settle(world: World) -> None:
    world.make_due("confirmation")
    world.pass_on(1)


def test_a_text_goes_out_under_its_try_s_own_name(served_by_sinch: World, sinch: SinchSimulator):
    text = sent_text(served_by_sinch, sinch)

    row = confirmation(served_by_sinch)
    assert (text.to, text.sender) == (NUMBER, "+19145550100")
    assert row.state == "accepted"
    assert text.reference in text.callback


@pytest.mark.parametrize(
    ("reply", "state", "reason"),
    [
        (Reply(400, "syntax_invalid_parameter_format"), "failed_permanent", "refused"),
        (Reply(401, "unauthorized"), "scheduled", "our-settings"),
        (Reply(403, "unknown_service_plan"), "scheduled", "our-settings"),
        (Reply(503), "scheduled", "busy"),
    ],
)
def test_f18_each_refusal_of_the_second_carrier_ends_as_it_should(
    served_by_sinch: World, sinch: SinchSimulator, reply: Reply, state: str, reason: str
):
    sinch.script.append(reply)
    served_by_sinch.book(Someone(**BY_TEXT))

    served_by_sinch.pass_on()

    row = confirmation(served_by_sinch)
    assert (row.state, row.reason) == (state, reason)


def test_f15_the_second_carrier_is_left_alone_as_long_as_it_asks(
    served_by_sinch: World, sinch: SinchSimulator
):
    sinch.script.append(Reply(429, headers={"Retry-After": "300"}))
    served_by_sinch.book(Someone(**BY_TEXT))
    served_by_sinch.pass_on()

    row = confirmation(served_by_sinch)
    assert (row.state, row.reason) == ("scheduled", "busy")
    assert row.due_at - utcnow() > timedelta(seconds=290)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(500, takes=True),
        Reply(201, takes=True, hangs_up=True),
        Reply(201, takes=True, after_seconds=2),
    ],
)
def test_f16_a_text_whose_answer_was_lost_is_found_by_its_reference(
    served_by_sinch: World,
    sinch: SinchSimulator,
    impatient: None,
    monkeypatch: pytest.MonkeyPatch,
    reply: Reply,
):
    monkeypatch.setattr(http, "TIMEOUT_SECONDS", (1, 1))
    sinch.script.append(reply)
    served_by_sinch.book(Someone(**BY_TEXT))
    served_by_sinch.pass_on(2)
    assert confirmation(served_by_sinch).state == "uncertain"

    settle(served_by_sinch)

    assert confirmation(served_by_sinch).state == "accepted"
    assert len(sinch.taken) == 1
    assert served_by_sinch.evidence(confirmation(served_by_sinch))[-1] == "trace-taken"


def test_f16_a_failure_that_took_nothing_is_tried_again(
    served_by_sinch: World, sinch: SinchSimulator, impatient: None
):
    sinch.script.append(Reply(500))
    served_by_sinch.book(Someone(**BY_TEXT))
    served_by_sinch.pass_on(2)

    settle(served_by_sinch)
    settle(served_by_sinch)

    assert confirmation(served_by_sinch).state == "accepted"
    assert len(sinch.taken) == 1


@pytest.mark.parametrize(
    "order", list(permutations([("Queued", 400), ("Dispatched", 401), ("Delivered", 0)]))
)
def test_f19_reports_doubled_and_in_any_order_end_in_delivered(
    served_by_sinch: World, sinch: SinchSimulator, order: tuple[tuple[str, int], ...]
):
    text = sent_text(served_by_sinch, sinch)

    answers = [sinch.call_back(text, *report) for report in (*order, *order)]

    assert answers == [204] * 6
    assert confirmation(served_by_sinch).state == "delivered"


@pytest.mark.parametrize(
    ("report", "reason", "suppressed"),
    [
        (("Rejected", 16), "blocked", True),
        (("Failed", 10), "cannot-get-texts", False),
        (("Failed", 150), "no-such-number", False),
        (("Rejected", 61), "filtered", False),
        (("Deleted", 999), "refused", False),
    ],
)
def test_f18_a_text_that_the_second_carrier_did_not_deliver_says_why(
    served_by_sinch: World,
    sinch: SinchSimulator,
    report: tuple[str, int],
    reason: str,
    suppressed: bool,
):
    text = sent_text(served_by_sinch, sinch)

    sinch.call_back(text, *report)

    row = confirmation(served_by_sinch)
    assert (row.state, row.reason) == ("undelivered", reason)
    with served_by_sinch.database.begin() as session:
        assert (session.scalar(select(func.count()).select_from(Suppression)) == 1) is suppressed


def test_f19_a_forged_or_replayed_report_changes_nothing(
    served_by_sinch: World, sinch: SinchSimulator
):
    text = sent_text(served_by_sinch, sinch)
    report = sinch.report(text, "Delivered", 0)

    def post(url: str, body: bytes, headers: dict[str, str]) -> int:
        return requests.post(url, data=body, headers=headers, timeout=5).status_code

    body, headers = sinch.posted(report)
    assert post(text.callback, body, {"Content-Type": "application/json"}) == 403
    assert post(text.callback, body + b" ", headers) == 403
    assert post(text.callback, *sinch.posted(report, seconds_ago=310)) == 403
    assert post(text.callback, *sinch.posted(report, seconds_ago=-310)) == 403
    assert post(text.callback[:-4] + "abcd", *sinch.posted(report)) == 404
    assert post(text.callback, *sinch.posted({"type": "something else"})) == 204
    assert confirmation(served_by_sinch).state == "accepted"
    assert post(text.callback, body, headers) == 204
    assert confirmation(served_by_sinch).state == "delivered"


def say(world: World, sinch: SinchSimulator, body: str, *, sid: str | None = None) -> None:
    door = f"{world.settings.public_url}/notify/hooks/sinch/incoming"
    assert sinch.say(door, NUMBER, body, sid or uuid4().hex).status_code == 204
    world.courier.answer_texts()


def test_l23_stop_start_and_help_work_through_the_second_carrier_and_are_answered_once(
    served_by_sinch: World, sinch: SinchSimulator
):
    sent_text(served_by_sinch, sinch)

    say(served_by_sinch, sinch, "STOP", sid="one")
    say(served_by_sinch, sinch, "STOP", sid="one")
    say(served_by_sinch, sinch, "STOP")
    say(served_by_sinch, sinch, "HELP")
    say(served_by_sinch, sinch, "START")

    _, stopped, helped, started = sinch.taken
    assert stopped.body.startswith("Harbor Lane: you will get no more texts.")
    assert helped.body.startswith("Harbor Lane")
    assert started.body.startswith("Harbor Lane")
    assert {text.to for text in sinch.taken} == {NUMBER}


def test_l23_a_report_on_an_answer_is_taken_and_forgotten_and_its_number_too(
    served_by_sinch: World, sinch: SinchSimulator
):
    say(served_by_sinch, sinch, "HELP")

    (answer,) = sinch.taken
    assert sinch.call_back(answer, "Delivered", 0) == 204
    with served_by_sinch.database.begin() as session:
        (row,) = session.scalars(select(IncomingText)).all()
        assert (row.answer, row.answer_sealed) == ("help", None)


def test_l50_without_an_agreement_the_second_carrier_is_handed_no_answer(
    make_world: Callable[..., World], sinch: SinchSimulator
):
    with serving(partial(make_world, SINCH_BAA=""), sinch) as world:
        say(world, sinch, "HELP")

    assert sinch.taken == []
