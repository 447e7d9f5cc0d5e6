"""Versions of the form: what staff may word, what not, and that no decision changes."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from services.intake.domain.definition import load
from services.intake.models import (
    Answer,
    Consent,
    Decision,
    Person,
    Questionnaire,
    QuestionnaireResponse,
    ScreenerVersion,
)
from services.intake.operations import questionnaires, screener_versions
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser, errors_in, form_in
from tests.integration.intake.people import ALONE, COUPLE, OWNER, fill_in, send, sent
from tests.unit.intake.cases import SCREENER_TEXT

NAME = "question.name_used.text"
OURS = "What name should we use for you?"


@pytest.fixture
def owner(app: Flask, signed_in: Callable[..., Browser]) -> Browser:
    return signed_in(app, Role.OWNER)


def word(browser: Browser, group: str, given: dict[str, Any]) -> Any:
    """Open the editor of one page, change some fields, and keep it."""
    path = f"/staff/screener/words/{group}"
    browser.open(path)
    values: dict[str, Any] = {**form_in(browser.page).values, **given}
    return browser._follow(browser.client.post(path, data=values))


def publish(browser: Browser) -> Any:
    browser.open("/staff/screener")
    csrf = re.findall(r'name="csrf_token" value="([^"]+)"', browser.page.text)[-1]
    return browser._follow(
        browser.client.post("/staff/screener/publish", data={"csrf_token": csrf})
    )


def published(database: Database, **words: Any) -> ScreenerVersion:
    with database.begin() as session:
        named = {name.replace("__", "."): said for name, said in words.items()}
        assert screener_versions.save(session, reader=OWNER, words=named) == {}
        return screener_versions.publish(session, reader=OWNER)


# ---------------------------------------------------------------- editing and publishing


def test_words_are_drafted_looked_at_and_published(
    intake_db: Database, owner: Browser, browser: Browser
) -> None:
    word(owner, "you", {NAME: OURS})
    assert OURS in owner.page.text  # as a change of the draft, in words
    assert OURS not in browser.open("/api/questionnaire").text

    page = owner.open("/staff/screener/preview/you").text
    assert OURS in page
    assert "Preview of the draft" in page

    publish(owner)
    assert "Published as version 1" in owner.page.text
    assert "0.1.0-draft+practice.1" in owner.page.text
    assert "Dana Whitlock" in owner.page.text
    assert OURS in browser.open("/api/questionnaire").text
    browser.walk(ALONE)
    assert browser.page.request.path == "/next"
    with intake_db.begin() as session:
        response = session.scalars(select(QuestionnaireResponse)).one()
        assert questionnaires.of_response(session, response).version == "0.1.0-draft+practice.1"
        consent = session.scalars(select(Consent).limit(1)).one()
        assert consent.text_version == "0.1.0-draft+practice.1"


def test_every_process_sees_the_published_version_at_once(
    intake_db: Database, make_app: Callable[..., Flask], signed_in: Callable[..., Browser]
) -> None:
    another = Browser(make_app())
    assert OURS not in another.open("/api/questionnaire").text

    published(intake_db, question__name_used__text=OURS)

    assert OURS in another.open("/api/questionnaire").text


def test_l33_a_form_begun_before_goes_on_in_its_own_words(
    intake_db: Database, browser: Browser
) -> None:
    browser.open("/step/1")
    browser.send(ALONE)
    published(intake_db, question__name_used__text=OURS)

    assert "What should we call you?" in browser.open("/step/2").text
    while browser.page.request.path.startswith("/step/"):
        browser.send(ALONE)
    with intake_db.begin() as session:
        row = session.scalars(select(Decision)).one()
        assert row.form_sha256 == load(SCREENER_TEXT).sha256
        assert row.rules_sha256 == load(SCREENER_TEXT).rules_sha256
        assert row.text_version == "0.1.0-draft"


def test_l33_the_decision_says_which_words_and_which_rules_it_was_made_by(
    intake_db: Database,
) -> None:
    version = published(intake_db, question__name_used__text=OURS)
    sent(intake_db, COUPLE)

    with intake_db.begin() as session:
        row = session.scalars(select(Decision)).one()
        assert row.form_sha256 == version.sha256
        assert row.text_version == "0.1.0-draft+practice.1"
        assert row.rules_sha256 == load(SCREENER_TEXT).rules_sha256  # words are no rules
        kept = session.get_one(Questionnaire, version.sha256)
        assert OURS in kept.definition


def test_l33_a_published_version_can_be_neither_changed_nor_deleted(intake_db: Database) -> None:
    published(intake_db, question__name_used__text=OURS)

    for change in ("UPDATE screener_version SET number = 9", "DELETE FROM screener_version"):
        with pytest.raises(DBAPIError), intake_db.begin() as session:
            session.connection().exec_driver_sql(change)


def test_going_back_to_the_reviewed_words_is_a_version_too(intake_db: Database) -> None:
    published(intake_db, question__name_used__text=OURS)
    again = published(intake_db, question__name_used__text="What should we call you?")

    assert again.number == 2
    assert again.sha256 == load(SCREENER_TEXT).sha256


def test_what_says_the_same_is_not_published(intake_db: Database, owner: Browser) -> None:
    publish(owner)

    assert "This is in use already" in owner.page.text
    with intake_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(ScreenerVersion)) == 0


# ---------------------------------------------------------------- what may not be changed


def test_an_emptied_text_or_a_lost_placeholder_is_refused_beside_its_field(
    intake_db: Database, owner: Browser
) -> None:
    page = word(owner, "you", {NAME: "  ", "question.pronouns.text": "Your pronouns?"})
    assert page.status_code == 422
    assert errors_in(page) == ["This needs some words."]
    assert "Your pronouns?" in page.text  # nothing typed is lost

    page = word(owner, "agree", {"consent.c_npp.text": "The notice says what your rights are."})
    assert "Keep {npp_link}" in errors_in(page)[0]
    page = word(owner, "agree", {"consent.c_email.text": "You may email {name}."})
    assert "Nothing can be put in for {name}" in errors_in(page)[0]
    with intake_db.begin() as session:
        assert screener_versions.draft(session).edits == {}


def test_the_words_of_a_published_measure_have_no_field(owner: Browser) -> None:
    page = owner.open("/staff/screener/words/wellbeing").text

    assert "Over the last 2 weeks" not in page
    assert "phq4" not in page
    assert "option_sets.phq" not in owner.open("/staff/screener/words/answers").text
    assert "Nearly every day" not in owner.page.text


def test_answers_that_rules_read_can_be_reworded_and_not_hidden_moved_or_joined(
    intake_db: Database, owner: Browser
) -> None:
    reason = "options.who_for"
    page = word(owner, "reason", {f"{reason}.hide": ["couple"]})
    assert "those stay" in errors_in(page)[0]
    page = word(owner, "reason", {f"{reason}.add": "A friend of mine"})
    assert "No answer can be added here" in errors_in(page)[0]
    page = word(owner, "reason", {f"{reason}.couple.turn": "1"})
    assert "those stay" in errors_in(page)[0]

    word(owner, "reason", {f"{reason}.couple.label": "My partner and me, together"})
    publish(owner)
    with intake_db.begin() as session:
        options = questionnaires.current(session).items["who_for"].options
        assert [option.value for option in options][2] == "couple"
        assert options[2].label == "My partner and me, together"


def test_answers_that_nothing_reads_can_be_added_hidden_and_moved(
    intake_db: Database, owner: Browser, browser: Browser
) -> None:
    goals = "options.goals"
    word(
        owner,
        "reason",
        {
            f"{goals}.hide": ["soften"],
            f"{goals}.decide.turn": "0",
            f"{goals}.add": "Sleep better",
        },
    )
    publish(owner)

    with intake_db.begin() as session:
        found = [option.value for option in questionnaires.current(session).items["goals"].options]
    assert found[0] == "decide"
    assert "soften" not in found
    assert found[-1] == "own_1"
    browser.walk({**ALONE, "goals": ["own_1"]})
    assert browser.page.request.path == "/next"

    # Hidden is not gone: it is there to be shown again, and so is what was added.
    word(owner, "reason", {f"{goals}.hide": [], f"{goals}.add": "Eat better"})
    publish(owner)
    with intake_db.begin() as session:
        found = [option.value for option in questionnaires.current(session).items["goals"].options]
    assert "soften" in found
    assert {"own_1", "own_2"} <= set(found)


@pytest.mark.parametrize("name", ["rules.R01.when", "question.h_now.neutral", "flag.minor.staff"])
def test_rules_levels_and_neutral_values_have_no_place(
    intake_db: Database, owner: Browser, name: str
) -> None:
    assert word(owner, "wellbeing", {name: "true"}).status_code == 422
    with intake_db.begin() as session, pytest.raises(KeyError):
        screener_versions.save(session, reader=OWNER, words={name: "true"})


# ---------------------------------------------------------------- who may


def test_the_front_desk_has_no_access_and_only_the_owner_publishes(
    intake_db: Database, app: Flask, signed_in: Callable[..., Browser]
) -> None:
    clinician, desk = signed_in(app, Role.CLINICIAN), signed_in(app, Role.FRONT_DESK)
    for path in ("", "/words/you", "/preview/you", "/preview/end/self_call"):
        assert desk.open(f"/staff/screener{path}").status_code == 403
        assert clinician.open(f"/staff/screener{path}").status_code == 200
    word(clinician, "you", {NAME: OURS})
    assert "The owner of the practice publishes it" in clinician.open("/staff/screener").text
    csrf = form_in(clinician.open("/staff/screener/words/you")).values["csrf_token"]
    answer = clinician.client.post("/staff/screener/publish", data={"csrf_token": csrf})

    assert answer.status_code == 403
    with intake_db.begin() as session:
        assert questionnaires.current(session).version == "0.1.0-draft"


# ---------------------------------------------------------------- preview


def test_the_preview_is_the_real_page_with_every_question_and_stores_nothing(
    intake_db: Database, owner: Browser
) -> None:
    screener = load(SCREENER_TEXT)
    for section in screener.first_form:
        page = owner.open(f"/staff/screener/preview/{section.id}")
        assert page.status_code == 200
        assert "nothing you choose here is stored" in page.text
        shown = form_in(page)
        offered = {*shown.offered, *shown.values}
        assert {item.id for item in section.items} <= offered, section.id
        assert shown.action == f"/staff/screener/preview/{section.id}"
        owner.send({item.id: ALONE.get(item.id) for item in section.items})
        assert owner.page.request.path.startswith("/staff/screener/preview/")
    for key in screener.client_text:
        assert "Preview of the draft" in owner.open(f"/staff/screener/preview/end/{key}").text
    with intake_db.begin() as session:
        for model in (Person, Answer, QuestionnaireResponse, Decision):
            assert session.scalar(select(func.count()).select_from(model)) == 0


# ---------------------------------------------------------------- a newer reviewed file


def reviewed(*pairs: tuple[str, str]) -> str:
    text = SCREENER_TEXT.replace("version: 0.1.0-draft", "version: 0.2.0", 1)
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def test_an_upgrade_of_the_software_leaves_what_was_published_until_the_owner_publishes(
    intake_db: Database, owner: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(intake_db, question__name_used__text=OURS, question__pronouns__text="Pronouns?")
    newer = reviewed(("What should we call you?", "How should we call you?"))
    monkeypatch.setattr(questionnaires, "shipped_text", lambda: newer)

    with intake_db.begin() as session:
        assert questionnaires.current(session).version == "0.1.0-draft+practice.1"
    page = owner.open("/staff/screener").text
    assert "A newer reviewed file is here" in page
    assert "Your words no longer fit" in page  # shown, not lost
    assert OURS in page

    publish(owner)
    with intake_db.begin() as session:
        now = questionnaires.current(session)
        assert now.version == "0.2.0+practice.2"
        assert now.items["name_used"].text == "How should we call you?"
        assert now.items["pronouns"].text == "Pronouns?"
    assert "Your words no longer fit" in owner.open("/staff/screener").text
    assert "A newer reviewed file is here" not in owner.page.text

    word(owner, "you", {NAME: OURS})
    assert "Your words no longer fit" not in owner.page.text
    publish(owner)
    with intake_db.begin() as session:
        assert questionnaires.current(session).items["name_used"].text == OURS


def test_an_installed_file_brings_its_rules_and_keeps_the_edits_that_fit(
    intake_db: Database, owner: Browser
) -> None:
    published(intake_db, question__name_used__text=OURS)
    file = reviewed(("in: [video]}]}, staff:", "in: [video, either]}]}, staff:"))
    with intake_db.begin() as session:
        row, lost = screener_versions.install(session, text=file, by="the command line")

    assert lost == ()
    assert row.installed
    with intake_db.begin() as session:
        now = questionnaires.current(session)
        assert now.version == "0.2.0+practice.2"
        assert now.items["name_used"].text == OURS
        assert now.rules_sha256 == load(file).rules_sha256 != load(SCREENER_TEXT).rules_sha256
    assert "The rules are other ones" in owner.open("/staff/screener").text


def test_each_publication_has_a_number_of_its_own(intake_db: Database) -> None:
    first = published(intake_db, question__name_used__text=OURS)
    second = published(intake_db, question__name_used__text="Your name?")

    assert (first.number, second.number) == (1, 2)
    with intake_db.begin() as session:
        form = fill_in(session, "token", ALONE)
        assert form.screener.version == "0.1.0-draft+practice.2"
        send(session, "token")
