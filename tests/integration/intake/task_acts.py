"""Who works here in the tests of tasks, and what they do on the pages."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.intake.audit_models import AuditEntry
from services.intake.operations import tasks
from services.intake.triage_models import Task
from shared.db import Database
from tests.integration.intake.browsing import Browser, form_in
from tests.integration.intake.people import COUPLE

DANA, MARCUS, KIM = UUID(int=7), UUID(int=8), UUID(int=5)
STAFF = [
    {"account_id": str(account), "name": name, "role": role, "practitioner_id": None}
    for account, name, role in (
        (MARCUS, "Marcus Oyelaran", "owner"),
        (DANA, "Dana Whitlock", "clinician"),
        (KIM, "Kim Osei", "front_desk"),
    )
]
CANARY = "The canary sings at noon"
HOPE = {**COUPLE, "hope_text": CANARY}


def task_of(database: Database, response_id: UUID) -> Task:
    with database.begin() as session:
        return session.get_one(Task, response_id)


def post(browser: Browser, path: str, **fields: Any) -> Any:
    """Send a form of the page that is open, to `path`, and follow where it leads."""
    token = form_in(browser.page).values["csrf_token"]
    answer = browser.client.post(path, data={"csrf_token": token, **fields})
    if answer.status_code == 303:
        return browser.open(answer.headers["Location"])
    return answer


def names(page: str) -> list[str]:
    return [part.split("</a>")[0].split(">")[1] for part in page.split("<h2><a")[1:]]


def acts(database: Database, response_id: UUID) -> list[str]:
    with database.begin() as session:
        return [event.act for event in tasks.history(session, response_id)]


def read(database: Database) -> list[tuple[str | None, str]]:
    with database.begin() as session:
        rows = session.scalars(
            select(AuditEntry).where(AuditEntry.act == "read").order_by(AuditEntry.seq)
        )
        return [(row.part, row.reason) for row in rows]


def inquiry(response_id: UUID) -> str:
    return f"/staff/inquiries/{response_id}"


def desk(response_id: UUID) -> str:
    return f"/staff/tasks/{response_id}"
