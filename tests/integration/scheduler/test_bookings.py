"""Hold, book, move, cancel on a real database; P1 stands in test_race.py."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.scheduler.domain.errors import AlreadyBooked, NotPossible, SlotTaken, TooLate
from services.scheduler.domain.interval import instant
from services.scheduler.models import (
    NO_OVERLAP,
    Appointment,
    AppointmentHistory,
    AppointmentType,
    Invitation,
    Participant,
    Practitioner,
)
from services.scheduler.operations import bookings, guard, holds, schedules
from services.scheduler.operations.offers import Wanted, offers
from services.scheduler.settings import Settings
from shared.db import Database, constraint_of
from tests.integration.scheduler.world import (
    a_clinician,
    an_invitation,
    events,
    hours,
    live_rows,
    local,
    schedule_of,
)

MONDAY = date(2027, 3, 8)
NOW = local(MONDAY, "07:00")
DAY = timedelta(days=1)


@pytest.fixture
def dana(scheduler_db: Database) -> Practitioner:
    with scheduler_db.begin() as session:
        return a_clinician(session)


def invited(database: Database) -> Invitation:
    with database.begin() as session:
        return an_invitation(session)


def wanted(clock: str, who: Practitioner | None = None, day: date = MONDAY) -> Wanted:
    return Wanted(local(day, clock), who.id if who else None)


def hold(
    database: Database, invitation: Invitation, what: Wanted, settings: Settings
) -> Appointment:
    with database.begin() as session:
        return holds.hold(session, invitation=invitation, wanted=what, settings=settings, now=NOW)


def book(
    database: Database,
    invitation: Invitation,
    what: Wanted,
    settings: Settings,
    now: datetime = NOW,
) -> Appointment:
    with database.begin() as session:
        return bookings.book(
            session,
            invitation=invitation,
            wanted=what,
            how="phone",
            timezone="America/New_York",
            settings=settings,
            now=now,
        )


def move(
    database: Database, one: Appointment, what: Wanted, settings: Settings, now: datetime = NOW
) -> Appointment:
    with database.begin() as session:
        return bookings.move(
            session, appointment_id=one.id, wanted=what, settings=settings, now=now
        )


def cancel(
    database: Database, one: Appointment, settings: Settings, now: datetime = NOW
) -> Appointment:
    with database.begin() as session:
        return bookings.cancel(session, appointment_id=one.id, settings=settings, now=now)


def offered(database: Database, settings: Settings) -> list[datetime]:
    with database.begin() as session:
        schedules.ensure_types(session)
        kind = session.scalars(select(AppointmentType)).one()
        found = offers(session, policy=kind.policy(notice=settings.booking_notice), now=NOW)
    return [instant(one.start) for one in found.starts]


def run_out(database: Database) -> None:
    """Let every hold's time be over, on the database's clock."""
    with database.begin() as session:
        session.execute(
            update(Appointment)
            .where(Appointment.status == "proposed")
            .values(hold_until=func.clock_timestamp() - timedelta(seconds=1))
        )


def history(database: Database) -> list[tuple[str, int, str]]:
    with database.begin() as session:
        rows = session.scalars(select(AppointmentHistory).order_by(AppointmentHistory.id))
        return [(row.act, row.sequence, row.status_after) for row in rows]


def test_a_booking_is_told_to_the_others_in_the_same_commit(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    assert booked.status == "booked"
    assert (booked.starts_at, booked.ends_at) == (
        local(MONDAY, "10:00"),
        local(MONDAY, "10:20"),
    )
    assert events(scheduler_db) == ["appointment.booked.v1"]
    assert history(scheduler_db) == [("book", 0, "booked")]


def test_a_booking_that_fails_tells_nobody(scheduler_db, settings, dana):
    with pytest.raises(SlotTaken):
        book(scheduler_db, invited(scheduler_db), wanted("07:30", dana), settings)

    assert (events(scheduler_db), live_rows(scheduler_db)) == ([], [])


def test_p3_a_held_time_is_not_offered_and_not_given_to_anybody_else(scheduler_db, settings, dana):
    start = local(MONDAY, "10:00")
    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    assert start not in offered(scheduler_db, settings)
    with pytest.raises(SlotTaken):
        hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    with pytest.raises(SlotTaken):
        book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)


def test_p3_a_hold_that_ran_out_is_free_again_without_any_worker(scheduler_db, settings, dana):
    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    run_out(scheduler_db)

    assert local(MONDAY, "10:00") in offered(scheduler_db, settings)
    other = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    assert [row.id for row in live_rows(scheduler_db)] == [other.id]


def test_p3_a_hold_ends_by_the_databases_clock(scheduler_db, settings, dana):
    short = replace(settings, hold=timedelta(milliseconds=200))
    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), short)

    with scheduler_db.begin() as session:
        session.execute(text("SELECT pg_sleep(0.3)"))

    assert local(MONDAY, "10:00") in offered(scheduler_db, settings)


def test_whoever_lost_a_hold_may_still_book_what_nobody_took(scheduler_db, settings, dana):
    mine = invited(scheduler_db)
    hold(scheduler_db, mine, wanted("10:00", dana), settings)
    run_out(scheduler_db)

    booked = book(scheduler_db, mine, wanted("10:00", dana), settings)

    assert [row.id for row in live_rows(scheduler_db)] == [booked.id]


def test_one_person_has_one_hold_and_a_second_choice_gives_the_first_back(
    scheduler_db, settings, dana
):
    mine = invited(scheduler_db)
    hold(scheduler_db, mine, wanted("10:00", dana), settings)
    second = hold(scheduler_db, mine, wanted("11:00", dana), settings)

    assert [row.id for row in live_rows(scheduler_db)] == [second.id]
    assert local(MONDAY, "10:00") in offered(scheduler_db, settings)


def test_a_second_choice_that_is_taken_leaves_the_first_hold_alone(scheduler_db, settings, dana):
    mine = invited(scheduler_db)
    first = hold(scheduler_db, mine, wanted("10:00", dana), settings)
    book(scheduler_db, invited(scheduler_db), wanted("11:00", dana), settings)

    with pytest.raises(SlotTaken):
        hold(scheduler_db, mine, wanted("11:00", dana), settings)

    assert first.id in [row.id for row in live_rows(scheduler_db)]


def test_holding_the_same_time_twice_is_one_hold_and_its_end_does_not_move(
    scheduler_db, settings, dana
):
    mine = invited(scheduler_db)

    first = hold(scheduler_db, mine, wanted("10:00", dana), settings)
    again = hold(scheduler_db, mine, wanted("10:00", dana), settings)

    assert (again.id, again.hold_until) == (first.id, first.hold_until)


def test_a_booking_sent_twice_is_one_booking_and_no_error(scheduler_db, settings, dana):
    mine = invited(scheduler_db)

    first = book(scheduler_db, mine, wanted("10:00", dana), settings)
    again = book(scheduler_db, mine, wanted("10:00", dana), settings)

    assert again.id == first.id
    assert events(scheduler_db) == ["appointment.booked.v1"]


def test_one_permission_books_one_time(scheduler_db, settings, dana):
    mine = invited(scheduler_db)
    book(scheduler_db, mine, wanted("10:00", dana), settings)

    with pytest.raises(AlreadyBooked):
        book(scheduler_db, mine, wanted("11:00", dana), settings)
    with pytest.raises(AlreadyBooked):
        hold(scheduler_db, mine, wanted("11:00", dana), settings)


def test_p7_a_time_is_booked_if_and_only_if_it_is_offered(scheduler_db, settings, dana):
    """P7: each quarter of an hour of a day and a half, asked for one by one."""
    book(scheduler_db, invited(scheduler_db), wanted("10:30", dana), settings)
    hold(scheduler_db, invited(scheduler_db), wanted("14:00", dana), settings)
    open_now = set(offered(scheduler_db, settings))
    mine = invited(scheduler_db)

    for minutes in range(0, 36 * 60, 15):
        start = local(MONDAY, "00:00") + timedelta(minutes=minutes)
        try:
            with scheduler_db.begin() as session:
                holds.hold(
                    session,
                    invitation=mine,
                    wanted=Wanted(start, dana.id),
                    settings=settings,
                    now=NOW,
                )
                accepted = True
                session.rollback()
        except SlotTaken:
            accepted = False
        assert accepted == (start in open_now), start


@pytest.mark.parametrize("second", ["10:00:01", "10:00:30"])
def test_p7_a_start_between_two_minutes_is_refused(scheduler_db, settings, dana, second):
    with pytest.raises(SlotTaken):
        book(scheduler_db, invited(scheduler_db), wanted(second, dana), settings)


@pytest.mark.parametrize(
    "zone",
    [
        "America/Los_Angeles",
        "Pacific/Auckland",
        "Australia/Sydney",
        "Asia/Kolkata",
        "Pacific/Chatham",
        "America/St_Johns",
    ],
)
def test_p5_every_offered_time_of_a_far_zone_can_be_booked(scheduler_db, settings, zone):
    """P5: offer all of two days, book each of them."""
    with scheduler_db.begin() as session:
        a_clinician(session, weekly=hours(("08:00", "09:30"), ("21:00", "23:30")), timezone=zone)
    two_days = [at for at in offered(scheduler_db, settings) if at < NOW + 2 * DAY]

    for start in two_days:
        book(scheduler_db, invited(scheduler_db), Wanted(start), settings)

    assert len(two_days) >= 14
    assert [row.starts_at for row in live_rows(scheduler_db)] == two_days


def test_buffers_stand_between_bookings_and_holds_alike(scheduler_db, settings, dana):
    with scheduler_db.begin() as session:
        session.execute(
            update(AppointmentType).values(
                step=timedelta(minutes=5), buffer_after=timedelta(minutes=10)
            )
        )
    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    around = [
        at
        for at in offered(scheduler_db, settings)
        if local(MONDAY, "09:20") <= at <= local(MONDAY, "10:40")
    ]

    assert [at.astimezone(UTC) for at in around] == [
        *[local(MONDAY, f"09:{minute}") for minute in (20, 25, 30)],
        *[local(MONDAY, f"10:{minute}") for minute in (30, 35, 40)],
    ]


def test_a_pool_gives_the_time_to_whoever_is_free(scheduler_db, settings, dana):
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran")

    booked = [
        book(scheduler_db, invited(scheduler_db), wanted("10:00"), settings) for _ in range(2)
    ]

    assert len({one.schedule_id for one in booked}) == 2
    with pytest.raises(SlotTaken):
        book(scheduler_db, invited(scheduler_db), wanted("10:00"), settings)
    assert marcus.id != dana.id


def test_p24_whoever_asked_for_anyone_falls_over_to_the_next_free_person(
    scheduler_db, settings, dana
):
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran")
        marcus_schedule = schedule_of(session, marcus).id
    book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    shown_dana = Wanted(local(MONDAY, "10:00"), dana.id, fall_over=True)
    held = hold(scheduler_db, invited(scheduler_db), shown_dana, settings)

    assert held.schedule_id == marcus_schedule


def test_p23_a_move_keeps_id_and_uid_and_raises_the_sequence(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    tuesday = wanted("11:00", day=MONDAY + DAY)
    early = NOW - 5 * DAY

    moved = move(scheduler_db, booked, tuesday, settings, now=early)

    assert (moved.id, moved.uid, moved.sequence) == (booked.id, booked.uid, 1)
    assert moved.starts_at == tuesday.start
    assert moved.schedule_id == booked.schedule_id
    assert local(MONDAY, "10:00") in offered(scheduler_db, settings)
    assert events(scheduler_db) == ["appointment.booked.v1", "appointment.moved.v1"]
    assert history(scheduler_db) == [("book", 0, "booked"), ("move", 1, "booked")]


def test_p23_a_move_that_fails_leaves_the_old_time_as_it_was(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    book(scheduler_db, invited(scheduler_db), wanted("11:00", dana), settings)

    with pytest.raises(SlotTaken):
        move(scheduler_db, booked, wanted("11:00"), settings, now=NOW - 5 * DAY)

    first = live_rows(scheduler_db)[0]
    assert (first.id, first.sequence, first.starts_at) == (booked.id, 0, local(MONDAY, "10:00"))


def test_an_appointment_is_not_in_its_own_way(scheduler_db, settings, dana):
    with scheduler_db.begin() as session:
        session.execute(update(AppointmentType).values(step=timedelta(minutes=10)))
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    moved = move(scheduler_db, booked, wanted("10:10"), settings, now=NOW - 5 * DAY)

    assert moved.starts_at == local(MONDAY, "10:10")


def test_a_move_sent_twice_moves_once(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    early = NOW - 5 * DAY

    for _ in range(2):
        moved = move(scheduler_db, booked, wanted("11:00"), settings, now=early)

    assert moved.sequence == 1
    assert events(scheduler_db).count("appointment.moved.v1") == 1


def test_a_move_may_take_a_time_whose_hold_ran_out(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    hold(scheduler_db, invited(scheduler_db), wanted("11:00", dana), settings)
    run_out(scheduler_db)

    moved = move(scheduler_db, booked, wanted("11:00"), settings, now=NOW - 5 * DAY)

    assert [row.id for row in live_rows(scheduler_db)] == [moved.id]


def test_cancelling_frees_the_time_keeps_the_row_and_tells_the_others_once(
    scheduler_db, settings, dana
):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    for _ in range(2):
        gone = cancel(scheduler_db, booked, settings, now=NOW - 5 * DAY)

    assert (gone.id, gone.status, gone.sequence) == (booked.id, "cancelled", 1)
    assert local(MONDAY, "10:00") in offered(scheduler_db, settings)
    assert events(scheduler_db) == ["appointment.booked.v1", "appointment.cancelled.v1"]


def test_a_cancelled_time_can_not_be_moved(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    cancel(scheduler_db, booked, settings, now=NOW - 5 * DAY)

    with pytest.raises(NotPossible):
        move(scheduler_db, booked, wanted("11:00"), settings, now=NOW - 5 * DAY)


def test_after_cancelling_the_same_permission_books_again(scheduler_db, settings, dana):
    mine = invited(scheduler_db)
    first = book(scheduler_db, mine, wanted("10:00", dana), settings)
    cancel(scheduler_db, first, settings, now=NOW - 5 * DAY)

    second = book(scheduler_db, mine, wanted("11:00", dana), settings)

    assert second.id != first.id


@pytest.mark.parametrize(("seconds", "late"), [(-1, False), (0, False), (1, True)])
def test_p22_the_deadline_is_checked_to_the_second_when_it_is_sent(
    scheduler_db, settings, dana, seconds, late
):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    now = booked.starts_at - settings.change_notice + timedelta(seconds=seconds)

    if late:
        with pytest.raises(TooLate):
            cancel(scheduler_db, booked, settings, now=now)
        with pytest.raises(TooLate):
            move(scheduler_db, booked, wanted("11:00"), settings, now=now)
    else:
        cancel(scheduler_db, booked, settings, now=now)

    assert len(live_rows(scheduler_db)) == (1 if late else 0)


def write_past_every_check(
    database: Database, beside: Appointment, invitation: Invitation, clock: str
) -> None:
    """A row as a careless script would write it."""
    with database.begin() as session:
        kind = session.get_one(AppointmentType, beside.appointment_type_id)
        session.add(
            Appointment(
                schedule_id=beside.schedule_id,
                appointment_type_id=kind.id,
                invitation_id=invitation.id,
                during=guard.span(local(MONDAY, clock), kind),
                buffer_before=timedelta(0),
                buffer_after=timedelta(0),
                status="booked",
                uid="another@example.org",
            )
        )


def test_the_constraint_alone_keeps_two_times_apart(scheduler_db, settings, dana):
    """The proof behind the lock: rows written past every check can't overlap either."""
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    with pytest.raises(IntegrityError) as refused:
        write_past_every_check(scheduler_db, booked, invited(scheduler_db), "10:10")

    assert constraint_of(refused.value) == NO_OVERLAP


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE appointment_history SET actor = 'nobody'",
        "DELETE FROM appointment_history",
        "TRUNCATE appointment_history",
    ],
)
def test_p27_history_is_only_added_to(scheduler_db, settings, dana, statement):
    book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    with pytest.raises(DBAPIError, match="only added to"), scheduler_db.begin() as session:
        session.execute(text(statement))


def test_the_database_keeps_no_token_that_opens_anything(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    with scheduler_db.begin() as session:
        participant = session.scalars(
            select(Participant).where(Participant.appointment_id == booked.id)
        ).one()
    token = bookings.manage_token(settings, participant)

    assert token.encode() not in participant.token_sha256
    assert len(participant.token_sha256) == 32


def test_expired_holds_are_swept_and_others_stay(scheduler_db, settings, dana):
    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    run_out(scheduler_db)
    kept = hold(scheduler_db, invited(scheduler_db), wanted("11:00", dana), settings)
    booked = book(scheduler_db, invited(scheduler_db), wanted("12:00", dana), settings)

    with scheduler_db.begin() as session:
        holds.release_expired_holds(session)

    with scheduler_db.begin() as session:
        assert set(session.scalars(select(Appointment.id))) == {kept.id, booked.id}
