"""Every way to fail has one answer: a kind page for people, a problem (RFC 9457) for programs."""

import pytest
import structlog
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from shared.clock import utcnow
from shared.web.problems import flat_errors
from tests.unit.web.floor import make_app, sign_in


def test_a_person_gets_a_page_with_a_way_on_and_a_phone_number():
    answer = make_app().test_client().get("/nothing/here")

    assert answer.status_code == 404
    assert "This page is not here" in answer.text
    assert 'href="/begin/"' in answer.text
    assert 'href="tel:+19145550132"' in answer.text


@pytest.mark.parametrize("path", ["/api/nothing", "/internal/nothing", "/hooks/nothing"])
def test_a_program_gets_a_problem(path: str):
    answer = make_app().test_client().get(path)

    assert answer.content_type == "application/problem+json"
    assert answer.json == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "The link may be old, or already used. Nothing you wrote is lost.",
    }


def test_staff_get_an_error_page_of_their_own_and_strangers_the_clients():
    client = make_app().test_client()
    sign_in(client, started=utcnow())

    assert 'class="staff"' in client.get("/staff/owner/").text
    assert 'class="staff"' not in client.get("/staff/nothing").text


def test_a_refusal_keeps_its_own_words_and_members():
    client = make_app().test_client()

    page = client.get("/taken")
    problem = client.get("/api/taken")

    assert page.status_code == problem.status_code == 409
    assert "Someone took that time a moment ago." in page.text
    assert problem.json == {
        "type": "/problems/slot-taken",
        "title": "That time was just taken",
        "status": 409,
        "detail": "Someone took that time a moment ago.",
        "alternatives": ["10:30"],
    }


@pytest.mark.parametrize("path", ["/taken", "/api/taken"])
def test_a_wrong_method_is_told_the_right_ones(path: str):
    client = make_app().test_client()
    answer = client.delete(path)

    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_what_breaks_is_logged_by_place_and_kind_and_never_by_message():
    structlog.reset_defaults()
    with capture_logs() as lines:
        answer = make_app().test_client().get("/broken")

    broke = next(line for line in lines if line["event"] == "request.broke")
    assert answer.status_code == 500
    assert broke["kind"] == "KeyError"
    assert "floor.py" in broke["where"][-1]
    assert "rowan@example.org" not in f"{lines}{answer.text}"


def test_a_person_can_name_what_broke():
    answer = make_app().test_client().get("/broken", headers={"X-Request-ID": "abcdef0123456789"})

    assert "abcdef0123456789" in answer.text


def test_a_database_that_is_away_is_not_a_mistake_of_ours():
    app = make_app()

    @app.before_request
    def away() -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    page = app.test_client().get("/page")
    problem = app.test_client().get("/api/echo")

    assert (page.status_code, problem.status_code) == (503, 503)
    assert page.headers["Retry-After"] == "10"


def test_a_body_over_a_mebibyte_is_refused():
    client = make_app().test_client()

    page = client.post("/page", data={"name": "x" * (1024 * 1024 + 1)})
    problem = client.post("/api/echo", json={"name": "x" * (1024 * 1024 + 1)})

    assert (page.status_code, problem.status_code) == (413, 413)
    assert "too long" in page.text


def test_errors_name_the_field_however_deep_it_is():
    errors = {"contact": {"email": ["Too long."], "a/b": {0: ["No."]}}, "_schema": ["Odd."]}

    assert list(flat_errors(errors)) == [
        {"field": "contact.email", "pointer": "#/contact/email", "detail": "Too long."},
        {"field": "contact.a/b.0", "pointer": "#/contact/a~1b/0", "detail": "No."},
        {"field": "", "pointer": "#", "detail": "Odd."},
    ]
