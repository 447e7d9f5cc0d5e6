"""What staff see of somebody who has texted that they will come."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.scheduler.consumers import consumer
from services.scheduler.models import Appointment
from shared.clock import utcnow
from shared.contracts.notifier import AttendanceConfirmed
from shared.db import Database
from tests.integration.scheduler.test_where_again import near
from tests.integration.scheduler.two import Two, two_people
from tests.integration.scheduler.world import NEW_YORK, a_clinician, words


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any, owner: Any) -> Two:
    """Two who meet Ada in an hour."""
    with scheduler_db.begin() as session:
        a_clinician(session, "Ada Brandt", video_room="https://video.example/ada")
    two = two_people(app, intake, scheduler_db, settings)
    two.first.ask()
    two.accept(two.second, how="video")
    near(two, utcnow() + timedelta(hours=1))
    return two


def hears_yes(database: Database, two: Two, who: Any, *, sequence: int) -> None:
    person_id = two.participant(who).person_id
    with database.begin() as session:
        (appointment,) = session.scalars(select(Appointment)).all()
        said = AttendanceConfirmed(
            appointment_id=appointment.id, sequence=sequence, person_id=person_id
        )
        consumer.receive(said.envelope(event_id=uuid4(), at=utcnow()), session)


def sequence_of(database: Database) -> int:
    with database.begin() as session:
        return session.scalars(select(Appointment.sequence)).one()


def the_day(database: Database) -> str:
    """What staff see of the day it is on: late in the evening, an hour on is tomorrow."""
    with database.begin() as session:
        (appointment,) = session.scalars(select(Appointment)).all()
        day = appointment.starts_at.astimezone(NEW_YORK).date()
    return f"/staff/?who=everyone&day={day}"


def test_p17_each_of_two_says_yes_for_themselves_and_staff_see_whether_both_did(
    two: Two, owner: Any, scheduler_db: Database
):
    now = sequence_of(scheduler_db)
    own = words(two.second.open(two.own(two.second)))

    hears_yes(scheduler_db, two, two.first, sequence=now)
    assert "Confirmed by text by one of the two." in words(owner.open(the_day(scheduler_db)))
    assert words(two.second.open(two.own(two.second))) == own, "the other learns nothing of it"

    hears_yes(scheduler_db, two, two.second, sequence=now)
    assert "Confirmed by text." in words(owner.open(the_day(scheduler_db)))


def test_a_yes_to_what_was_told_before_a_move_is_none(two: Two, owner: Any, scheduler_db: Database):
    now = sequence_of(scheduler_db)

    hears_yes(scheduler_db, two, two.first, sequence=now)
    with scheduler_db.begin() as session:
        for appointment in session.scalars(select(Appointment)):
            appointment.sequence += 1
    hears_yes(scheduler_db, two, two.second, sequence=now)

    assert "Confirmed by text" not in words(owner.open(the_day(scheduler_db)))
