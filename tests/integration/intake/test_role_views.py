"""L01: a walk over every address that staff have, as each role, with a canary in every level."""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest
from flask import Flask
from werkzeug.routing import Rule

from services.intake.models import QuestionnaireResponse
from services.intake.operations import decisions, notes, questionnaires, tasks
from services.intake.operations.readers import Reader
from services.intake.web import staff_words
from shared.db import Database
from shared.vocabulary import Role
from shared.web.audience_names import API
from shared.web.audience_names import STAFF as STAFF_PAGES
from shared.web.audiences import audience_of
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import AFRAID, NOW, fill_in, send
from tests.integration.intake.task_acts import STAFF

SignIn = Callable[..., Browser]
OPEN, PRIVATE, SEALED, NOTE = (
    "Canary Wren",
    "canary/private",
    "The canary sings",
    "Canary of a note",
)
ANSWERS = {
    **AFRAID,
    "name_used": OPEN,
    "pronouns": PRIVATE,
    "hope_text": SEALED,
    "contact_notes": SEALED,
}
DANA = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.CLINICIAN)


@pytest.fixture
def app(make_app: Callable[..., Flask], scheduler: Callable[..., str]) -> Flask:
    return make_app(SCHEDULER_URL=scheduler({"/internal/staff": STAFF}))


@pytest.fixture
def response_id(intake_db: Database) -> UUID:
    """Somebody afraid, with a note about them and a task that a clinician has."""
    with intake_db.begin() as session:
        form = fill_in(session, "token", ANSWERS)
        send(session, "token", at=NOW)
        response_id = form.response.id
        response = session.get_one(QuestionnaireResponse, response_id)
        notes.add(session, response=response, reader=DANA, words=NOTE)
        tasks.acknowledge(session, response_id=response_id, reader=DANA)
    return response_id


def addresses(app: Flask, response_id: UUID) -> Iterator[str]:
    """Every address of staff's pages and APIs that can be asked for with GET."""
    for rule in app.url_map.iter_rules():
        mine = audience_of(app, rule.endpoint) == STAFF_PAGES or (
            audience_of(app, rule.endpoint) == API and "/staff/" in rule.rule
        )
        if mine and "GET" in (rule.methods or ()):
            yield _filled(rule, response_id)


def _filled(rule: Rule, response_id: UUID) -> str:
    values = {
        name: response_id if "uuid" in type(converter).__name__.lower() else "1"
        for name, converter in rule._converters.items()
    }
    built = rule.build(values)
    assert built is not None
    return built[1]


def test_l01_the_front_desk_gets_nothing_private_or_sealed_from_any_address(
    intake_db: Database, app: Flask, signed_in: SignIn, response_id: UUID
) -> None:
    """Names are open; the plan to reach somebody is what the front desk is there for."""
    desk = signed_in(app, Role.FRONT_DESK).client
    with intake_db.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        decision = decisions.of(session, response)
        screener = questionnaires.of_response(session, response)
    hidden = {
        SEALED,
        NOTE,
        decision["reason"],
        decision["rule"],
        *decision["flag_reasons"].values(),
        staff_words.TRACKS[decision["track"]],
        *(item.text for item in screener.items.values() if item.sealed),
    }
    walked, seen = [], ""
    for address in addresses(app, response_id):
        answer = desk.get(address)
        assert answer.status_code in (200, 204, 302, 303, 403, 404, 422), (
            address,
            answer.status_code,
        )
        walked.append(address)
        found = {word for word in hidden if word in answer.text}
        assert not found, (address, found)
        seen += answer.text

    assert len(walked) > 20
    assert OPEN in seen, "the walk reached somebody"
    for address in (f"/staff/tasks/{response_id}", "/staff/tasks", "/api/staff/tasks"):
        assert desk.get(address).status_code in (403, 404, 405)


def test_l01_the_walk_would_find_them(
    intake_db: Database, app: Flask, signed_in: SignIn, response_id: UUID
) -> None:
    """The same walk as a clinician does meet what the front desk must not."""
    clinician = signed_in(app).client

    seen = "".join(clinician.get(address).text for address in addresses(app, response_id))

    assert NOTE in seen
    assert PRIVATE in seen
    assert "Safety concern" in seen
    assert SEALED not in seen, "what is sealed opens by a POST with a reason alone"


def test_every_page_with_a_name_says_how_to_reach_that_person_safely(
    intake_db: Database, app: Flask, signed_in: SignIn, response_id: UUID
) -> None:
    for role in (Role.CLINICIAN, Role.FRONT_DESK, Role.OWNER):
        client = signed_in(app, role).client
        for address in addresses(app, response_id):
            answer = client.get(address)
            if answer.status_code == 200 and OPEN in answer.text:
                assert "212-555-0100" in answer.text, (role, address)
