"""The disk is full while somebody books (F25): 503, nothing half done, and it goes on by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from services.scheduler.models import Appointment, Participant
from shared.clock import utcnow
from shared.db import Database
from shared.messaging.tables import Outbox
from tests.integration.scheduler.world import NEW_YORK, local
from tests.parties.full_disk import full_disk


@pytest.fixture
def client(app: Any) -> FlaskClient:
    found: FlaskClient = app.test_client()
    return found


def ten() -> datetime:
    return local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=7), "10:00")


def counts(database: Database) -> dict[str, int | None]:
    with database.begin() as session:
        return {
            table.__tablename__: session.scalar(select(func.count()).select_from(table))
            for table in (Appointment, Participant, Outbox)
        }


@pytest.mark.parametrize("table", ["appointment", "participant", "outbox"])
def test_whoever_books_on_a_full_disk_is_told_to_come_again_and_then_books_f25(
    client: FlaskClient, token: str, scheduler_db: Database, database_url: str, table: str
):
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "the-same-each-time"}
    wish = {"start": ten().isoformat(), "how": "phone", "location": "NY"}
    before = counts(scheduler_db)

    with full_disk(database_url, "scheduler", table):
        refused = client.post("/api/appointments", json=wish, headers=headers)
        left = counts(scheduler_db)
    booked = client.post("/api/appointments", json=wish, headers=headers)

    assert refused.status_code == 503
    assert refused.mimetype == "application/problem+json"
    assert int(refused.headers["Retry-After"]) > 0
    assert left == before
    assert booked.status_code == 201, booked.get_json()
    assert counts(scheduler_db) == {"appointment": 1, "participant": 1, "outbox": 2}
