"""Who works here, as the other services learn it: whom to ask, and how to write to them."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update

from services.scheduler.settings import Settings
from services.scheduler.staff_models import StaffAccount
from shared.clock import utcnow
from shared.db import Database
from shared.tokens import service_token
from shared.vocabulary import Role
from tests.integration.scheduler.staff_programs import a_colleague, the_owner
from tests.integration.scheduler.world import SERVICE_KEY


def ask(app: Flask, path: str, **claims: Any) -> Any:
    pass_ = service_token(SERVICE_KEY, **({"issuer": "intake", "audience": "scheduler"} | claims))
    return app.test_client().get(f"/internal{path}", headers={"Authorization": f"Bearer {pass_}"})


@pytest.fixture
def accounts(app: Flask, scheduler_db: Database, settings: Settings) -> dict[str, StaffAccount]:
    """Dana, who owns the practice, and Marcus, who was there (it seems) a day before her."""
    the_owner(app, settings)
    a_colleague(app, scheduler_db, settings, Role.CLINICIAN)
    with scheduler_db.begin() as session:
        session.execute(
            update(StaffAccount)
            .where(StaffAccount.role == Role.CLINICIAN)
            .values(created_at=StaffAccount.created_at - timedelta(days=1))
        )
        found = session.scalars(select(StaffAccount)).all()
        session.expunge_all()
    return {one.role: one for one in found}


def close(database: Database, account: StaffAccount) -> None:
    with database.begin() as session:
        session.get_one(StaffAccount, account.id).closed_at = utcnow()


def test_the_others_learn_who_works_here_the_owner_first(app, accounts):
    found = ask(app, "/staff").get_json()

    assert found == [
        {
            "account_id": str(accounts[role].id),
            "name": name,
            "role": role,
            "practitioner_id": str(accounts[role].practitioner_id),
        }
        for role, name in (("owner", "Dana Whitlock"), ("clinician", "Marcus Oyelaran"))
    ]


def test_the_front_desk_has_no_practitioner(app, accounts, scheduler_db):
    with scheduler_db.begin() as session:
        marcus = session.get_one(StaffAccount, accounts["clinician"].id)
        marcus.role, marcus.practitioner_id = Role.FRONT_DESK, None

    (_, desk) = ask(app, "/staff").get_json()

    assert (desk["role"], desk["practitioner_id"]) == ("front_desk", None)


def test_an_address_is_unsealed_for_one_account_at_a_time(app, accounts):
    answer = ask(app, f"/staff/{accounts['clinician'].id}/address")

    assert answer.get_json() == {"email": "marcus@harborlane.example", "name": "Marcus Oyelaran"}
    assert "@" not in ask(app, "/staff").get_data(as_text=True)


def test_whoever_has_left_is_neither_listed_nor_written_to(app, accounts, scheduler_db):
    close(scheduler_db, accounts["clinician"])

    assert [one["role"] for one in ask(app, "/staff").get_json()] == ["owner"]
    assert ask(app, f"/staff/{accounts['clinician'].id}/address").status_code == 404
    assert ask(app, f"/staff/{uuid4()}/address").status_code == 404


def test_only_a_service_with_a_pass_for_us_learns_it(app, accounts):
    for path in ("/staff", f"/staff/{accounts['owner'].id}/address"):
        assert app.test_client().get(f"/internal{path}").status_code == 401
        assert ask(app, path, audience="intake").status_code == 401
