"""What staff do to a time with their own hand, and what history says of it."""

from datetime import timedelta
from threading import Barrier, Thread
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from services.scheduler.domain.appointment import Act, Hand
from services.scheduler.domain.errors import NotPossible, NotYet, Refused
from services.scheduler.models import Appointment, AppointmentHistory
from services.scheduler.operations import bookings
from shared.db import Database
from tests.integration.scheduler.acts import NOW, book, invited, offered, wanted
from tests.integration.scheduler.world import events, live_rows, local

ACCOUNT = UUID(int=7)
DANA_SAYS = Hand.staff(ACCOUNT, "Dana is ill")


def attend(database: Database, one: Appointment, act: Act, now=None) -> Appointment:
    with database.begin() as session:
        return bookings.attend(
            session,
            appointment_id=one.id,
            act=act,
            by=Hand.staff(ACCOUNT),
            now=one.starts_at if now is None else now,
        )


def written(database: Database) -> list[tuple[str, str, str | None]]:
    with database.begin() as session:
        rows = session.scalars(select(AppointmentHistory).order_by(AppointmentHistory.id))
        return [(row.act, row.actor, row.reason) for row in rows]


def test_p22_no_window_holds_for_staff_and_history_says_whose_hand_it_was(
    scheduler_db, settings, dana
):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    a_minute_before = booked.starts_at - timedelta(minutes=1)

    with scheduler_db.begin() as session:
        bookings.move(
            session,
            appointment_id=booked.id,
            wanted=wanted("11:00"),
            settings=settings,
            now=a_minute_before,
            by=DANA_SAYS,
        )
        gone = bookings.cancel(
            session, appointment_id=booked.id, settings=settings, now=a_minute_before, by=DANA_SAYS
        )

    assert (gone.status, gone.sequence) == ("cancelled", 2)
    hand = f"staff:{ACCOUNT}"
    assert written(scheduler_db) == [
        ("book", "client", None),
        ("move", hand, "Dana is ill"),
        ("cancel", hand, "Dana is ill"),
    ]


def test_somebody_who_came_is_here_and_then_was(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    for act in (Act.ARRIVE, Act.ARRIVE, Act.FULFIL):
        came = attend(scheduler_db, booked, act)

    assert (came.status, came.sequence) == ("fulfilled", 0)
    assert [row[0] for row in written(scheduler_db)] == ["book", "arrive", "fulfil"]
    assert events(scheduler_db) == ["appointment.booked.v1"]


def test_nobody_has_stayed_away_before_the_time_has_begun(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    before = booked.starts_at - timedelta(seconds=1)

    for act in (Act.MISS, Act.FULFIL):
        with pytest.raises(NotYet):
            attend(scheduler_db, booked, act, before)
    with pytest.raises(NotYet):
        attend(scheduler_db, booked, Act.ARRIVE, booked.starts_at - timedelta(hours=13))


def test_who_was_thought_lost_may_arrive_unless_they_have_another_time_since(
    scheduler_db, settings, dana
):
    mine = invited(scheduler_db)
    booked = book(scheduler_db, mine, wanted("10:00", dana), settings)
    attend(scheduler_db, booked, Act.MISS)
    assert local(NOW.date(), "10:00") in offered(scheduler_db, settings)
    again = book(scheduler_db, mine, wanted("11:00", dana), settings)

    with pytest.raises(NotPossible):
        attend(scheduler_db, booked, Act.ARRIVE)

    assert [row.id for row in live_rows(scheduler_db)] == [again.id]


def test_of_two_who_say_different_things_one_is_heard(scheduler_db, settings, dana):
    booked = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    together, heard = Barrier(2), []

    def say(act: Act) -> None:
        together.wait()
        try:
            heard.append(attend(scheduler_db, booked, act).status)
        except Refused:
            heard.append("refused")

    threads = [Thread(target=say, args=(act,)) for act in (Act.FULFIL, Act.MISS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(heard) in (["fulfilled", "refused"], ["noshow", "refused"])


def test_an_appointment_that_is_not_there_is_not_found(scheduler_db, settings):
    with pytest.raises(Refused, match="not here"), scheduler_db.begin() as session:
        bookings.cancel(
            session, appointment_id=uuid4(), settings=settings, now=NOW, by=Hand.staff(ACCOUNT)
        )
