"""What is full: a clinician's day and week (P9), quiet around everything (P8), rooms."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.exc import IntegrityError

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.domain.hours import WeeklyRange
from services.scheduler.domain.interval import instant, minute_at_or_before
from services.scheduler.models import NO_ROOM_OVERLAP, Appointment
from services.scheduler.operations import guard, holds
from services.scheduler.operations.offers import Wanted
from services.scheduler.operations.taken import taken_times
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
MINUTE = timedelta(minutes=1)
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


def test_p9_a_week_ends_at_the_local_midnight_of_sunday(scheduler_db, late):
    """What begins on Sunday at 23:30 is Monday's by UTC, and last week's all the same."""
    with scheduler_db.begin() as session:
        an_appointment(session, late, local(MONDAY + timedelta(days=6), "23:30"))
    cap_of(scheduler_db, late, cap_per_week=1)

    week = [starts(scheduler_db, MONDAY + timedelta(days=n)) for n in range(7)]

    assert week == [[]] * 7
    assert starts(scheduler_db, MONDAY + timedelta(days=7))[:2] == ["00:00", "00:30"]


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


SIZES = [timedelta(minutes=n) for n in (0, 10, 15, 30)]
PAIRS = list(product(SIZES, SIZES))


def beside(
    neighbour: datetime, quiet: tuple[timedelta, timedelta], own: tuple[timedelta, timedelta]
) -> list[datetime]:
    """Every five minutes from nine, as long as half an hour ends by three: what keeps away."""
    grid = [neighbour.replace(minute=0) + timedelta(minutes=5 * n) for n in range(-36, 31)]
    before, after = max(quiet[0], own[1]), max(own[0], quiet[1])
    ends = neighbour + HOUR / 2
    return [at for at in grid if at + HOUR / 2 <= neighbour - before or at >= ends + after]


def test_p8_the_gap_is_the_larger_of_the_two_on_either_side_of_whatever_is_beside(scheduler_db):
    """max(after of the earlier, before of the later), for each of 256 pairs of pairs; an outside
    event wants no quiet of its own. The neighbour begins at 12:02, and the grid stays at nine.
    """
    change_kind(scheduler_db, step=timedelta(minutes=5), horizon=timedelta(days=40))
    noon = [local(MONDAY + timedelta(days=n), "12:02") for n in range(len(PAIRS))]
    with scheduler_db.begin() as session:
        booked, held, out = (
            a_clinician(session, name, weekly=hours(("09:00", "15:00")))
            for name in ("Ada Obi", "Ben Hale", "Cem Ak")
        )
        for at, (before, after) in zip(noon, PAIRS, strict=True):
            quiet = {"buffer_before": before, "buffer_after": after}
            an_appointment(session, booked, at, **quiet)
            an_appointment(
                session, held, at, status="proposed", hold_until=datetime(2100, 1, 1, tzinfo=UTC),
                **quiet,
            )  # fmt: skip
    for at in noon:
        elsewhere(scheduler_db, out, at, at + HOUR / 2)

    for own in PAIRS:
        change_kind(scheduler_db, buffer_before=own[0], buffer_after=own[1])
        found = ask(scheduler_db)
        free = {
            who.id: [instant(one.start) for one in found.with_only(who.id).starts]
            for who in (booked, held, out)
        }
        for at, quiet in zip(noon, PAIRS, strict=True):
            day = at.astimezone(NEW_YORK).date()
            shown = {
                number: [one for one in starts if one.astimezone(NEW_YORK).date() == day]
                for number, starts in free.items()
            }
            assert shown[booked.id] == beside(at, quiet, own), (quiet, own)
            assert shown[held.id] == shown[booked.id], (quiet, own)
            assert shown[out.id] == beside(at, (SIZES[0], SIZES[0]), own), own


def test_p8_what_reaches_into_a_piece_of_time_is_read_however_far_it_reaches(scheduler_db):
    with scheduler_db.begin() as session:
        who, asked = a_clinician(session), question(session)
        number, begins, rows = open_schedule(session, who).id, NOW, []
        for minutes, before, after in product((15, 90, 241, 1439), *[(0, 10, 200, 1439)] * 2):
            ends, quiet = begins + minutes * MINUTE, (before * MINUTE, after * MINUTE)
            during = Range(begins, ends, bounds="[)")
            an_appointment(
                session, who, begins, during=during, buffer_before=quiet[0], buffer_after=quiet[1]
            )
            rows.append((begins, ends, *quiet))
            begins = ends + 35 * MINUTE
        for since in (NOW + n * 7 * HOUR for n in range((begins - NOW) // (7 * HOUR))):
            until = since + 40 * MINUTE
            found = taken_times(session, [number], asked, since=since, until=until)
            # The visits that are looked for want some quiet, too, and minutes are rounded outwards.
            earliest = since - asked.policy.before - 5 * MINUTE
            latest = until + asked.policy.duration + asked.policy.after + 5 * MINUTE
            assert {*found.starts(number)} == {
                minute_at_or_before(start)
                for start, end, before, after in rows
                if end + after > earliest and start - before < latest
            }


@pytest.mark.parametrize("take", [book, hold])
def test_p8_what_is_taken_keeps_the_quiet_that_its_type_had_then(scheduler_db, settings, take):
    quiet = timedelta(minutes=10), timedelta(minutes=15)
    change_kind(
        scheduler_db, step=timedelta(minutes=5), buffer_before=quiet[0], buffer_after=quiet[1]
    )
    with scheduler_db.begin() as session:
        who = a_clinician(session, weekly=hours(("09:00", "15:00")))
    noon = local(MONDAY, "12:00")
    take(scheduler_db, invited(scheduler_db), Wanted(noon, who.id), settings)
    change_kind(scheduler_db, buffer_before=SIZES[0], buffer_after=SIZES[0])

    found = starts(scheduler_db, MONDAY)

    expected = beside(noon, quiet, (SIZES[0], SIZES[0]))
    assert found == [f"{at.astimezone(NEW_YORK):%H:%M}" for at in expected]


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
