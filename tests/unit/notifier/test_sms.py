"""What a text costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.sms import (
    GSM7_BASIC,
    GSM7_EXTENDED,
    Encoding,
    fits_one_segment,
    measure,
    plain,
    segments,
)


@pytest.mark.parametrize(
    ("text", "encoding", "units", "segments"),
    [
        ("", Encoding.GSM7, 0, 1),
        ("a" * 160, Encoding.GSM7, 160, 1),
        ("a" * 161, Encoding.GSM7, 161, 2),
        ("a" * 306, Encoding.GSM7, 306, 2),
        ("a" * 307, Encoding.GSM7, 307, 3),
        ("€" * 80, Encoding.GSM7, 160, 1),
        ("€" * 81, Encoding.GSM7, 162, 2),
        ("é", Encoding.GSM7, 1, 1),
        ("ś", Encoding.UCS2, 1, 1),
        ("ś" * 70, Encoding.UCS2, 70, 1),
        ("ś" * 71, Encoding.UCS2, 71, 2),
        ("🌿" * 35, Encoding.UCS2, 70, 1),
        ("🌿" * 36, Encoding.UCS2, 72, 2),
    ],
)
def test_a_text_is_measured_as_the_network_bills_it(text, encoding, units, segments):
    size = measure(text)

    assert (size.encoding, size.units, size.segments) == (encoding, units, segments)


def test_the_alphabet_is_that_of_3gpp_ts_23_038():
    # 128 places, of which one is the escape; ten more stand behind it in the extension table.
    assert len(GSM7_BASIC) == 127
    assert {character.encode("utf-16-be")[-1] for character in "^{}\\[~]|"} | {0x0C, 0xAC} == {
        character.encode("utf-16-be")[-1] for character in GSM7_EXTENDED
    }
    assert not GSM7_BASIC & GSM7_EXTENDED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", (Encoding.GSM7, 1, 160)),
        ("a" * 159, (Encoding.GSM7, 1, 1)),
        ("a" * 161, (Encoding.GSM7, 2, 145)),
        ("a" * 306, (Encoding.GSM7, 2, 0)),
        ("a" * 152 + "€" + "a" * 100, (Encoding.GSM7, 2, 51)),
        ("ś" * 70, (Encoding.UCS2, 1, 0)),
        ("ś" * 71, (Encoding.UCS2, 2, 63)),
        ("🌿" * 67, (Encoding.UCS2, 3, 65)),
    ],
)
def test_who_writes_a_text_sees_what_it_comes_to(text, said):
    assert segments(text) == said


@given(st.text(alphabet=st.sampled_from("a€ś🌿\n"), max_size=400), st.sampled_from("aś"))
def test_what_is_left_is_exactly_what_fits(text, more):
    size = measure(text)
    if measure(text + more).encoding is not size.encoding:
        return

    assert measure(text + more * size.left).segments == size.segments
    assert measure(text + more * (size.left + 1)).segments == size.segments + 1


def test_a_character_of_two_units_is_never_cut_in_half():
    assert measure("a" * 152 + "€" + "a" * 152).segments == 3


def test_a_typographers_quote_does_not_double_the_price():
    assert measure("It\u2019s\u00a0at 4:45\u202fpm").encoding is Encoding.UCS2
    assert measure(plain("It\u2019s\u00a0at 4:45\u202fpm")).encoding is Encoding.GSM7


@given(st.text(max_size=400))
def test_one_segment_means_at_most_160_characters_l24(text):
    if fits_one_segment(text):
        assert len(text) <= 160
