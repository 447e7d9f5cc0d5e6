"""How hard the words are that a worried person has to read on a phone."""

import re

import pytest

from services.intake.domain.questionnaire import Item
from tests.unit.intake.cases import ROOT, screener
from tests.unit.intake.reading import grade, syllables

SCREENER = screener()
QUESTIONS = [item for item in SCREENER.items.values() if not item.consent]
CONSENTS = list(SCREENER.consents())
TEMPLATES = [
    path
    for path in sorted((ROOT / "services").glob("*/templates/*/*.html"))
    if "{% extends 'ui/client.html' %}" in path.read_text("utf-8")
]
MAIN_WORDS = re.compile(r'<h1>(.*?)</h1>|<p class="lead">(.*?)</p>', re.DOTALL)
MARKUP = re.compile(r"{%.*?%}|<[^>]*>", re.DOTALL)
VALUE = re.compile(r"{{.*?}}", re.DOTALL)


@pytest.mark.parametrize(
    ("word", "count"),
    [("private", 2), ("safe", 1), ("confidentiality", 7), ("988", 3), ("911", 3), ("frobbles", 2)],
)
def test_syllables_are_counted_as_spoken(word: str, count: int) -> None:
    assert syllables(word) == count


def test_the_grade_tells_plain_words_from_hard_ones() -> None:
    plain = "Is it safe to call you? We only call if you say yes."
    hard = "Confidentiality limitations notwithstanding, we anticipate communicating by telephone."

    assert grade([plain]) < 3
    assert grade([hard]) > 15


@pytest.mark.parametrize("item", QUESTIONS, ids=lambda item: item.id)
def test_a_question_reads_at_grade_8_at_most(item: Item) -> None:
    whole = grade([item.text, item.help, item.why])

    assert whole <= 8.0
    # A label such as "Email address" is no sentence yet: it is read with the reason below it.
    assert len(item.text.split()) < 4 or grade([item.text]) <= 8.0


def test_all_questions_together_read_at_grade_4_at_most() -> None:
    assert grade(item.text for item in QUESTIONS) <= 4.0


@pytest.mark.parametrize("name", sorted(SCREENER.notices))
def test_a_notice_reads_at_grade_9_at_most(name: str) -> None:
    assert grade([SCREENER.notices[name]]) <= 9.0


def test_the_consents_together_read_at_grade_9_at_most() -> None:
    assert grade(item.text for item in CONSENTS) <= 9.0


@pytest.mark.parametrize("name", sorted(SCREENER.client_text))
def test_what_follows_reads_at_grade_8_at_most(name: str) -> None:
    text = SCREENER.client_text[name]

    assert grade([text.heading, text.body]) <= 8.0


def test_the_pattern_s_words_read_at_grade_8_at_most() -> None:
    for name, text in SCREENER.pattern_text.items():
        assert name == "always_add" or grade([text]) <= 8.0


def main_words(template: str) -> list[str]:
    """The headings and leads of a page, without what is filled in."""
    found = [first or second for first, second in MAIN_WORDS.findall(template)]
    return [MARKUP.sub(" ", VALUE.sub("ten", words)) for words in found]


def test_the_pages_headings_and_leads_read_at_grade_8_at_most() -> None:
    words = {path.name: main_words(path.read_text("utf-8")) for path in TEMPLATES}

    assert len([page for page in words.values() if page]) > 12
    assert grade(text for page in words.values() for text in page) <= 8.0
    hard = {name: round(grade(page), 1) for name, page in words.items() if grade(page) > 9.0}
    assert not hard


def test_the_privacy_notice_reads_at_grade_8_at_most() -> None:
    page = (ROOT / "services/intake/templates/intake/privacy.html").read_text("utf-8")
    paragraphs = re.findall(r"<p[^>]*>(.*?)</p>", page, re.DOTALL)

    assert grade(MARKUP.sub(" ", VALUE.sub("ten", words)) for words in paragraphs) <= 8.0
