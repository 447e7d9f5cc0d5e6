"""The scheduler on a real database, its app, and an intake that answers over HTTP."""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from services.scheduler.app import create_app
from services.scheduler.settings import Settings
from shared.db import Database
from tests.integration.scheduler.world import StandInIntake, Visitor, serving


@pytest.fixture
def intake() -> Iterator[StandInIntake]:
    stand_in = StandInIntake()
    with serving(stand_in.app()) as url:
        stand_in.url = url
        yield stand_in


@pytest.fixture
def settings(settings_for: Callable[..., Settings], intake: StandInIntake) -> Settings:
    return settings_for("scheduler", INTAKE_URL=intake.url, BOOKING_NOTICE_HOURS="0")


@pytest.fixture
def app(settings: Settings, scheduler_db: Database) -> Flask:
    return create_app(settings)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())
