"""Where staff confirm each time themselves, a request is kept, answered once, or lapses (P2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from services.scheduler import jobs
from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import NotPossible, Refused, SlotTaken
from services.scheduler.models import Appointment, AppointmentType, Invitation, Practitioner
from services.scheduler.operations import bookings, requests
from services.scheduler.settings import Settings
from shared.db import Database
from tests.integration.scheduler.acts import (
    MONDAY,
    NOW,
    cancel,
    history,
    hold,
    invited,
    move,
    offered,
    wanted,
)
from tests.integration.scheduler.acts import book as _book
from tests.integration.scheduler.world import a_clinician, events, live_rows, local

STAFF = Hand.staff(UUID(int=7))


@pytest.fixture
def confirmed_by_staff(scheduler_db: Database, dana: Practitioner) -> Practitioner:
    with scheduler_db.begin() as session:
        session.execute(update(AppointmentType).values(confirm=True))
    return dana


def ask(database: Database, settings: Settings, who: Practitioner, clock: str) -> Appointment:
    return _book(database, invited(database), wanted(clock, who), settings)


def confirm(database: Database, one: Appointment) -> Appointment:
    with database.begin() as session:
        return requests.confirm(session, appointment_id=one.id, by=STAFF, now=NOW)


def decline(database: Database, one: Appointment) -> Appointment:
    with database.begin() as session:
        return requests.decline(session, appointment_id=one.id, by=STAFF)


def lapse(database: Database, one: Appointment) -> None:
    with database.begin() as session:
        past = func.clock_timestamp() - timedelta(seconds=1)
        session.execute(update(Appointment).where(Appointment.id == one.id).values(reply_by=past))


def test_p2_a_request_takes_up_its_time_and_is_told_to_the_person_and_to_staff_as_no_booking(
    scheduler_db, settings, confirmed_by_staff
):
    one = ask(scheduler_db, settings, confirmed_by_staff, "10:00")

    assert (one.status, one.hold_until) == ("pending", None)
    assert one.reply_by is not None
    assert local(MONDAY, "10:00") not in offered(scheduler_db, settings)
    assert events(scheduler_db) == ["appointment.requested.v1", "attention.requested.v1"]


def test_p2_a_second_request_for_an_hour_that_overlaps_is_refused_at_once(
    scheduler_db, settings, confirmed_by_staff
):
    with scheduler_db.begin() as session:
        session.execute(update(AppointmentType).values(step=timedelta(minutes=10)))
    first = ask(scheduler_db, settings, confirmed_by_staff, "10:00")

    for clock in ("10:00", "10:10", "09:50"):
        with pytest.raises(SlotTaken):
            ask(scheduler_db, settings, confirmed_by_staff, clock)

    assert [row.id for row in live_rows(scheduler_db)] == [first.id]


def test_p2_of_two_who_confirm_at_once_it_is_booked_and_told_once(
    scheduler_db, settings, confirmed_by_staff
):
    one = ask(scheduler_db, settings, confirmed_by_staff, "10:00")
    together = Barrier(8)

    def say_yes(_: int) -> str:
        together.wait()
        return confirm(scheduler_db, one).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(say_yes, range(8))) == {"booked"}

    assert history(scheduler_db) == [("request", 0, "pending"), ("confirm", 0, "booked")]
    assert events(scheduler_db).count("appointment.booked.v1") == 1


def test_p2_confirmed_and_declined_at_once_one_of_them_holds(
    scheduler_db, settings, confirmed_by_staff
):
    one = ask(scheduler_db, settings, confirmed_by_staff, "10:00")
    together = Barrier(2)

    def say(word) -> str:
        together.wait()
        try:
            return word(scheduler_db, one).status
        except Refused:
            return "refused"

    with ThreadPoolExecutor(2) as pool:
        heard = sorted(pool.map(say, (confirm, decline)))

    assert heard in (["booked", "refused"], ["cancelled", "refused"])
    told = events(scheduler_db)[2:]
    assert told == (["appointment.booked.v1"] if "booked" in heard else ["appointment.released.v1"])


@pytest.mark.parametrize("fate", ["lapsed", "swept", "declined", "cancelled"])
def test_p2_what_is_no_request_any_more_is_not_confirmed_and_nobody_is_told_it_was(
    scheduler_db, settings, confirmed_by_staff, fate
):
    one = ask(scheduler_db, settings, confirmed_by_staff, "10:00")
    if fate == "lapsed":
        lapse(scheduler_db, one)
    elif fate == "swept":
        lapse(scheduler_db, one)
        jobs.release_unconfirmed(scheduler_db)
    elif fate == "declined":
        decline(scheduler_db, one)
    else:
        cancel(scheduler_db, one, settings)

    with pytest.raises(NotPossible):
        confirm(scheduler_db, one)

    assert "appointment.booked.v1" not in events(scheduler_db)
    other = ask(scheduler_db, settings, confirmed_by_staff, "10:00")
    assert [row.id for row in live_rows(scheduler_db) if not row.lapsed] == [other.id]
    with pytest.raises(NotPossible):
        confirm(scheduler_db, one)


def test_p2_a_request_may_be_moved_and_is_confirmed_where_it_is_now(
    scheduler_db, settings, confirmed_by_staff
):
    one = ask(scheduler_db, settings, confirmed_by_staff, "10:00")
    moved = move(scheduler_db, one, wanted("13:00"), settings)
    second = ask(scheduler_db, settings, confirmed_by_staff, "10:00")

    booked = [confirm(scheduler_db, row) for row in (one, second)]

    assert (moved.status, moved.sequence) == ("pending", 1)
    assert [row.starts_at for row in booked] == [local(MONDAY, "13:00"), local(MONDAY, "10:00")]
    assert "appointment.moved.v1" not in events(scheduler_db)


def test_p2_a_hold_becomes_a_request_and_staff_who_book_have_confirmed(
    scheduler_db, settings, confirmed_by_staff
):
    mine = invited(scheduler_db)
    held = hold(scheduler_db, mine, wanted("10:00", confirmed_by_staff), settings)
    asked = _book(scheduler_db, mine, wanted("10:00", confirmed_by_staff), settings)
    with scheduler_db.begin() as session:
        theirs: Invitation = session.merge(invited(scheduler_db))
        booked = bookings.book(
            session,
            invitation=theirs,
            wanted=wanted("11:00", confirmed_by_staff),
            how="phone",
            timezone="America/New_York",
            location="NY",
            settings=settings,
            now=NOW,
            by=STAFF,
        )

    assert (asked.id, asked.status) == (held.id, "pending")
    assert booked.status == "booked"
    with scheduler_db.begin() as session:
        assert [row.id for row in requests.waiting(session)] == [asked.id]
        assert session.scalar(select(func.count()).select_from(Appointment)) == 2


@pytest.mark.parametrize("act", [_book, hold])
def test_p2_who_was_not_answered_in_time_chooses_again_with_anyone_without_any_worker(
    scheduler_db, settings, confirmed_by_staff, act
):
    """P2, P3: a request that lapsed is over by the clock, for the one who asked as for others."""
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran")
    mine = invited(scheduler_db)
    _book(scheduler_db, mine, wanted("10:00", confirmed_by_staff), settings)
    with scheduler_db.begin() as session:
        session.execute(
            update(Appointment).values(reply_by=func.clock_timestamp() - timedelta(seconds=1))
        )

    again = act(scheduler_db, mine, wanted("10:00", marcus), settings)

    assert again.status in ("pending", "proposed")
    assert history(scheduler_db)[1] == ("lapse", 1, "cancelled")
