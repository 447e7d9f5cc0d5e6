"""Members of staff who talk JSON to the scheduler, signed in by the ways that there are."""

from typing import Any, Literal

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.scheduler.app import first_run_link
from services.scheduler.models import Availability
from services.scheduler.operations import staff
from services.scheduler.operations.staff import NewColleague
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database
from shared.vocabulary import Role

PASSWORD = "seven quiet herons at dusk"
EMAIL = "dana@harborlane.example"
OWNER = {"name": "Dana Whitlock", "email": EMAIL, "password": PASSWORD, "credentials": "LMFT"}
MORNING = {"weekday": 1, "start": "09:00", "end": "12:00"}


def first_run_token(settings: Settings) -> str:
    """What comes last in a new first-run link."""
    return (first_run_link(settings) or "").rpartition("/")[2]


def the_owner(app: Flask, settings: Settings) -> FlaskClient:
    """Dana, signed in by the first-run link."""
    client = app.test_client()
    sent = OWNER | {"token": first_run_token(settings)}
    assert client.post("/api/staff/first-run", json=sent).status_code == 201
    return client


def a_colleague(
    app: Flask,
    database: Database,
    settings: Settings,
    role: Literal[Role.CLINICIAN, Role.FRONT_DESK],
) -> FlaskClient:
    """Marcus, signed in with his password."""
    email = "marcus@harborlane.example"
    with database.begin() as session:
        _, welcome = staff.add_colleague(
            session,
            person=NewColleague(name="Marcus Oyelaran", email=email),
            settings=settings,
            now=utcnow(),
            role=role,
        )
        staff.welcome(session, token=welcome, password=PASSWORD, settings=settings, now=utcnow())
    client = app.test_client()
    answer = client.post("/api/staff/session", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 200, answer.get_json()
    return client


def named_fields(answer: Any) -> list[str]:
    """The fields that a problem names."""
    assert answer.content_type == "application/problem+json"
    return [error["field"] for error in answer.get_json()["errors"]]


def kept_hours(database: Database) -> list[tuple[int, str, str]]:
    """Weekday, start and end of what the table holds."""
    with database.begin() as session:
        rows = session.scalars(select(Availability).order_by(Availability.weekday))
        return [(row.weekday, f"{row.starts:%H:%M}", f"{row.ends:%H:%M}") for row in rows]
