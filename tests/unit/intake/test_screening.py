"""What must hold for every decision, beyond the worked cases."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.intake.domain.condition import Answers, Value
from services.intake.domain.facts import counted, neutral_copy
from services.intake.domain.questionnaire import Item
from services.intake.domain.screening import decide, public_key
from tests.unit.intake.cases import VIGNETTES, answered, base, config, screener

SCREENER = screener()
SEALED = [item for item in SCREENER.items.values() if item.sealed]
VISIBLE = [item for item in SCREENER.items.values() if not item.sealed and not item.free_text]


# The answers that lead to the one page which is allowed to differ.
CRISIS: dict[str, set[Value]] = {
    "h_now": {"yes", "not_sure"},
    "h_recent": {"thoughts_plan"},
    "h_others": {"yes"},
    "s_danger": {"yes"},
}


def any_answer(item: Item, leave_out: Collection[Value] = ()) -> st.SearchStrategy[Value]:
    """Every answer that the question allows, or a few texts where it allows any."""
    if item.type == "multi":
        values = [str(option.value) for option in item.options]
        return st.lists(st.sampled_from(values), min_size=1, unique=True).map(
            lambda chosen: tuple(value for value in values if value in chosen)
        )
    if item.options:
        values = [option.value for option in item.options if option.value not in leave_out]
        return st.sampled_from(values)
    if item.type == "checkbox":
        return st.just(True)
    return st.sampled_from(
        {"email": ["p@example.org"], "phone": ["+19145550177"]}.get(
            item.type, ["Rowan", "mornings only"]
        )
    )


def any_answers(
    items: list[Item], leave_out: Mapping[str, Collection[Value]] | None = None
) -> st.SearchStrategy[dict[str, Value]]:
    out = leave_out or {}
    return st.fixed_dictionaries(
        {}, optional={item.id: any_answer(item, out.get(item.id, ())) for item in items}
    )


visible = any_answers(VISIBLE)
sealed = any_answers(SEALED)
confided = any_answers(SEALED, CRISIS)
opened = st.sampled_from([{}, {"invited_by_partner": "yes"}, {"invited_by_partner": "no"}])


def seen(answers: Answers) -> dict[str, Any]:
    """All that the person can notice."""
    decision = decide(SCREENER, answers, config())
    return {
        "public_key": decision.public_key,
        "booking": decision.booking,
        "channels": decision.channels,
        "pattern": decision.pattern.name,
        "stored": decision.stored,
    }


@settings(max_examples=600, deadline=None)
@given(visible, confided, confided, opened)
def test_l05_sealed_answers_never_change_what_anyone_sees(
    visible: dict[str, Value], one: dict[str, Value], other: dict[str, Value], how: dict[str, Value]
) -> None:
    first, second = (seen({**visible, **how, **hidden}) for hidden in (one, other))

    assert first == second


@settings(max_examples=300, deadline=None)
@given(visible, sealed, opened)
def test_only_the_page_that_says_to_reach_a_person_now_may_differ(
    visible: dict[str, Value], hidden: dict[str, Value], how: dict[str, Value]
) -> None:
    found = decide(SCREENER, {**visible, **how, **hidden}, config())
    in_crisis = any(hidden.get(item) in values for item, values in CRISIS.items())

    assert (found.public_key == "support_now") == in_crisis == (found.track == "crisis")


@settings(max_examples=300, deadline=None)
@given(visible, sealed, opened)
def test_whatever_is_answered_leads_to_a_track_and_a_page_with_words(
    visible: dict[str, Value], hidden: dict[str, Value], how: dict[str, Value]
) -> None:
    decision = decide(SCREENER, {**visible, **hidden, **how}, config())

    assert decision.public_key in SCREENER.client_text
    assert decision.track in SCREENER.front_desk_status
    assert decision.trail[-1] == (decision.rule, True)
    assert not any(matched for _, matched in decision.trail[:-1])


@settings(max_examples=300, deadline=None)
@given(visible, sealed)
def test_l44_nothing_is_stored_of_anyone_under_13(
    visible: dict[str, Value], hidden: dict[str, Value]
) -> None:
    decision = decide(SCREENER, {**visible, **hidden, "age_group": "under_13"}, config())

    assert not decision.stored
    assert decision.channels == ()


@settings(max_examples=300, deadline=None)
@given(visible, sealed)
def test_an_invitation_is_never_offered_unless_every_safety_answer_is_a_clear_no(
    visible: dict[str, Value], hidden: dict[str, Value]
) -> None:
    decision = decide(SCREENER, {**visible, **hidden}, config())

    if decision.partner_invite == "offer":
        assert decision.safety == "clear"
        assert decision.track == "couples"


@pytest.mark.parametrize("words", ["Nothing", "He said he would kill me", "x"])
def test_rules_never_read_prose(words: str) -> None:
    decision = decide(SCREENER, base(hope_text=words), config())

    assert decision.track == "couples"
    assert decision.flags == ("free_text_unread",)
    assert decision.partner_invite == "hold"


def test_a_disclosure_counts_after_its_page_was_hidden() -> None:
    went_back = base(s_afraid="yes", private_now="no")

    decision = decide(SCREENER, went_back, config())

    assert "ipv_concern" in decision.flags
    assert decision.track == "staff-review"


def test_a_visible_answer_does_not_count_once_its_question_is_hidden() -> None:
    changed_their_mind = base(who_for="self", attending="three_plus", partner_willing="no")

    decision = decide(SCREENER, changed_their_mind, config())

    assert "multi_partner" not in decision.flags
    assert "partner_unwilling" not in decision.flags
    assert "attending" not in counted(SCREENER, changed_their_mind, config())


def test_the_neutral_copy_holds_nothing_that_was_sealed() -> None:
    confided = base(s_afraid="yes", private_now="no", hope_text="help", phq4_1=3)

    assert neutral_copy(SCREENER, confided) == neutral_copy(SCREENER, base())


def test_an_empty_list_of_licences_lets_nobody_book() -> None:
    key = public_key(SCREENER, base(), replace(config(), licensed_states=()))

    assert key == "location_check"


def test_l34_the_decision_lists_its_rule_its_flags_and_the_answers_they_read() -> None:
    decision = decide(SCREENER, base(partner_willing="unsure"), config())

    assert decision.rule == "R12"
    assert decision.flag_reasons == {"partner_unsure": "Partner is unsure or has not been asked."}
    assert decision.used["partner_willing"] == "unsure"
    assert "pronouns" not in decision.used
    assert "pur_reach" not in decision.used


def test_the_pattern_reading_never_chooses_a_track() -> None:
    case = VIGNETTES["V05"]["answers"]
    scales = [item for name in ("pursue", "withdraw", "cycle") for item in SCREENER.scales[name]]
    tracks = {
        decide(SCREENER, answered({**case, **dict.fromkeys(scales, step)}), config()).track
        for step in range(5)
    }

    assert tracks == {"couples"}
