"""A small app on the shared web floor, with one view for each audience."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, Response, jsonify, render_template_string, request
from flask.testing import FlaskClient
from flask.typing import ResponseReturnValue

from shared.db import Database
from shared.settings import CommonSettings, Practice
from shared.tokens import service_token
from shared.vocabulary import Role, Service
from shared.web import init_app, keep
from shared.web.audiences import (
    asking_service,
    bearer,
    current_staff,
    guard_api,
    guard_client,
    guard_hooks,
    guard_internal,
    guard_staff,
)
from shared.web.identity import StaffIdentity
from shared.web.problems import Refusal
from shared.web.sessions import StaffSession, set_session

PRACTICE = Practice(
    name="Harbor Lane",
    neutral_sender="Harbor Lane",
    phone="914-555-0132",
    timezone="America/New_York",
    licensed_states=("NY", "NJ"),
    quick_exit_url="https://www.weather.gov/",
    sender_address="notes@harborlane.example",
)

SETTINGS = CommonSettings(
    database_url="postgresql:///nowhere",
    broker_url="postgresql:///nowhere",
    public_url="http://localhost",
    secret_key="a-secret-for-tests-that-is-long-enough",
    service_key="a-service-key-for-tests-that-is-long",
    encryption_keys="",
    intake_url="http://localhost/begin",
    scheduler_url="http://localhost/schedule",
    notifier_url="http://localhost/notify",
    practice_given=PRACTICE,
)

DANA = StaffIdentity(
    session_id=UUID("00000000-0000-4000-8000-000000000001"),
    account_id=UUID("00000000-0000-4000-8000-000000000002"),
    name="Dana Whitlock",
    role=Role.CLINICIAN,
    second_factor=True,
)

CLIENT_PAGE = """{% extends 'ui/client.html' %}{% block main %}
<form method="post">{{ csrf_field() }}<input name="name" value="{{ name }}"></form>{% endblock %}"""
STAFF_PAGE = "{% extends 'ui/staff.html' %}{% block main %}<h1>Today</h1>{% endblock %}"


class SlotTaken(Refusal):
    """A refusal of a service, with a member of its own."""

    title = "That time was just taken"
    type_ = "/problems/slot-taken"


class Unsigned(Refusal):
    status = 403
    title = "The signature does not fit"


def client_pages() -> Blueprint:
    pages = Blueprint("client", __name__)
    guard_client(pages)

    @pages.route("/page", methods=["GET", "POST"])
    def page() -> str:
        return render_template_string(CLIENT_PAGE, name=request.form.get("name", ""))

    @pages.get("/t/<token>")
    def by_token(token: str) -> str:
        return token

    @pages.get("/broken")
    def broken() -> str:
        raise KeyError("rowan@example.org")

    @pages.get("/taken")
    def taken() -> str:
        raise SlotTaken("Someone took that time a moment ago.")

    return pages


def staff_pages() -> Blueprint:
    pages = Blueprint("staff", __name__, url_prefix="/staff")
    guard_staff(pages, doors={"sign_in"})

    @pages.route("/", methods=["GET", "POST"])
    def today() -> str:
        return render_template_string(STAFF_PAGE) + current_staff().name

    @pages.get("/sign-in")
    def sign_in() -> str:
        return "door"

    return pages


def owner_pages() -> Blueprint:
    pages = Blueprint("owner", __name__, url_prefix="/staff/owner")
    guard_staff(pages, roles={Role.OWNER})

    @pages.get("/")
    def owner() -> str:
        return "owner"

    return pages


def program_doors(check: Callable[[], None]) -> list[Blueprint]:
    api = Blueprint("api", __name__, url_prefix="/api")
    staff_api = Blueprint("staff_api", __name__, url_prefix="/api/staff")
    internal = Blueprint("internal", __name__, url_prefix="/internal")
    hooks = Blueprint("hooks", __name__, url_prefix="/hooks")
    guard_api(api)
    guard_api(staff_api, roles=frozenset(Role))
    guard_internal(internal)
    guard_hooks(hooks, check)

    @api.route("/echo", methods=["GET", "POST"])
    def echo() -> ResponseReturnValue:
        body = request.get_json() if request.method == "POST" else None
        return jsonify({"token": bearer(), "body": body})

    @api.get("/taken")
    def taken() -> ResponseReturnValue:
        raise SlotTaken("Someone took that time a moment ago.", alternatives=["10:30"])

    @staff_api.route("/log", methods=["GET", "POST"])
    def log() -> ResponseReturnValue:
        return jsonify({"who": current_staff().name})

    @internal.get("/who")
    def who() -> ResponseReturnValue:
        return jsonify({"issuer": asking_service()})

    @hooks.post("/said")
    def said() -> ResponseReturnValue:
        return Response(status=204)

    return [api, staff_api, internal, hooks]


def signed_hook() -> None:
    if request.headers.get("X-Signature") != "good":
        raise Unsigned("Nothing was changed.")


def make_app(
    service: Service = "scheduler",
    *,
    confirm: Callable[[UUID], StaffIdentity | None] = lambda _: DANA,
    database: Database | None = None,
    **changes: Any,
) -> Flask:
    """An app with a view for every audience; `changes` are settings."""
    app = Flask(__name__, static_folder=None)
    settings = replace(SETTINGS, **changes)
    laid = database or Database(settings.database_url)
    init_app(app, settings, laid, service=service, confirm_session=confirm)
    keep(app, "answer", 42)
    doors = program_doors(signed_hook)
    for blueprint in [client_pages(), staff_pages(), owner_pages(), *doors]:
        app.register_blueprint(blueprint)
    return app


def sign_in(
    client: FlaskClient,
    *,
    started: datetime,
    seen: datetime | None = None,
    confirmed: datetime | None = None,
    identity: StaffIdentity = DANA,
) -> None:
    """Give the browser a session that began, was used and was confirmed at these instants."""
    session = StaffSession(
        identity=identity,
        started_at=started,
        seen_at=seen or started,
        confirmed_at=confirmed or seen or started,
    )
    with client.application.test_request_context():
        response = Response()
        set_session(response, session)
    name, _, rest = response.headers["Set-Cookie"].partition("=")
    client.set_cookie(name, rest.partition(";")[0])


def pass_for(audience: Service, issuer: Service = "notifier") -> dict[str, str]:
    """The headers with which `issuer` asks `audience`."""
    token = service_token(SETTINGS.service_key, issuer=issuer, audience=audience)
    return {"Authorization": f"Bearer {token}"}
