"""What a provider's answer means."""

from datetime import timedelta

import pytest

from services.notifier.domain.verdict import (
    Outcome,
    Phase,
    smtp_reply,
    smtp_silence,
    twilio_answer,
    twilio_code,
)


@pytest.mark.parametrize(
    ("code", "text", "phase", "outcome", "reason"),
    [
        (250, "2.0.0 queued", Phase.HANDING_OVER, Outcome.ACCEPTED, "taken"),
        (421, "4.3.2 shutting down", Phase.GREETING, Outcome.TEMPORARY, "busy"),
        (450, "4.2.0 greylisted", Phase.RECIPIENT, Outcome.TEMPORARY, "busy"),
        (451, "4.3.0 try later", Phase.HANDING_OVER, Outcome.TEMPORARY, "busy"),
        (452, "4.2.2 mailbox full", Phase.RECIPIENT, Outcome.TEMPORARY, "mailbox-full"),
        (552, "5.2.2 mailbox full", Phase.HANDING_OVER, Outcome.TEMPORARY, "mailbox-full"),
        (550, "5.1.1 no such user", Phase.RECIPIENT, Outcome.PERMANENT, "no-such-address"),
        (550, "no such user here", Phase.RECIPIENT, Outcome.PERMANENT, "no-such-address"),
        (550, "5.7.1 not wanted", Phase.RECIPIENT, Outcome.PERMANENT, "refused"),
        (554, "5.6.0 not wanted", Phase.HANDING_OVER, Outcome.PERMANENT, "refused"),
        (535, "5.7.8 bad password", Phase.SIGNING_IN, Outcome.TEMPORARY, "our-settings"),
        (554, "no service here", Phase.GREETING, Outcome.TEMPORARY, "our-settings"),
        (550, "5.7.1 sender not yours", Phase.SENDER, Outcome.TEMPORARY, "our-settings"),
    ],
)
def test_an_smtp_reply_is_judged_by_code_and_step(code, text, phase, outcome, reason):
    verdict = smtp_reply(code, text, phase)

    assert (verdict.outcome, verdict.reason) == (outcome, reason)


def test_only_an_address_that_does_not_exist_is_suppressed_f11():
    assert smtp_reply(550, "5.1.1 no such user", Phase.RECIPIENT).suppress
    assert not smtp_reply(550, "5.7.1 policy", Phase.RECIPIENT).suppress
    assert not smtp_reply(552, "5.2.2 full", Phase.RECIPIENT).suppress


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase is not Phase.HANDING_OVER])
def test_silence_before_the_final_dot_is_a_free_retry_f13(phase):
    assert smtp_silence(phase).outcome is Outcome.TEMPORARY


def test_silence_after_the_final_dot_is_uncertain_f13():
    assert smtp_silence(Phase.HANDING_OVER).outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize(
    ("status", "code", "outcome"),
    [
        (201, None, Outcome.ACCEPTED),
        (400, 21610, Outcome.PERMANENT),
        (400, 21211, Outcome.PERMANENT),
        (400, 99999, Outcome.PERMANENT),
        (400, None, Outcome.PERMANENT),
        (401, 20003, Outcome.TEMPORARY),
        (404, 20404, Outcome.TEMPORARY),
        (308, None, Outcome.TEMPORARY),
        (429, 20429, Outcome.TEMPORARY),
        (503, None, Outcome.TEMPORARY),
        (500, 20500, Outcome.UNCERTAIN),
        (502, None, Outcome.UNCERTAIN),
        (504, None, Outcome.UNCERTAIN),
    ],
)
def test_an_answer_of_twilio_is_judged_by_status_and_code(status, code, outcome):
    assert twilio_answer(status, code).outcome is outcome


def test_a_429_keeps_its_retry_after_f15():
    verdict = twilio_answer(429, 20429, timedelta(seconds=30))

    assert verdict.retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("code", "outcome", "suppress"),
    [
        (21610, Outcome.PERMANENT, True),
        (30003, Outcome.TEMPORARY, False),
        (30004, Outcome.PERMANENT, True),
        (30005, Outcome.PERMANENT, False),
        (30006, Outcome.PERMANENT, False),
        (30007, Outcome.PERMANENT, False),
        (30008, Outcome.TEMPORARY, False),
        (30034, Outcome.TEMPORARY, False),
    ],
)
def test_the_codes_of_delivery_md_have_their_meaning_f18(code, outcome, suppress):
    verdict = twilio_code(code)

    assert (verdict.outcome, verdict.suppress) == (outcome, suppress)


def test_a_fault_of_our_own_is_never_blamed_on_the_number_f18():
    assert twilio_code(30034).reason == twilio_code(20003).reason == "our-settings"
