"""The way to a time in Spanish: who chooses the language, and that nothing else changes with it."""

import re

import pytest
from flask import Flask

from services.scheduler.app import create_app
from services.scheduler.settings import Settings
from shared.db import Database
from tests.conftest import environment_for
from tests.integration.scheduler.browsing import booked, day_in, held
from tests.integration.scheduler.world import StandInIntake, Visitor, words

SPANISH = {"Accept-Language": "es-MX,es;q=0.9,en;q=0.5"}


@pytest.fixture(scope="module")
def bilingual(database_url: str, standing_in: StandInIntake) -> Flask:
    more = {
        "INTAKE_URL": standing_in.url,
        "BOOKING_NOTICE_HOURS": "0",
        "CLIENT_LANGUAGES": "en,es",
    }
    return create_app(Settings.from_env(environment_for("scheduler", database_url, more)))


@pytest.fixture
def reader(bilingual: Flask, scheduler_db: Database, intake: StandInIntake) -> Visitor:
    return Visitor(bilingual.test_client())


def in_spanish(reader: Visitor, path: str) -> None:
    answer = reader.client.get(f"{path}?lang=es")
    assert (answer.status_code, answer.location) == (303, path)


def language_of(page) -> str:
    return re.search(r'<html lang="([^"]+)"', page.text)[1]


def outside_main(page) -> str:
    return re.sub(r"<head>.*</head>|<main.*</main>", "", page.text, flags=re.DOTALL)


def test_p15_a_person_books_in_spanish_from_the_first_page_to_the_last(reader, token):
    in_spanish(reader, f"/t/{token}")

    page = reader.open(f"/t/{token}?day={day_in(1)}")
    assert "Elija una hora para su llamada" in words(page)
    held(reader, token, 1)
    assert "Le estamos guardando esta hora" in words(reader.open(f"/t/{token}/check"))
    own = reader.open(booked(reader, token))

    assert language_of(own) == "es-US"
    assert "Su cita está reservada" in words(own)
    assert re.search(r"(lunes|martes|miércoles|jueves|viernes|sábado|domingo), \d+ de ", own.text)
    assert "hora oriental (Nueva York)" in own.text


def test_every_step_about_a_time_can_be_read_in_spanish(reader, token, intake):
    own = booked(reader, token)
    in_spanish(reader, own)

    for step in ("", "/change", "/times", "/zone", "/wait"):
        page = reader.open(f"{own}{step}")
        assert (page.status_code, language_of(page)) == (200, "es-US"), step
        assert "Your time" not in page.text


def test_p19_the_calendar_says_cita_and_nothing_else(reader, token):
    own = booked(reader, token)
    in_spanish(reader, own)

    entry = reader.open(f"{own}/appointment.ics").text

    assert "SUMMARY:Cita\r\n" in entry
    assert "DESCRIPTION" not in entry


def test_the_browser_s_language_counts_until_somebody_chooses(reader, token):
    first = reader.client.get(f"/t/{token}", headers=SPANISH)
    reader.client.get(f"/t/{token}?lang=en")
    then = reader.client.get(f"/t/{token}", headers=SPANISH)

    assert (language_of(first), language_of(then)) == ("es-US", "en-US")


def test_the_language_is_kept_in_a_cookie_that_says_nothing_else(reader, token):
    answer = reader.client.get(f"/t/{token}?day={day_in(1)}&lang=es")

    assert answer.location == f"/t/{token}?day={day_in(1)}"
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert cookie == "lang=es; HttpOnly; Path=/; SameSite=Lax"


def test_asked_for_on_an_answer_to_a_form_it_leads_to_the_page_of_that_form(reader, token):
    answer = reader.client.get(f"/t/{token}/hold?lang=es")

    assert (answer.status_code, answer.location) == (303, f"/t/{token}")


@pytest.mark.parametrize(
    "path", ["//example.org/?lang=es", "/staff/sign-in?lang=es", "/t/x?lang=xx"]
)
def test_nothing_else_is_led_anywhere_by_it(reader, path):
    answer = reader.client.get(path)

    assert "example.org" not in (answer.location or "").removeprefix("/").split("?")[0] or (
        not answer.location.startswith("//")
    )
    assert "lang=" not in str(answer.headers.getlist("Set-Cookie")) or "example" in path


def test_what_a_page_refuses_is_said_in_spanish_and_told_to_programs_in_english(reader, token):
    in_spanish(reader, f"/t/{token}")

    page = reader.open(f"/t/{token}")
    wrong = reader.send(f"/t/{token}/hold", page)
    gone = reader.open("/t/" + "x" * 43)
    program = reader.client.get("/api/appointments", headers=SPANISH)

    assert "Elija una hora." in words(wrong)
    assert "Revise una hora" in words(wrong)
    assert (gone.status_code, language_of(gone)) == (404, "es-US")
    assert "Esta página no está aquí" in words(gone)
    assert "Esta" not in program.text


def test_l32_around_the_page_each_language_is_the_same_bytes_for_everyone(reader, token):
    in_spanish(reader, f"/t/{token}")
    pages = (reader.open(f"/t/{token}"), reader.open(booked(reader, token)))
    around = {outside_main(page) for page in pages}

    assert len(around) == 1
    assert "Llame al 911" in around.pop()


def test_a_practice_that_has_not_turned_it_on_speaks_english_to_everyone(visitor, token):
    asked = visitor.client.get(f"/t/{token}?lang=es", headers=SPANISH)

    assert (asked.status_code, language_of(asked)) == (200, "en-US")
    assert "Español" not in asked.text
    assert not [one for one in asked.headers.getlist("Set-Cookie") if one.startswith("lang")]
