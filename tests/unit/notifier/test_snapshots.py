"""Security 8, P15: every message in every language by every channel, as it is sent."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from services.notifier.domain.incoming import Wish
from services.notifier.domain.message import TO_STAFF
from services.notifier.domain.sms import Encoding, measure
from services.notifier.domain.wording import LANGUAGES, words_for
from services.notifier.domain.words import Slot, slots
from services.notifier.operations.rendering import answer, render
from services.notifier.operations.samples import START, sample
from services.notifier.operations.shipped import shipped
from shared.neutrality import telling_words
from shared.vocabulary import Channel
from shared.zones import zone_names, zone_title
from tests.unit.notifier import snapshots

ALL = list(slots())
EMAILS = [slot for slot in ALL if slot.channel is Channel.EMAIL]
_BY_LENGTH = sorted(zone_names(), key=lambda name: len(zone_title(name, "es_US")))
FAR = (*_BY_LENGTH[-9:], "Africa/Abidjan")
"""Zones of the longest names, and one whose English name has an accent that GSM-7 lacks."""
TEXTS = [slot for slot in ALL if slot.channel is Channel.SMS]


@pytest.mark.parametrize("slot", ALL, ids=str)
def test_a_message_reads_as_it_was_last_read_by_somebody_p15(slot: Slot):
    kept = snapshots.path_of(slot).read_text("utf-8")

    assert snapshots.written(snapshots.message_of(slot)) == kept, "make snapshots, and read them"


def test_there_is_no_snapshot_of_what_is_not_sent():
    kept = set(snapshots.FOLDER.rglob("*.txt"))

    assert kept == {snapshots.path_of(slot) for slot in ALL}


@pytest.mark.parametrize("slot", ALL, ids=str)
def test_no_message_in_any_language_says_why_l07(slot: Slot):
    message = snapshots.message_of(slot)
    link = sample(slot, public_url=snapshots.PUBLIC_URL, sender_address="a@b.example").link

    said = f"{message.subject}\n{message.text}\n{message.html}\n{message.calendar}"
    assert telling_words(said.replace(link, "")) == []


class Seen(HTMLParser):
    """What a mail program finds in the HTML part."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("slot", EMAILS, ids=str)
def test_an_email_fetches_nothing_and_says_its_language(slot: Slot):
    message, seen = snapshots.message_of(slot), Seen()
    seen.feed(message.html)

    assert {tag for tag, _ in seen.tags} <= {
        *("html", "head", "meta", "title", "body", "div", "p", "br", "strong", "a"),
    }
    assert "url(" not in message.html
    assert [found["lang"] for _, found in seen.tags if "lang" in found] == [slot.locale] * 2
    links = {found["href"] for tag, found in seen.tags if tag == "a"}
    own = {link for link in links if link and link.startswith("https://harborlane.example/")}
    assert links - own == {"tel:914-555-0132"}
    assert len(own) == (1 if slot.kind in TO_STAFF else 2)
    assert own.pop() in message.text


@pytest.mark.parametrize("slot", TEXTS, ids=str)
def test_a_text_is_one_segment_of_gsm7_wherever_its_reader_is_l24(slot: Slot):
    for zone in FAR:
        occasion = sample(
            slot, public_url=snapshots.PUBLIC_URL, sender_address="a@b.example", zone=zone
        )
        text = render(occasion, snapshots.PRACTICE, shipped(slot)).text
        size = measure(text)
        assert (size.encoding, size.segments) == (Encoding.GSM7, 1), text
        assert "STOP" in text


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("wish", [wish for wish in Wish if wish is not Wish.OTHER])
def test_an_answer_to_a_text_is_one_neutral_segment_l23(wish: Wish, locale: str):
    text = answer(wish, snapshots.PRACTICE, locale)

    assert (measure(text).encoding, measure(text).segments) == (Encoding.GSM7, 1)
    assert telling_words(text) == []


def test_two_partners_in_two_zones_and_two_languages_read_two_messages_p15():
    """Each in their own language, whoever else is in it (rule-23)."""
    (slot,) = [one for one in EMAILS if (one.kind, one.locale) == ("confirmation", "es")]
    theirs = sample(slot, public_url=snapshots.PUBLIC_URL, sender_address="a@b.example")
    details = theirs.details
    assert details
    said = {
        person: render(
            replace(theirs, locale=locale, details=replace(details, timezone=zone)),
            snapshots.PRACTICE,
            shipped(replace(slot, locale=locale[:2])),
        )
        for person, locale, zone in (
            ("one", "es-MX", "America/New_York"),
            ("other", "en-US", "America/Los_Angeles"),
        )
    }

    assert "Miércoles, 23 de septiembre\n1:30 p.m. a 2:20 p.m." in said["one"].text
    assert "(Nueva York)" in said["one"].text
    assert "Wednesday, September 23\n10:30 am to 11:20 am" in said["other"].text
    assert "Pacific Time (Los Angeles)" in said["other"].text
    assert "SUMMARY:Cita" in said["one"].calendar
    assert "SUMMARY:Appointment" in said["other"].calendar
    starts = {re.findall(r"DTSTART:(\S+)", one.calendar)[0] for one in said.values()}
    assert starts == {"20260923T173000Z"}


@pytest.mark.parametrize("locale", ["fr", "zh-Hant-TW", "", "en_GB", "x"])
def test_who_reads_a_language_that_we_do_not_write_gets_english(locale: str):
    words = words_for(START, START, timezone="America/New_York", locale=locale)

    assert words.day == "Wednesday, September 23"
