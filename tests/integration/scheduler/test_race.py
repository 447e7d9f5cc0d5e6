"""Many people at once, through two apps with a connection pool each, on a real database."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, text, update

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.models import Appointment, AppointmentType
from services.scheduler.operations import bookings, guard, history, holds, invitations
from services.scheduler.operations.offers import Wanted
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.acts import book
from tests.integration.scheduler.world import (
    NEW_YORK,
    a_clinician,
    an_invitation,
    live_rows,
    local,
    schedule_of,
    token_of,
)

PEOPLE = 50

Answers = list[tuple[int, dict[str, Any]]]


@pytest.fixture
def ten() -> datetime:
    """Ten o'clock in a week."""
    return local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=7), "10:00")


def tokens(database: Database, count: int) -> list[str]:
    with database.begin() as session:
        return [token_of(an_invitation(session).id) for _ in range(count)]


def at_once(apps: list[Flask], calls: list[Callable[[Any], Any]]) -> Answers:
    """Every call in a thread of its own, spread over the apps, all let go at the same moment."""
    start = Barrier(len(calls))

    def run(numbered: tuple[int, Callable[[Any], Any]]) -> tuple[int, dict[str, Any]]:
        number, call = numbered
        client = apps[number % len(apps)].test_client()
        start.wait()
        answer = call(client)
        return answer.status_code, answer.get_json()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, enumerate(calls)))


def booking(token: str, start: datetime) -> Callable[[Any], Any]:
    return lambda client: client.post(
        "/api/appointments",
        json={"start": start.isoformat(), "location": "NY"},
        headers={"Authorization": f"Bearer {token}"},
    )


def overlaps(rows: list[Appointment]) -> list[tuple[datetime, datetime]]:
    times = sorted((row.starts_at, row.ends_at, row.buffer_after) for row in rows)
    return [(a[0], b[0]) for a, b in pairwise(times) if a[1] + a[2] > b[0]]


def deadlocks(database: Database) -> int:
    with database.begin() as session:
        counted: int = session.scalars(
            text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        ).one()
        return counted


def test_p1_of_fifty_who_want_one_time_one_gets_it_and_the_others_hear_what_is_free(
    scheduler_db, apps, ten
):
    """P1: exactly one 201, 49 times 409 with alternatives, no 500, one live row."""
    with scheduler_db.begin() as session:
        a_clinician(session)
    before = deadlocks(scheduler_db)

    answers = at_once(apps, [booking(token, ten) for token in tokens(scheduler_db, PEOPLE)])

    assert Counter(status for status, _ in answers) == {201: 1, 409: PEOPLE - 1}
    losers = [body for status, body in answers if status == 409]
    assert all(len(body["alternatives"]) == 6 for body in losers)
    assert all(ten.isoformat() != one["start"] for body in losers for one in body["alternatives"])
    assert len(live_rows(scheduler_db)) == 1
    assert deadlocks(scheduler_db) == before


def test_p1_overlapping_starts_and_buffers_are_given_to_nobody_twice(scheduler_db, apps, ten):
    """P1: staggered starts that overlap each other, buffers included."""
    with scheduler_db.begin() as session:
        a_clinician(session)
        session.execute(update(AppointmentType).values(step=timedelta(minutes=5)))
    starts = [ten + timedelta(minutes=5 * (n % 12)) for n in range(36)]

    answers = at_once(
        apps,
        [
            booking(token, start)
            for token, start in zip(tokens(scheduler_db, 36), starts, strict=True)
        ],
    )

    assert set(Counter(status for status, _ in answers)) == {201, 409}
    rows = live_rows(scheduler_db)
    assert overlaps(rows) == []
    assert len(rows) == sum(status == 201 for status, _ in answers)


def test_a_booking_that_one_person_sends_ten_times_at_once_is_one_booking(scheduler_db, apps, ten):
    with scheduler_db.begin() as session:
        a_clinician(session)
    (token,) = tokens(scheduler_db, 1)

    answers = at_once(apps, [booking(token, ten)] * 10)

    assert {status for status, _ in answers} == {201}
    assert len({UUID(body["id"]) for _, body in answers}) == 1
    assert len(live_rows(scheduler_db)) == 1


