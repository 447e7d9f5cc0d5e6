"""A mail as bytes says what was meant, whatever the words are."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.notifier.domain.message import OutgoingMessage
from services.notifier.providers.mime import NotAnAddress, Sender, build
from shared.vocabulary import Channel

AT = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
SENDER = Sender(name="Harbor Läne, notes", address="notes@harborlane.example")

words = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


def mail(**changes: str) -> OutgoingMessage:
    parts = {"to": "rowan@example.org", "text": "Hello\n", "html": "<p>Hello</p>", **changes}
    return OutgoingMessage(message_id="0b1c", channel=Channel.EMAIL, **parts)  # type: ignore[arg-type]


def parsed(message: OutgoingMessage) -> EmailMessage:
    content = build(message, sender=SENDER, date=AT)
    assert not content.replace(b"\r\n", b"").translate(None, bytes(range(32, 127)) + b"\t")
    found = message_from_bytes(content, policy=policy.SMTP)
    assert isinstance(found, EmailMessage)
    assert not any(part.defects for part in found.walk())
    return found


def as_lines(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")


@given(words, words)
@example(".\n..\nFrom here \n", "=_0b1c_words\n--=_0b1c_words--")
@example("x" * 999, "ñ " * 600)
@example("a\rb\r\nc\n", "tab\t\nspace \n")
def test_what_is_written_is_what_is_read(text: str, html: str):
    message = parsed(mail(text=text, html=html))

    plain, rich = message.iter_parts()
    assert as_lines(plain.get_content()) == as_lines(text)
    assert as_lines(rich.get_content()) == as_lines(html)
    assert [plain.get_content_type(), rich.get_content_type()] == ["text/plain", "text/html"]


@given(words)
@example("Sesión del miércoles " * 12)
@example("two\r\nBcc: eve@example.org")
def test_a_subject_stays_one_header(subject: str):
    message = parsed(mail(subject=subject))

    assert message["Bcc"] is None
    assert "".join(message["Subject"].split()) == "".join(subject.split())


def test_the_heads_are_those_of_a_mail_that_nobody_answers_by_machine():
    message = parsed(mail(calendar="BEGIN:VCALENDAR\r\n", calendar_method="REQUEST"))

    assert message["From"] == '"Harbor Läne, notes" <notes@harborlane.example>'
    assert message["To"] == "rowan@example.org"
    assert message["Message-ID"] == "<0b1c@harborlane.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime == AT
    *_, entry = message.walk()
    assert entry.get_content_type() == "text/calendar"
    assert entry.get_param("method") == "REQUEST"
    assert entry.get_filename() == "appointment.ics"
    assert entry.get_payload(decode=True) == b"BEGIN:VCALENDAR\r\n"


def test_the_same_message_is_the_same_bytes():
    assert build(mail(), sender=SENDER, date=AT) == build(mail(), sender=SENDER, date=AT)


@pytest.mark.parametrize(
    "address", ["", "no-at", "a b@example.org", "röwan@example.org", "a@b\r\nX: y"]
)
def test_an_address_that_is_none_is_refused(address: str):
    with pytest.raises(NotAnAddress):
        build(mail(to=address), sender=SENDER, date=AT)
