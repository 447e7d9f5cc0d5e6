"""A time is kept for one person, and comes back by the clock alone (P3)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.models import (
    Appointment,
)
from services.scheduler.operations import holds
from tests.integration.scheduler.acts import (
    MONDAY,
    book,
    hold,
    invited,
    offered,
    run_out,
    wanted,
)
from tests.integration.scheduler.world import (
    live_rows,
    local,
)


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


def test_expired_holds_are_swept_and_others_stay(scheduler_db, settings, dana):
    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    run_out(scheduler_db)
    kept = hold(scheduler_db, invited(scheduler_db), wanted("11:00", dana), settings)
    booked = book(scheduler_db, invited(scheduler_db), wanted("12:00", dana), settings)

    with scheduler_db.begin() as session:
        holds.release_expired_holds(session)

    with scheduler_db.begin() as session:
        assert set(session.scalars(select(Appointment.id))) == {kept.id, booked.id}
