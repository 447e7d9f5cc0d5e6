"""The status machine: every step that is allowed, and no other."""

from datetime import UTC, datetime, timedelta

import pytest

from services.scheduler.domain.appointment import Act, Actor, after, refuse_late_change
from services.scheduler.domain.errors import NotPossible, TooLate
from shared.vocabulary import AppointmentStatus as Status

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)

CLIENT_STEPS = {
    (Status.PROPOSED, Act.HOLD): Status.PROPOSED,
    (Status.PROPOSED, Act.BOOK): Status.BOOKED,
    (Status.PROPOSED, Act.REQUEST): Status.PENDING,
    (Status.PROPOSED, Act.CANCEL): Status.CANCELLED,
    (Status.PENDING, Act.MOVE): Status.PENDING,
    (Status.PENDING, Act.CANCEL): Status.CANCELLED,
    (Status.BOOKED, Act.MOVE): Status.BOOKED,
    (Status.BOOKED, Act.CANCEL): Status.CANCELLED,
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("act", Act)
def test_a_client_can_take_these_steps_and_no_other(status, act):
    expected = CLIENT_STEPS.get((status, act))

    if expected is None:
        with pytest.raises(NotPossible):
            after(status, act, Actor.CLIENT)
    else:
        assert after(status, act, Actor.CLIENT) is expected


@pytest.mark.parametrize("act", Act)
def test_nothing_comes_after_cancelled(act):
    for actor in Actor:
        with pytest.raises(NotPossible):
            after(Status.CANCELLED, act, actor)


def test_p2_a_pending_time_is_confirmed_by_staff_alone():
    assert after(Status.PENDING, Act.CONFIRM, Actor.STAFF) is Status.BOOKED
    with pytest.raises(NotPossible):
        after(Status.PENDING, Act.CONFIRM, Actor.CLIENT)


def test_p22_a_change_is_in_time_until_the_deadline_itself_and_late_one_second_after():
    refuse_late_change(NOON, DAY, now=NOON - DAY)
    refuse_late_change(NOON, DAY, now=NOON - DAY - timedelta(seconds=1))

    with pytest.raises(TooLate) as refusal:
        refuse_late_change(NOON, DAY, now=NOON - DAY + timedelta(seconds=1))

    assert refusal.value.until == NOON - DAY
