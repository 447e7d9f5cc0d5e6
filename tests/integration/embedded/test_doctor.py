"""`softstart doctor` (N13): each fault is planted, and found by its name."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.types.json import Jsonb
from psycopg.types.range import TimestamptzRange
from sqlalchemy.engine import make_url

from services.doctor import checks, examine
from services.postgres import EmbeddedPostgres
from shared.db import Database
from tests.integration.embedded.test_command import softstart
from tests.journeys.by_api import Caller
from tests.journeys.people import COUPLE
from tests.journeys.suite import Suite
from tests.journeys.world import Staff, somebody

TEN = datetime(2027, 3, 8, 15, tzinfo=UTC)
HOUR = timedelta(hours=1)


class Planted:
    """An otherwise empty practice into which faults are put, and taken back with the transaction.

    Triggers and foreign keys sleep meanwhile: what the database itself refuses is looked for too.
    """

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.run("SET LOCAL session_replication_role = replica")
        for name in ("ex_appointment_overlap", "ex_appointment_room_overlap"):
            self.run(f"ALTER TABLE scheduler.appointment DROP CONSTRAINT {name}")

    def run(self, query: str, **values: Any) -> None:
        self.connection.execute(query.encode(), values)

    def row(self, table: str, **values: Any) -> None:
        names, places = ", ".join(values), ", ".join(f"%({name})s" for name in values)
        self.run(f"INSERT INTO {table} ({names}) VALUES ({places})", **values)  # noqa: S608

    def appointment(
        self, status: str = "booked", *, start: datetime = TEN, told: bool = True, **changes: Any
    ) -> UUID:
        """One of schedule 1, with a person and a history, of which the notifier knows."""
        number, person = uuid4(), uuid4()
        row = {
            "id": number,
            "schedule_id": 1,
            "appointment_type_id": 1,
            "during": TimestamptzRange(start, start + HOUR),
            "buffer_before": timedelta(0),
            "buffer_after": timedelta(0),
            "status": status,
            "uid": str(number),
            "invitation_id": uuid4(),
            **changes,
        }
        self.row("scheduler.appointment", **row)
        if told:
            self.row(
                "scheduler.participant",
                appointment_id=number,
                person_id=person,
                token_sha256=number.bytes,
                timezone="America/New_York",
            )
            self.row(
                "scheduler.appointment_history",
                appointment_id=number,
                act="book",
                actor="client",
                sequence=0,
                status_after=status,
                during_after=row["during"],
            )
        return number

    def message(self, appointment: UUID, purpose: str = "reminder-24h", **changes: Any) -> None:
        self.row(
            "notifier.notification",
            **{
                "id": uuid4(),
                "dedupe_key": str(uuid4()),
                "appointment_id": appointment,
                "sequence": 0,
                "purpose": purpose,
                "channel": "email",
                "state": "scheduled",
                "announced_at": TEN,
                "due_at": TEN,
                "not_after": TEN + HOUR,
                **changes,
            },
        )

    def event(self, service: str, kind: str, age: timedelta, **data: str) -> None:
        """One that was written `age` ago, and that the notifier has not handled."""
        self.row(
            f"{service}.outbox",
            event_id=uuid4(),
            queue="notifier",
            envelope=Jsonb({"type": kind, "data": data}),
            created_at=datetime.now(UTC) - age,
        )

    def found(self) -> list[str]:
        return [one.check for one in examine(self.connection)]


@pytest.fixture
def planted(
    database_url: str, scheduler_db: Database, notifier_db: Database, intake_db: Database
) -> Iterator[Planted]:
    with psycopg.connect(database_url) as connection:
        yield Planted(connection)
        connection.rollback()


def test_a_healthy_practice_gives_no_finding(planted: Planted) -> None:
    first = planted.appointment()
    planted.appointment(start=TEN + HOUR)
    planted.appointment("cancelled")
    planted.message(first)
    planted.event("scheduler", "scheduler.appointment.booked.v1", HOUR / 60)
    planted.appointment(
        "proposed", start=TEN + 2 * HOUR, hold_until=datetime.now(UTC) + HOUR, told=False
    )

    assert planted.found() == []


def test_two_live_appointments_of_one_clinician_at_one_time_are_found(planted: Planted) -> None:
    planted.appointment()
    planted.appointment(start=TEN + HOUR / 2)
    planted.appointment(start=TEN, schedule_id=2)

    assert planted.found() == ["overlap"]


def test_two_people_in_one_room_at_one_time_are_found(planted: Planted) -> None:
    planted.appointment(room_id=7)
    planted.appointment(start=TEN + HOUR / 2, schedule_id=2, room_id=7)
    planted.appointment(schedule_id=3, room_id=8)

    assert planted.found() == ["room overlap"]


def test_a_hold_that_nobody_swept_is_found(planted: Planted) -> None:
    planted.appointment("proposed", told=False, hold_until=datetime.now(UTC) - HOUR)
    planted.appointment("proposed", told=False, hold_until=datetime.now(UTC) - HOUR / 60)

    assert planted.found() == ["old hold"]


def test_a_hold_for_nobody_is_found_and_an_offered_one_is_not(planted: Planted) -> None:
    until = datetime.now(UTC) + HOUR
    planted.appointment("proposed", told=False, hold_until=until, invitation_id=None)
    offered = planted.appointment(
        "proposed", start=TEN + HOUR, told=False, hold_until=until, invitation_id=None
    )
    offer = {
        "id": uuid4(),
        "entry_id": uuid4(),
        "schedule_id": 1,
        "starts_at": TEN,
        "token_sha256": b"o",
        "communication_id": uuid4(),
        "expires_at": until,
    }
    planted.row("scheduler.waitlist_offer", **offer, held_id=offered)

    assert planted.found() == ["orphan hold"]


def test_another_time_for_two_is_kept_for_somebody_until_nobody_asks_for_it_any_more(
    planted: Planted,
) -> None:
    until = datetime.now(UTC) + HOUR
    theirs = planted.appointment(start=TEN + 2 * HOUR)
    held = planted.appointment("proposed", told=False, hold_until=until, invitation_id=None)
    asked = {
        "appointment_id": theirs,
        "asked_by": uuid4(),
        "sequence": 0,
        "schedule_id": 1,
        "starts_at": TEN,
        "ends_at": TEN + HOUR,
    }
    number = uuid4()
    planted.row(
        "scheduler.move_proposal",
        id=number,
        held_id=held,
        communication_id=uuid4(),
        reply_by=until,
        **asked,
    )
    assert planted.found() == []

    planted.run("UPDATE scheduler.move_proposal SET held_id = NULL")
    assert planted.found() == ["orphan hold", "empty proposal"]
    planted.run("UPDATE scheduler.move_proposal SET reply_by = now() - interval '1 hour'")
    assert planted.found() == ["orphan hold", "old proposal"]


def test_an_offer_without_a_time_is_found(planted: Planted) -> None:
    planted.row(
        "scheduler.waitlist_offer",
        id=uuid4(),
        entry_id=uuid4(),
        schedule_id=1,
        starts_at=TEN,
        token_sha256=b"o",
        communication_id=uuid4(),
        expires_at=datetime.now(UTC) + HOUR,
    )

    assert planted.found() == ["empty offer"]


def test_an_answer_that_is_long_overdue_is_found(planted: Planted) -> None:
    planted.appointment("pending", reply_by=datetime.now(UTC) - HOUR)

    assert planted.found() == ["overdue answer"]


def test_a_time_that_still_stands_although_its_permission_ended_before_is_found(
    planted: Planted,
) -> None:
    for day, (status, ended) in enumerate(
        [("booked", -HOUR), ("booked", HOUR / 2), ("cancelled", -HOUR)]
    ):
        number, start = uuid4(), TEN + timedelta(days=day)
        planted.row(
            "scheduler.invitation",
            id=number,
            person_id=uuid4(),
            token_sha256=number.bytes,
            appointment_type_id=1,
            ended_at=start + ended,
        )
        planted.appointment(status, start=start, invitation_id=number)

    assert planted.found() == ["ended permission"]


def test_an_appointment_of_nobody_and_without_a_history_is_found(planted: Planted) -> None:
    planted.appointment(told=False)

    assert planted.found() == ["nobody", "untold history"]


@pytest.mark.parametrize(
    ("status", "sequence"), [("cancelled", 0), ("booked", 1), ("noshow", 0), (None, 0)]
)
def test_a_reminder_without_a_live_appointment_is_found(
    planted: Planted, status: str | None, sequence: int
) -> None:
    number = planted.appointment(status, sequence=sequence) if status else uuid4()
    planted.message(number)
    planted.message(number, state="cancelled")
    planted.message(number, "cancelled")

    assert planted.found() == ["reminder"]


def test_a_reminder_of_a_change_that_is_still_being_told_is_none(planted: Planted) -> None:
    number = planted.appointment("cancelled")
    planted.message(number)
    planted.event(
        "scheduler", "scheduler.appointment.cancelled.v1", HOUR / 60, appointment_id=str(number)
    )

    assert planted.found() == []


def test_a_booking_of_which_the_notifier_never_heard_is_found(planted: Planted) -> None:
    planted.appointment(changed_at=datetime.now(UTC) - HOUR)

    assert planted.found() == ["untold"]


def test_a_message_to_a_person_who_is_no_part_of_it_is_found(planted: Planted) -> None:
    planted.message(planted.appointment(), "confirmation", person_id=uuid4())

    assert planted.found() == ["stranger"]


def test_events_that_nobody_hears_are_found(planted: Planted) -> None:
    planted.event("intake", "intake.person.erased.v1", HOUR)
    planted.event("scheduler", "scheduler.appointment.renamed.v1", HOUR / 60)

    assert planted.found() == ["event", "listener"]


def test_every_check_reads_with_one_statement(planted: Planted) -> None:
    assert all(one.query.count(";") == 0 for one in checks())
    assert len({one.query for one in checks()}) == len(list(checks()))


def test_the_command_finds_nothing_in_a_running_suite_and_then_what_was_planted(
    tmp_path: Path,
) -> None:
    suite = Suite(tmp_path / "var").start()
    try:
        Staff(suite.url).become_owner(suite.first_run_link).open_always()
        Caller(suite.url).booked(somebody(COUPLE))
        home = ("--home", str(suite.home))
        healthy = softstart("doctor", *home)
        assert (healthy.returncode, healthy.stderr) == (0, "")
        assert healthy.stdout.startswith("All is well: ")

        admin = EmbeddedPostgres(suite.home / "postgres", suite.home / "log" / "postgres.log").url()
        with psycopg.connect(admin) as connection:
            connection.execute("DELETE FROM scheduler.participant")
        sick = softstart("doctor", *home)
        assert sick.returncode == 1
        assert "and belongs to nobody." in sick.stdout
        # The administrator's address alone is enough, as beside separate processes.
        address = make_url(admin).render_as_string(hide_password=False)
        elsewhere = softstart("doctor", env=os.environ | {"DATABASE_URL": address})
        assert elsewhere.stdout == sick.stdout
    finally:
        suite.stop()
