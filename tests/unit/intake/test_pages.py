"""The form page by page: what is shown, what is counted, how a page is read."""

from typing import Any

import pytest
from hypothesis import given, settings

from services.intake.domain import pages
from services.intake.domain.condition import Answers, Value
from services.intake.domain.questionnaire import Section
from tests.unit.intake.cases import answered, base, config, screener
from tests.unit.intake.test_screening import sealed, visible

SCREENER = screener()
STARTED = answered(
    {"private_now": "yes", "age_group": "18_plus", "session_state": "NY", "residence_state": "NY"}
)


def page(name: str) -> Section:
    section = SCREENER.section(name)
    assert section is not None
    return section


def titles(found: tuple[Section, ...]) -> list[str]:
    return [section.id for section in found]


def read(name: str, given: dict[str, Any], before: Answers = STARTED) -> pages.Reading:
    return pages.read_page(SCREENER, page(name), before, given, config())


def wrong(reading: pages.Reading) -> list[str]:
    return [problem.item for problem in reading.problems]


# ---------------------------------------------------------------- which pages, and how many


def test_nine_steps_are_promised_before_anything_is_known() -> None:
    found = pages.steps(SCREENER, {}, config(), furthest=pages.NOT_STARTED)

    assert len(found) == 9
    assert "invited" not in titles(found)


def test_someone_on_their_own_is_shown_seven_pages() -> None:
    alone = base(who_for="self", relationship_status="none", main_concern="stress_mood")

    assert titles(pages.asked(SCREENER, alone, config())) == [
        "start", "you", "reason", "between_you", "wellbeing", "practical", "agree",
    ]  # fmt: skip


def test_l44_someone_under_18_is_asked_three_pages() -> None:
    young = answered({"age_group": "13_17"})

    assert titles(pages.asked(SCREENER, young, config())) == ["start", "you", "agree"]
    assert len(pages.steps(SCREENER, young, config(), furthest=0)) == 3


def test_l05_a_page_that_a_sealed_answer_hides_keeps_its_number() -> None:
    private, not_private = base(), base(private_now="no")

    assert "between_you" in titles(pages.asked(SCREENER, private, config()))
    assert "between_you" not in titles(pages.asked(SCREENER, not_private, config()))
    assert pages.steps(SCREENER, private, config(), furthest=9) == pages.steps(
        SCREENER, not_private, config(), furthest=9
    )


@settings(max_examples=200, deadline=None)
@given(visible, sealed, sealed)
def test_l05_steps_and_questions_follow_from_visible_answers_alone(
    shown: dict[str, Value], one: dict[str, Value], other: dict[str, Value]
) -> None:
    def layout(hidden: dict[str, Value]) -> list[Any]:
        answers = {**shown, **hidden}
        found = pages.steps(SCREENER, answers, config(), furthest=4)
        return [titles(found), [pages.rendered(SCREENER, s, answers, config()) for s in found]]

    assert layout(one) == layout(other)


# ---------------------------------------------------------------- what a page shows


def test_a_page_holds_the_questions_that_another_answer_on_it_may_open() -> None:
    shown = [item.id for item in pages.rendered(SCREENER, page("you"), STARTED, config())]

    assert "email_safe" in shown
    assert "call_as" in shown


def test_a_page_leaves_out_what_earlier_answers_have_closed() -> None:
    alone = answered({**dict(STARTED), "who_for": "self", "relationship_status": "none"})

    shown = [item.id for item in pages.rendered(SCREENER, page("between_you"), alone, config())]

    assert "s_afraid" in shown
    assert "commitment" not in shown
    assert "s_after" not in shown


# ---------------------------------------------------------------- reading what was sent


def test_valid_answers_of_a_failed_page_are_kept() -> None:
    reading = read(
        "you",
        {"name_used": "Rowan", "email": "rowan@", "email_safe": "yes", "phone": "914-555-0177",
         "call_safe": "yes", "voicemail_safe": "no", "call_as": "first_name"},
    )  # fmt: skip

    assert wrong(reading) == ["email", "text_safe"]
    assert reading.values == {
        "name_used": "Rowan",
        "email_safe": "yes",
        "phone": "+19145550177",
        "call_safe": "yes",
        "voicemail_safe": "no",
        "call_as": "first_name",
    }


def test_a_follow_up_is_required_only_when_it_is_shown() -> None:
    reading = read("you", {"name_used": "Rowan", "call_safe": "yes"})

    assert wrong(reading) == []
    assert reading.values == {"name_used": "Rowan"}


def test_a_question_taken_back_is_cleared() -> None:
    before = {**STARTED, "name_used": "Rowan", "pronouns": "they/them", "phone": "+19145550177"}

    reading = read("you", {"name_used": "Rowan", "pronouns": ""}, before)

    assert reading.cleared == {"pronouns", "phone"}


@pytest.mark.parametrize("given", [{}, {"s_afraid": ""}, {"s_afraid": []}])
def test_a_blank_never_takes_back_a_sealed_answer(given: dict[str, Any]) -> None:
    before = {**base(), "s_afraid": "yes"}

    reading = read("between_you", given, before)

    assert reading.values == {}
    assert reading.cleared == frozenset()


def test_a_required_sealed_question_is_asked_until_it_has_been_answered() -> None:
    asked = {name: value for name, value in base().items() if not name.startswith("h_")}

    assert wrong(read("wellbeing", {}, asked)) == ["h_now", "h_recent", "h_others"]
    assert wrong(read("wellbeing", {"h_now": "no"}, base())) == []


def test_a_sealed_answer_counts_even_if_its_page_was_hidden_in_another_tab() -> None:
    reading = read("between_you", {"s_afraid": "yes"}, {**base(), "private_now": "no"})

    assert reading.values == {"s_afraid": "yes"}


@pytest.mark.parametrize(
    "given",
    [
        {"who_for": "nobody"},
        {"who_for": ["self", "couple"]},
        {"who_for": {"a": 1}},
        {"who_for": 7},
        {"goals": ["heal", "nonsense"]},
        {"hope_text": "x" * 1_000_000},
        {"hope_text": "a\x00b"},
        {"hope_text": "\ud800"},
        {"hope_text": 12},
        {"hope_text": ["a", "b"]},
    ],
)
def test_what_cannot_be_an_answer_is_refused_beside_its_field(given: dict[str, Any]) -> None:
    (name,) = given

    assert name in wrong(read("reason", given))


def test_one_step_of_the_form_may_be_left_for_another_time() -> None:
    reading = pages.read_page(
        SCREENER, page("reason"), STARTED, {"who_for": "self"}, config(), whole=False
    )

    assert reading.problems == ()
    assert reading.values == {"who_for": "self"}


def test_the_first_gap_is_found_and_a_complete_form_has_none() -> None:
    whole = base()
    gap = pages.first_gap(SCREENER, pages.without(whole, {"h_now", "modality"}), config())

    assert pages.first_gap(SCREENER, whole, config()) is None
    assert gap is not None
    assert gap[0].id == "wellbeing"
    assert [problem.item for problem in gap[1]] == ["h_now"]
