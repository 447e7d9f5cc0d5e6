"""A time is kept for one person, and comes back by the clock alone (P3)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from services.scheduler.domain.errors import HoldOver, HoldRenewed, SlotTaken, TooManyHolds
from services.scheduler.models import Appointment, Invitation
from services.scheduler.operations import holds
from services.scheduler.settings import Settings
from shared.db import Database
from tests.integration.scheduler.acts import (
    MONDAY,
    NOW,
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


def test_p3_fault_2_a_held_time_is_not_offered_and_not_given_to_anybody_else(
    scheduler_db, settings, dana
):
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


def renew(database: Database, invitation: Invitation, settings: Settings) -> Appointment:
    with database.begin() as session:
        return holds.renew(session, invitation=invitation, settings=settings)


def test_p3_a_hold_is_kept_longer_once_and_no_more(scheduler_db, settings, dana):
    mine = invited(scheduler_db)
    held = hold(scheduler_db, mine, wanted("10:00", dana), settings)

    longer = renew(scheduler_db, mine, settings)

    assert longer.hold_until - held.hold_until == settings.hold
    with pytest.raises(HoldRenewed):
        renew(scheduler_db, mine, settings)
    assert live_rows(scheduler_db)[0].hold_until == longer.hold_until


def test_p3_what_ran_out_or_was_booked_is_not_kept_longer(scheduler_db, settings, dana):
    lost, booked, nothing = (invited(scheduler_db) for _ in range(3))
    hold(scheduler_db, lost, wanted("10:00", dana), settings)
    run_out(scheduler_db)
    book(scheduler_db, booked, wanted("11:00", dana), settings)

    for mine in (lost, booked, nothing):
        with pytest.raises(HoldOver):
            renew(scheduler_db, mine, settings)


def test_p3_nobody_holds_every_time_from_one_address(scheduler_db, settings, dana):
    few = replace(settings, holds_per_address=2)
    people = [invited(scheduler_db) for _ in range(4)]

    def keep(number: int, clock: str, address: str) -> None:
        with scheduler_db.begin() as session:
            holds.hold(
                session,
                invitation=people[number],
                wanted=wanted(clock, dana),
                settings=few,
                now=NOW,
                address=address,
            )

    keep(0, "10:00", "192.0.2.7")
    keep(1, "11:00", "192.0.2.7")
    with pytest.raises(TooManyHolds):
        keep(2, "12:00", "192.0.2.7")
    keep(1, "12:00", "192.0.2.7")  # another choice of the same person is not one more
    keep(2, "13:00", "192.0.2.8")
    book(scheduler_db, people[0], wanted("10:00", dana), few)
    keep(3, "14:00", "192.0.2.7")

    assert len(live_rows(scheduler_db)) == 4
    assert all(b"192" not in (row.held_from or b"") for row in live_rows(scheduler_db))
