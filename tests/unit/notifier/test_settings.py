"""What the notifier accepts from the environment, and the one sentence for what it does not."""

from datetime import timedelta

import pytest

from services.notifier.domain.servers import Security
from services.notifier.settings import Settings
from shared.settings import BadSetting
from shared.vocabulary import Channel
from tests.conftest import environment_for

HOUR = timedelta(hours=1)
TWILIO = {
    "TWILIO_ACCOUNT_SID": "ACtest",
    "TWILIO_AUTH_TOKEN": "made up",
    "TWILIO_FROM": "+19145550100",
}


def settings(**given: str) -> Settings:
    return Settings.from_env(environment_for("notifier", "postgresql:///nowhere", given))


def test_with_nothing_configured_both_channels_stay_in_the_mailbox():
    ours = settings()

    assert ours.delivery == "mailbox"
    assert ours.channels == set(Channel)
    assert (ours.smtp, ours.twilio) == (None, None)


def test_starttls_is_required_unless_said_otherwise():
    assert settings(SMTP_URL="smtp://mail.example.org").smtp.security is Security.STARTTLS
    assert settings(SMTP_URL="smtps://mail.example.org").smtp.port == 465
    plain = settings(SMTP_URL="smtp://mail.example.org:25?starttls=never").smtp
    assert (plain.security, plain.port) == (Security.NONE, 25)


def test_a_user_and_password_may_hold_any_character():
    server = settings(SMTP_URL="smtp://us%40example.org:p%3Aw%2F1@mail.example.org:587").smtp

    assert (server.username, server.password) == ("us@example.org", "p:w/1")
    assert "p:w/1" not in repr(server)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SMTP_URL": "mail.example.org"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail.example.org:mail"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail.example.org?tls=1"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://mail.example.org?starttls=maybe"}, "SMTP_URL"),
        ({"SMTP_URL": "smtp://u:p@mail.example.org?starttls=never"}, "readable"),
        ({"TWILIO_ACCOUNT_SID": "ACtest"}, "TWILIO_AUTH_TOKEN and TWILIO_FROM"),
        ({"DELIVERY": "live"}, "SMTP_URL"),
        ({"DELIVERY": "somewhere"}, "DELIVERY"),
        ({"SINCH_FROM": "+19145550100"}, "SINCH_SERVICE_PLAN_ID"),
        ({"SMS_WEIGHTS": "twilio=70,other=30"}, "SMS_WEIGHTS"),
        ({"SMS_WEIGHTS": "twilio=700"}, "SMS_WEIGHTS"),
        ({"SMTP_BAA": "yes"}, "SMTP_BAA"),
        ({"TWILIO_BAA": "signed 2026-13-01"}, "TWILIO_BAA"),
        ({"REMINDERS_EMAIL": "soon"}, "REMINDERS_EMAIL"),
        ({"REMINDERS_SMS": "0h"}, "REMINDERS_SMS"),
        ({"NOTIFIER_SWEEP_SECONDS": "often"}, "NOTIFIER_SWEEP_SECONDS"),
        ({"PRACTICE_NEUTRAL_SENDER": "Couples Care"}, "PRACTICE_NEUTRAL_SENDER"),
        ({"PRACTICE_SENDER_ADDRESS": "therapy@example.org"}, "PRACTICE_SENDER_ADDRESS"),
        ({"PUBLIC_URL": "https://couples.example"}, "PUBLIC_URL"),
    ],
)
def test_what_cannot_be_used_is_named_in_one_sentence(given: dict[str, str], named: str):
    with pytest.raises(BadSetting) as refusal:
        settings(**given)

    assert named in str(refusal.value)
    assert "made up" not in str(refusal.value)


def test_l50_an_agreement_is_recorded_by_its_day_or_by_the_reason_why_none_is_needed():
    live = {"DELIVERY": "live", "SMTP_URL": "smtp://mail.example.org", **TWILIO}

    assert settings(**live).without_agreement == ("SMTP_BAA", "TWILIO_BAA")
    some = settings(**live, SMTP_BAA="signed 2026-05-01 by Priya Raman")
    assert some.without_agreement == ("TWILIO_BAA",)
    all_of_them = settings(**live, SMTP_BAA="not-a-covered-entity", TWILIO_BAA="2026-05-01, P. R.")
    assert all_of_them.without_agreement == ()
    assert settings().without_agreement == ()


def test_a_live_practice_has_the_channels_it_has_servers_for():
    assert settings(DELIVERY="live", **TWILIO).channels == {Channel.SMS}
    mail = {"SMTP_URL": "smtp://mail.example.org"}
    assert settings(DELIVERY="live", **mail).channels == {Channel.EMAIL}
    assert settings(DELIVERY="live", **mail, **TWILIO).channels == set(Channel)


def test_the_reminder_plan_can_be_set_by_channel():
    plan = settings(REMINDERS_EMAIL="90m, 24h", REMINDERS_SMS="").reminders

    assert plan.leads == {Channel.EMAIL: (24 * HOUR, 1.5 * HOUR), Channel.SMS: ()}


SINCH = {
    "SINCH_SERVICE_PLAN_ID": "plantest",
    "SINCH_API_TOKEN": "made up",
    "SINCH_CALLBACK_SECRET": "made up, too",
    "SINCH_FROM": "+19145550100",
}


def test_two_carriers_share_the_texts_and_each_needs_its_own_agreement():
    both = settings(DELIVERY="live", **TWILIO, **SINCH, SINCH_BAA="not-a-covered-entity")

    assert both.carriers == {"twilio": 50, "sinch": 50}
    assert both.without_agreement == ("TWILIO_BAA",)
    assert both.waits == frozenset()
    assert settings(**SINCH).carriers == {"sinch": 100}
    assert settings(**TWILIO, **SINCH, SMS_WEIGHTS="twilio=70,sinch=30").carriers == {
        "twilio": 70,
        "sinch": 30,
    }
    assert settings(**SINCH, SINCH_URL="").sinch.url == "https://us.sms.api.sinch.com"
    assert "made up" not in repr(both.sinch)
