"""What a text means that somebody sends us: the plain words, and any reasonable wording."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.incoming import Wish, read

STOPS = ("stop", "stopall", "quit", "end", "revoke", "opt out", "optout", "cancel", "unsubscribe")


@pytest.mark.parametrize("word", STOPS)
@pytest.mark.parametrize("shape", ["{}", "{}.", "  {}!! ", "“{}”", "{}\n", "*{}*"])
def test_l23_each_plain_word_stops_in_any_case_and_punctuation(word: str, shape: str):
    for written in (word, word.upper(), word.title()):
        reading = read(shape.format(written))
        assert (reading.wish, reading.to_be_read) == (Wish.STOP, False)


@pytest.mark.parametrize(
    "body", ["S T O P", "Opt-Out", "OPT  OUT", "stop all", "\uff33\uff34\uff2f\uff30"]
)
def test_l23_spaces_hyphens_and_wide_letters_make_no_difference(body: str):
    assert read(body).wish is Wish.STOP


@pytest.mark.parametrize(
    "body",
    [
        "please stop texting me",
        "Stop, thank you",
        "Can you STOP these?",
        "unsubscribe me pls",
        "I want to opt out of this",
        "opt me out",
        "don't text me any more",
        "Don\u2019t contact this number",
        "do not message me",
        "no more texts",
        "remove me from this",
        "take me off your list",
        "leave me alone",
        "wrong number",
        "cancel these texts",
        "STOP\n\nSent from my phone",
    ],
)
def test_l23_any_reasonable_wording_stops_and_is_read_by_someone(body: str):
    reading = read(body)

    assert (reading.wish, reading.to_be_read) == (Wish.STOP, True)


@pytest.mark.parametrize(
    "body",
    [
        "I have to cancel on Tuesday",
        "thanks, see you then",
        "at the end of the day is fine",
        "yes please call me",
        "start at nine?",
        "who is this",
        "nonstop busy today",
        "can you help my sister",
        "👍",
    ],
)
def test_what_is_no_word_of_ours_is_left_to_a_person(body: str):
    reading = read(body)

    assert (reading.wish, reading.to_be_read) == (Wish.OTHER, True)


@pytest.mark.parametrize("body", ["START", "yes", "Yes!", "unstop", "INICIAR"])
def test_the_words_that_start_again(body: str):
    assert read(body).wish is Wish.START


@pytest.mark.parametrize("body", ["HELP", "info", "Help?", "AYUDA"])
def test_the_words_for_help(body: str):
    assert read(body).wish is Wish.HELP


@pytest.mark.parametrize("body", ["ALTO", "Parar.", "pare", "basta"])
def test_l23_the_spanish_words_stop_at_once(body: str):
    reading = read(body)

    assert (reading.wish, reading.to_be_read) == (Wish.STOP, False)


@pytest.mark.parametrize("body", ["por favor parar esto", "No más mensajes", "número equivocado"])
def test_l23_spanish_wordings_stop_and_are_read_by_someone(body: str):
    reading = read(body)

    assert (reading.wish, reading.to_be_read) == (Wish.STOP, True)


@pytest.mark.parametrize("body", ["C", "c", "C.", "Confirm", "confirmed", "CONFIRMO"])
def test_a_c_says_yes_to_a_time(body: str):
    reading = read(body)

    assert (reading.wish, reading.to_be_read) == (Wish.CONFIRM, False)


@pytest.mark.parametrize("body", ["c u then", "I moved to Palo Alto", "can't confirm yet"])
def test_no_yes_and_no_stop_is_read_into_other_words(body: str):
    assert read(body).wish is Wish.OTHER


@pytest.mark.parametrize("body", ["", "   ", "\n"])
def test_an_empty_text_asks_for_nothing(body: str):
    assert read(body).wish is Wish.OTHER
    assert not read(body).to_be_read


@given(st.text(max_size=200), st.text(max_size=200))
def test_l23_wherever_the_word_stands_it_stops(before: str, after: str):
    assert read(f"{before} stop {after}").wish is Wish.STOP


@given(st.text(max_size=1600))
def test_no_text_breaks_the_reading(body: str):
    assert read(body).wish in set(Wish)
