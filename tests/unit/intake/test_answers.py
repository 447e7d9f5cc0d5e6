"""One answer at a time: addresses, numbers, texts and choices as people and programs send them."""

import json
from pathlib import Path
from typing import Any

import pytest

from services.intake.domain import answers
from services.intake.domain.contact_points import read_email, read_phone, spoken_phone
from services.intake.domain.errors import AnswerRefused, BadDocument
from services.intake.domain.questionnaire import Item
from tests.unit.intake.cases import BASE, screener

INPUTS = Path(__file__).parents[2] / "cases/inputs"
EMAIL = Item(id="email", text="Email", type="email", level="open")
TEXT = Item(
    id="hope_text", text="Hope", type="text", level="sealed", max_length=5000, free_text=True
)
NAME = Item(id="name_used", text="Name", type="text", level="open", max_length=80)


def cases(name: str) -> Any:
    return json.loads((INPUTS / name).read_text("utf-8"))


def taken(item: Item, given: object) -> bool:
    try:
        return answers.read(item, given) is not None
    except AnswerRefused:
        return False


@pytest.mark.parametrize(
    "case", cases("emails.json")["cases"], ids=lambda c: ascii(c["address"])[:40]
)
def test_an_address_is_taken_or_refused_as_a_web_form_must(case: dict[str, Any]) -> None:
    found = taken(EMAIL, case["address"])

    if case["web_form"] != "either":
        assert found == (case["web_form"] == "accept")


@pytest.mark.parametrize("case", cases("phones.json")["example_numbers"], ids=lambda c: c["e164"])
def test_a_number_of_any_country_is_kept_in_e164(case: dict[str, Any]) -> None:
    assert read_phone(case["international"]) == case["e164"]


@pytest.mark.parametrize(
    ("typed", "kept", "spoken"),
    [
        ("914-555-0177", "+19145550177", "914-555-0177"),
        ("(914) 555 0177", "+19145550177", "914-555-0177"),
        ("+1 914.555.0177", "+19145550177", "914-555-0177"),
        ("+44 20 7183 8750", "+442071838750", "+44 20 7183 8750"),
    ],
)
def test_a_number_without_a_country_is_a_us_one(typed: str, kept: str, spoken: str) -> None:
    assert read_phone(typed) == kept
    assert spoken_phone(kept) == spoken


@pytest.mark.parametrize(
    "typed",
    ["911", "988", "914555", "+881612345678", "+870773111632", "1-900-555-0100", "800-555-0100",
     "914-555-0177 ext. 5", "call me", "0" * 400],
)  # fmt: skip
def test_a_number_that_nobody_could_call_is_refused_with_what_to_do(typed: str) -> None:
    with pytest.raises(AnswerRefused, match="leave it blank"):
        read_phone(typed)


def test_an_unfinished_address_says_what_is_missing() -> None:
    with pytest.raises(AnswerRefused, match="Add the part after the @ sign"):
        read_email("rowan@")
    with pytest.raises(AnswerRefused, match="Add the @ sign"):
        read_email("rowan")


STRINGS = cases("strings.json")


@pytest.mark.parametrize("text", [*STRINGS["blns"], *STRINGS["names"]], ids=lambda t: ascii(t)[:40])
@pytest.mark.parametrize("item", [TEXT, NAME], ids=lambda item: item.id)
def test_any_text_is_kept_or_refused_and_reading_it_again_changes_nothing(
    item: Item, text: str
) -> None:
    try:
        kept = answers.read(item, text)
    except AnswerRefused:
        return
    assert kept is None or answers.read(item, kept) == kept


def test_a_long_text_is_refused_with_both_lengths() -> None:
    with pytest.raises(AnswerRefused, match=r"5,001 characters long. Make it 5,000"):
        answers.read(TEXT, "x" * 5001)


def test_a_name_stays_on_one_line() -> None:
    with pytest.raises(AnswerRefused, match="one line"):
        answers.read(NAME, "Rowan\nBcc: everyone@example.org")


def test_letters_are_composed_and_blanks_around_them_dropped() -> None:
    assert answers.read(NAME, "  Ine\u0301s ") == "In\u00e9s"


# ---------------------------------------------------------------- whole documents


@pytest.mark.parametrize(
    ("field", "value"),
    [("nonsense", "x"), ("who_for", "nobody"), ("pur_reach", 5), ("pur_reach", True),
     ("email", "rowan@"), ("free_text_read", "yes"), ("invited_by_partner", True),
     ("c_sms", "maybe")],
)  # fmt: skip
def test_a_bad_document_names_its_field(field: str, value: Any) -> None:
    with pytest.raises(BadDocument) as refusal:
        answers.read_document(screener(), {**BASE, field: value})
    assert refusal.value.field == field


def test_a_box_that_is_not_ticked_is_no_answer() -> None:
    assert "c_sms" not in answers.read_document(screener(), {**BASE, "c_sms": False})
