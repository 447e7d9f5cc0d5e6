"""`softstart screen`: every worked case through the command, and what it says to a bad document."""

import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.screen import BadInput, explained, screen
from tests.unit.intake.cases import BASE, CASES, ROOT, VIGNETTES

CONFIG = {"licensed_states": ["NY", "NJ"]}
PAIR = ("a", "b", "b_status", "days_since_invite", "invite_sent", "calls_done", "clinician_release")
V27 = VIGNETTES["V27"]


def one(case: dict[str, Any]) -> dict[str, Any]:
    """The vignette as a document: what decides, and nothing of what is expected."""
    parts = ("answers",) if case["form"] == "single" else PAIR
    return {"config": case["config"], **{part: case[part] for part in parts}}


def micro(case: dict[str, Any]) -> dict[str, Any]:
    answers = {**BASE, **case["change"]}
    return {
        "config": CASES["micro"]["config"],
        "answers": {name: value for name, value in answers.items() if name not in case["remove"]},
    }


def command(*arguments: str, given: str | bytes = "") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [sys.executable, "-m", "services", "screen", *arguments],
        cwd=ROOT,
        env={"PATH": ""},  # no database, no setting, nothing of this shell's
        input=given.encode() if isinstance(given, str) else given,
        capture_output=True,
        check=False,
        timeout=60,
    )


def refusal(document: object) -> str:
    with pytest.raises(BadInput) as refused:
        screen(json.dumps(document))
    return str(refused.value)


def test_every_worked_case_is_decided_by_the_command_as_written() -> None:
    cases = [*VIGNETTES.values(), *CASES["micro"]["cases"]]
    documents = [one(case) if "form" in case else micro(case) for case in cases]

    done = command("-", given=json.dumps(documents))

    assert (done.returncode, done.stderr) == (0, b"")
    said = json.loads(done.stdout)
    assert len(said) == 182
    for case, decision in zip(cases, said, strict=True):
        assert {key: decision[key] for key in case["expect"]} == case["expect"], case["id"]


def test_a_decision_names_its_rule_and_its_reasons() -> None:
    document = {"config": CONFIG, "answers": {**BASE, "s_afraid": "yes"}}

    decision = screen(json.dumps(document)).as_document()  # type: ignore[union-attr]

    assert decision["rule"] == "R04"
    assert decision["reason"].startswith("Safety concern.")
    assert set(decision["flag_reasons"]) == {"ipv_concern"}


def test_a_whole_vignette_may_be_handed_over_as_it_stands(tmp_path: Any) -> None:
    file = tmp_path / "case.json"
    file.write_text("\ufeff" + json.dumps(V27), encoding="utf-8")

    done = command(str(file))

    assert done.returncode == 0
    assert json.loads(done.stdout)["pair_track"] == "couples"


def test_an_array_of_none_gives_an_array_of_none() -> None:
    assert screen("[]") == []


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"answers": {}}, "config"),
        ({"config": CONFIG}, "answers"),
        ({"config": {}, "answers": {}}, "config.licensed_states"),
        ({"config": {"licensed_states": "NY"}, "answers": {}}, "config.licensed_states"),
        ({"config": {"licensed_states": ["N.Y."]}, "answers": {}}, "config.licensed_states"),
        ({"config": {**CONFIG, "licences": []}, "answers": {}}, "config.licences"),
        ({"config": {**CONFIG, "invite_expires_days": True}, "answers": {}}, "invite_expires_days"),
        ({"config": float("nan"), "answers": {}}, "config"),
        ({"config": CONFIG, "answers": []}, "answers"),
        ({"config": CONFIG, "answers": {"s_afriad": "no"}}, "answers.s_afriad"),
        ({"config": CONFIG, "answers": {"s_afraid": "maybe"}}, "answers.s_afraid"),
        ({"config": CONFIG, "answers": {"pur_reach": True}}, "answers.pur_reach"),
        ({"config": CONFIG, "answers": {"pur_reach": 5}}, "answers.pur_reach"),
        ({"config": CONFIG, "answers": {"hope_text": "a\0b"}}, "answers.hope_text"),
        ({"config": CONFIG, "answers": {"free_text_read": "yes"}}, "answers.free_text_read"),
        ({"config": CONFIG, "answers": {}, "anwsers": {}}, "anwsers"),
        ({"config": CONFIG, "answers": {}, "b_status": "invited"}, "b_status"),
        ({**one(V27), "b": None}, "b"),
        ({**one(V27), "b": {"h_now": "perhaps"}}, "b.h_now"),
        ({**one(V27), "b_status": "gone"}, "b_status"),
        ({**one(V27), "b_status": ["submitted"]}, "b_status"),
        ({**one(V27), "days_since_invite": 3.5}, "days_since_invite"),
        ({**one(V27), "days_since_invite": -1}, "days_since_invite"),
        ({**one(V27), "invite_sent": "true"}, "invite_sent"),
        ({key: value for key, value in one(V27).items() if key != "calls_done"}, "calls_done"),
        ("text", "document"),
        (None, "document"),
        ([{"config": CONFIG, "answers": {}}, 7], "[1] document"),
    ],
)
def test_a_bad_document_is_refused_by_the_name_of_its_field(document: object, field: str) -> None:
    assert field in refusal(document).partition(": ")[0]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\xff"])
def test_what_is_no_json_is_refused_with_one_sentence_and_status_2(text: str) -> None:
    done = command("-", given=text.encode("latin-1"))

    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr.startswith(b"softstart: document: ")
    assert done.stderr.count(b"\n") == 1


def test_a_missing_file_is_refused_by_its_name() -> None:
    done = command("nowhere.json")

    assert done.returncode == 2
    assert b"nowhere.json" in done.stderr


def test_answers_of_a_form_not_sent_yet_count_for_safety_alone() -> None:
    waiting = {**one(V27), "b_status": "started"}
    in_danger = {**waiting, "b": {**V27["b"], "s_danger": "yes"}}

    decided, held = screen(json.dumps([waiting, in_danger]))  # type: ignore[misc]

    assert (decided.as_document()["rule"], held.as_document()["rule"]) == ("P06", "P02")


def test_explained_for_a_person_each_rule_is_named_up_to_the_one_that_matched() -> None:
    done = command("-", "--explain", given=json.dumps(one(VIGNETTES["V28"])))

    text = done.stdout.decode()
    assert done.returncode == 0
    assert "P03: staff-review" in text
    assert text.count("R04: Safety concern.") == 1
    assert "by rule R13 on the answers without anything sealed" in text


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["config", "answers", *PAIR]) | st.text(), inner)
        ),
        max_leaves=12,
    )
)
@settings(max_examples=300)
def test_whatever_comes_in_is_judged_or_refused(document: object) -> None:
    try:
        found = screen(json.dumps(document))
    except BadInput:
        return
    for decision in found if isinstance(found, list) else [found]:
        assert list(explained(decision))


def test_n8_a_document_may_say_whether_the_self_harm_questions_are_asked() -> None:
    said_now = {**BASE, "h_now": "yes"}

    for config in (CONFIG, {**CONFIG, "safety_tool": True}, {**CONFIG, "safety_tool": False}):
        # Whatever is asked, what was said counts.
        judged = screen(json.dumps({"config": config, "answers": said_now}))
        assert not isinstance(judged, list)
        assert judged.as_document()["track"] == "crisis"
    with pytest.raises(BadInput, match="safety_tool"):
        screen(json.dumps({"config": {**CONFIG, "safety_tool": "yes"}, "answers": {}}))
