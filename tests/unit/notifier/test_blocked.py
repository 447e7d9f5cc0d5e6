"""Which blocked addresses staff may open again, how one is typed, and how much of it is shown."""

import pytest

from services.notifier.domain.blocked import masked, may_lift, read_address
from shared.vocabulary import Channel


@pytest.mark.parametrize(
    ("reason", "may"),
    [
        ("opted-out", False),
        ("blocked", False),
        ("by-staff", True),
        ("no-such-address", True),
        ("no-such-number", True),
        ("a-reason-of-tomorrow", False),
    ],
)
def test_l23_staff_lift_what_was_put_right_and_never_what_the_person_refused(
    reason: str, may: bool
):
    assert may_lift(reason) is may


@pytest.mark.parametrize(
    ("channel", "typed", "read"),
    [
        (Channel.EMAIL, " Rowan@Example.org ", "rowan@example.org"),
        (Channel.SMS, "914-555-0119", "+19145550119"),
        (Channel.SMS, "(914) 555-0119", "+19145550119"),
        (Channel.SMS, "1 914 555 0119", "+19145550119"),
        (Channel.SMS, "+44 20 7946 0000", "+442079460000"),
    ],
)
def test_an_address_is_found_however_it_is_typed(channel: Channel, typed: str, read: str):
    assert read_address(channel, typed) == read


@pytest.mark.parametrize(
    ("channel", "typed"),
    [(Channel.EMAIL, "rowan"), (Channel.SMS, "0119"), (Channel.SMS, "rowan@example.org")],
)
def test_half_an_address_is_refused_with_a_sentence(channel: Channel, typed: str):
    with pytest.raises(ValueError, match="Write the whole"):
        read_address(channel, typed)


def test_the_front_desk_sees_so_much_of_it():
    assert masked("rowan@example.org") == "r…@example.org"
    assert masked("+19145550119") == "…0119"
