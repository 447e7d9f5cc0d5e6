"""The release ends while one of the two is acting: whoever is first, no time for two is left."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from services.scheduler.domain.errors import NotBookable, NotPossible
from services.scheduler.models import Appointment, Invitation
from services.scheduler.operations import bookings, endings, holds, joint
from services.scheduler.operations.offers import Wanted
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.two import Two, two_people
from tests.integration.scheduler.world import NEW_YORK, a_clinician, local

Step = Callable[[Session], Any]


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any) -> Two:
    with scheduler_db.begin() as session:
        a_clinician(session)
    two = two_people(app, intake, scheduler_db, settings)
    for one in (two.first, two.second):
        one.open(f"/t/{one.token}")
    return two


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as threads:
        yield threads


@dataclass
class Both:
    """Two connections: the first has acted and not committed when the second begins."""

    database: Database
    admin: str
    pool: ThreadPoolExecutor

    def in_order(self, first: Step, second: Step) -> Future[Any]:
        """The second waits for a lock of the first; then the first commits."""
        with self.database.begin() as session:
            first(session)
            later = self.pool.submit(self._run, second)
            self._until_it_waits(later)
        later.exception(timeout=30)
        return later

    def _run(self, step: Step) -> Any:
        with self.database.begin() as session:
            return step(session)

    def _until_it_waits(self, later: Future[Any]) -> None:
        query = (
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        until = monotonic() + 30
        with psycopg.connect(self.admin, autocommit=True) as connection:
            while connection.execute(query).fetchone() == (0,):
                assert not later.done(), "it did not have to wait"
                assert monotonic() < until


@pytest.fixture
def both(scheduler_db: Database, database_url: str, pool: ThreadPoolExecutor) -> Both:
    return Both(scheduler_db, database_url, pool)


def ends(two: Two) -> Step:
    with two.database.begin() as session:
        permissions = tuple(session.scalars(select(Invitation.id)))
    return lambda session: endings.end(session, permission_ids=permissions, now=utcnow())


def requests(two: Two) -> Step:
    """The first asks for ten o'clock, intake having said a moment ago that they may."""
    person_id = two.first.person_id

    def request(session: Session) -> Appointment:
        return joint.request(
            session,
            invitation=invitation(session, person_id),
            wanted=wanted(),
            how="phone",
            timezone="America/New_York",
            location="NY",
            settings=two.settings,
            now=utcnow(),
        )

    return request


def holding(two: Two) -> Step:
    return lambda session: holds.hold(
        session,
        invitation=invitation(session, two.first.person_id),
        wanted=wanted(),
        settings=two.settings,
        now=utcnow(),
    )


def says_yes(two: Two) -> Step:
    (row,) = two.rows()
    return lambda session: joint.accept(
        session,
        appointment_id=row.id,
        person_id=two.second.person_id,
        how="phone",
        location="NY",
        now=utcnow(),
    )


def cancels(two: Two) -> Step:
    (row,) = two.rows()
    return lambda session: bookings.cancel(
        session,
        appointment_id=row.id,
        person_id=two.second.person_id,
        settings=two.settings,
        now=utcnow(),
    )


def invitation(session: Session, person_id: UUID) -> Invitation:
    return session.scalars(
        select(Invitation)
        .options(joinedload(Invitation.type))
        .where(Invitation.person_id == person_id)
    ).one()


def wanted() -> Wanted:
    return Wanted(local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=7), "10:00"))


@pytest.mark.parametrize("act", [requests, holding])
def test_a_request_after_the_end_is_refused(
    two: Two, both: Both, act: Callable[[Two], Step]
) -> None:
    late = both.in_order(ends(two), act(two))

    assert isinstance(late.exception(), NotBookable)
    assert two.rows() == []
    assert two.told() == []


def test_a_request_right_before_the_end_is_found_and_given_back(two: Two, both: Both) -> None:
    ended = both.in_order(requests(two), ends(two))

    assert ended.exception() is None
    assert two.statuses() == ["cancelled"]
    assert [event for event, _ in two.told()] == ["requested", "released", "released"]


def test_a_hold_right_before_the_end_is_gone(two: Two, both: Both) -> None:
    both.in_order(holding(two), ends(two))

    assert two.rows() == []


def test_a_yes_right_before_the_end_is_cancelled(two: Two, both: Both) -> None:
    two.first.ask()

    ended = both.in_order(says_yes(two), ends(two))

    assert ended.exception() is None
    assert two.statuses() == ["cancelled"]
    assert [event for event, _ in two.told()] == ["requested", "booked", "cancelled"]


def test_a_yes_after_the_end_books_nothing(two: Two, both: Both) -> None:
    two.first.ask()

    late = both.in_order(ends(two), says_yes(two))

    assert isinstance(late.exception(), NotPossible)
    assert two.statuses() == ["cancelled"]


@pytest.mark.parametrize("end_first", [True, False])
def test_cancelling_at_the_same_moment_is_told_once(
    two: Two, both: Both, *, end_first: bool
) -> None:
    two.first.ask()
    two.accept(two.second)
    steps = [ends(two), cancels(two)]

    later = both.in_order(*(steps if end_first else reversed(steps)))

    assert later.exception() is None
    assert two.statuses() == ["cancelled"]
    assert [event for event, _ in two.told()] == ["requested", "booked", "cancelled"]
