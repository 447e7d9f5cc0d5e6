"""Intake's app on a real database, and a scheduler to ask that answers over real HTTP."""

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from services.intake.app import create_app
from shared.clock import utcnow
from shared.db import Database
from shared.tokens import service_token
from shared.vocabulary import ANSWERED_BY, Role
from shared.web.audiences import issue_staff_session
from shared.web.identity import StaffIdentity
from tests.conftest import environment_for
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import decide
from tests.integration.intake.two import Two

DANA = UUID(int=7)
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing answers there


@pytest.fixture
def intake_db(intake_db: Database) -> Database:
    """The database of a practice that has named who stands behind the self-harm questions."""
    decide(intake_db)
    return intake_db


@pytest.fixture
def make_app(intake_db: Database, settings_for: Callable[..., Any]) -> Callable[..., Flask]:
    """Intake with these settings; by default the scheduler does not answer."""

    def make(**overrides: str) -> Flask:
        return create_app(settings_for("intake", **{"SCHEDULER_URL": NOBODY, **overrides}))

    return make


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app()


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def signed_in() -> Callable[..., Browser]:
    """A browser in which somebody of the staff has signed in."""

    def sign_in(app: Flask, role: Role = Role.CLINICIAN, account_id: UUID = DANA) -> Browser:
        browser = Browser(app)
        identity = StaffIdentity(
            session_id=uuid4(),
            account_id=account_id,
            name="Dana Whitlock",
            role=role,
            second_factor=True,
        )
        with app.test_request_context():
            response = Response()
            issue_staff_session(response, identity, utcnow())  # type: ignore[arg-type]
        for cookie in response.headers.getlist("Set-Cookie"):
            name, _, value = cookie.split(";")[0].partition("=")
            browser.client.set_cookie(name, value)
        return browser

    return sign_in


@pytest.fixture
def service_headers(database_url: str) -> dict[str, str]:
    """What the scheduler shows when it asks intake."""
    key = environment_for("intake", database_url)["SERVICE_KEY"]
    token = service_token(key, issuer="scheduler", audience="intake")
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture
def scheduler() -> Iterator[Callable[[dict[str, Any]], str]]:
    """Something that answers as the scheduler would, by path; returns its address."""
    servers = []
    by_it = {ANSWERED_BY: "scheduler"}

    def start(answers: dict[str, Any]) -> str:
        @Request.application
        def reply(request: Request) -> Response:
            if request.path not in answers or "Authorization" not in request.headers:
                return Response("{}", 404, headers=by_it)
            document = json.dumps(answers[request.path])
            return Response(document, mimetype="application/json", headers=by_it)

        server = make_server("127.0.0.1", 0, reply, threaded=True)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()


@pytest.fixture
def two(app: Flask, intake_db: Database, signed_in: Callable[..., Browser]) -> Two:
    """Two people and a clinician."""
    return Two(app=app, database=intake_db, clinician=signed_in(app))
