"""N7 in a hurry: whoever comes at the same moment, there is one time for two, and no breakdown."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, update

from services.scheduler import jobs
from services.scheduler.joint_models import MoveProposal
from services.scheduler.models import Appointment, Participant
from services.scheduler.operations.participants import manage_token
from services.scheduler.settings import Settings
from shared.db import Database, database_now
from tests.integration.scheduler.test_joint_race import at, overlapping, send
from tests.integration.scheduler.test_race import at_once, booking, deadlocks
from tests.integration.scheduler.world import StandInIntake, a_clinician, live_rows

PAIRS = 5


@pytest.fixture
def apps(standing_apps: list[Flask], scheduler_db: Database) -> list[Flask]:
    with scheduler_db.begin() as session:
        a_clinician(session)
    return standing_apps


@pytest.fixture
def pairs(
    apps: list[Flask], intake: StandInIntake, scheduler_db: Database, settings: Settings
) -> list[tuple[str, str]]:
    """The own links of pairs that have a time, each on a day of its own."""
    found = []
    for n in range(PAIRS):
        tokens = intake.permits_two(f"Rowan {n}", f"Ashlin {n}")
        ((status, one),) = at_once(apps, [booking(tokens[0], at("10:00", 7 + n))])
        assert status == 201
        with scheduler_db.begin() as session:
            rows = session.scalars(
                select(Participant)
                .where(Participant.appointment_id == UUID(one["id"]))
                .order_by(Participant.status)
            ).all()
            own, others = (manage_token(settings, row) for row in rows)
        ((status, _),) = at_once(apps, [send("/api/appointment/accept", others, location="NY")])
        assert status == 200
        found.append((own, others))
    return found


def ask(token: str, clock: str, days: int) -> Any:
    start = at(clock, days).isoformat()
    return send("/api/appointment/proposal", token, start=start, location="NY")


def yes(token: str) -> Any:
    return send("/api/appointment/proposal/accept", token, location="NY")


def rows(database: Database) -> tuple[list[Appointment], list[MoveProposal]]:
    with database.begin() as session:
        return list(session.scalars(select(Appointment))), list(
            session.scalars(select(MoveProposal))
        )


def whole(database: Database) -> None:
    """Nothing overlaps, and what is kept is kept for somebody who is still asked."""
    live = live_rows(database)
    assert overlapping(live) == []
    _, asked = rows(database)
    kept = {row.id for row in live if row.status == "proposed"}
    assert kept == {one.held_id for one in asked if one.ended_at is None}


def test_both_of_each_pair_ask_at_once_and_one_time_is_asked_about(apps, pairs, scheduler_db):
    before = deadlocks(scheduler_db)
    calls = []
    for n, (own, others) in enumerate(pairs):
        calls += [ask(own, "13:00", 7 + n), ask(others, "14:00", 7 + n)]

    answers = at_once(apps, calls)

    assert Counter(status for status, _ in answers) == {201: PAIRS, 409: PAIRS}
    whole(scheduler_db)
    assert deadlocks(scheduler_db) == before


def test_pairs_that_want_one_time_are_given_it_once(apps, pairs, scheduler_db):
    before = deadlocks(scheduler_db)

    answers = at_once(apps, [ask(one, "15:00", 20) for pair in pairs for one in pair])

    assert set(Counter(status for status, _ in answers)) == {201, 409}
    assert [status for status, _ in answers].count(201) == 1
    whole(scheduler_db)
    assert deadlocks(scheduler_db) == before


def test_a_yes_and_a_cancelling_at_once_leave_nothing_behind(apps, pairs, scheduler_db):
    before = deadlocks(scheduler_db)
    at_once(apps, [ask(own, "13:00", 7 + n) for n, (own, _) in enumerate(pairs)])
    calls = []
    for own, others in pairs:
        calls += [yes(others), send("/api/appointment/cancel", own)]

    answers = at_once(apps, calls)

    assert {status for status, _ in answers} <= {200, 409}
    appointments, asked = rows(scheduler_db)
    assert {one.status for one in appointments} == {"cancelled"}
    assert all(one.ended_at for one in asked)
    whole(scheduler_db)
    assert deadlocks(scheduler_db) == before


def test_a_yes_a_no_and_taking_back_at_once_end_in_one_of_them(apps, pairs, scheduler_db):
    before = deadlocks(scheduler_db)
    at_once(apps, [ask(own, "13:00", 7 + n) for n, (own, _) in enumerate(pairs)])
    calls = []
    for own, others in pairs:
        calls += [
            yes(others),
            send("/api/appointment/proposal/decline", others),
            lambda client, token=own: client.delete(
                "/api/appointment/proposal", headers={"Authorization": f"Bearer {token}"}
            ),
        ]

    answers = at_once(apps, calls)

    assert {status for status, _ in answers} <= {200, 204, 409}
    appointments, _ = rows(scheduler_db)
    assert {one.status for one in appointments} == {"booked"}
    whole(scheduler_db)
    assert deadlocks(scheduler_db) == before


def test_a_yes_and_the_end_of_the_time_to_answer_at_once_move_it_or_not(apps, pairs, scheduler_db):
    """Others want the time that is kept, the sweep comes by, and the yes comes at that moment."""
    before = deadlocks(scheduler_db)
    at_once(apps, [ask(own, "13:00", 7 + n) for n, (own, _) in enumerate(pairs)])
    with scheduler_db.begin() as session:
        soon = database_now(session) + timedelta(milliseconds=120)
        session.execute(update(MoveProposal).values(reply_by=soon))
        session.execute(
            update(Appointment).where(Appointment.status == "proposed").values(hold_until=soon)
        )
    calls: list[Any] = []
    for n, (own, others) in enumerate(pairs):
        rival = pairs[(n + 1) % PAIRS][0]
        calls += [yes(others), ask(rival, "13:00", 7 + n), ask(own, "15:00", 7 + n)]

    answers = at_once(apps, calls)
    jobs.release_unconfirmed(scheduler_db)
    jobs.release_expired_holds(scheduler_db)

    assert {status for status, _ in answers} <= {200, 201, 409}
    appointments, asked = rows(scheduler_db)
    assert sum(one.status == "booked" for one in appointments) == PAIRS
    moved = sum(one.outcome == "moved" for one in asked)
    assert moved == [status for status, _ in answers].count(200)
    assert timedelta(minutes=80) == appointments[0].ends_at - appointments[0].starts_at
    whole(scheduler_db)
    assert deadlocks(scheduler_db) == before
