"""Every worked case of the screener, decided as its authors decided it."""

from typing import Any

import pytest

from services.intake.domain.pair import Pair, decide_pair
from services.intake.domain.screening import decide
from tests.unit.intake.cases import CASES, VIGNETTES, answered, config, screener

SINGLE = [name for name, case in VIGNETTES.items() if case["form"] == "single"]
PAIRS = [name for name, case in VIGNETTES.items() if case["form"] == "pair"]
MICRO = {case["id"]: case for case in CASES["micro"]["cases"]}


def said(document: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """What the decision says about everything the case has an opinion on."""
    return {key: document[key] for key in expected}


def test_there_are_30_vignettes_and_152_one_change_cases() -> None:
    assert len(SINGLE) + len(PAIRS) == 30
    assert len(MICRO) == 152


@pytest.mark.parametrize("name", SINGLE)
def test_a_vignette_is_decided_as_written(name: str) -> None:
    case = VIGNETTES[name]

    decision = decide(screener(), answered(case["answers"]), config(case["config"]))

    assert said(decision.as_document(), case["expect"]) == case["expect"]


@pytest.mark.parametrize("name", MICRO)
def test_a_one_change_case_is_decided_as_written(name: str) -> None:
    case = MICRO[name]
    document = {**CASES["micro"]["base"], **case["change"]}
    for removed in case["remove"]:
        del document[removed]

    decision = decide(screener(), answered(document), config())

    assert said(decision.as_document(), case["expect"]) == case["expect"]


@pytest.mark.parametrize("name", PAIRS)
def test_a_pair_is_decided_as_written(name: str) -> None:
    case = VIGNETTES[name]
    pair = Pair(
        a=answered(case["a"]),
        b=answered(case["b"]) if case["b"] is not None else None,
        **{key: case[key] for key in ("b_status", "days_since_invite", "invite_sent")},
        **{key: case[key] for key in ("calls_done", "clinician_release")},
    )

    decision = decide_pair(screener(), pair, config(case["config"]))

    assert said(decision.as_document(), case["expect"]) == case["expect"]
