"""The status machine: every step that is allowed, and no other."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from services.scheduler.domain.appointment import (
    Act,
    Actor,
    after,
    change_deadline,
    refuse_late,
    reply_deadline,
)
from services.scheduler.domain.errors import NotPossible, TooLate
from shared.vocabulary import AppointmentStatus as Status

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
DAY = timedelta(days=1)

CLIENT_STEPS = {
    (Status.PROPOSED, Act.HOLD): Status.PROPOSED,
    (Status.PROPOSED, Act.BOOK): Status.BOOKED,
    (Status.PROPOSED, Act.REQUEST): Status.PENDING,
    (Status.PROPOSED, Act.CANCEL): Status.CANCELLED,
    (Status.PENDING, Act.CONFIRM): Status.BOOKED,
    (Status.PENDING, Act.DECLINE): Status.CANCELLED,
    (Status.PENDING, Act.MOVE): Status.PENDING,
    (Status.PENDING, Act.CANCEL): Status.CANCELLED,
    (Status.BOOKED, Act.MOVE): Status.BOOKED,
    (Status.BOOKED, Act.CANCEL): Status.CANCELLED,
    (Status.BOOKED, Act.COUNTER): Status.BOOKED,
    (Status.BOOKED, Act.DECLINE_COUNTER): Status.BOOKED,
    (Status.BOOKED, Act.WITHDRAW_COUNTER): Status.BOOKED,
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


def test_p2_the_clock_confirms_nothing_and_only_the_clock_lets_a_time_lapse():
    for actor in (Actor.STAFF, Actor.CLIENT):
        assert after(Status.PENDING, Act.CONFIRM, actor) is Status.BOOKED
        with pytest.raises(NotPossible):
            after(Status.PENDING, Act.LAPSE, actor)
    with pytest.raises(NotPossible):
        after(Status.PENDING, Act.CONFIRM, Actor.SYSTEM)
    assert after(Status.PENDING, Act.LAPSE, Actor.SYSTEM) is Status.CANCELLED


@pytest.mark.parametrize(
    ("ahead", "left"),
    [
        (timedelta(days=10), timedelta(hours=48)),
        (timedelta(hours=73), timedelta(hours=48)),
        (timedelta(hours=60), timedelta(hours=36)),
        (timedelta(hours=48), timedelta(hours=24)),
        (timedelta(hours=30), timedelta(hours=15)),
        (timedelta(hours=2), timedelta(hours=1)),
    ],
)
def test_n6_an_answer_is_wanted_in_two_days_and_a_day_before_the_start_where_there_is_time(
    ahead, left
):
    assert reply_deadline(NOON + ahead, now=NOON, within=timedelta(hours=48)) == NOON + left


def drawn() -> set[tuple[str, str]]:
    """The arrows of the first drawing in docs/states.md."""
    page = (Path(__file__).parents[3] / "docs" / "states.md").read_text(encoding="utf-8")
    appointment = page.split("## An appointment")[1].split("\n## ")[0]
    return set(re.findall(r"^    (\w+) --> (\w+)", appointment, re.MULTILINE))


def test_the_drawing_shows_every_step_and_no_other():
    possible = set()
    for status, act, actor in product(Status, Act, Actor):
        with suppress(NotPossible):
            possible.add((status.value, after(status, act, actor).value))

    assert drawn() == {(before, then) for before, then in possible if before != then}


def test_p22_a_change_is_in_time_until_the_deadline_itself_and_late_one_second_after():
    until = change_deadline(NOON, DAY)
    refuse_late(until, now=NOON - DAY)
    refuse_late(until, now=NOON - DAY - timedelta(seconds=1))

    with pytest.raises(TooLate) as refusal:
        refuse_late(until, now=NOON - DAY + timedelta(seconds=1))

    assert refusal.value.until == NOON - DAY
