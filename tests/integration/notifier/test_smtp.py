"""E-mail over a real SMTP server, with STARTTLS and on bad days."""

from datetime import timedelta
from email import policy
from pathlib import Path

import pytest
from icalendar import Calendar

from services.notifier.providers import smtp_dialogue
from services.simulators.mail import Certificate, MailServer, mail_server, make_certificate
from shared.clock import utcnow
from shared.neutrality import telling_words
from tests.integration.notifier.world import Someone, World

BY_MAIL = {"channels": ("email", "call")}
DAY = timedelta(days=1)


def confirmation(world: World):
    (row,) = world.rows(purpose="confirmation")
    return row


def try_again(world: World) -> None:
    world.make_due("confirmation")
    world.pass_on(1)


def test_one_confirmation_arrives_encrypted_with_the_invitation(
    smtp_world: World, mail: MailServer
):
    """Booked at once, told at once (rule-16); the clinician has it on Today, not in the mail."""
    person = Someone(**BY_MAIL)
    booking = smtp_world.book(person)

    smtp_world.pass_on()

    (accepted,) = mail.accepted
    message = accepted.mail
    assert accepted.encrypted
    assert accepted.recipients == ("rowan@example.org",)
    assert message["From"] == "Harbor Lane <notes@harborlane.example>"
    assert message["To"] == "rowan@example.org"
    assert message["Subject"] == "A note from Harbor Lane"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{confirmation(smtp_world).id}@harborlane.example>"
    assert booking.link(person) in accepted.text
    assert confirmation(smtp_world).state == "accepted"


def test_the_invitation_is_a_request_that_says_appointment_and_no_more_p16_p19(
    smtp_world: World, mail: MailServer
):
    booking = smtp_world.book(Someone(**BY_MAIL))

    smtp_world.pass_on()

    part = mail.accepted[0].calendar
    assert part is not None
    assert part.get_param("method") == "REQUEST"
    assert part.get_filename() == "appointment.ics"
    (event,) = Calendar.from_ical(part.get_payload(decode=True)).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Appointment"
    assert str(event["CLASS"]) == "PRIVATE"
    assert str(event["UID"]) == f"{booking.id}@harborlane.example"
    assert event["DTSTART"].dt == booking.starts_at
    assert "DESCRIPTION" not in event
    assert "URL" not in event


def test_the_sequence_rises_and_the_id_stays_from_booking_to_cancellation_p16(
    smtp_world: World, mail: MailServer
):
    booking = smtp_world.book(Someone(**BY_MAIL))
    smtp_world.pass_on()
    smtp_world.move(booking, ahead=8 * DAY)
    smtp_world.pass_on()
    smtp_world.cancel(booking)
    smtp_world.pass_on()

    entries = []
    for accepted in mail.accepted:
        assert accepted.calendar is not None
        calendar = Calendar.from_ical(accepted.calendar.get_payload(decode=True))
        (event,) = calendar.walk("VEVENT")
        entries.append((str(calendar["METHOD"]), event["SEQUENCE"], str(event["UID"])))
        assert accepted.calendar.get_param("method") == str(calendar["METHOD"])
    uid = f"{booking.id}@harborlane.example"
    assert entries == [("REQUEST", 0, uid), ("REQUEST", 1, uid), ("CANCEL", 2, uid)]


def test_every_byte_that_leaves_is_neutral_l07_p19(smtp_world: World, mail: MailServer):
    booking = smtp_world.book(Someone(name="Canary Nightingale", **BY_MAIL))
    smtp_world.pass_on()
    smtp_world.make_due("reminder-24h")
    smtp_world.pass_on()
    smtp_world.cancel(booking)
    smtp_world.pass_on()

    assert len(mail.accepted) == 3
    for accepted in mail.accepted:
        parts = [part.get_content() for part in accepted.mail.walk() if not part.is_multipart()]
        words = "\n".join(part if isinstance(part, str) else part.decode() for part in parts)
        headers = "\n".join(str(value) for value in accepted.mail.values())
        assert telling_words(words.replace(booking.link(booking.people[0]), "")) == []
        assert telling_words(headers) == []
        assert "Nightingale" not in words + headers
        assert "Marcus" not in words + headers


