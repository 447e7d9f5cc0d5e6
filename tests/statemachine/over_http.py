"""A program's request to the web app of this process: status and body as they go over the wire."""

from functools import lru_cache
from typing import Any

from flask import Flask

from services.scheduler.app import create_app
from services.scheduler.settings import Settings
from shared.db import Database, database_now
from tests.statemachine import watch


@lru_cache(maxsize=1)
def _app(settings: Settings) -> Flask:
    return create_app(settings)


def send(
    database: Database, settings: Settings, *, path: str, token: str, body: Any, key: str | None
) -> str:
    """Post it with the token of whoever sends it, and with the key if there is one."""
    _look_at_the_clock(database)
    headers = {"Authorization": f"Bearer {token}"}
    if key:
        headers["Idempotency-Key"] = f'"{key}"'
    answer = _app(settings).test_client().post(path, json=body, headers=headers)
    return f"{answer.status_code} {answer.get_data(as_text=True)}"


def slots(database: Database, settings: Settings, *, token: str, first: int) -> str:
    """The soonest times, as a program reads them."""
    _look_at_the_clock(database)
    answer = (
        _app(settings)
        .test_client()
        .get(f"/api/slots?first={first}", headers={"Authorization": f"Bearer {token}"})
    )
    return f"{answer.status_code} {answer.get_data(as_text=True)}"


def _look_at_the_clock(database: Database) -> None:
    with database.begin() as session:
        watch.set_to(database_now(session))
