"""P27 under many hands: two jobs, two answers, an answer and the clock; and a death in between."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select, update

from services.scheduler.domain.errors import BookingRefused, OfferOver
from services.scheduler.models import Appointment
from services.scheduler.operations import waitlist_offers
from services.scheduler.operations.offers import Wanted
from services.scheduler.waitlist_models import WaitlistOffer
from shared.messaging.tables import Outbox
from tests.integration.scheduler.acts import book, invited
from tests.integration.scheduler.test_race import deadlocks, overlaps
from tests.integration.scheduler.waiting import (
    NOON,
    accept,
    answers,
    decline,
    free_again,
    let_lapse,
    look,
    offered,
    starts,
    wait,
)
from tests.integration.scheduler.world import live_rows


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each in a thread, all let go together; what each gave, or the refusal it met."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        start.wait()
        try:
            return act()
        except BookingRefused as refusal:
            return refusal

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_p27_many_jobs_at_once_offer_each_time_to_one_and_each_person_one_time(
    scheduler_db, settings, full
):
    for _ in range(6):
        wait(scheduler_db, invited(scheduler_db), settings)
    for one in full[:4]:
        free_again(scheduler_db, one, settings)
    before = deadlocks(scheduler_db)

    made = at_once(*[lambda: look(scheduler_db, settings)] * 6)

    # Who met another's lock is asked in the next round, as in five seconds of any day.
    made += [look(scheduler_db, settings) for _ in range(3)]
    found = [one for some in made for one in some]
    assert sorted(one.starts_at for one in found) == [one.starts_at for one in full[:4]]
    assert len({one.entry_id for one in found}) == 4
    assert starts(scheduler_db, settings) == []
    assert deadlocks(scheduler_db) == before


def test_p27_an_offer_that_is_taken_many_times_at_once_is_booked_once(scheduler_db, settings, full):
    wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    (one,) = look(scheduler_db, settings)

    places = at_once(*[lambda: accept(scheduler_db, one, settings)] * 8)

    assert len({place.appointment.id for place in places}) == 1
    assert answers(scheduler_db) == ["accepted"]
    with scheduler_db.begin() as session:
        told = session.scalars(
            select(func.count()).where(
                Outbox.queue == "notifier",
                Outbox.envelope["data"]["appointment_id"].astext == str(places[0].appointment.id),
            )
        ).one()
    assert told == 1


def test_p27_yes_and_no_at_once_are_one_of_them(scheduler_db, settings, full):
    wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    (one,) = look(scheduler_db, settings)

    yes, _ = at_once(
        lambda: accept(scheduler_db, one, settings), lambda: decline(scheduler_db, one, settings)
    )

    if isinstance(yes, OfferOver):
        assert answers(scheduler_db) == ["declined"]
        assert starts(scheduler_db, settings) == [full[0].starts_at]
    else:
        assert answers(scheduler_db) == ["accepted"]
        assert starts(scheduler_db, settings) == []


@pytest.mark.parametrize("_round", range(5))
def test_p27_an_answer_as_the_clock_runs_out_is_booked_or_lapsed_and_never_both(
    scheduler_db, settings, full, _round
):
    """One takes it, jobs let it lapse and ask the next, and a stranger wants the time as well."""
    first, second = (wait(scheduler_db, invited(scheduler_db), settings) for _ in range(2))
    free_again(scheduler_db, full[0], settings)
    (one,) = look(scheduler_db, settings)
    soon = func.clock_timestamp() + timedelta(milliseconds=20)
    with scheduler_db.begin() as session:
        session.execute(
            update(Appointment).where(Appointment.id == one.held_id).values(hold_until=soon)
        )
        session.execute(
            update(WaitlistOffer).where(WaitlistOffer.id == one.id).values(expires_at=soon)
        )
    stranger = invited(scheduler_db)
    before = deadlocks(scheduler_db)

    mine, *_ = at_once(
        lambda: accept(scheduler_db, one, settings),
        *[lambda: [look(scheduler_db, settings) for _ in range(4)]] * 2,
        lambda: book(scheduler_db, stranger, Wanted(one.starts_at), settings, now=NOON),
    )

    look(scheduler_db, settings)
    standing = [
        row
        for row in live_rows(scheduler_db)
        if row.starts_at == one.starts_at
        and (row.status == "booked" or row.hold_until > one.offered_at + timedelta(minutes=1))
    ]
    assert len(standing) == 1
    if isinstance(mine, BookingRefused):
        assert answers(scheduler_db)[0] == "lapsed"
    else:
        assert standing[0].id == mine.appointment.id
        assert answers(scheduler_db) == ["accepted"]
    assert deadlocks(scheduler_db) == before
    assert {first.id, second.id} >= {row.entry_id for row in offered(scheduler_db)}


def test_p27_a_freed_time_whose_job_dies_before_its_commit_is_offered_by_the_next(
    scheduler_db, settings, full
):
    wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)
    with scheduler_db.begin() as session:
        (match,) = waitlist_offers.look_around(session, settings=settings, now=NOON)

    class Killed(BaseException):
        pass

    def dies() -> None:
        with scheduler_db.begin() as session:
            assert waitlist_offers.offer(session, match, settings=settings, now=NOON)
            raise Killed

    with pytest.raises(Killed):
        dies()

    assert offered(scheduler_db) == []
    assert len(look(scheduler_db, settings)) == 1


def test_p12_an_offer_whose_job_dies_after_its_commit_is_told_all_the_same(
    scheduler_db, settings, full
):
    """The event is a row of the same commit: whoever relays next, rings for it."""
    wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[0], settings)

    (one,) = look(scheduler_db, settings)

    with scheduler_db.begin() as session:
        (row,) = session.scalars(
            select(Outbox).where(Outbox.envelope["type"].astext == "scheduler.waitlist.offered.v1")
        )
    assert (row.queue, row.acknowledged_at) == ("notifier", None)
    assert row.envelope["data"]["communication_id"] == str(one.communication_id)


def test_p27_a_crowd_that_waits_takes_books_and_lets_lapse_is_never_booked_twice(
    scheduler_db, settings, full
):
    for _ in range(8):
        wait(scheduler_db, invited(scheduler_db), settings)
    before = deadlocks(scheduler_db)

    for turn, one in enumerate(full):
        free_again(scheduler_db, one, settings)
        at_once(*[lambda: look(scheduler_db, settings)] * 2)
        open_ones = [each for each in offered(scheduler_db) if each.answer is None]
        if turn % 3 == 2:
            let_lapse(scheduler_db)
        stranger = invited(scheduler_db)
        at_once(
            *[lambda each=each: accept(scheduler_db, each, settings) for each in open_ones],
            lambda one=one, who=stranger: book(
                scheduler_db, who, Wanted(one.starts_at), settings, now=NOON
            ),
            lambda: look(scheduler_db, settings),
        )

    rows = [row for row in live_rows(scheduler_db) if row.status == "booked"]
    assert overlaps(rows) == []
    assert Counter(answers(scheduler_db))["accepted"] >= 3
    assert deadlocks(scheduler_db) == before