def test_a_greylisted_message_arrives_once_at_a_later_try_f10(smtp_world: World, mail: MailServer):
    mail.refuse("rcpt", "451 4.7.1 greylisted", "450 4.2.0 greylisted")
    smtp_world.book(Someone(**BY_MAIL))
    smtp_world.pass_on()
    waiting = confirmation(smtp_world)
    assert (waiting.state, waiting.reason, waiting.tries) == ("scheduled", "busy", 1)
    assert timedelta(seconds=15) < waiting.due_at - utcnow() < timedelta(seconds=40)

    try_again(smtp_world)
    try_again(smtp_world)

    assert confirmation(smtp_world).state == "accepted"
    assert len(mail.accepted) == 1
    assert smtp_world.evidence(waiting) == ["temporary", "temporary", "handing-over", "accepted"]


def test_an_address_that_does_not_exist_is_tried_once_and_never_again_f11(
    smtp_world: World, mail: MailServer
):
    mail.refuse("rcpt", "550 5.1.1 no such user")
    smtp_world.book(Someone(**BY_MAIL))
    smtp_world.pass_on()

    smtp_world.make_due("reminder-24h")
    smtp_world.pass_on()

    assert mail.tries == 1
    row = confirmation(smtp_world)
    assert (row.state, row.reason) == ("failed_permanent", "no-such-address")
    (reminder,) = smtp_world.rows(purpose="reminder-24h")
    assert (reminder.state, reminder.reason) == ("suppressed", "no-such-address")


def book_two(world: World) -> None:
    for name in ("rowan", "ines"):
        world.book(Someone(email=f"{name}@example.org", **BY_MAIL))
        world.pass_on()


def test_one_connection_carries_one_mail_after_the_other(smtp_world: World, mail: MailServer):
    mail.refuse("rcpt", "550 5.1.1 no such user")
    smtp_world.book(Someone(email="nobody@example.org", **BY_MAIL))
    smtp_world.pass_on()

    book_two(smtp_world)

    assert len(mail.accepted) == 2
    assert mail.connections == 1


@pytest.mark.parametrize("gone", ["drop", "421 4.4.2 idle too long"])
def test_a_connection_that_has_gone_is_replaced_and_no_try_is_lost(
    smtp_world: World, mail: MailServer, gone: str
):
    smtp_world.book(Someone(**BY_MAIL))
    smtp_world.pass_on()
    mail.refuse("mail", gone)
    smtp_world.make_due("reminder-24h")
    smtp_world.pass_on()

    assert mail.connections == 2
    assert len(mail.accepted) == 2
    (reminder,) = smtp_world.rows(purpose="reminder-24h")
    assert (reminder.state, reminder.tries) == ("accepted", 1)


