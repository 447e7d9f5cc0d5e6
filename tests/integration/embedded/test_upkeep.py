"""What whoever runs the suite does while it runs: walk the audit chain, change the keys."""

import json
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from services.postgres import EmbeddedPostgres
from shared.clock import utcnow
from tests.integration.embedded.test_command import refused, softstart
from tests.journeys.by_api import Caller
from tests.journeys.people import COUPLE
from tests.journeys.suite import Suite
from tests.journeys.world import Staff


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    started = Suite(tmp_path_factory.mktemp("upkeep") / "var").start()
    yield started
    if started.running():
        started.stop()


@pytest.fixture(scope="module")
def staff(suite: Suite) -> Staff:
    """The owner, who has read the inquiry of somebody who sent the form."""
    Caller(suite.url).complete(COUPLE)
    owner = Staff(suite.url)
    owner.become_owner(suite.first_run_link)
    read_the_inquiry(owner)
    return owner


def read_the_inquiry(owner: Staff) -> str:
    page = owner.page("/begin/staff/inquiries")
    first = page.split('<h2><a href="/begin/staff/inquiries/')[1].split('"')[0]
    return owner.page(f"/begin/staff/inquiries/{first}")


def on_the_home(suite: Suite, *command: str) -> tuple[int, str]:
    done = softstart(*command, "--home", str(suite.home))
    return done.returncode, done.stdout + done.stderr


def admin(home: Path) -> str:
    return EmbeddedPostgres(home / "postgres", home / "log" / "postgres.log").url()


def test_audit_verify_says_that_the_chain_is_whole_while_the_suite_runs(
    suite: Suite, staff: Staff
) -> None:
    del staff
    status, said = on_the_home(suite, "audit", "verify")

    assert status == 0, said
    assert said.startswith("WHOLE   1 ")


def test_retention_lists_what_it_would_destroy_and_then_does_it(suite: Suite, staff: Staff) -> None:
    del staff
    assert on_the_home(suite, "retention", "--dry-run") == (
        0,
        "0 would be destroyed. Nothing was.\n",
    )
    begun = Caller(suite.url).call("POST", "/begin/api/responses").json()
    with psycopg.connect(admin(suite.home)) as connection:
        ((person_id,),) = connection.execute(
            "UPDATE intake.questionnaire_response SET updated_at = now() - interval '31 days'"
            " WHERE id = %s RETURNING person_id",
            (begun["id"],),
        ).fetchall()

    status, said = on_the_home(suite, "retention", "--dry-run")
    assert status == 0
    assert said.startswith(f"draft         {person_id}  last entry ")
    status, said = on_the_home(suite, "retention")
    assert said.endswith("1 destroyed.\n")
    assert str(person_id) in (suite.home / "audit" / "erasures.log").read_text()
    assert on_the_home(suite, "erasures", "reapply") == (
        0,
        "1 on the list; 0 had come back and are erased again.\n",
    )


def test_keys_rotate_and_retire_while_the_suite_runs(suite: Suite, staff: Staff) -> None:
    status, said = on_the_home(suite, "keys", "rotate")
    assert status == 0, said
    assert "intake          1 data keys wrapped anew" in said

    # The running suite opens what is wrapped with the new key, and wraps with it.
    assert "How to reach" in read_the_inquiry(staff)
    Caller(suite.url).complete(COUPLE)
    status, said = on_the_home(suite, "keys", "list")
    assert "intake     key   2  wraps      2  current" in said, said
    assert "intake     key   1  wraps      0" in said

    # Somebody may still be in the middle of something: not at once.
    status, said = on_the_home(suite, "keys", "retire")
    assert status == 2
    assert "try again in 5 min" in said
    secrets = suite.home / "secrets.json"
    earlier = (utcnow() - timedelta(minutes=6)).timestamp()
    os.utime(secrets, (earlier, earlier))
    assert on_the_home(suite, "keys", "retire")[0] == 0
    assert json.loads(secrets.read_text())["encryption_keys"]["intake"].startswith("2:")
    assert ",1:" not in json.loads(secrets.read_text())["encryption_keys"]["intake"]
    assert "How to reach" in read_the_inquiry(staff)


def test_a_service_s_own_environment_will_do(suite: Suite, staff: Staff) -> None:
    del staff
    postgres = EmbeddedPostgres(suite.home / "postgres", suite.home / "log" / "postgres.log")
    secrets = suite.home / "secrets.json"

    def own(service: str) -> dict[str, str]:
        return {
            "DATABASE_URL": postgres.url(service),
            "PUBLIC_URL": suite.url,
            "SECRET_KEY": "x" * 40,
            "SERVICE_KEY": "x" * 40,
            "ENCRYPTION_KEYS": f"file:{secrets}#{service}",
            "AUDIT_FOLDER": str(suite.home / "audit"),
        }

    assert softstart("audit", "verify", env=own("intake")).stdout.startswith("WHOLE ")
    assert "data keys wrapped anew" in softstart("keys", "rewrap", env=own("notifier")).stdout
    assert "takes that of intake" in refused(softstart("audit", "verify", env=own("notifier")))


def test_audit_verify_names_the_entry_that_somebody_changed(suite: Suite, staff: Staff) -> None:
    del staff
    with psycopg.connect(admin(suite.home)) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE intake.audit_entry SET account_name = 'Nobody' WHERE seq = 2")

    status, said = on_the_home(suite, "audit", "verify")

    assert status == 1
    assert said == "BROKEN  Entry 2 was changed after it was written.\n"
