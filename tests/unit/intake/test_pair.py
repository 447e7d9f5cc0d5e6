"""Two people's answers side by side: what one is told never hangs on the other."""

from typing import Any

import pytest

from services.intake.domain.pair import STATUSES, Pair, decide_pair
from tests.unit.intake.cases import answered, base, config, screener

INVITED = {"invited_by_partner": "yes", "joint_willing": "yes"}


def pair(**changes: Any) -> Pair:
    given: dict[str, Any] = {
        "a": base(),
        "b": base(**INVITED),
        "b_status": "submitted",
        "days_since_invite": 3,
        "invite_sent": True,
        "calls_done": False,
        "clinician_release": False,
    }
    return Pair(**{**given, **changes})


def decided(**changes: Any) -> dict[str, Any]:
    return decide_pair(screener(), pair(**changes), config()).as_document()


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("P01", {"invite_sent": False, "b": None, "b_status": "not_invited"}),
        ("P02", {"b": base(**INVITED, h_now="yes")}),
        ("P03", {"a": base(s_hurt="yes")}),
        ("P04", {"b": None, "b_status": "invited", "days_since_invite": 14}),
        ("P05", {"b": base(**{**INVITED, "joint_willing": "no"})}),
        ("P06", {"b": None, "b_status": "started"}),
        ("P07", {"b": base(**INVITED, commitment="unsure")}),
        ("P08", {}),
    ],
)
def test_each_row_of_the_pair_table_is_reached(rule: str, changes: dict[str, Any]) -> None:
    assert decided(**changes)["rule"] == rule


@pytest.mark.parametrize("days", [0, 5, 13, 14, 20])
def test_l11_what_a_is_told_depends_on_the_day_and_never_on_b(days: int) -> None:
    told = {
        decided(b=b, b_status=status, days_since_invite=days)["a_update"]
        for status in STATUSES
        for b in (
            None,
            base(**INVITED),
            base(**INVITED, s_afraid="yes"),
            base(**{**INVITED, "joint_willing": "no"}),
        )
    }

    assert told == {"joint_not_set" if days >= 14 else "none"}


def test_a_joint_time_opens_only_after_both_calls_and_a_release() -> None:
    ready = decided(calls_done=True, clinician_release=True)

    assert ready["a_update"] == ready["b_update"] == "joint_ready"
    assert decided(calls_done=True)["a_update"] == "none"
    assert decided(clinician_release=True)["a_update"] == "none"


def test_a_release_opens_nothing_that_the_table_blocks() -> None:
    told = decided(b=base(**INVITED, s_afraid="yes"), calls_done=True, clinician_release=True)

    assert told["joint_booking"] == "blocked"
    assert told["a_update"] == "none"


def test_one_reminder_on_its_day_while_the_form_is_unfinished() -> None:
    unfinished = {"b": None, "b_status": "started"}

    assert decided(**unfinished, days_since_invite=5)["reminder_to_b"]
    assert not decided(**unfinished, days_since_invite=6)["reminder_to_b"]
    assert not decided(days_since_invite=5)["reminder_to_b"]


@pytest.mark.parametrize(
    ("a", "b", "suggested"),
    [
        ("work_on_it", "leaning_out", ["discernment"]),
        ("unsure", "work_on_it", ["discernment"]),
        ("leaning_out", "leaning_out", ["parting_support"]),
        ("work_on_it", "decided_to_part", ["parting_support"]),
        ("work_on_it", "work_on_it", []),
        ("unsure", "unsure", []),
    ],
)
def test_wishes_that_differ_suggest_the_help_that_fits(
    a: str, b: str, suggested: list[str]
) -> None:
    found = decided(a=base(commitment=a), b=base(**INVITED, commitment=b))

    assert found["pair_suggestions"] == suggested


def test_the_shared_pattern_is_held_back_unless_both_are_safe() -> None:
    reaching = {"pur_reach": 4, "pur_settle": 4, "pur_matter": 4, "pur_louder": 4}

    assert decided()["pair_pattern"] == "pursue-pursue"
    assert decided(a=base(s_order="yes", **reaching))["pair_pattern"] == "held"
    assert decided(b=answered({"age_group": "18_plus"}))["pair_pattern"] == "held"
    assert decided(b=None, b_status="invited")["pair_pattern"] == "not-clear"
