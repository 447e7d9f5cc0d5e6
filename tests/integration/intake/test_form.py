"""The form in a browser without scripts: page by page, with errors, going back, and coming back."""

import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from services.intake.domain.definition import load
from services.intake.models import Answer, Person, QuestionnaireResponse, Tally
from shared.db import Database
from shared.messaging.tables import Outbox
from tests.integration.intake.browsing import Browser, errors_in, form_in, heading_of, title_of
from tests.integration.intake.people import ALONE, COUPLE, START
from tests.unit.intake.cases import CASES, SCREENER_TEXT, VIGNETTES

SCREENER = load(SCREENER_TEXT)
SINGLE = [
    name
    for name, case in VIGNETTES.items()
    # Who was invited comes in by a token of their own, which belongs to the two partners' part.
    if case["form"] == "single" and "invited_by_partner" not in case["answers"]
]


def rows(database: Database, model: type[Any]) -> int:
    with database.begin() as session:
        return session.scalars(select(func.count()).select_from(model)).one()


@pytest.mark.parametrize("name", SINGLE)
def test_a_vignette_ends_on_its_page_through_the_browser(browser: Browser, name: str) -> None:
    case = VIGNETTES[name]

    # V25 does not say whether its person agreed to what everyone who may come as a couple must.
    end = browser.walk({"c_partner_privacy": True, **case["answers"]})

    key = case["expect"]["public_key"]
    assert heading_of(end) == SCREENER.client_text[key].heading
    assert ("Choose a time" in end.text) == (case["expect"]["booking"] == "private_call")
    # The frame around it names support lines for everyone; the page itself names no trouble.
    main = end.text.split("<main")[1].split("</main>")[0]
    assert not re.search(CASES["leak_profiles"]["base"]["screen_end_page_forbid_regex"], main)


def test_progress_is_shown_and_one_button_leads_on(browser: Browser) -> None:
    page = browser.open("/step/1")

    assert "Step 1 of 9" in page.text
    assert title_of(page) == "Step 1 of 9 · Harbor Lane"
    assert page.text.count('class="btn"') == 1
    assert browser.send(START).request.path == "/step/2"
    assert "Step 2 of 9" in browser.page.text


def test_nothing_is_chosen_or_ticked_for_anybody(browser: Browser) -> None:
    for number in range(1, 8):
        browser.open(f"/step/{number}")
        chosen = {
            name: values
            for name, values in form_in(browser.page).values.items()
            if name in form_in(browser.page).offered and values != [""]
        }
        assert chosen == {}
        browser.send(ALONE)


def test_an_error_stands_beside_its_field_in_a_box_and_in_the_title(browser: Browser) -> None:
    browser.open("/step/1")
    browser.send(START)

    page = browser.send({**ALONE, "email": "rowan@", "text_safe": None})

    assert page.status_code == 422
    assert title_of(page) == "Please check 2 answers · Step 2 of 9 · Harbor Lane"
    assert "Two answers need another look" in page.text
    assert '<a href="#email">Add the part after the @ sign' in page.text
    assert errors_in(page) == [
        "Add the part after the @ sign, for example rowan@example.org. Or leave it blank.",
        "Choose one. “Not sure” is a fine answer.",
    ]


def test_nothing_is_lost_on_an_error_or_a_reload(browser: Browser) -> None:
    browser.open("/step/1")
    browser.send(START)

    page = browser.send({**ALONE, "name_used": "Rowan", "email": "rowan@", "call_as": "first_name"})
    shown = form_in(page).values
    assert shown["email"] == ["rowan@"]
    assert shown["name_used"] == ["Rowan"]

    again = form_in(browser.open("/step/2")).values
    assert again["name_used"] == ["Rowan"]
    assert again["phone"] == ["212-555-0100"]
    assert again["email_safe"] == ["yes"]
    assert again["call_as"] == ["first_name"]
    assert again["email"] == [""]


def test_back_leads_to_what_was_answered_except_what_is_sealed(browser: Browser) -> None:
    browser.open("/step/1")
    browser.send(START)
    browser.send({**ALONE, "contact_notes": "not after six"})

    page = browser.open("/step/2")

    assert form_in(page).values["name_used"] == ["Test Person"]
    assert "not after six" not in page.text
    assert "We do not show private answers again." in page.text


def test_a_sealed_answer_is_never_given_back_and_a_blank_keeps_it(
    browser: Browser, intake_db: Database
) -> None:
    browser.open("/step/1")
    while "Are you thinking about ending your life" not in browser.page.text:
        browser.send({**ALONE, "s_afraid": "yes"})
    first = browser.send({"h_now": "yes"})
    assert errors_in(first) == ["Choose one.", "Choose one."]
    assert "h_now" not in form_in(first).values

    second = browser.send({"h_recent": "no", "h_others": "no"})

    assert second.status_code == 200
    assert heading_of(browser.walk(ALONE | {"h_now": None})) == "Please reach a person now"


