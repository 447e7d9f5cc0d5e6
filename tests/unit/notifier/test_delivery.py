"""The states of a message, and when to try again."""

import re
from datetime import timedelta
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.domain.delivery import (
    ALLOWED,
    DID_NOT_GO_OUT,
    REACHED,
    WAITING,
    AfterUncertain,
    Refused,
    State,
    advance,
    after_uncertain,
    again_after,
    backoff,
    queue_of,
    rank_of,
    state_after_receipt,
)

MINUTE = timedelta(minutes=1)


def test_a_message_goes_from_scheduled_to_delivered():
    state = State.SCHEDULED
    for following in (State.CLAIMED, State.ATTEMPTING, State.ACCEPTED, State.DELIVERED):
        state = advance(state, following)

    assert state is State.DELIVERED


@pytest.mark.parametrize(
    ("current", "to"),
    [
        (State.CANCELLED, State.SCHEDULED),
        (State.DELIVERED, State.ACCEPTED),
        (State.SCHEDULED, State.ATTEMPTING),
        (State.UNCERTAIN, State.CANCELLED),
        (State.ACCEPTED, State.CANCELLED),
    ],
)
def test_a_step_that_the_table_does_not_name_is_refused(current, to):
    with pytest.raises(Refused):
        advance(current, to)


def test_every_state_is_in_the_table_and_in_one_group_that_staff_see():
    assert set(ALLOWED) == set(State)
    assert set(State) == WAITING | REACHED | DID_NOT_GO_OUT | {State.CANCELLED}
    assert len(WAITING) + len(REACHED) + len(DID_NOT_GO_OUT) + 1 == len(State)


def test_only_what_waits_can_still_be_claimed():
    claimable = {state for state, following in ALLOWED.items() if State.CLAIMED in following}

    assert claimable == WAITING


def test_waits_grow_from_half_a_minute_to_three_hours():
    waits = [backoff(tries, jitter=0) / MINUTE for tries in range(1, 11)]

    assert waits == [0.5, 2, 5, 15, 30, 60, 120, 180, 180, 180]


@given(tries=st.integers(1, 50), jitter=st.floats(-1, 1))
def test_jitter_moves_a_wait_by_at_most_a_fifth(tries, jitter):
    still = backoff(tries, jitter=0)

    assert 0.8 * still <= backoff(tries, jitter=jitter) <= 1.2 * still


def test_a_provider_that_names_a_wait_gets_at_least_that():
    assert backoff(1, jitter=0, retry_after=timedelta(hours=1)) == timedelta(hours=1)
    assert backoff(3, jitter=0, retry_after=timedelta(seconds=1)) == 5 * MINUTE


def test_jitter_outside_its_range_is_a_mistake():
    with pytest.raises(ValueError, match="Jitter"):
        backoff(1, jitter=2)


@pytest.mark.parametrize(
    ("purpose", "then"),
    [
        ("confirmation", AfterUncertain.RESEND),
        ("moved", AfterUncertain.RESEND),
        ("cancelled", AfterUncertain.RESEND),
        ("reminder-2h", AfterUncertain.RESEND),
        ("reminder-48h", AfterUncertain.PARK),
    ],
)
def test_only_a_reminder_that_another_one_covers_is_left_uncertain(purpose, then):
    assert after_uncertain(purpose) is then


RECEIPTS = ["queued", "sending", "sent", "delivered"]


@pytest.mark.parametrize("order", list(permutations(RECEIPTS)))
@pytest.mark.parametrize("start", [State.ATTEMPTING, State.ACCEPTED, State.UNCERTAIN])
def test_receipts_in_any_order_end_in_delivered_f19(start, order):
    state = start
    for receipt in (*order, *order):
        state = state_after_receipt(state, receipt)

    assert state is State.DELIVERED


def test_a_late_receipt_changes_nothing_that_is_settled():
    assert state_after_receipt(State.DELIVERED, "failed") is State.DELIVERED
    assert state_after_receipt(State.CANCELLED, "sent") is State.CANCELLED
    assert state_after_receipt(State.ACCEPTED, "never-heard-of") is State.ACCEPTED


def test_receipts_have_an_order():
    ranks = [rank_of(receipt) for receipt in ("?", "queued", "sending", "sent", "delivered")]

    assert ranks == sorted(ranks)
    assert rank_of("failed") == rank_of("delivered")


def test_news_never_waits_behind_reminders():
    assert queue_of("confirmation") == queue_of("cancelled") == "notifier.critical"
    assert queue_of("reminder-24h") == queue_of("staff-note") == "notifier.reminders"


def drawn() -> set[tuple[str, str]]:
    """The arrows of the second drawing in docs/states.md."""
    page = (Path(__file__).parents[3] / "docs" / "states.md").read_text(encoding="utf-8")
    message = page.split("## A message")[1]
    return set(re.findall(r"^    (\w+) --> (\w+)", message, re.MULTILINE))


def test_the_drawing_shows_every_step_and_no_other():
    """Receipts are told in words below it: three endings, from everything not settled."""
    receipts = {State.DELIVERED, State.UNDELIVERED, State.BOUNCED}
    by_receipt = {(state.value, end.value) for state in State for end in receipts} | {
        (state.value, State.ACCEPTED.value)
        for state in (State.SCHEDULED, State.CLAIMED, State.UNCERTAIN)
    }
    allowed = {
        (state.value, following.value) for state, steps in ALLOWED.items() for following in steps
    }

    assert drawn() == allowed - by_receipt


def test_f18_a_text_to_a_phone_that_is_off_is_tried_three_times_more_and_without_a_reason_once():
    quarter = timedelta(minutes=15)

    assert [again_after("phone-off", failed) for failed in (1, 2, 3, 4)] == [
        quarter,
        4 * quarter,
        12 * quarter,
        None,
    ]
    assert [again_after("unknown", failed) for failed in (1, 2)] == [quarter, None]
    assert again_after("no-such-number", 1) is None
