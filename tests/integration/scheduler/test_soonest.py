"""The soonest times are the first of all of them, however little of the calendar is read for it."""

import random
from datetime import date, time, timedelta

import pytest
from sqlalchemy import text

from services.scheduler.domain import roster
from services.scheduler.domain.hours import WallRange, WeeklyRange
from services.scheduler.domain.interval import instant
from services.scheduler.operations import schedules
from services.scheduler.operations.offers import Offers, first_available, hosts_at, offers
from shared.db import Database
from tests.integration.scheduler.acts import MONDAY, NOW
from tests.integration.scheduler.calendar_rules import (
    Statements,
    a_house,
    an_appointment,
    cap_of,
    change_kind,
    elsewhere,
    gives,
    off,
    practice,
    question,
    stretch,
    weekly,
)
from tests.integration.scheduler.world import a_clinician, hours, schedule_of

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ZONES = ("America/New_York", "Pacific/Auckland", "Asia/Kolkata", "America/Los_Angeles", "UTC")


@pytest.mark.parametrize("much", [1, 50_000])
@pytest.mark.parametrize("seed", range(8))
def test_p25_the_soonest_times_are_the_first_of_all_in_any_practice(
    scheduler_db, monkeypatch, seed, much
):
    """`much`: how much working time the first reading takes in, to be content with or to go on."""
    monkeypatch.setattr(roster, "_MUCH", much)
    chance = random.Random(seed)  # noqa: S311 - the same practices each time, not a secret
    any_practice(scheduler_db, chance)

    with scheduler_db.begin() as session:
        asked = question(session, notice=chance.choice([0, 5, 30]) * HOUR, now=NOW + 7 * MINUTE)
        everything = offers(session, asked)
        for count in (1, 10, 45):
            assert told(first_available(session, asked, count=count)) == told(everything)[:count]


@pytest.mark.parametrize("seed", range(5))
def test_p25_whoever_has_a_time_is_found_among_those_at_work(scheduler_db, seed):
    chance = random.Random(seed)  # noqa: S311
    any_practice(scheduler_db, chance)

    with scheduler_db.begin() as session:
        asked = question(session)
        free = offers(session, asked)
        for one in chance.sample(free.starts, min(20, len(free.starts))):
            for beside in (0 * MINUTE, asked.kind.step, -asked.kind.step):
                start = instant(one.start) + beside
                assert hosts_at(session, start, asked) == free.at(start)


def test_p25_three_statements_find_the_soonest_times_of_a_few_and_of_two_hundred(scheduler_db):
    def count(cold: bool) -> int:
        with scheduler_db.begin() as session:
            asked = question(session)
            if cold:
                session.execute(text("UPDATE schedule SET cap_per_day = cap_per_day"))
                session.execute(text("UPDATE practice_rules SET holidays = holidays"))
            with Statements(scheduler_db) as statements:
                assert len(first_available(session, asked).starts) == 10
        return len(statements.sent)

    with scheduler_db.begin() as session:
        a_clinician(session)
    few = count(cold=True), count(cold=False)
    with scheduler_db.begin() as session:
        for n in range(199):
            a_clinician(session, f"Clinician {n}", weekly=hours(("09:00", "12:00"), days=[1, 3]))
    many = count(cold=True), count(cold=False)

    assert few == many == (3, 2)


def told(found: Offers) -> list[tuple[int, set[int]]]:
    """Each start, and who has it, in whichever order they would be asked."""
    return [(one.start, {*one.hosts}) for one in found.starts]


def any_practice(database: Database, chance: random.Random) -> None:
    """A few clinicians with anything that may be said about their time, and much of it taken."""
    change_kind(
        database,
        horizon=chance.choice([6, 15, 33]) * DAY,
        step=chance.choice([15, 20, 45]) * MINUTE,
        buffer_before=chance.choice([0, 10]) * MINUTE,
        cap_per_day=chance.choice([None, None, 3]),
        in_person=chance.random() < 0.3,
    )
    practice(database, holidays=chance.choice([None, "US-NY"]))
    places = [a_house(database, "Blue", "Green")[0], None]
    for n in range(chance.randint(1, 6)):
        with database.begin() as session:
            who = a_clinician(
                session, f"Clinician {n}", timezone=chance.choice(ZONES), weekly=any_week(chance)
            )
            if chance.random() < 0.3:
                kind = question(session).kind.id
                weekly(session, who, any_week(chance)[:2], kind=kind, place=chance.choice(places))
            number = schedule_of(session, who).id
            schedules.override_day(
                session, number, day=any_day(chance), ranges=[any_wall(chance)][: n % 2]
            )
            for hour in chance.sample(range(-30, 40 * 24, 2), chance.choice([0, 100, 240])):
                an_appointment(session, who, NOW + hour * HOUR + chance.randrange(60) * MINUTE)
        if chance.random() < 0.4:
            cap_of(database, who, cap_per_day=chance.choice([None, 4]), cap_per_week=9)
        if chance.random() < 0.4:
            off(database, who, any_day(chance), MONDAY + 30 * DAY)
        if chance.random() < 0.4:
            since = NOW + chance.randrange(900) * HOUR
            stretch(database, who, since, since + 9 * HOUR, opens=chance.random() < 0.5)
        if chance.random() < 0.4:
            since = NOW + chance.randrange(200) * HOUR
            elsewhere(database, who, since, since + 30 * HOUR)
        gives(database, who, offered=chance.random() < 0.9, weight=chance.randint(1, 3))


def any_week(chance: random.Random) -> list[WeeklyRange]:
    return [
        WeeklyRange(weekday, any_wall(chance), since=chance.choice([None, None, any_day(chance)]))
        for weekday in chance.sample(range(1, 8), chance.randint(1, 7))
    ]


def any_wall(chance: random.Random) -> WallRange:
    start, end = time(chance.randrange(24), chance.choice([0, 7, 30])), time(chance.randrange(24))
    return WallRange(start, end, overnight=end <= start)


def any_day(chance: random.Random) -> date:
    return MONDAY + chance.randrange(30) * DAY
