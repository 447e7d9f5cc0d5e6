"""The database can't be reached, or the line to it is up and nobody answers (F9)."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import pytest
import requests
from flask import Flask

from services.intake.app import create_app
from shared.provision import role_url
from tests.conftest import PASSWORDS
from tests.parties.wire import Wire, target_of, through, wire

SOON: Final = 3.0
"""Seconds within which whoever asks is told to come again."""

IDLE: Final = 0.7
"""After that long a pooled connection is asked before it is used."""


@dataclass
class Practice:
    """Intake's own pages and API, served, with its database at the end of a wire."""

    origin: str
    line: Wire

    def ask(self) -> requests.Response:
        """Begin the form: one of the first things that anybody does, and it writes a row."""
        return requests.post(f"{self.origin}/api/responses", json={}, timeout=30)

    def timed(self) -> tuple[requests.Response, float]:
        """The answer, and the seconds that it took."""
        began = time.monotonic()
        return self.ask(), time.monotonic() - began


@pytest.fixture
def practice(
    database_url: str,
    settings_for: Callable[..., Any],
    serve: Callable[[Flask], str],
    intake_db: object,
) -> Iterator[Practice]:
    with wire(target_of(database_url)) as line:
        url = through(line, role_url(database_url, "intake", PASSWORDS))
        app = create_app(settings_for("intake", DATABASE_URL=url))
        yield Practice(serve(app), line)


WAYS: Final = {"cut": Wire.cut, "dead": Wire.go_dead}


@pytest.mark.parametrize("goes", WAYS.values(), ids=WAYS)
def test_whoever_asks_is_told_to_come_again_and_served_when_it_is_back_f9(
    practice: Practice, goes: Callable[[Wire], None]
):
    with ThreadPoolExecutor(4) as visitors:
        before = list(visitors.map(lambda _: practice.ask().status_code, range(4)))
        time.sleep(IDLE)
        threads = threading.active_count()
        goes(practice.line)

        meanwhile = list(visitors.map(lambda _: practice.timed(), range(12)))
        left = threading.active_count()
        practice.line.cut()  # what was begun on a dead wire never ends well
        practice.line.join()
        after = practice.ask()

    assert before == [201] * 4
    for answer, seconds in meanwhile:
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert seconds < SOON
    # The wire's own: two for each visitor who is still at it, and for the look at who the
    # practice is, which has a thread besides.
    assert left <= threads + 2 * 4 + 3
    assert after.status_code == 201


def test_a_statement_that_is_on_its_way_when_the_line_goes_dead_is_given_up_f9(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
):
    """It was answered a moment ago, so the pool does not ask first: the statement has an end."""
    monkeypatch.setattr("shared.patience.PatientConnection.patience", 1.0)
    assert practice.ask().status_code == 201

    practice.line.go_dead()
    answer, seconds = practice.timed()

    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert seconds < SOON + 1
