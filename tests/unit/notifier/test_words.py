"""The templates, all of them, with real values: neutral, complete, and short where it costs."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.notifier.domain.appointment import AppointmentDetails
from services.notifier.domain.errand import FreeTime
from services.notifier.domain.message import Kind, OutgoingMessage
from services.notifier.domain.sms import Encoding, measure
from services.notifier.domain.wording import words_for
from services.notifier.domain.words import MEANINGS, Slot, Words, placeholders, slots
from services.notifier.operations import rendering
from services.notifier.operations.rendering import Occasion, TellingWords
from services.notifier.operations.shipped import TEMPLATES, shipped
from shared.neutrality import telling_words
from shared.settings import Practice
from shared.vocabulary import Channel

PRACTICE = Practice(
    name="Harbor Lane",
    neutral_sender="Harbor Lane",
    phone="914-555-0132",
    timezone="America/New_York",
    licensed_states=("NY",),
    quick_exit_url="https://www.weather.gov/",
    sender_address="notes@harborlane.example",
)
START = datetime(2027, 3, 10, 15, 30, tzinfo=UTC)
LINK = "https://harborlane.example/schedule/m/" + "x" * 43
PURPOSES = ("confirmation", "moved", "cancelled", "reminder-48h", "reminder-24h", "reminder-2h")
ZONES = ("America/New_York", "Pacific/Auckland", "America/Argentina/Buenos_Aires")


def render(occasion: Occasion, practice: Practice) -> OutgoingMessage:
    """In the words that Softstart brings."""
    return rendering.render(occasion, practice, shipped(occasion.slot))


def details(zone: str = "America/New_York") -> AppointmentDetails:
    return AppointmentDetails(
        appointment_id=UUID(int=1),
        sequence=0,
        status="booked",
        start=START,
        end=START + timedelta(minutes=20),
        timezone=zone,
        uid="one@harborlane.example",
        manage_url=LINK,
    )


def rendered(
    purpose: str, channel: Channel, *, zone: str = "America/New_York", practice: Practice = PRACTICE
) -> OutgoingMessage:
    note = purpose == Kind.STAFF_NOTE
    occasion = Occasion(
        message_id=UUID(int=2),
        purpose=purpose,
        channel=channel,
        to="rowan@example.org" if channel is Channel.EMAIL else "+19145550119",
        locale="en-US",
        link="https://harborlane.example/begin/staff/inquiries" if note else LINK,
        announced_at=START - timedelta(days=5),
        details=None if note else details(zone),
    )
    return render(occasion, practice)


def test_every_slot_has_its_words_and_no_words_have_no_slot():
    files = {
        (path.parent.parent.name, path.parent.name, path.stem)
        for path in TEMPLATES.glob("*/*/*.txt")
        if path.parent.name != "answers"
    }

    assert files == {(slot.locale, slot.kind, slot.channel) for slot in slots()}


@pytest.mark.parametrize("slot", list(slots()), ids=str)
def test_words_hold_only_what_may_stand_there(slot: Slot):
    words = shipped(slot)

    assert set(placeholders(words.subject + words.body)) <= slot.allowed <= set(MEANINGS)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("channel", list(Channel))
@pytest.mark.parametrize("purpose", PURPOSES)
def test_no_message_says_why_l07_p19(purpose: str, channel: Channel, zone: str):
    message = rendered(purpose, channel, zone=zone)

    surfaces = (message.subject, message.text, message.html, message.calendar, LINK)
    assert [word for surface in surfaces for word in telling_words(surface)] == []


def test_the_note_to_the_practice_says_nothing_of_anyone():
    message = rendered(Kind.STAFF_NOTE, Channel.EMAIL)

    assert telling_words(message.subject + message.text + message.html) == []
    assert message.calendar == ""


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("purpose", PURPOSES)
def test_a_text_is_one_segment_of_gsm7_l24(purpose: str, zone: str):
    message = rendered(purpose, Channel.SMS, zone=zone)

    size = measure(message.text)
    assert (size.encoding, size.segments) == (Encoding.GSM7, 1)
    assert size.units <= 160


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("channel", list(Channel))
def test_a_message_names_the_day_the_time_and_the_zone_p15(purpose: str, channel: Channel):
    message = rendered(purpose, channel)

    assert "Wed" in message.text
    assert "10:30 am" in message.text
    if (purpose, channel) != ("cancelled", Channel.SMS):
        assert "Eastern Time" in message.text
    assert "EST" not in message.text


def test_the_same_instant_reads_differently_where_two_people_are_p15():
    here = words_for(START, START, timezone="America/New_York", locale="en")
    there = words_for(START, START, timezone="Pacific/Auckland", locale="en-NZ")

    assert (here.day, here.start) == ("Wednesday, March 10", "10:30 am")
    assert (there.day, there.start) == ("Thursday, March 11", "4:30 am")
    assert "Auckland" in there.zone


@pytest.mark.parametrize("purpose", ["confirmation", "moved", "cancelled", "reminder-24h"])
def test_an_email_brings_the_person_s_own_link(purpose: str):
    assert LINK in rendered(purpose, Channel.EMAIL).text
    assert LINK in rendered(purpose, Channel.EMAIL).html


def test_a_cancellation_offers_another_time_in_words_that_do_not_say_who_cancelled():
    email, sms = (rendered("cancelled", one) for one in (Channel.EMAIL, Channel.SMS))

    assert "Choose another time:" in email.text
    assert "Harbor Lane" in sms.text
    for text in (email.text, email.html, sms.text):
        assert not re.search(r"\b(we|practice|staff|ill|sorry|Dana)\b", text)


@pytest.mark.parametrize(("name", "said"), [("Marcus Oyelaran", True), ("", False)])
def test_a_change_says_with_whom_by_first_name_and_by_email_alone(name: str, *, said: bool):
    named = replace(details(), practitioner_name=name)

    def words_to(channel: Channel) -> str:
        occasion = Occasion(
            message_id=UUID(int=2),
            purpose="moved",
            channel=channel,
            to="rowan@example.org" if channel is Channel.EMAIL else "+19145550119",
            locale="en-US",
            link=LINK,
            announced_at=START - timedelta(days=5),
            details=named,
        )
        return render(occasion, PRACTICE).text

    assert ("It is with Marcus." in words_to(Channel.EMAIL)) is said
    assert "It is with ." not in words_to(Channel.EMAIL)
    assert "Oyelaran" not in words_to(Channel.EMAIL)
    assert "Marcus" not in words_to(Channel.SMS)


def test_a_text_brings_the_link_where_there_is_room_for_it():
    short = "https://hl.example/schedule/m/" + "x" * 43
    occasion = Occasion(
        message_id=UUID(int=2),
        purpose="confirmation",
        channel=Channel.SMS,
        to="+19145550119",
        locale="en",
        link=short,
        announced_at=START,
        details=details(),
    )

    text = render(occasion, PRACTICE).text

    assert short in text
    assert "Wed, Mar 10, 10:30 am Eastern Time" in text
    assert len(text) <= 160


def test_a_sender_in_another_script_still_leaves_room_for_the_time():
    practice = Practice(**(vars(PRACTICE) | {"neutral_sender": "Łódź Lane"}))

    text = rendered("reminder-24h", Channel.SMS, practice=practice).text

    assert "Wednesday at 10:30 am" in text


@pytest.mark.parametrize("sender", ["The Couples Place", "Dr. Finch, Therapist"])
def test_words_that_tell_are_refused_wherever_they_come_from_l07(sender: str):
    practice = Practice(**(vars(PRACTICE) | {"neutral_sender": sender}))

    with pytest.raises(TellingWords):
        rendered("confirmation", Channel.EMAIL, practice=practice)


def test_what_a_practice_calls_itself_can_t_become_markup():
    practice = Practice(**(vars(PRACTICE) | {"neutral_sender": "<b>Lane</b>"}))

    assert "<b>Lane" not in rendered("confirmation", Channel.EMAIL, practice=practice).html


def test_the_words_have_a_name_that_changes_with_them():
    ours = [shipped(slot) for slot in slots()]

    assert len({words.reference for words in ours}) == len(ours)
    assert ours[0].reference.startswith("confirmation en email 1 ")
    other = Words(slot=ours[0].slot, version=1, subject=ours[0].subject, body="Hello.")
    assert other.reference != ours[0].reference


def offer(channel: Channel, *, zone: str = "America/New_York", link: str = LINK) -> OutgoingMessage:
    free = FreeTime(start=START, end=START + timedelta(minutes=20), timezone=zone)
    occasion = Occasion(
        message_id=UUID(int=2),
        purpose="offer",
        channel=channel,
        to="rowan@example.org" if channel is Channel.EMAIL else "+19145550119",
        locale="en-US",
        link=link,
        announced_at=START - timedelta(days=2),
        not_after=START - timedelta(hours=45),
        time=free,
    )
    return render(occasion, PRACTICE)


def test_p27_an_offer_in_words():
    message = offer(Channel.EMAIL)

    assert (
        message.text
        == f"""Hello.

