"""Nothing that is written about a record stands in a plain column, a log line or the outbox."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from services.intake.record_models import RecordRequest
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.intake.browsing import Browser
from tests.integration.intake.people import ALONE, sent
from tests.integration.intake.record_acts import post

CANARY = "Qvxzcanary"


def rows_of(database: Database) -> str:
    """Every row of intake as text; what is sealed shows in hexadecimal."""
    with database.begin() as session:
        tables = session.scalars(
            text("SELECT tablename FROM pg_tables WHERE schemaname = 'intake'")
        ).all()
        return "\n".join(
            str(row)
            for table in tables
            for row in session.scalars(text(f'SELECT t::text FROM "{table}" t'))  # noqa: S608
        )


def test_l02_what_staff_write_about_a_record_is_sealed(
    intake_db: Database,
    app: Flask,
    signed_in: Callable[..., Browser],
    capsys: pytest.CaptureFixture[str],
) -> None:
    response_id, _ = sent(intake_db, ALONE)
    owner = signed_in(app, Role.OWNER)
    home = f"/staff/inquiries/{response_id}/record"
    day = {"received_on": "2027-03-10"}
    written: list[tuple[str, dict[str, Any]]] = [
        ("requests", {"kind": "amendment", "change_text": CANARY, **day}),
        (
            "authorizations",
            {
                "scope": "own",
                "recipient": CANARY,
                "purpose": CANARY,
                "how": CANARY,
                "given_on": "2027-03-10",
                "expires_on": "2027-09-10",
            },
        ),
        ("documents", {"title": CANARY, "sender": CANARY, "document_received_on": "2027-03-10"}),
        (
            "releases",
            {
                "release_scope": "own",
                "release_to": CANARY,
                "release_use": "release",
                "release_received_on": "2027-03-10",
            },
        ),
        ("address", {"email": f"{CANARY}@example.org", "agreed": ["email"]}),
    ]
    for path, values in written:
        owner.open(home)
        assert post(owner, f"{home}/{path}", **values).status_code == 200, path
    with intake_db.begin() as session:
        change = session.scalars(
            select(RecordRequest.id).where(RecordRequest.kind == "amendment")
        ).one()
    owner.open(f"{home}/requests/{change}")
    answer = {"outcome": "denied", "ground": "accurate", "words": CANARY}
    assert CANARY in post(owner, f"{home}/requests/{change}/amendment", **answer).text
    owner.open("/staff/breaches")
    assert CANARY in post(owner, "/staff/breaches", found_on="2027-03-10", what=CANARY).text

    kept = rows_of(intake_db)
    assert str(response_id) in kept
    assert CANARY not in kept
    assert CANARY.encode().hex() not in kept
    assert CANARY not in "".join(capsys.readouterr())
    assert not any(CANARY in path for path, _, _ in owner.seen)
