"""The lint of telling words."""

import pytest

from services.notifier.domain.neutrality import telling_words


@pytest.mark.parametrize(
    "text",
    [
        "Your couples session is on Tuesday.",
        "https://example.org/intake/step/3",
        "Are you SAFE at home?",
        "Thinking of leaving him",
        "Call 988",
        "Your therapist will call.",
        "marriage counselling",
    ],
)
def test_a_telling_word_is_found(text):
    assert telling_words(text)


@pytest.mark.parametrize(
    "text",
    [
        "Harbor Lane: a reminder for Tuesday at 4:45 pm. Reply STOP to stop, HELP for help.",
        "https://example.org/schedule/m/abc",
        "A note from Harbor Lane",
        "courteous, screech, reinforced",
    ],
)
def test_an_ordinary_sentence_is_neutral(text):
    assert telling_words(text) == []


def test_the_words_found_are_named_in_order():
    assert telling_words("A safe place, no secrets.") == ["safe", "secrets"]
