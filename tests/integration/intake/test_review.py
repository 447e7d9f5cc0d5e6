"""Looking over what was written before it is sent, and how much is asked until then."""

import re
from typing import Any

import pytest

from services.intake.domain import pages
from services.intake.domain.condition import Value
from services.intake.domain.questionnaire import Item
from services.intake.models import QuestionnaireResponse
from services.intake.operations.forms import Form
from services.intake.web.review import review
from tests.integration.intake.browsing import Browser, form_in, heading_of
from tests.integration.intake.people import ALONE, COUPLE
from tests.unit.intake.cases import answered, config, screener

SCREENER = screener()
SEALED = [item for item in SCREENER.items.values() if item.sealed]
UNTIL_THE_CALL_IS_BOOKED = 4
"""Page loads after the form: what follows, choosing a time, the held time, the booked one."""


def known(answers: dict[str, Any]) -> dict[str, Any]:
    """What of it the form asks, in the types of the API."""
    return {name: value for name, value in answers.items() if name in SCREENER.items}


def at_the_end(browser: Browser, answers: dict[str, Any]) -> str:
    """The last page of the form, as text."""
    browser.open("/step/1")
    while heading_of(browser.page) != "Before you send this":
        browser.send(answers)
    return browser.page.text


def test_what_was_written_is_shown_before_it_is_sent_with_a_way_to_change_it(
    browser: Browser,
) -> None:
    page = at_the_end(browser, {**COUPLE, "name_used": "Rowan <b>"})

    assert "<dt>What should we call you?</dt><dd>Rowan &lt;b&gt;</dd>" in page
    assert "<dd>Me and my partner (or partners), together</dd>" in page
    assert page.index("Look over what you wrote") < page.index("<form")
    changes = re.findall(r'href="(/step/\d)">Change', page)
    assert changes == [f"/step/{number}" for number in range(1, 9)]
    assert heading_of(browser.open(changes[1])) == "About you and how to reach you"
    assert form_in(browser.page).values["name_used"] == ["Rowan <b>"]


def test_l38_no_sealed_answer_is_shown_when_looking_over_what_was_written(
    browser: Browser,
) -> None:
    page = at_the_end(
        browser,
        {**COUPLE, "contact_notes": "a canary at noon", "hope_text": "the canary", "s_hurt": "yes"},
    )

    assert "canary" not in page
    for item in SEALED:
        assert item.text not in page, item.id
    assert page.count("Private answers are not shown again.") > 1


def values(item: Item) -> list[Value | None]:
    """Everything that may be said to it."""
    options: list[Value] = [option.value for option in item.options]
    several: list[Value | None] = [tuple(str(one) for one in options)]
    return [None, *(several if item.type == "multi" else options or ["some words"])]


@pytest.mark.parametrize("who", [COUPLE, ALONE], ids=["couple", "alone"])
def test_l05_every_value_of_every_sealed_answer_leaves_the_review_as_it_is(
    who: dict[str, Any],
) -> None:
    def seen(answers: dict[str, Value]) -> object:
        response = QuestionnaireResponse(furthest=len(SCREENER.first_form))
        form = Form(response=response, screener=SCREENER, config=config(), answers=answers)
        return review(form)

    open_too = answered(known(who))
    plain = {name: value for name, value in open_too.items() if not SCREENER.items[name].sealed}
    expected = seen(dict(plain))

    for item in SEALED:
        for value in values(item):
            said = {item.id: value} if value is not None else {}
            assert seen({**open_too, **said}) == expected, (item.id, value)


# ---------------------------------------------------------------- how much is asked


def questions(browser: Browser, answers: dict[str, Any]) -> tuple[int, set[str]]:
    """Page loads of the form, and every question on its pages that these answers open."""
    facts = pages.facts(SCREENER, answered(known(answers)), config())
    asked: set[str] = set()
    browser.open("/step/1")
    loads = 0
    while browser.page.request.path.startswith("/step/"):
        loads += 1
        form = form_in(browser.page)
        asked |= {
            name
            for name in {*form.offered, *form.values} & set(SCREENER.items)
            if facts.shown(SCREENER.items[name])
            and not SCREENER.items[name].consent
            and not SCREENER.items[name].instrument
        }
        browser.send(answers)
    return loads, asked


@pytest.mark.parametrize(("who", "most"), [(ALONE, 36), (COUPLE, 56)], ids=["alone", "couple"])
def test_no_more_is_asked_than_a_tired_person_can_answer(
    browser: Browser, who: dict[str, Any], most: int
) -> None:
    _, asked = questions(browser, who)

    assert 20 < len(asked) <= most, sorted(asked)


def test_one_person_gets_from_the_first_page_to_a_booked_call_in_twelve_pages(
    browser: Browser,
) -> None:
    landing = browser.open("/")
    assert 'href="/step/1"' in landing.text

    loads, _ = questions(browser, {**ALONE, "relationship_status": "none"})

    assert "Choose a time" in browser.page.text
    assert 1 + loads + UNTIL_THE_CALL_IS_BOOKED <= 12
