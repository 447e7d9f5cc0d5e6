"""The shipped definition is sound, and the lint finds what makes one unsound."""

import pytest
import yaml

from services.intake.domain import lint
from services.intake.domain.definition import load
from services.intake.domain.errors import BadDefinition
from tests.unit.intake.cases import SCREENER_TEXT, screener


def changed(old: str, new: str) -> str:
    """The shipped text with one thing different."""
    assert old in SCREENER_TEXT
    return SCREENER_TEXT.replace(old, new, 1)


def test_the_shipped_screener_has_no_problem() -> None:
    assert lint.problems(screener()) == []


def test_the_form_has_ten_pages_and_21_sealed_questions_besides_the_instrument() -> None:
    items = [item for section in screener().first_form for item in section.items]
    questions = [item for item in items if not item.consent and not item.instrument]

    assert len(screener().first_form) == 10
    assert sum(item.sealed for item in questions) == 21
    assert sum(item.sealed for item in items if item.instrument) == 4


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('value: "no", label: "No"}', 'value: no, label: "No"}', "needs quotes"),
        ("type: us_state_or_outside", "type: postcode", "not a type of question"),
        ("confidentiality: sealed", "confidentiality: secret", "not a level"),
        ("shown_when: {q: email, present: true}", "shown_when: {q: email, present: false}", "true"),
        ("shown_when: {q: email, present: true}", "shown_when: {mood: bad}", "no meaning"),
        ("shown_when: {q: email, present: true}", "shown_when: sometimes", "not a condition"),
    ],
)
def test_what_has_no_meaning_is_refused_with_its_place(old: str, new: str, complaint: str) -> None:
    with pytest.raises(BadDefinition) as refusal:
        load(changed(old, new))
    assert complaint in str(refusal.value)


@pytest.mark.parametrize("text", ["", "[]", "a: [", "a: 1", "sections: 3"])
def test_a_file_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(BadDefinition):
        load(text)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("id: s_afraid", "id: s_hurt", "name of two things"),
        ('value: "13_17"', "value: 13_17", "waits for '13_17'"),  # YAML reads 13_17 as 1317
        ("shown_when: {q: email, present", "shown_when: {q: e_mail, present", "'e_mail'"),
        ("in: [couple]}", "in: [pair]}", "nobody can choose that"),
        ("{flag: third_party}", "{flag: third}", "the flag 'third'"),
        ("{is: wants_couple}", "{is: wants}", "derived condition 'wants'"),
        ("neutral: work_on_it", "neutral: fine", "is not an option"),
        ("public_key: location_check, when", "public_key: elsewhere, when", "has no words"),
        ("priority: urgent", "priority: soon", "is not a priority"),
        ("notices: [limits,", "notices: [bounds,", "the notice 'bounds'"),
        ("public_key: self_call, when: true", "public_key: self_call, when: {flag: minor}", "last"),
        # What must never happen: a visible question that gives a sealed answer away.
        (
            "shown_when: {q: payment, in: [insurance]}",
            'shown_when: {q: s_afraid, in: ["yes"]}',
            "statement_safe would show what was answered to s_afraid",
        ),
        (
            "shown_when: {q: access_needs, contains_any: [asl, language]}",
            "shown_when: {flag: ipv_concern}",
            "depends on the outcome",
        ),
        ("shown_when: {q: email, present: true}", "shown_when: {q: phone, present: true}", "later"),
        (
            "confidentiality: sealed, free_text: true, neutral: null, why",
            "confidentiality: open, free_text: true, neutral: null, why",
            "has to be sealed",
        ),
    ],
)
def test_the_lint_finds_what_does_not_fit(old: str, new: str, complaint: str) -> None:
    found = lint.problems(load(changed(old, new)))

    assert any(complaint in problem for problem in found), found


def test_l43_an_empty_list_of_licensed_states_cannot_go_live() -> None:
    assert lint.hindrances_to_going_live(())
    assert not lint.hindrances_to_going_live(("NY",))


def test_the_same_text_is_read_once_and_its_hash_is_of_the_very_text() -> None:
    assert load(SCREENER_TEXT) is screener()
    assert load(SCREENER_TEXT + "\n").sha256 != screener().sha256


def test_l25_no_field_for_a_partners_phone_exists_anywhere() -> None:
    document = yaml.safe_load(SCREENER_TEXT)
    later = next(s for s in document["sections"] if s["id"] == "partner_invite_form")
    partner = [item for item in screener().items if item.startswith(("partner", "inv_"))]

    assert "partner_phone" in later["forbidden_fields"]
    assert not any("phone" in item or "birth" in item for item in partner)