A time has become free:

Wednesday, March 10
10:30 am to 10:50 am, Eastern Time (New York)

It is kept for you until Monday at 1:30 pm.

Take it, or let it go:
{LINK}
This link is yours alone. If you do nothing, the time is given to someone else, and you stay on \
the list.

If you did not ask for this, you can ignore it. To change how we reach you, call 914-555-0132.

Harbor Lane
"""
    )
    assert message.calendar == ""


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("channel", list(Channel))
def test_p27_an_offer_says_nothing_of_why_l07(channel: Channel, zone: str):
    message = offer(channel, zone=zone)

    surfaces = (message.subject, message.text, message.html)
    assert [word for surface in surfaces for word in telling_words(surface)] == []


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "host", ["hl.example", "harborlane.example", "a-long-name-" * 5 + ".example"]
)
def test_p27_the_text_of_an_offer_is_one_segment_with_a_way_to_take_it_l24(zone: str, host: str):
    link = f"https://{host}/schedule/w/" + "x" * 43

    text = offer(Channel.SMS, zone=zone, link=link).text

    assert measure(text).segments == 1
    assert link in text or "Call 914-555-0132 until" in text


@pytest.mark.parametrize(("how", "asked"), [("video", True), ("phone", False), ("", False)])
def test_l43_a_reminder_of_a_video_session_says_that_the_page_asks_where_they_will_be(
    how: str, *, asked: bool
) -> None:
    occasion = Occasion(
        message_id=UUID(int=2),
        purpose="reminder-48h",
        channel=Channel.EMAIL,
        to="rowan@example.org",
        locale="en-US",
        link=LINK,
        announced_at=START - timedelta(days=5),
        details=replace(details(), how=how),
    )

    message = render(occasion, PRACTICE)

    for words in (message.text, message.html):
        assert ("it asks once more where you will be" in words) is asked
