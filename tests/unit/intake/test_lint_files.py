"""`softstart screener lint FILE`: a sentence with its place for each trap, and exit code 2."""

from pathlib import Path

import pytest

from services import __main__, screener_files
from tests.unit.intake.cases import SCREENER_TEXT

SHIPPED = Path(__file__).parents[3] / "services/intake/questionnaires/screener.en.yaml"


def changed(*pairs: tuple[str, str]) -> str:
    text = SCREENER_TEXT
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


@pytest.mark.parametrize(
    ("old", "new", "sentences"),
    [
        (
            '{value: "no", label: "No"}',
            '{value: no, label: "No"}',
            ["line 104, option_sets.ynup.no.value: no needs quotes"],
        ),
        (
            'value: "13_17"',
            "value: 13_17",
            ["sections.start.questions.age_group.options.13_17.value: 13_17 needs quotes"],
        ),
        (
            '{q: s_past_current, in: ["yes"]}',
            "{q: s_past_current, in: [yes]}",
            ["safety_levels.unclear.when.any.2.in.0: yes needs quotes"],
        ),
        ('neutral: "no"', "neutral: no", ["neutral: no needs quotes"]),
        (
            "  adult: {q: age_group, in: [18_plus]}",
            "  adult: {q: age_group, in: [18_plus]}\n  adult: {q: age_group, in: [under_13]}",
            ["derived: adult stands here twice"],
        ),
        ("id: s_afraid", "id: s_hurt", ["s_hurt is the name of two things"]),
        ("{is: wants_couple}", "{is: wants}", ["the derived condition 'wants'"]),
        ("neutral: work_on_it", "neutral: fine", ["commitment: its neutral value 'fine'"]),
        ("in: [couple]}", "in: [pair]}", ["waits for 'pair' as the answer to who_for"]),
        (
            "shown_when: {q: payment, in: [insurance]}",
            'shown_when: {q: s_afraid, in: ["yes"]}',
            ["statement_safe would show what was answered to s_afraid"],
        ),
        (
            "call: {all: [{q: phone, present: true},",
            'call: {all: [{q: s_afraid, in: ["no"]}, {q: phone, present: true},',
            ["channel call would show what was answered to s_afraid"],
        ),
        (
            'required: false, confidentiality: private, scale: pursue, why: "It shows',
            'required: false, confidentiality: sealed, neutral: 0, scale: pursue, why: "It shows',
            ["scale pursue counts pur_reach, which is sealed"],
        ),
        (
            "public_key: we_will_call, when: {flag: third_party}",
            "public_key: we_will_call, when: true",
            ["rule R03 matches everyone: nothing below it is ever reached"],
        ),
        ("flag: minor, when", "flag: minor_under_13, when", ["the flag 'minor'"]),
        (
            "flag: access_support, when",
            "flag: contact_unsafe, when",
            ["There are 2 flags called contact_unsafe"],
        ),
        (
            "  wants_couple: {q: who_for, in: [couple]}",
            "  wants_couple: {is: couple_intent}",
            ["derived wants_couple depends on itself"],
        ),
        ("{setting: safety_tool}", "{setting: moon}", ["names the setting 'moon'"]),
        ("{setting_list: licensed_states", "{setting_list: planets", ["names the list 'planets'"]),
        ("type: us_state_or_outside", "type: postcode", ["sections.start.session_state"]),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_the_place(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    old: str,
    new: str,
    sentences: list[str],
) -> None:
    file = tmp_path / "form.yaml"
    file.write_text(changed((old, new)), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["softstart", "screener", "lint", str(file)])

    assert __main__.main() == 2
    said = capsys.readouterr().out
    for sentence in sentences:
        assert sentence in said


def test_the_shipped_file_passes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["softstart", "screener", "lint", str(SHIPPED)])

    assert __main__.main() == 0
    assert "Nothing is wrong with it" in capsys.readouterr().out


def test_every_trap_of_a_file_is_named_and_not_the_first_alone() -> None:
    text = changed(('value: "13_17"', "value: 13_17"), ('neutral: "no"', "neutral: no"))

    assert len(screener_files.problems(text)) == 2


@pytest.mark.parametrize("text", ["", "a: [", "just words"])
def test_a_file_of_something_else_is_refused_in_a_sentence(text: str) -> None:
    assert len(screener_files.problems(text)) == 1


def test_a_file_that_is_not_there_is_said_to_be(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for verb in ("lint", "install"):
        missing = str(tmp_path / "none.yaml")
        monkeypatch.setattr("sys.argv", ["softstart", "screener", verb, missing])
        assert __main__.main() == 2
    assert "can't be read" in capsys.readouterr().err
