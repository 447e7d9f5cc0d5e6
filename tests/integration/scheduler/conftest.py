"""The scheduler on a real database, its app, and an intake that answers over HTTP."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from services.scheduler.app import create_app, first_run_link
from services.scheduler.models import Appointment, Practitioner
from services.scheduler.settings import Settings
from shared.db import Database
from tests.conftest import environment_for
from tests.integration.scheduler.desk import OWNER, path
from tests.integration.scheduler.waiting import fill
from tests.integration.scheduler.world import (
    StandInIntake,
    Visitor,
    a_clinician,
    an_invitation,
    hours,
    serving,
    token_of,
)


@pytest.fixture(scope="session")
def standing_in() -> Iterator[StandInIntake]:
    stand_in = StandInIntake()
    with serving(stand_in.app()) as url:
        stand_in.url = url
        yield stand_in


@pytest.fixture
def intake(standing_in: StandInIntake) -> StandInIntake:
    """Intake's internal API, knowing nobody yet."""
    standing_in.forget()
    return standing_in


@pytest.fixture(scope="session")
def settings(database_url: str, standing_in: StandInIntake) -> Settings:
    return Settings.from_env(
        environment_for(
            "scheduler",
            database_url,
            {
                "INTAKE_URL": standing_in.url,
                "BOOKING_NOTICE_HOURS": "0",
                # What is tested here is not who is there; test_second_step.py has it required.
                "SECOND_FACTOR": "offered",
            },
        )
    )


@pytest.fixture(scope="session")
def standing_app(settings: Settings) -> Flask:
    """One app for all tests: compiling its pages takes longer than most of them."""
    return create_app(settings)


@pytest.fixture(scope="session")
def strict_app(settings: Settings) -> Flask:
    """The same practice, as a real one is: a second step is required."""
    return create_app(replace(settings, second_factor="required"))


@pytest.fixture
def app(standing_app: Flask, scheduler_db: Database, settings: Settings) -> Flask:
    settings.standing.forget()
    return standing_app


@pytest.fixture(scope="session")
def standing_apps(settings: Settings) -> list[Flask]:
    """Two more, for all crowds: each keeps a pool, and a server has a hundred connections."""
    return [create_app(settings), create_app(settings)]


@pytest.fixture
def apps(standing_apps: list[Flask], scheduler_db: Database) -> list[Flask]:
    return standing_apps


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


@pytest.fixture
def dana(scheduler_db: Database) -> Practitioner:
    with scheduler_db.begin() as session:
        return a_clinician(session)


@pytest.fixture
def ada(owner: Visitor, scheduler_db: Database) -> Practitioner:
    """Ada works every day from nine to five; Dana, the owner, has no hours."""
    with scheduler_db.begin() as session:
        return a_clinician(session, "Ada Obi")


@pytest.fixture
def full(scheduler_db: Database, settings: Settings) -> list[Appointment]:
    """Dana sees one person a week, on Wednesday at ten; who has which week, in order."""
    with scheduler_db.begin() as session:
        a_clinician(session, weekly=hours(("10:00", "10:20"), days=[3]))
    return fill(scheduler_db, settings)


@pytest.fixture
def token(scheduler_db: Database) -> str:
    """Someone who may book with Dana, every day from nine to five."""
    with scheduler_db.begin() as session:
        a_clinician(session, video_room="https://video.example/dana")
        return token_of(an_invitation(session).id)


@pytest.fixture
def door(visitor: Visitor, settings: Settings) -> str:
    return path(first_run_link(settings))


@pytest.fixture
def owner(visitor: Visitor, door: str) -> Visitor:
    """Dana, signed in."""
    answer = visitor.send(door, visitor.open(door), **OWNER)
    assert answer.status_code == 303
    return visitor