def test_holding_moving_and_cancelling_all_at_once_never_breaks(scheduler_db, apps, ten):
    """Two clinicians, holds running out meanwhile, everybody changing their mind: no 500."""
    with scheduler_db.begin() as session:
        a_clinician(session)
        a_clinician(session, "Marcus Oyelaran")
    before = deadlocks(scheduler_db)
    people = tokens(scheduler_db, 24)
    random = Random(7)  # noqa: S311 - a repeatable mess, not a secret

    def restless(token: str) -> Callable[[Any], Any]:
        choices = [ten + timedelta(minutes=30 * random.randrange(6)) for _ in range(6)]

        def act(client: Any) -> Any:
            seen = []
            for choice in choices:
                held = hold(client, token, choice)
                seen.append(held)
                if held.status_code == 201 and random.random() < 0.4:
                    let_run_out(scheduler_db, token)
            booked = booking(token, choices[0])(client)
            if booked.status_code != 201:
                return max([booked, *seen], key=lambda answer: answer.status_code)
            own = {"Authorization": f"Bearer {booked.get_json()['manage_token']}"}
            seen.append(
                client.post(
                    "/api/appointment/move",
                    json={"start": choices[1].isoformat(), "location": "NY"},
                    headers=own,
                )
            )
            seen.append(client.post("/api/appointment/cancel", headers=own))
            return max([booked, *seen], key=lambda answer: answer.status_code)

        return act

    answers = at_once(apps, [restless(token) for token in people])

    assert {status for status, _ in answers} <= {200, 201, 409}
    assert overlaps([row for row in live_rows(scheduler_db) if row.status == "booked"]) == []
    assert deadlocks(scheduler_db) == before


def hold(client: Any, token: str, start: datetime) -> Any:
    return client.post(
        "/api/holds",
        json={"start": start.isoformat()},
        headers={"Authorization": f"Bearer {token}"},
    )


def let_run_out(database: Database, token: str) -> None:
    """This person's hold is over now."""
    with database.begin() as session:
        found = invitations.find(session, token)
        assert found
        session.execute(
            update(Appointment)
            .where(Appointment.status == "proposed", Appointment.invitation_id == found.id)
            .values(hold_until=func.clock_timestamp())
        )


def test_p1_whose_turn_does_not_come_hears_that_the_time_is_gone_and_not_of_a_fault(
    scheduler_db, settings, ten
):
    """P1: so many want one clinician that the lock is not to be had, and the time is given."""
    with scheduler_db.begin() as session:
        dana = a_clinician(session)
        number = schedule_of(session, dana).id
        late, early = an_invitation(session), an_invitation(session)
    want = {"wanted": Wanted(ten, dana.id), "settings": settings, "now": utcnow()}
    with scheduler_db.begin() as session:
        holds.hold(session, invitation=early, **want)

    with scheduler_db.begin() as another, scheduler_db.begin() as session:
        guard.enter(another, number)
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(SlotTaken):
            holds.hold(session, invitation=late, **want)

    assert [row.invitation_id for row in live_rows(scheduler_db)] == [early.id]


def test_whoever_changes_a_time_twice_in_one_go_does_not_wait_for_the_one_whose_time_it_is(
    scheduler_db, settings, ten
):
    """PostgreSQL looks at the permission again then; the person's own turn is no circle with it."""
    with scheduler_db.begin() as session:
        a_clinician(session)
        mine = an_invitation(session)
        want = {"wanted": Wanted(ten), "settings": settings, "now": utcnow()}
        held = holds.hold(session, invitation=mine, **want)

    with scheduler_db.begin() as person, scheduler_db.begin() as staff:
        holds.one_at_a_time(person, mine)
        row = history.locked(staff, held.id)
        for reason in ("asked for", "agreed on the phone"):
            row.reason = reason
            staff.flush()

    assert [row.reason for row in live_rows(scheduler_db)] == ["agreed on the phone"]


def test_p1_p23_who_moves_and_whose_turn_does_not_come_hears_it_too_and_keeps_their_time(
    scheduler_db, settings, ten
):
    with scheduler_db.begin() as session:
        dana = a_clinician(session)
        number = schedule_of(session, dana).id
        one, other = an_invitation(session), an_invitation(session)
    later = ten + timedelta(hours=1)
    for invitation, start in ((one, ten), (other, later)):
        book(scheduler_db, invitation, Wanted(start, dana.id), settings, now=utcnow())
    mine = live_rows(scheduler_db)[0]

    with scheduler_db.begin() as another, scheduler_db.begin() as session:
        guard.enter(another, number)
        session.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(SlotTaken):
            bookings.move(
                session,
                appointment_id=mine.id,
                wanted=Wanted(later),
                settings=settings,
                now=utcnow(),
                location="NY",
            )

    assert {(row.id, row.starts_at) for row in live_rows(scheduler_db)} >= {(mine.id, ten)}
