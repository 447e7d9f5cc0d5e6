"""Made-up people who fill in the form by its verbs, and what they would answer."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.intake.domain.practice import SafetyTool
from services.intake.domain.questionnaire import Config
from services.intake.operations import practice, questionnaires, responses
from services.intake.operations.forms import Form
from services.intake.operations.readers import Reader
from services.intake.operations.responses import Sender
from shared.db import Database
from shared.vocabulary import Role
from tests.unit.intake.cases import VIGNETTES

NOW = datetime(2027, 3, 10, 15, tzinfo=UTC)
SECRET = "a-secret-for-tests-that-is-long-enough"
SENDER = Sender(
    practice="Harbor Lane",
    address="203.0.113.0/24",
    browser="Firefox",
    page="http://127.0.0.1:8000/begin/step/9",
)
LICENSED = ("NY", "NJ")
TOKEN = "token"

ALONE: dict[str, Any] = VIGNETTES["V01"]["answers"]
COUPLE: dict[str, Any] = VIGNETTES["V05"]["answers"]
START: dict[str, Any] = {
    name: ALONE[name] for name in ("private_now", "age_group", "session_state", "residence_state")
}
AFRAID: dict[str, Any] = VIGNETTES["V10"]["answers"]


OWNER = Reader(account_id=UUID(int=1), name="Dana Whitlock", role=Role.OWNER)
SAFETY_TOOL = SafetyTool(
    owner="Dana Whitlock", threshold="Anything but no", reviewer="The clinician on call"
)


def decide(database: Database, **changes: Any) -> None:
    """What the practice decides: that the self-harm questions are asked, and what is said here."""
    with database.begin() as session:
        settings = practice.current(session).with_changes(**{"safety_tool": SAFETY_TOOL, **changes})
        practice.decide(session, reader=OWNER, settings=settings)


def config(session: Session) -> Config:
    return questionnaires.config_now(session, questionnaires.current(session), LICENSED)


def fill_in(session: Session, token: str, answers: Mapping[str, Any]) -> Form:
    """Begin a form and send every page of it that is asked."""
    form = responses.start(session, token=token, licensed_states=LICENSED)
    for section in form.screener.first_form:
        if section in form.asked():
            reading = responses.answer(session, form, section=section, given=answers, now=NOW)
            assert reading.problems == (), (section.id, reading.problems)
    return form


def send(session: Session, token: str, *, at: datetime = NOW) -> dict[str, Any]:
    form = responses.find(session, token=token, for_change=True)
    assert form is not None
    return responses.complete(
        session, form, sender=SENDER, config=config(session), secret_key=SECRET, now=at
    )


def sent(
    database: Database, answers: Mapping[str, Any], token: str = TOKEN, *, at: datetime = NOW
) -> tuple[UUID, UUID]:
    """Somebody who has sent the form: the ids of response and person."""
    with database.begin() as session:
        form = fill_in(session, token, answers)
        send(session, token, at=at)
        return form.response.id, form.response.person_id
