"""The rules of tasks: what may follow what, how long a clock runs, and whose turn it is."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from services.intake.domain.practice import PracticeSettings
from services.intake.domain.tasks import (
    STEPS,
    Colleague,
    NotNow,
    State,
    acknowledge_by,
    after,
    next_in,
    opens_freely,
    roster,
)
from shared.vocabulary import Role

NEW_YORK = ZoneInfo("America/New_York")
OWNER, FIRST, SECOND, DESK = (
    Colleague(account_id=UUID(int=number), name=role.value, role=role)
    for number, role in enumerate((Role.OWNER, Role.CLINICIAN, Role.CLINICIAN, Role.FRONT_DESK), 1)
)
FRIDAY = datetime(2027, 3, 12, 22, 30, tzinfo=UTC)


def drawn() -> set[tuple[str, str, str]]:
    page = (Path(__file__).parents[3] / "docs" / "states.md").read_text(encoding="utf-8")
    drawing = page.split("## A task")[1].split("```")[1]
    return {
        (before, following, act)
        for before, following, acts in re.findall(
            r"^    (\w+) --> (\w+) : (.+)$", drawing, re.MULTILINE
        )
        for act in acts.split(", ")
    }


def test_the_drawing_of_a_task_shows_every_step_and_no_other() -> None:
    allowed = {
        (before.value, step.to.value, act) for act, step in STEPS.items() for before in step.from_
    }

    assert drawn() == allowed


@pytest.mark.parametrize("act", ["handed-over", "escalated", "taken", "acknowledged"])
def test_what_is_done_stays_done_until_it_is_opened_again(act: str) -> None:
    with pytest.raises(NotNow):
        after(State.DONE, act)

    assert after(State.DONE, "reopened") == State.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("priority", "expected"),
    [
        ("urgent", FRIDAY + timedelta(minutes=30)),
        ("same_day", FRIDAY + timedelta(hours=4)),
        # Two business days over a weekend, by the clock on the wall: the hour changes in between.
        ("routine", datetime(2027, 3, 16, 17, 30, tzinfo=NEW_YORK)),
    ],
)
def test_the_priority_sets_the_clock(priority: str, expected: datetime) -> None:
    due = acknowledge_by(priority, FRIDAY, settings=PracticeSettings(), zone=NEW_YORK)

    assert due == expected


def test_a_holiday_is_no_business_day() -> None:
    before_thanksgiving = datetime(2026, 11, 25, 15, tzinfo=NEW_YORK)

    due = acknowledge_by("routine", before_thanksgiving, settings=PracticeSettings(), zone=NEW_YORK)

    assert due == datetime(2026, 11, 30, 15, tzinfo=NEW_YORK)


def test_the_roster_is_who_may_read_in_the_order_that_the_practice_has_put_them() -> None:
    everyone = [OWNER, FIRST, SECOND, DESK]
    gone = UUID(int=99)

    assert roster(everyone, ()) == (OWNER, FIRST, SECOND)
    assert roster(everyone, (SECOND.account_id, gone, DESK.account_id)) == (SECOND,)
    assert roster(everyone, (gone,)) == (OWNER, FIRST, SECOND)


def test_it_goes_round_and_round() -> None:
    people = (OWNER, FIRST)

    assert next_in(people, None) == OWNER
    assert next_in(people, OWNER.account_id) == FIRST
    assert next_in(people, FIRST.account_id) == OWNER
    assert next_in((), None) is None


def test_what_is_sealed_opens_freely_for_whoever_has_the_task() -> None:
    mine, theirs = FIRST.account_id, SECOND.account_id

    assert opens_freely(mine, mine, Role.CLINICIAN)
    assert opens_freely(None, mine, Role.CLINICIAN)
    assert opens_freely(theirs, mine, Role.OWNER)
    assert not opens_freely(theirs, mine, Role.CLINICIAN)
