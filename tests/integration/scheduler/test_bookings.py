"""Book, move, cancel on a real database; P1 stands in test_race.py."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.scheduler.domain.errors import AlreadyBooked, NotPossible, SlotTaken, TooLate
from services.scheduler.models import (
    NO_OVERLAP,
    Appointment,
    AppointmentType,
    Invitation,
    Participant,
)
from services.scheduler.operations import guard, participants
from shared.db import Database, constraint_of
from tests.integration.scheduler.acts import (
    DAY,
    MONDAY,
    NOW,
    book,
    cancel,
    history,
    hold,
    invited,
    move,
    offered,
    run_out,
    wanted,
)
from tests.integration.scheduler.world import (
    a_clinician,
    events,
    live_rows,
    local,
)


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


def test_p27_fault_3_cancelling_frees_the_time_keeps_the_row_and_tells_the_others_once(
    scheduler_db, settings, dana
):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    for _ in range(2):
        gone = cancel(scheduler_db, booked, settings, now=NOW - 5 * DAY)

    assert (gone.id, gone.status, gone.sequence) == (booked.id, "cancelled", 1)
    assert local(MONDAY, "10:00") in offered(scheduler_db, settings)
    assert events(scheduler_db) == ["appointment.booked.v1", "appointment.cancelled.v1"]


def test_p23_a_cancelled_time_can_not_be_moved(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    cancel(scheduler_db, booked, settings, now=NOW - 5 * DAY)
    before = history(scheduler_db), events(scheduler_db)

    for _ in range(2):
        with pytest.raises(NotPossible):
            move(scheduler_db, booked, wanted("11:00"), settings, now=NOW - 5 * DAY)

    assert (history(scheduler_db), events(scheduler_db)) == before
    assert live_rows(scheduler_db) == []


def test_p23_a_move_stays_with_its_clinician_unless_another_is_named(scheduler_db, settings, dana):
    """Where the own clinician is not free then, a colleague who is does not take it."""
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran")
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    book(scheduler_db, invited(scheduler_db), wanted("11:00", dana), settings)
    early = NOW - 5 * DAY

    with pytest.raises(SlotTaken):
        move(scheduler_db, booked, wanted("11:00"), settings, now=early)
    stays = move(scheduler_db, booked, wanted("12:00"), settings, now=early)
    given = move(scheduler_db, booked, wanted("11:00", marcus), settings, now=early)

    assert stays.schedule_id == booked.schedule_id
    assert given.schedule_id != booked.schedule_id
    assert [row.id for row in live_rows(scheduler_db)].count(booked.id) == 1


def test_after_cancelling_the_same_permission_books_again(scheduler_db, settings, dana):
    mine = invited(scheduler_db)
    first = book(scheduler_db, mine, wanted("10:00", dana), settings)
    cancel(scheduler_db, first, settings, now=NOW - 5 * DAY)

    second = book(scheduler_db, mine, wanted("11:00", dana), settings)

    assert second.id != first.id


@pytest.mark.parametrize(("seconds", "late"), [(-1, False), (0, False), (1, True)])
def test_p22_fault_4_the_deadline_is_checked_to_the_second_when_it_is_sent(
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
    token = participants.manage_token(settings, participant)

    assert token.encode() not in participant.token_sha256
    assert len(participant.token_sha256) == 32
