"""What is full: a clinician's day and week (P9), quiet around everything (P8), rooms."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.models import NO_ROOM_OVERLAP, Appointment
from services.scheduler.operations import guard, holds
from services.scheduler.operations.offers import Wanted
from tests.integration.scheduler.acts import MONDAY, NOW, book, hold, invited, run_out, wanted
from tests.integration.scheduler.calendar_rules import (
    a_house,
    an_appointment,
    ask,
    cap_of,
    change_kind,
    elsewhere,
    open_schedule,
    question,
    starts,
    wall,
    weekly,
)
from tests.integration.scheduler.world import (
    NEW_YORK,
    a_clinician,
    an_invitation,
    hours,
    live_rows,
    local,
)

HOUR = timedelta(hours=1)
TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def plain_calls(scheduler_db):
    change_kind(
        scheduler_db, duration=timedelta(minutes=30), step=timedelta(minutes=30),
        buffer_after=timedelta(0),
    )  # fmt: skip


@pytest.fixture
def late(scheduler_db):
    """Somebody who works over midnight, where midnight is not the one of UTC."""
    with scheduler_db.begin() as session:
        return a_clinician(session, weekly=[
            WeeklyRange(d, wall("23:00-01:00")) for d in range(1, 8)
        ])  # fmt: skip


def refused(database, settings, start, who) -> str | None:
    """The reason with which a hold is refused under the lock, or None. Nothing stays."""
    try:
        with database.begin() as session:
            holds.hold(
                session,
                invitation=an_invitation(session),
                wanted=Wanted(start, who.id),
                settings=settings,
                now=NOW,
            )
            session.rollback()
    except SlotTaken as taken:
        return taken.reason
    return None


@pytest.mark.parametrize("of_type", [True, False])
def test_p9_a_cap_counts_by_the_local_day_of_the_clinician(scheduler_db, settings, late, of_type):
    """What begins at 23:30 is today's and what begins at 00:30 tomorrow's; in UTC both are one."""
    if of_type:
        change_kind(scheduler_db, cap_per_day=1)
    else:
        cap_of(scheduler_db, late, cap_per_day=1)
    book(scheduler_db, invited(scheduler_db), wanted("23:30", late), settings)

    assert starts(scheduler_db, MONDAY) == []
    assert starts(scheduler_db, TUESDAY) == ["00:00", "00:30", "23:00", "23:30"]
    assert refused(scheduler_db, settings, local(MONDAY, "23:00"), late) == "full"
    assert refused(scheduler_db, settings, local(TUESDAY, "00:30"), late) is None


def test_p9_a_hold_counts_until_it_has_run_out_and_ones_own_does_not(scheduler_db, settings, late):
    cap_of(scheduler_db, late, cap_per_day=1)
    mine = invited(scheduler_db)
    hold(scheduler_db, mine, wanted("23:30", late), settings)

    assert starts(scheduler_db, MONDAY) == []
    assert starts(scheduler_db, MONDAY, besides_invitation=mine.id) == ["23:00", "23:30"]
    hold(scheduler_db, mine, wanted("23:00", late), settings)
    with scheduler_db.begin() as session:
        session.get_one(Appointment, live_rows(scheduler_db)[0].id).hold_until = datetime(
            2020, 1, 1, tzinfo=UTC
        )
    assert starts(scheduler_db, MONDAY) == ["23:00", "23:30"]


def test_p9_a_week_runs_from_monday_to_sunday_also_where_the_year_ends(scheduler_db, settings):
    """Monday 2026-12-28 to Sunday 2027-01-03 is one ISO week."""
    before = datetime(2026, 12, 20, 12, tzinfo=UTC)
    with scheduler_db.begin() as session:
        who = a_clinician(session, weekly=hours(("09:00", "10:00")))
        an_appointment(session, who, local(date(2026, 12, 28), "09:00"))
        an_appointment(session, who, local(date(2027, 1, 3), "09:30"))
    cap_of(scheduler_db, who, cap_per_week=2)

    def on(day: date) -> list[str]:
        return starts(scheduler_db, day, now=before)

    assert on(date(2026, 12, 27)) == ["09:00", "09:30"]
    assert [on(date(2026, 12, 28) + timedelta(days=n)) for n in range(7)] == [[]] * 7
    assert on(date(2027, 1, 4)) == ["09:00", "09:30"]


def test_p9_what_was_earlier_in_the_week_counts_although_it_is_over(scheduler_db, late):
    friday = local(MONDAY + timedelta(days=4), "12:00")
    with scheduler_db.begin() as session:
        an_appointment(session, late, local(MONDAY, "23:30"), status="fulfilled")
        an_appointment(session, late, local(TUESDAY, "23:30"), status="cancelled")
    cap_of(scheduler_db, late, cap_per_week=1)

    assert starts(scheduler_db, MONDAY + timedelta(days=4), now=friday) == []
    assert starts(scheduler_db, MONDAY + timedelta(days=7), now=friday)


def test_p9_of_twelve_who_want_a_day_with_room_for_three_three_have_it(scheduler_db, settings):
    with scheduler_db.begin() as session:
        who = a_clinician(session)
    cap_of(scheduler_db, who, cap_per_day=3)
    people = [invited(scheduler_db) for _ in range(12)]

    def take(n: int) -> str:
        start = local(MONDAY, "09:00") + n * timedelta(minutes=30)
        try:
            return book(scheduler_db, people[n], Wanted(start, who.id), settings).status
        except SlotTaken as taken:
            return taken.reason

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(take, range(12))) == ["booked"] * 3 + ["full"] * 9


@pytest.mark.parametrize("what", ["booking", "hold", "outside"])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (0, 10), (10, 0), (15, 30), (30, 15)])
def test_p8_the_gap_is_the_larger_of_the_two_whatever_is_beside(
    scheduler_db, settings, what, before, after
):
    """Everything keeps max(after of the earlier, before of the later); an outside event has none
    of its own, so only ours count.
    """
    change_kind(
        scheduler_db,
        step=timedelta(minutes=5),
        buffer_before=timedelta(minutes=before),
        buffer_after=timedelta(minutes=after),
    )
    with scheduler_db.begin() as session:
        who = a_clinician(session, weekly=hours(("09:00", "15:00")))
    noon = local(MONDAY, "12:00")
    if what == "booking":
        book(scheduler_db, invited(scheduler_db), Wanted(noon, who.id), settings)
    elif what == "hold":
        hold(scheduler_db, invited(scheduler_db), Wanted(noon, who.id), settings)
    else:
        elsewhere(scheduler_db, who, noon, noon + HOUR / 2)

    found = starts(scheduler_db, MONDAY)

    gap_before, gap_after = max(after, before), max(after, before)
    if what == "outside":
        gap_before, gap_after = after, before
    near = timedelta(minutes=30 + gap_before)
    last = max(one for one in found if one < "12:00")
    first = min(one for one in found if one > "12:00")
    assert last == f"{(noon - near).astimezone(NEW_YORK):%H:%M}"
    assert first == f"{(noon + HOUR / 2 + timedelta(minutes=gap_after)).astimezone(NEW_YORK):%H:%M}"


# ---------------------------------------------------------------- rooms


@pytest.fixture
def two(scheduler_db):
    """Two clinicians who sit in Maple House, which has one room."""
    change_kind(scheduler_db, in_person=True)
    place, rooms = a_house(scheduler_db, "Blue")
    with scheduler_db.begin() as session:
        people = [a_clinician(session, name, weekly=[]) for name in ("Dana Whitlock", "Marcus O")]
        for who in people:
            weekly(session, who, hours(("09:00", "11:00")), place=place)
    return people, place, rooms


def test_a_visit_in_person_needs_a_room_that_is_free_throughout(scheduler_db, settings, two):
    (dana, marcus), _, rooms = two
    booked = book(scheduler_db, invited(scheduler_db), wanted("09:30", dana), settings)

    assert booked.room_id == rooms[0]
    assert starts(scheduler_db, MONDAY) == ["09:00", "10:00", "10:30"]
    assert refused(scheduler_db, settings, local(MONDAY, "09:30"), marcus) == "taken"
    assert refused(scheduler_db, settings, local(MONDAY, "10:00"), marcus) is None


def test_a_room_of_another_house_is_of_no_use(scheduler_db, settings, two):
    (dana, marcus), _, _ = two
    a_house(scheduler_db, "Green", name="Cedar House")
    book(scheduler_db, invited(scheduler_db), wanted("09:30", dana), settings)

    assert refused(scheduler_db, settings, local(MONDAY, "09:30"), marcus) == "taken"


def test_hours_without_a_place_take_any_room(scheduler_db, settings, two):
    (dana, _), _, rooms = two
    _, more = a_house(scheduler_db, "Green", name="Cedar House")
    with scheduler_db.begin() as session:
        ada = a_clinician(session, "Ada Obi")
    book(scheduler_db, invited(scheduler_db), wanted("09:30", dana), settings)

    booked = book(scheduler_db, invited(scheduler_db), wanted("09:30", ada), settings)

    assert booked.room_id == more[0] != rooms[0]


def test_one_visit_is_not_in_two_houses(scheduler_db, settings):
    change_kind(scheduler_db, in_person=True, duration=HOUR)
    maple, _ = a_house(scheduler_db, "Blue")
    cedar, _ = a_house(scheduler_db, "Green", name="Cedar House")
    with scheduler_db.begin() as session:
        who = a_clinician(session, weekly=[])
        weekly(session, who, hours(("09:00", "11:00")), place=maple)
        weekly(session, who, hours(("11:00", "13:00")), place=cedar)

    assert starts(scheduler_db, MONDAY) == ["09:00", "09:30", "10:00", "11:00", "11:30", "12:00"]


def test_clinicians_who_race_for_rooms_have_one_each_and_no_deadlock(scheduler_db, settings):
    """Six clinicians, two rooms, one start: two have it, four are told so, nothing breaks."""
    change_kind(scheduler_db, in_person=True)
    _, rooms = a_house(scheduler_db, "Blue", "Green")
    with scheduler_db.begin() as session:
        people = [a_clinician(session, f"Clinician {n}") for n in range(6)]
    asking = [invited(scheduler_db) for _ in people]

    def take(n: int) -> str | int | None:
        try:
            one = book(scheduler_db, asking[n], wanted("10:00", people[n]), settings)
        except SlotTaken as taken:
            return taken.reason
        return one.room_id

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(take, range(6)))

    assert sorted(one for one in found if isinstance(one, int)) == rooms
    assert found.count("taken") == 4


def test_the_database_refuses_a_room_twice_even_without_our_lock(scheduler_db, two):
    (dana, marcus), _, rooms = two
    noon = local(MONDAY, "12:00")
    with scheduler_db.begin() as session:
        an_appointment(session, dana, noon, room_id=rooms[0])
    with scheduler_db.begin() as session, pytest.raises(IntegrityError, match=NO_ROOM_OVERLAP):
        an_appointment(session, marcus, noon, room_id=rooms[0])


def test_a_visit_that_is_moved_takes_the_room_that_is_free_then(scheduler_db, settings, two):
    (dana, marcus), place, rooms = two
    book(scheduler_db, invited(scheduler_db), wanted("09:30", marcus), settings)
    with scheduler_db.begin() as session:
        one = open_schedule(session, dana)
        asked = question(session)
        assert guard.refuse_taken(session, one, local(MONDAY, "10:00"), asked) == rooms[0]
        with pytest.raises(SlotTaken):
            guard.refuse_taken(session, one, local(MONDAY, "09:30"), asked)
    assert place
    assert ask(scheduler_db).at(local(MONDAY, "09:30")) == []


def test_p3_a_room_whose_hold_ran_out_with_one_is_free_for_another_without_any_worker(
    scheduler_db, settings, dana
):
    """P3: what is offered can be booked, whoever of the clinicians had the room."""
    change_kind(scheduler_db, in_person=True)
    a_house(scheduler_db, "Blue")
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran")
    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    run_out(scheduler_db)

    assert "10:00" in starts(scheduler_db, MONDAY)
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", marcus), settings)

    assert booked.room_id is not None
