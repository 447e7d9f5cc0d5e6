"""Anyone who fits: shares (P24), the soonest times, and how much is read for it (P25)."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import text

from services.scheduler.domain import pool
from services.scheduler.domain.interval import instant
from services.scheduler.operations import taken
from services.scheduler.operations.look import Look
from services.scheduler.operations.offers import (
    Wanted,
    explain,
    first_available,
    hosts_at,
    offers,
    refusal,
)
from services.scheduler.operations.timetables import timetables
from tests.integration.scheduler.acts import MONDAY, NOW, book, hold, invited, wanted
from tests.integration.scheduler.calendar_rules import (
    Statements,
    an_appointment,
    ask,
    cap_of,
    change_kind,
    gives,
    kind_of,
    off,
    open_schedule,
    practice,
    question,
    starts,
    stretch,
)
from tests.integration.scheduler.world import a_clinician, hours, live_rows, local, schedule_of

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def plain_calls(scheduler_db):
    change_kind(
        scheduler_db, duration=timedelta(minutes=30), step=timedelta(minutes=30),
        buffer_after=timedelta(0),
    )  # fmt: skip


def test_p24_of_three_hundred_bookings_each_has_their_share_within_one(scheduler_db):
    """As `holds.place` asks: who has that start, in order; the first of them gets it."""
    weights = {"Ada Obi": 1, "Dana Whitlock": 2, "Marcus Oyelaran": 3}
    with scheduler_db.begin() as session:
        people = {name: a_clinician(session, name) for name in weights}
    for name, who in people.items():
        gives(scheduler_db, who, weight=weights[name])
    counts: Counter[str] = Counter()
    with scheduler_db.begin() as session:
        asked = question(session)
        free = [instant(one.start) for one in offers(session, asked).starts[:300]]
        for n, start in enumerate(free, 1):
            host = hosts_at(session, start, asked)[0]
            an_appointment(session, people[host.name], start)
            counts[host.name] += 1
            assert all(abs(counts[name] - n * weights[name] / 6) <= 1 for name in weights)

    assert counts == {"Ada Obi": 50, "Dana Whitlock": 100, "Marcus Oyelaran": 150}


def test_p24_shares_are_of_those_who_are_there_and_nobody_is_asked_outside_hours(scheduler_db):
    """Ada works in the morning only: the two others share the afternoon evenly."""
    with scheduler_db.begin() as session:
        people = {
            "Ada Obi": a_clinician(session, "Ada Obi", weekly=hours(("09:00", "12:00"))),
            "Dana Whitlock": a_clinician(session),
            "Marcus Oyelaran": a_clinician(session, "Marcus Oyelaran"),
        }
        asked = question(session)
        afternoon: Counter[str] = Counter()
        for one in offers(session, asked).starts[:160]:
            start = instant(one.start)
            host = hosts_at(session, start, asked)[0]
            an_appointment(session, people[host.name], start)
            if start.astimezone(host.hours.zone).hour >= 12:
                afternoon[host.name] += 1

    assert "Ada Obi" not in afternoon
    assert abs(afternoon["Dana Whitlock"] - afternoon["Marcus Oyelaran"]) <= 1


def test_p24_why_it_is_this_clinician_is_kept(scheduler_db, settings):
    with scheduler_db.begin() as session:
        dana = a_clinician(session)
        a_clinician(session, "Marcus Oyelaran")

    first = book(scheduler_db, invited(scheduler_db), wanted("10:00"), settings)
    fallen_over = book(
        scheduler_db,
        invited(scheduler_db),
        Wanted(local(MONDAY, "10:00"), dana.id, fall_over=True),
        settings,
    )
    chosen = book(scheduler_db, invited(scheduler_db), wanted("11:00", dana), settings)

    assert first.assigned == pool.FURTHEST_BELOW
    assert fallen_over.assigned == pool.NEXT_FREE
    assert chosen.assigned is None


def test_p24_who_ask_for_anyone_at_once_all_have_somebody(scheduler_db, settings):
    with scheduler_db.begin() as session:
        for n in range(6):
            a_clinician(session, f"Clinician {n}")
    people = [invited(scheduler_db) for _ in range(6)]

    with ThreadPoolExecutor(6) as threads:
        found = list(
            threads.map(lambda one: book(scheduler_db, one, wanted("10:00"), settings), people)
        )

    assert len({one.schedule_id for one in found}) == 6


def test_p24_what_is_counted_around_one_start_is_what_is_counted_for_the_page(
    scheduler_db, settings
):
    with scheduler_db.begin() as session:
        people = [a_clinician(session, f"Clinician {n}") for n in range(3)]
    cap_of(scheduler_db, people[0], cap_per_week=30)
    with scheduler_db.begin() as session:
        for n, start in enumerate(["-100:00", "10:00", "24:00", "1007:30", "1008:00", "1100:00"]):
            at = NOW + timedelta(hours=float(start.split(":")[0])) + timedelta(minutes=30 * (n % 2))
            an_appointment(session, people[n % 3], at)
    hold(scheduler_db, invited(scheduler_db), wanted("15:00", people[1]), settings)

    with scheduler_db.begin() as session:
        asked = question(session)
        look = Look(session, timetables(session), asked)
        counted = taken.ahead(session, [one.id for one in look.schedules], asked)
        assert counted == {one.id: look.ahead()[one.id] for one in look.schedules}
        free = offers(session, asked)
        for one in free.starts[::50]:
            start = instant(one.start)
            assert hosts_at(session, start, asked) == free.at(start)


# ---------------------------------------------------------------- the soonest times


def test_the_ten_soonest_times_are_the_first_ten_of_all(scheduler_db, settings):
    with scheduler_db.begin() as session:
        for n in range(4):
            a_clinician(
                session, f"Clinician {n}", weekly=hours((f"{9 + n:02}:00", "14:30"), days=[2, 5])
            )
        asked = question(session)
        everything = offers(session, asked)
        for count in (1, 10, 40):
            soon = first_available(session, asked, count=count)
            assert [one.start for one in soon.starts] == [
                one.start for one in everything.starts[:count]
            ]
            assert all(
                {*one.hosts} == {*whole.hosts}
                for one, whole in zip(soon.starts, everything.starts, strict=False)
            )


def test_where_nothing_is_free_the_soonest_times_are_none(scheduler_db):
    with scheduler_db.begin() as session:
        who = a_clinician(session)
        assert first_available(session, question(session), count=10).starts
    off(scheduler_db, who, MONDAY, MONDAY + 80 * DAY)

    with scheduler_db.begin() as session:
        assert first_available(session, question(session), count=10).starts == []


def test_the_soonest_times_go_on_to_the_last_one_of_the_horizon(scheduler_db):
    with scheduler_db.begin() as session:
        a_clinician(session, weekly=hours(("09:00", "10:00"), days=[1]))
        asked = question(session)

        assert first_available(session, asked, count=99).starts == offers(session, asked).starts


# ---------------------------------------------------------------- how much is read


def test_p25_three_statements_serve_one_clinician_and_two_hundred(scheduler_db):
    def count(cold: bool) -> int:
        with scheduler_db.begin() as session:
            asked = question(session)
            if cold:
                session.execute(text("UPDATE schedule SET cap_per_day = cap_per_day"))
                session.execute(text("UPDATE practice_rules SET holidays = holidays"))
            with Statements(scheduler_db) as statements:
                offers(session, asked)
        return len(statements.sent)

    with scheduler_db.begin() as session:
        a_clinician(session)
    few = count(cold=True), count(cold=False)
    with scheduler_db.begin() as session:
        for n in range(199):
            a_clinician(session, f"Clinician {n}", weekly=hours(("09:00", "10:00"), days=[1]))
    many = count(cold=True), count(cold=False)

    assert few == many == (3, 2)


def test_p25_fifty_clinicians_sixty_days_and_five_thousand_bookings(scheduler_db):
    """A budget that a slow machine keeps, too; the figures themselves are in bench/."""
    change_kind(scheduler_db, horizon=60 * DAY)
    with scheduler_db.begin() as session:
        people = [a_clinician(session, f"Clinician {n}") for n in range(50)]
        numbers = [schedule_of(session, who).id for who in people]
        fill(session, numbers, each=100)
        asked = question(session)
        offers(session, asked)
        with Statements(scheduler_db) as statements:
            began = perf_counter()
            found = offers(session, asked)
            took = perf_counter() - began

    assert len(statements.sent) == 2
    assert sum(len(one.hosts) for one in found.starts) > 30_000
    assert took < 2


def fill(session: Any, numbers: list[int], *, each: int) -> None:
    """Bookings of half an hour, two a day, from nine on."""
    session.execute(
        text(
            "INSERT INTO appointment (id, schedule_id, appointment_type_id, during, buffer_before,"
            " buffer_after, status, uid) SELECT gen_random_uuid(), s, :kind, tstzrange(at, at +"
            " interval '30 minutes'), '0', '10 minutes', 'booked', gen_random_uuid() FROM"
            " unnest(cast(:numbers AS bigint[])) s, generate_series(0, :each - 1) n, LATERAL"
            " (SELECT cast(:now AS timestamptz) + interval '2 hours' + n / 2 * interval '1 day' +"
            " n % 2 * interval '90 minutes' AS at) a"
        ),
        {"kind": kind_of(session).id, "numbers": numbers, "each": each, "now": NOW},
    )


# ---------------------------------------------------------------- why not


def test_staff_are_told_the_rule_that_keeps_a_time_away(scheduler_db, settings):
    with scheduler_db.begin() as session:
        dana = a_clinician(session)
    change_kind(scheduler_db, buffer_after=timedelta(minutes=10))
    practice(scheduler_db, holidays="US-TX")
    cap_of(scheduler_db, dana, cap_per_day=2)
    tuesday, wednesday, friday = MONDAY + DAY, MONDAY + 2 * DAY, MONDAY + 18 * DAY
    book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    hold(scheduler_db, invited(scheduler_db), wanted("13:00", dana, tuesday), settings)
    stretch(scheduler_db, dana, local(tuesday, "15:00"), local(tuesday, "16:00"), opens=False)
    off(scheduler_db, None, wednesday)

    def why(start: datetime, **changes: Any) -> tuple[str | None, str]:
        with scheduler_db.begin() as session:
            one = open_schedule(session, dana)
            asked = question(session, **changes)
            found = explain(session, one, start, asked)
            assert refusal(session, one, start, asked) == found.reason
        return found.reason, found.because

    assert why(local(tuesday, "09:00")) == (None, "")
    assert why(local(MONDAY, "10:00")) == ("taken", "")
    assert why(local(MONDAY, "10:30")) == ("buffer", "")
    assert why(local(MONDAY, "06:00")) == ("too-soon", "")
    assert why(local(tuesday, "13:00")) == ("held", "")
    assert why(local(tuesday, "15:30")) == ("blocked", "Supervision")
    assert why(local(tuesday, "08:00")) == ("outside-hours", "")
    assert why(local(tuesday, "09:10")) == ("off-grid", "")
    assert why(local(wednesday, "09:00")) == ("closed", "Away together")
    assert why(local(friday, "09:00")) == ("closed", "Good Friday")
    assert why(local(tuesday, "09:00"), location="CA") == ("not-licensed", "")
    assert why(local(tuesday, "09:00"), code="individual-session") == ("staff-only", "")
    book(scheduler_db, invited(scheduler_db), wanted("11:00", dana), settings)
    assert why(local(MONDAY, "14:00")) == ("full", "2 a day, all types")
    assert len(live_rows(scheduler_db)) == 3
    assert ask(scheduler_db).starts
    assert starts(scheduler_db, wednesday) == []
