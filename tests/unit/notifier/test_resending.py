"""When a message may be sent once more by hand, for every state it can be in."""

from dataclasses import replace

import pytest

from services.notifier.domain.delivery import DID_NOT_GO_OUT, WAITING, State
from services.notifier.domain.resending import Known, WhyNot, why_not

FAILED = Known(
    state=State.BOUNCED,
    to_a_person=True,
    has_channel=True,
    sent_again=False,
    restored=False,
    erased=False,
    true=True,
    useful=True,
    permitted=True,
    wanted=True,
    set_up=True,
    suppressed=False,
    other_address=False,
)


@pytest.mark.parametrize("state", sorted(State))
def test_only_what_has_ended_without_reaching_anybody_is_sent_again_to_the_same_address(
    state: State,
):
    why = why_not(replace(FAILED, state=state))

    assert (why is None) == (state in DID_NOT_GO_OUT | {State.UNCONFIRMED})


@pytest.mark.parametrize("state", sorted(State))
def test_what_arrived_elsewhere_is_sent_to_the_corrected_address_and_what_waits_is_not(
    state: State,
):
    why = why_not(replace(FAILED, state=state, other_address=True))

    assert (why is None) == (state not in WAITING | {State.CANCELLED})


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"to_a_person": False}, WhyNot.TO_THE_PRACTICE),
        ({"state": State.UNCERTAIN}, WhyNot.BEING_ASKED),
        ({"sent_again": True}, WhyNot.SENT_AGAIN),
        ({"erased": True}, WhyNot.ERASED),
        ({"true": False}, WhyNot.UNTRUE),
        ({"useful": False}, WhyNot.TOO_LATE),
        ({"wanted": False}, WhyNot.TURNED_OFF),
        ({"has_channel": False}, WhyNot.NO_CHANNEL),
        ({"permitted": False}, WhyNot.NOT_PERMITTED),
        ({"set_up": False}, WhyNot.NOT_SET_UP),
        ({"suppressed": True}, WhyNot.SUPPRESSED),
        ({"restored": True}, WhyNot.RESTORED),
    ],
)
def test_each_thing_that_stands_against_it_is_told(change: dict, why: WhyNot):
    assert why_not(replace(FAILED, **change)) is why
