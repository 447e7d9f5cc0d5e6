"""Every view function of every service belongs to a blueprint with a guard, and the guards hold."""

from dataclasses import replace
from importlib import import_module
from types import ModuleType

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, Rule

from shared.clock import utcnow
from shared.vocabulary import SERVICES, Role, Service
from shared.web.audience_names import AUDIENCES
from shared.web.audiences import audience_of
from shared.web.context import floor
from tests.conftest import environment_for
from tests.unit.web.floor import DANA, make_app, sign_in

NOWHERE = "postgresql:///nowhere"
ANY = {
    "UUIDConverter": "00000000-0000-4000-8000-000000000000",
    "IntegerConverter": "1",
    "UnicodeConverter": "x",
    "PathConverter": "x",
}


def service_app(service: Service) -> Flask:
    """The app as its composition root makes it. Nothing here gets as far as a database."""
    root: ModuleType = import_module(f"services.{service}.app")
    settings = import_module(f"services.{service}.settings").Settings
    app: Flask = root.create_app(settings.from_env(environment_for(service, NOWHERE)))
    return app


@pytest.fixture(scope="module", params=SERVICES)
def app(request: pytest.FixtureRequest) -> Flask:
    return service_app(request.param)


def unguarded(app: Flask) -> list[str]:
    """Endpoints that nobody guards."""
    rules = app.url_map.iter_rules()
    return sorted(r.endpoint for r in rules if audience_of(app, r.endpoint) not in AUDIENCES)


def rules_of(app: Flask, audience: str) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if audience_of(app, rule.endpoint) == audience and rule.endpoint not in floor(app).doors
    ]


def address(rule: Rule) -> str:
    """Some address that this rule answers."""
    values = {
        name: min(converter.items)
        if isinstance(converter, AnyConverter)
        else ANY[type(converter).__name__]
        for name, converter in rule._converters.items()
    }
    domain_and_path = rule.build(values)
    assert domain_and_path
    return domain_and_path[1]


def method(rule: Rule) -> str:
    return min((rule.methods or set()) - {"HEAD", "OPTIONS"})


def test_every_view_has_an_audience(app: Flask):
    assert unguarded(app) == []


def test_a_view_without_an_audience_would_be_noticed():
    app = make_app()
    app.add_url_rule("/open", "open", lambda: "everything")

    assert unguarded(app) == ["open"]


def test_only_the_scheduler_has_doors(app: Flask):
    """Staff accounts live there: nobody signs in anywhere else."""
    assert not floor(app).doors or floor(app).service == "scheduler"


def test_every_door_is_a_view(app: Flask):
    assert floor(app).doors <= set(app.view_functions)


def test_no_staff_view_answers_a_stranger(app: Flask):
    client = app.test_client()
    for rule in rules_of(app, "staff"):
        answer = client.open(address(rule), method=method(rule))
        assert answer.status_code in {303, 400}, rule
        assert b"staff/sign-in" in answer.data or b"Please send it again" in answer.data, rule


# Where nothing sealed is shown, so that a practice can be set up before there is a second step.
FOR_SETTING_UP = {
    "scheduler": {
        *("door", "introduction", "licences", "practice", "presence", "rules", "setting_up"),
        *("rule_types", "yours", "passkeys", "hours_api", "sign_in_api"),
    },
    "intake": {"presence", "staff_settings"},
    "notifier": {"presence"},
}


def test_nothing_sealed_is_shown_to_a_password_alone(app: Flask):
    """ASVS 6.3.3: every page of staff, and every route of their API, but those named here."""
    laid = floor(app)
    alone = replace(DANA, role=Role.OWNER, second_factor=False)
    laid.confirm_session = lambda _: alone
    client = app.test_client()
    sign_in(client, started=utcnow(), identity=alone)
    programs = [rule for rule in rules_of(app, "api") if rule.rule.startswith("/api/staff/")]
    found = set()
    for rule in [*rules_of(app, "staff"), *programs]:
        blueprint = rule.endpoint.rpartition(".")[0]
        found.add(blueprint)
        if blueprint in {*FOR_SETTING_UP[laid.service], "staff_door_api"} or "GET" not in (
            rule.methods or set()
        ):
            continue
        answer = client.get(address(rule))
        assert answer.status_code in {303, 403}, rule
        assert b"your-sign-in" in answer.data or b"second-factor-needed" in answer.data, rule
    assert found >= FOR_SETTING_UP[laid.service]


def test_no_internal_view_answers_without_a_pass(app: Flask):
    client = app.test_client()
    for rule in rules_of(app, "internal"):
        assert client.open(address(rule), method=method(rule)).status_code == 401, rule


def test_no_client_form_is_taken_without_its_token(app: Flask):
    client = app.test_client()
    for rule in rules_of(app, "client"):
        if "POST" in (rule.methods or set()):
            assert client.post(address(rule)).status_code == 400, rule


def test_every_prefix_of_a_program_s_door_says_so(app: Flask):
    """An unknown address below /api has no view to ask: the path decides how it is answered."""
    for audience in ("api", "internal", "hooks"):
        for rule in rules_of(app, audience):
            assert rule.rule.startswith(f"/{audience}/"), rule
