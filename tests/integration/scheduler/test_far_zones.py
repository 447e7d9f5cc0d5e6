"""What is offered in far zones, near UTC's midnight and on days of a change, is given (P4, P5)."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.domain.hours import WeeklyRange, clock_changes
from services.scheduler.domain.interval import instant
from services.scheduler.models import AppointmentType, Practitioner
from services.scheduler.operations import holds
from services.scheduler.operations.offers import Wanted, offers
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database
from tests.integration.scheduler.calendar_rules import question, weekly
from tests.integration.scheduler.world import a_clinician, an_invitation, token_of
from tests.unit.scheduler.zones import ZONES, walls

DAY = timedelta(days=1)
NAMED = [
    "America/Los_Angeles",
    "Pacific/Auckland",
    "Australia/Sydney",
    "Asia/Kolkata",
    "Pacific/Chatham",
    "America/St_Johns",
]


def far_away(database: Database, name: str) -> Practitioner:
    """Somebody who works there: at night, by day, and over midnight in Greenwich."""
    ranges = [WeeklyRange(day, wall) for day in range(1, 8) for wall in walls(ZoneInfo(name))]
    with database.begin() as session:
        who = a_clinician(session, timezone=name, weekly=[])
        weekly(session, who, ranges)
        session.execute(update(AppointmentType).values(horizon=DAY))
        return who


def days_to_try(name: str) -> list[date]:
    """An ordinary day, and the eve of a change of the clocks."""
    changes = clock_changes(ZoneInfo(name), date(2027, 2, 1), date(2027, 12, 31))
    return [date(2027, 1, 20), *(change.day - DAY for change in changes[:1])]


def is_given(
    database: Database, settings: Settings, start: datetime, who: Practitioner, now: datetime
) -> bool:
    """Whether it would be held for somebody new. Nothing stays of it."""
    try:
        with database.begin() as session:
            holds.hold(
                session, invitation=an_invitation(session), wanted=Wanted(start, who.id),
                settings=settings, now=now,
            )  # fmt: skip
            session.rollback()
    except SlotTaken:
        return False
    return True


@pytest.mark.parametrize("name", ZONES)
def test_p4_p5_in_each_zone_what_is_offered_is_given_and_nothing_beside_it(
    scheduler_db, settings, name
):
    """Two days at a time, those on which clocks change among them."""
    who = far_away(scheduler_db, name)
    for day in days_to_try(name):
        now = datetime(day.year, day.month, day.day, 0, 10, tzinfo=ZoneInfo(name))
        with scheduler_db.begin() as session:
            found = offers(session, question(session, now=now))
        offered = [instant(one.start) for one in found.starts]
        beside = {at + timedelta(minutes=n) for at in offered[::6] for n in (-30, 10, 30)}

        assert len(offered) > 14
        for start in offered[::3]:
            assert is_given(scheduler_db, settings, start, who, now), start
        for start in beside - {*offered}:
            assert not is_given(scheduler_db, settings, start, who, now), start


@pytest.mark.parametrize("name", NAMED)
def test_p5_fault_1_every_time_that_a_far_zone_offers_is_booked_by_who_posts_it(
    app: Any, scheduler_db: Database, name: str
) -> None:
    """P5: offer all of what is near, send a POST for each, read 201 each time."""
    far_away(scheduler_db, name)
    client = app.test_client()

    def somebody() -> dict[str, str]:
        with scheduler_db.begin() as session:
            return {"Authorization": f"Bearer {token_of(an_invitation(session).id)}"}

    found = client.get("/api/slots?days=2", headers=somebody()).get_json()["slots"]
    later = utcnow() + timedelta(minutes=30)  # what is about to begin may be gone when it is sent
    starts = [one["start"] for one in found if datetime.fromisoformat(one["start"]) > later]

    answers = [
        client.post("/api/appointments", headers=somebody(), json={"start": at, "location": "NY"})
        for at in starts
    ]

    assert len(starts) > 14
    assert [answer.status_code for answer in answers] == [201] * len(starts)
