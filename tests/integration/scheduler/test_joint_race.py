"""Many pairs at once, both of each at once: one time for two, and no breakdown."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from services.scheduler.models import Appointment, Participant
from services.scheduler.operations.participants import manage_token
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.test_race import at_once, booking, deadlocks, overlaps
from tests.integration.scheduler.world import NEW_YORK, StandInIntake, a_clinician, live_rows, local

PAIRS = 12

Pair = tuple[str, str]


@pytest.fixture
def apps(standing_apps: list[Flask], scheduler_db: Database) -> list[Flask]:
    with scheduler_db.begin() as session:
        a_clinician(session)
        a_clinician(session, "Marcus Oyelaran")
    return standing_apps


@pytest.fixture
def pairs(intake: StandInIntake) -> list[Pair]:
    return [intake.permits_two(f"Rowan {n}", f"Ashlin {n}") for n in range(PAIRS)]


def at(clock: str, days: int = 7) -> datetime:
    return local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=days), clock)


def of_couples(database: Database) -> list[Appointment]:
    return [row for row in live_rows(database) if row.couple_id is not None]


def test_both_of_each_pair_choose_at_once_and_each_pair_has_one_time_at_most(
    apps, pairs, scheduler_db
):
    """The first of each pair wants ten, the second eleven, of the same two clinicians."""
    before = deadlocks(scheduler_db)
    calls = [
        booking(token, start)
        for pair in pairs
        for token, start in zip(pair, (at("10:00"), at("11:00")), strict=True)
    ]

    answers = at_once(apps, calls)

    assert set(Counter(status for status, _ in answers)) <= {201, 409}
    rows = of_couples(scheduler_db)
    assert len({row.couple_id for row in rows}) == len(rows)
    assert overlapping(rows) == []
    assert deadlocks(scheduler_db) == before


def overlapping(rows: list[Appointment]) -> list[tuple[datetime, datetime]]:
    by_clinician: dict[int, list[Appointment]] = {}
    for row in rows:
        by_clinician.setdefault(row.schedule_id, []).append(row)
    return [pair for some in by_clinician.values() for pair in overlaps(some)]


def test_one_pair_that_chooses_two_times_at_once_has_one_and_the_other_of_them_is_asked(
    apps, pairs, scheduler_db
):
    pair = pairs[0]

    answers = at_once(apps, [booking(pair[0], at("10:00")), booking(pair[1], at("13:00"))] * 4)

    statuses = Counter(status for status, _ in answers)
    assert set(statuses) == {201, 409}
    winners = {body["id"] for status, body in answers if status == 201}
    assert len(winners) == 1
    problems = {body["type"] for status, body in answers if status == 409}
    assert problems == {"urn:softstart:problem:already-booked"}
    (row,) = of_couples(scheduler_db)
    assert row.status == "pending"
    with scheduler_db.begin() as session:
        said = session.scalars(select(Participant.status).order_by(Participant.id)).all()
    assert said == ["accepted", "needs-action"]


def send(path: str, token: str, **body: str) -> Callable[[Any], Any]:
    def call(client: Any) -> Any:
        return client.post(path, json=body, headers={"Authorization": f"Bearer {token}"})

    return call


def test_yes_no_and_cancelling_at_once_end_in_one_state_and_break_nothing(
    apps, pairs, scheduler_db, settings, intake
):
    before = deadlocks(scheduler_db)
    asked = at_once(apps, [booking(pairs[n][0], at("10:00", 7 + n)) for n in range(6)])
    assert [status for status, _ in asked] == [201] * 6
    calls = []
    for _, one in asked:
        with scheduler_db.begin() as session:
            rows = session.scalars(
                select(Participant).where(Participant.appointment_id == UUID(one["id"]))
            ).all()
            own, others = (
                manage_token(settings, row) for row in sorted(rows, key=lambda row: row.status)
            )
        calls += [
            send("/api/appointment/accept", others, location="NY"),
            send("/api/appointment/decline", others),
            send("/api/appointment/cancel", own),
        ]

    answers = at_once(apps, calls)

    assert {status for status, _ in answers} <= {200, 409}
    with scheduler_db.begin() as session:
        left = {row.id: row.status for row in session.scalars(select(Appointment))}
    # Whoever was first, the one who chose has cancelled in the end.
    assert set(left.values()) == {"cancelled"}
    assert deadlocks(scheduler_db) == before


def test_a_yes_and_the_deadline_at_once_end_booked_or_free_never_both(
    apps, pairs, scheduler_db, settings
):
    """Someone else wants the time at the moment at which it runs out, and the yes comes then."""
    ((_, one),) = at_once(apps, [booking(pairs[0][0], at("10:00"))])
    with scheduler_db.begin() as session:
        row = session.get_one(Appointment, UUID(one["id"]))
        row.reply_by = utcnow() + timedelta(milliseconds=150)
        asked = session.scalars(
            select(Participant).where(Participant.status == "needs-action")
        ).one()
        token = manage_token(settings, asked)
    who = one["practitioner_id"]
    rivals = [
        send(
            "/api/appointments",
            pair[0],
            start=at("10:00").isoformat(),
            practitioner_id=who,
            location="NY",
        )
        for pair in pairs[1:8]
    ]

    answers = at_once(apps, [*rivals, send("/api/appointment/accept", token, location="NY")])

    assert {status for status, _ in answers} <= {200, 201, 409}
    assert overlapping(of_couples(scheduler_db)) == []
    winners = [body["id"] for status, body in answers if status in (200, 201)]
    assert len(winners) <= 1


def test_somebody_unknown_changes_nothing(apps, scheduler_db):
    answer = (
        apps[0]
        .test_client()
        .post(
            "/api/appointment/accept",
            json={"location": "NY"},
            headers={"Authorization": f"Bearer {(uuid4().hex * 2)[:43]}"},
        )
    )

    assert answer.status_code == 401
