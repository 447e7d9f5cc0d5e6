"""How long a record is kept: which rule ends it, and what stops every rule."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.intake.domain.keeping import Kept, Periods, due, keep_until, years_after

NOW = datetime(2027, 3, 10, 15, tzinfo=UTC)
PERIODS = Periods(draft=timedelta(days=30), inquiry=timedelta(days=90), record_years=7)
SENT = Kept(
    last_entry=NOW,
    begun=False,
    invited=False,
    client=False,
    coming=False,
    waits_for_clinician=False,
    unread=False,
    minor_at=None,
    on_hold=False,
)
DRAFT = replace(SENT, begun=True)
CLIENT = replace(SENT, client=True)


def aged(kept: Kept, days: float) -> Kept:
    return replace(kept, last_entry=NOW - timedelta(days=days))


@pytest.mark.parametrize(
    ("kept", "rule"),
    [
        (aged(DRAFT, 29.9), None),
        (aged(DRAFT, 30.1), "draft"),
        (aged(replace(DRAFT, invited=True), 29.9), None),
        (aged(replace(DRAFT, invited=True), 30.1), "invited-draft"),
        (aged(SENT, 89.9), None),
        (aged(SENT, 90.1), "inquiry"),
        (aged(CLIENT, 7 * 365), None),
        (aged(CLIENT, 7 * 365 + 3), "record"),
    ],
)
def test_l48_each_kind_of_record_has_its_own_time(kept: Kept, rule: str | None) -> None:
    assert due(kept, PERIODS, NOW) == rule


@pytest.mark.parametrize("reason", ["on_hold", "coming", "waits_for_clinician"])
@pytest.mark.parametrize("kept", [DRAFT, SENT, CLIENT])
def test_l49_nothing_goes_that_is_held_or_still_needed(kept: Kept, reason: str) -> None:
    old = aged(kept, 40 * 365)
    assert due(old, PERIODS, NOW) is not None

    assert due(replace(old, **{reason: True}), PERIODS, NOW) is None


def test_l47_a_minor_s_record_is_kept_for_so_many_years_from_the_18th_birthday() -> None:
    said = datetime(2020, 2, 29, tzinfo=UTC)
    minor = replace(CLIENT, minor_at=said, last_entry=said)

    assert keep_until(minor, PERIODS) == datetime(2032, 2, 29, tzinfo=UTC)
    assert keep_until(replace(minor, minor_at=None), PERIODS) == datetime(2027, 3, 1, tzinfo=UTC)
    assert due(minor, PERIODS, NOW) is None
    assert due(replace(minor, minor_at=None), PERIODS, NOW) == "record"


def test_the_last_entry_counts_when_it_is_later_than_the_minor_s_own_period() -> None:
    late = replace(CLIENT, minor_at=datetime(2015, 1, 1, tzinfo=UTC), last_entry=NOW)

    assert keep_until(late, PERIODS) == years_after(NOW, 7)