def test_a_connection_that_has_rested_too_long_is_hung_up(
    smtp_world: World, mail: MailServer, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(smtp_dialogue, "REST_SECONDS", 0.0)

    book_two(smtp_world)

    assert mail.connections == 2
    assert mail.goodbyes == 1


@pytest.mark.parametrize("step", ["rcpt", "dot"])
def test_a_full_mailbox_is_tried_again_until_it_is_of_no_use_f12(
    smtp_world: World, mail: MailServer, step: str
):
    mail.refuse(step, "552 5.2.2 mailbox full")
    smtp_world.book(Someone(**BY_MAIL))

    smtp_world.pass_on()

    row = confirmation(smtp_world)
    assert (row.state, row.reason) == ("scheduled", "mailbox-full")


@pytest.mark.parametrize("step", ["mail", "rcpt"])
@pytest.mark.parametrize("reply", ["drop", "hang"])
def test_silence_before_the_dot_is_tried_again_and_arrives_once_f13(
    smtp_world: World, mail: MailServer, monkeypatch: pytest.MonkeyPatch, step: str, reply: str
):
    monkeypatch.setattr(smtp_dialogue, "COMMAND_SECONDS", 1)
    mail.refuse(step, reply)
    smtp_world.book(Someone(**BY_MAIL))
    smtp_world.pass_on()
    assert confirmation(smtp_world).reason == "cut-off"

    try_again(smtp_world)

    assert len(mail.accepted) == 1
    assert confirmation(smtp_world).state == "accepted"


def test_silence_after_the_dot_repeats_a_confirmation_under_the_same_id_f13(
    smtp_world: World, mail: MailServer, impatient: None
):
    mail.refuse("dot", "take and drop")
    smtp_world.book(Someone(**BY_MAIL))
    smtp_world.pass_on(2)
    assert confirmation(smtp_world).state == "uncertain"

    try_again(smtp_world)

    assert confirmation(smtp_world).state == "accepted"
    assert len({accepted.mail["Message-ID"] for accepted in mail.accepted}) == 1
    assert smtp_world.evidence(confirmation(smtp_world)) == [
        *("handing-over", "uncertain", "trace-nobody-knows"),
        *("handing-over", "accepted"),
    ]


def test_silence_after_the_dot_parks_a_reminder_that_another_one_covers_f13(
    smtp_world: World, mail: MailServer, impatient: None
):
    smtp_world.book(Someone(**BY_MAIL))
    smtp_world.pass_on()
    mail.refuse("dot", "take and drop")
    smtp_world.make_due("reminder-48h")
    smtp_world.pass_on(1)

    smtp_world.make_due("reminder-48h")
    smtp_world.pass_on()

    (reminder,) = smtp_world.rows(purpose="reminder-48h")
    assert (reminder.state, reminder.reason) == ("unconfirmed", "no-answer")
    assert len(mail.accepted) == 2


def test_a_server_that_is_down_costs_a_wait_and_nothing_else_p12(
    smtp_world: World, mail: MailServer
):
    mail.stop()
    smtp_world.book(Someone(**BY_MAIL))

    smtp_world.pass_on()

    row = confirmation(smtp_world)
    assert (row.state, row.reason) == ("scheduled", "unreachable")


def test_a_certificate_nobody_vouches_for_gets_no_message(
    make_world, mail: MailServer, tmp_path: Path
):
    other = make_certificate(tmp_path)
    world = make_world(
        DELIVERY="live",
        SMTP_URL=f"smtp://localhost:{mail.port}",
        SMTP_CA_FILE=str(other.path),
    )
    world.book(Someone(**BY_MAIL))

    world.pass_on()

    row = confirmation(world)
    assert (row.state, row.reason) == ("scheduled", "our-settings")
    assert mail.accepted == []
    assert mail.tries == 0


def test_a_server_without_starttls_gets_no_message_unless_that_was_asked_for(make_world):
    with mail_server(None) as plain:
        careful = make_world(DELIVERY="live", SMTP_URL=f"smtp://localhost:{plain.port}")
        booking = careful.book(Someone(**BY_MAIL))
        careful.pass_on()
        assert confirmation(careful).reason == "our-settings"
        assert plain.accepted == []

        url = f"smtp://localhost:{plain.port}?starttls=never"
        told = make_world(DELIVERY="live", SMTP_URL=url)
        told.publish(booking)
        try_again(told)

        assert len(plain.accepted) == 1
        assert not plain.accepted[0].encrypted


def test_signing_in_happens_over_tls_and_a_wrong_password_is_our_own_fault(
    make_world, certificate: Certificate
):
    with mail_server(certificate, password="open sesame") as server:
        options = {"DELIVERY": "live", "SMTP_CA_FILE": str(certificate.path)}
        wrong = make_world(SMTP_URL=f"smtp://us:wrong@localhost:{server.port}", **options)
        booking = wrong.book(Someone(**BY_MAIL))
        wrong.pass_on()
        assert confirmation(wrong).reason == "our-settings"

        right = make_world(SMTP_URL=f"smtp://us:open%20sesame@localhost:{server.port}", **options)
        right.publish(booking)
        try_again(right)

        (accepted,) = server.accepted
        assert accepted.signed_in
        assert accepted.encrypted


@pytest.mark.parametrize(
    "address",
    [
        "rowan@example.org\r\nBcc: eve@example.org",
        "rowan@example.org\nSubject: hello",
        "no-at-sign",
        "röwan@example.org",
        "a b@example.org",
        "",
    ],
)
def test_an_address_that_is_none_breaks_nothing_and_reaches_nobody(
    smtp_world: World, mail: MailServer, address: str
):
    smtp_world.book(Someone(email=address, **BY_MAIL))

    smtp_world.pass_on()

    assert mail.accepted == []
    assert confirmation(smtp_world).reason == "no-way"


def test_the_message_is_valid_with_text_first_then_html(smtp_world: World, mail: MailServer):
    smtp_world.book(Someone(**BY_MAIL))

    smtp_world.pass_on()

    message = mail.accepted[0].mail
    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/mixed", "multipart/alternative"),
        *("text/plain", "text/html", "text/calendar"),
    ]
    assert not message.defects
    assert max(len(line) for line in message.as_bytes(policy=policy.SMTP).splitlines()) <= 998
