"""Intake keeps a copy of who the practice is, as the scheduler says it, and its pages say it."""

import pytest

from services.intake.app import create_app
from shared.peers import PeerUnavailable
from shared.practice import ask, decided
from shared.web.context import floor

FACTS = {"name": "Alder", "neutral_sender": "Alder Row", "phone": "914-555-0177"}


def said(version, **changes):
    facts = {"version": version, "timezone": "America/Chicago", **FACTS, **changes}
    return lambda path: facts if path == "/internal/practice" else pytest.fail(path)


@pytest.fixture
def app(intake_db, settings_for):
    return create_app(settings_for("intake"))


def front_page(app):
    return app.test_client().get("/").get_data(as_text=True)


def look_at_once(app):
    floor(app).settings.standing.good_until = 0.0


def test_what_the_scheduler_says_stands_on_every_page(app, intake_db):
    settings = floor(app).settings
    assert "914-555-0132" in front_page(app)

    look_at_once(app)
    ask(intake_db, settings, said(1))

    assert "914-555-0177" in front_page(app)
    assert "914-555-0132" not in front_page(app)
    assert settings.practice.timezone == "America/Chicago"


def test_a_silent_scheduler_and_one_that_has_nothing_change_nothing(app, intake_db):
    settings = floor(app).settings
    ask(intake_db, settings, said(2))

    def silent(_path):
        raise PeerUnavailable("scheduler")

    for get in (silent, lambda _path: {}):
        look_at_once(app)
        ask(intake_db, settings, get)
        assert settings.practice.neutral_sender == "Alder Row"


def test_what_comes_late_does_not_stand_over_what_came_later(app, intake_db):
    settings = floor(app).settings
    ask(intake_db, settings, said(3, name="Birch"))
    look_at_once(app)
    ask(intake_db, settings, said(2))

    with intake_db.begin() as session:
        assert decided(session).name == "Birch"
