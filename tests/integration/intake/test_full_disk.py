"""The disk is full while somebody sends the form (F25): 503, and no word is lost."""

from flask import Flask
from sqlalchemy import func, select

from services.intake.models import QuestionnaireResponse
from shared.db import Database
from shared.messaging.tables import Outbox
from tests.integration.intake.people import ALONE
from tests.parties.full_disk import full_disk


def test_whoever_sends_on_a_full_disk_loses_no_word_and_sends_again_f25(
    app: Flask, intake_db: Database, database_url: str
):
    client = app.test_client()
    begun = client.post("/api/responses", json={"answers": ALONE}).get_json()
    headers = {"Authorization": f"Bearer {begun['token']}"}

    with full_disk(database_url, "intake", "outbox"):
        refused = client.post("/api/response/completion", headers=headers)
        with intake_db.begin() as session:
            said = session.scalar(select(func.count()).select_from(Outbox))
            still_open = session.scalars(select(QuestionnaireResponse)).one()
    kept = client.get("/api/response", headers=headers).get_json()
    sent = client.post("/api/response/completion", headers=headers)

    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert (said, still_open.completed_at) == (0, None)
    assert kept["answers"]["name_used"] == ALONE["name_used"]
    assert sent.status_code == 200