def test_what_could_not_be_kept_is_given_back_even_when_it_is_sealed(browser: Browser) -> None:
    long = "I want to be heard. " * 60
    browser.open("/step/1")
    browser.send(START)
    browser.send(ALONE)

    page = browser.send({**ALONE, "hope_text": long})

    assert errors_in(page) == ["This is 1,199 characters long. Make it 1,000 at most, please."]
    assert form_in(page).values["hope_text"] == [long]


def test_the_form_comes_back_in_the_same_browser(browser: Browser) -> None:
    browser.open("/step/1")
    browser.send(START)
    browser.send(ALONE)

    assert browser.open("/step").request.path == "/step/3"


def test_save_and_finish_later_keeps_the_cookie_for_the_days_it_says(browser: Browser) -> None:
    browser.open("/step/1")
    browser.send(START)
    in_session = browser.client.get_cookie("draft")
    assert in_session is not None
    assert in_session.max_age is None
    assert in_session.http_only
    assert in_session.same_site == "Lax"

    page = browser.send({"name_used": "Rowan"}, button="later")

    kept = browser.client.get_cookie("draft")
    assert kept is not None
    assert kept.max_age == timedelta(days=30).total_seconds()
    assert "30 days" in page.text
    assert form_in(browser.open("/step/2")).values["name_used"] == ["Rowan"]


def test_the_first_page_can_be_saved_for_later_too(browser: Browser) -> None:
    browser.open("/step/1")

    page = browser.send(START, button="later")

    kept = browser.client.get_cookie("draft")
    assert page.request.path == "/saved"
    assert kept is not None
    assert kept.max_age is not None


def test_sending_the_last_page_twice_is_sending_it_once(
    browser: Browser, intake_db: Database
) -> None:
    browser.walk(ALONE)
    last = [path for path, _, _ in browser.seen if path.startswith("/step/")][-1]

    again = browser.client.post(last, data=form_in(browser.open("/erase")).values)
    page = browser.open("/next")

    assert again.status_code in (303, 400)
    assert heading_of(page) == SCREENER.client_text["self_call"].heading
    assert rows(intake_db, Outbox) == 1
    assert rows(intake_db, QuestionnaireResponse) == 1


def test_a_second_person_at_the_same_screen_starts_with_an_empty_form(browser: Browser) -> None:
    browser.walk({**ALONE, "name_used": "Rowan"})

    page = browser.open("/step/1")

    assert page.request.path == "/step/1"
    assert "session_state" not in form_in(page).values
    assert heading_of(browser.walk(COUPLE)) == SCREENER.client_text["couples_call"].heading


def test_two_tabs_with_different_pages_under_one_number_mix_nothing_up(browser: Browser) -> None:
    browser.open("/step/1")
    for _ in range(4):
        browser.send(COUPLE)
    assert "Including your partner" in browser.page.text  # step 5, in the first tab
    first_tab = browser.page
    browser.open("/step/3")
    browser.send({**ALONE, "who_for": "self", "relationship_status": "none"})

    browser.page = first_tab
    page = browser.send(COUPLE)

    assert page.status_code == 200
    end = browser.walk({**ALONE, "who_for": "self", "relationship_status": "none"})
    assert heading_of(end) == SCREENER.client_text["self_call"].heading


def test_jumping_ahead_ends_on_the_page_that_still_lacks_something(browser: Browser) -> None:
    browser.open("/step/1")
    browser.send(START)
    browser.open("/step/9")

    page = browser.send(COUPLE)

    assert page.request.path == "/step/2"
    assert page.request.query_string == b"check=1"
    assert errors_in(page) == ["Write something here, please. We need it to go on."]


# ---------------------------------------------------------------- who is too young


def test_l44_under_13_nothing_is_stored_but_a_count(browser: Browser, intake_db: Database) -> None:
    browser.open("/step/1")
    page = browser.send({**START, "age_group": "under_13"})

    assert heading_of(page) == SCREENER.client_text["under18"].heading
    assert rows(intake_db, Person) == 0
    assert browser.client.get_cookie("draft") is None
    with intake_db.begin() as session:
        assert session.get_one(Tally, "under_13").total == 1


def test_l44_what_was_begun_goes_when_somebody_turns_out_to_be_under_13(
    browser: Browser, intake_db: Database
) -> None:
    browser.open("/step/1")
    browser.send(START)
    browser.send(ALONE)
    browser.open("/step/1")
    browser.send({**START, "age_group": "under_13"})

    assert rows(intake_db, Person) == 0
    assert rows(intake_db, Answer) == 0
    assert browser.client.get_cookie("draft") is None


def test_l44_nothing_is_stored_before_the_age_is_known(
    browser: Browser, intake_db: Database
) -> None:
    browser.open("/step/1")
    page = browser.send({**START, "age_group": None})

    assert errors_in(page) == ["Choose one."]
    assert form_in(page).values["session_state"] == ["NY"]
    assert form_in(page).values["private_now"] == ["yes"]
    assert rows(intake_db, Person) == 0
