"""The JSON API's errors are the same problems as everywhere, and its document says so."""

from typing import Any

import pytest
from flask import Flask
from flask_smorest import Blueprint
from marshmallow import Schema, fields

from shared.web.audiences import audience_of, guard_api
from shared.web.openapi import JsonApi
from tests.unit.web.floor import make_app


class HoldSchema(Schema):
    start = fields.AwareDateTime(required=True)
    note = fields.String()


def make_api() -> Flask:
    app = make_app("scheduler")
    holds = Blueprint("holds", __name__, url_prefix="/api/holds")
    guard_api(holds)

    @holds.post("")
    @holds.arguments(HoldSchema)
    @holds.response(201, HoldSchema)
    def hold(given: dict[str, Any]) -> dict[str, Any]:
        """Hold a time."""
        return given

    JsonApi(app, title="Scheduler").register_blueprint(holds)
    return app


@pytest.mark.parametrize(
    ("body", "field", "detail"),
    [
        ({}, "start", "Missing data for required field."),
        ({"start": "soon"}, "start", "Not a valid datetime."),
        ({"start": "2027-03-10T15:30:00Z", "role": "owner"}, "role", "Unknown field."),
    ],
)
def test_what_a_schema_refuses_is_named_by_its_field(body: Any, field: str, detail: str):
    answer = make_api().test_client().post("/api/holds", json=body)

    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["errors"] == [{"field": field, "pointer": f"#/{field}", "detail": detail}]


def test_a_body_that_is_no_json_is_a_problem():
    answer = make_api().test_client().post("/api/holds", data="{", content_type="application/json")

    assert answer.status_code == 400
    assert answer.content_type == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == 400


def test_a_guard_holds_for_a_smorest_blueprint_too():
    app = make_api()

    assert audience_of(app, "holds.hold") == "api"
    assert app.test_client().post("/api/holds", data={"start": "x"}).status_code == 415


def test_the_document_names_the_problem_and_the_token():
    document = make_api().extensions["flask-smorest"]["apis"][""]["ext_obj"].spec.to_dict()

    assert document["servers"] == [{"url": "/schedule"}]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert {"type", "title", "status", "detail", "errors"} <= set(
        document["components"]["schemas"]["Problem"]["properties"]
    )
