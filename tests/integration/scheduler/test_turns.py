"""P1: whose turn at a clinician's time does not come hears what became of the time meanwhile.

Where it is given, that it is gone; where it is still to be had, that they should try again: the
database's own word, which is 503 at every door. Nothing is changed either way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, func, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from services.scheduler.domain.appointment import Act, Hand
from services.scheduler.domain.errors import ProposalOver, SlotTaken
from services.scheduler.joint_models import MoveProposal
from services.scheduler.models import Appointment, AppointmentType, Practitioner
from services.scheduler.operations import (
    bookings,
    guard,
    moving,
    participants,
    requests,
    waitlist_offers,
)
from services.scheduler.operations.offers import Wanted
from services.scheduler.settings import Settings
from shared.db import Database, waited_too_long
from tests.integration.scheduler.acts import MONDAY, NOW, book, hold, invited, move, wanted
from tests.integration.scheduler.waiting import NOON, free_again, offered, wait
from tests.integration.scheduler.world import live_rows, local

STAFF = Hand.staff(UUID(int=7))
BOTH = (UUID(int=1), UUID(int=2))


@contextmanager
def crowded(database: Database, one: Appointment, patience: str = "50ms") -> Iterator[Session]:
    """A transaction of somebody whose turn at that appointment's clinician does not come."""
    with database.begin() as another, database.begin() as session:
        guard.enter(another, one.schedule_id)
        session.execute(text(f"SET LOCAL lock_timeout = '{patience}'"))
        yield session


def try_again(act: Any, *args: Any, **named: Any) -> None:
    with pytest.raises(OperationalError) as late:
        act(*args, **named)
    assert waited_too_long(late.value)


@pytest.fixture
def of_two(scheduler_db: Database, settings: Settings, dana: Practitioner) -> Appointment:
    """A time for two at ten, made of one for one alone."""
    one = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    with scheduler_db.begin() as session:
        row = session.get_one(Appointment, one.id)
        row.couple_id = uuid4()
        (first,) = participants.of(session, one.id)
        first.person_id = BOTH[0]
        participants.say_where(session, first, "NY")
        other = participants.add(
            session, row, person_id=BOTH[1], timezone="UTC", how="phone", settings=settings
        )
        participants.say_where(session, other, "NY")
    return one


def propose(session: Session, one: Appointment, who: Practitioner, settings: Settings) -> Any:
    return moving.propose(
        session,
        appointment_id=one.id,
        person_id=BOTH[0],
        wanted=wanted("13:00", who),
        location="NY",
        settings=settings,
        now=NOW - timedelta(days=5),
    )


def test_p1_n7_who_asks_for_another_time_for_two(scheduler_db, settings, dana, of_two):
    with crowded(scheduler_db, of_two) as session:
        try_again(propose, session, of_two, dana, settings)
    hold(scheduler_db, invited(scheduler_db), wanted("13:00", dana), settings)

    with crowded(scheduler_db, of_two) as session, pytest.raises(SlotTaken):
        propose(session, of_two, dana, settings)

    assert [row.starts_at.hour for row in live_rows(scheduler_db) if row.couple_id] == [
        of_two.starts_at.hour
    ]


def test_p1_n7_who_says_yes_to_another_time_for_two(scheduler_db, settings, dana, of_two):
    def say_yes(session: Session) -> Appointment:
        return moving.accept(
            session, appointment_id=of_two.id, person_id=BOTH[1], location="NY", now=NOW
        )

    with scheduler_db.begin() as session:
        propose(session, of_two, dana, settings)
    with crowded(scheduler_db, of_two) as session:
        try_again(say_yes, session)
    with scheduler_db.begin() as session:
        soon = func.clock_timestamp() + timedelta(seconds=1)
        session.execute(update(MoveProposal).values(reply_by=soon))

    with crowded(scheduler_db, of_two, "1500ms") as session, pytest.raises(ProposalOver):
        say_yes(session)

    assert [row.starts_at for row in live_rows(scheduler_db) if row.couple_id] == [of_two.starts_at]


def test_p1_p2_a_yes_or_a_no_of_the_practice_waits_for_nobodys_turn(scheduler_db, settings, dana):
    """The time is theirs already: nothing about it is to be settled with others."""
    with scheduler_db.begin() as session:
        session.execute(update(AppointmentType).values(confirm=True))
    asked = [
        book(scheduler_db, invited(scheduler_db), wanted(clock, dana), settings)
        for clock in ("10:00", "14:00")
    ]

    with crowded(scheduler_db, asked[0]) as session:
        requests.confirm(session, appointment_id=asked[0].id, by=STAFF, now=NOW)
        requests.decline(session, appointment_id=asked[1].id, by=STAFF)

    assert [row.status for row in live_rows(scheduler_db)] == ["booked"]


def test_p1_who_was_thought_lost_and_comes_after_all(scheduler_db, settings, dana):
    mine = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    def say(session: Session, act: Act) -> None:
        bookings.attend(
            session,
            appointment_id=mine.id,
            act=act,
            by=STAFF,
            now=mine.starts_at + timedelta(minutes=5),
        )

    with scheduler_db.begin() as session:
        say(session, Act.MISS)
    with crowded(scheduler_db, mine) as session:
        try_again(say, session, Act.ARRIVE)
    given = book(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    with crowded(scheduler_db, mine) as session, pytest.raises(SlotTaken):
        say(session, Act.ARRIVE)

    assert [row.id for row in live_rows(scheduler_db)] == [given.id]


def test_p1_p27_what_has_become_free_is_kept_for_nobody_where_the_turn_does_not_come(
    scheduler_db, settings, full
):
    wait(scheduler_db, invited(scheduler_db), settings)
    free_again(scheduler_db, full[1], settings)
    with scheduler_db.begin() as session:
        (match,) = waitlist_offers.look_around(session, settings=settings, now=NOON)
    named = {"settings": settings, "now": NOON}

    with crowded(scheduler_db, full[0]) as session:
        try_again(waitlist_offers.offer, session, match, **named)
    book(scheduler_db, invited(scheduler_db), Wanted(full[1].starts_at), settings, now=NOON)
    with crowded(scheduler_db, full[0]) as session, pytest.raises(SlotTaken):
        waitlist_offers.offer(session, match, **named)

    assert offered(scheduler_db) == []


# ---------------------------------------------------------------- short turns


def statements(database: Database, act: Any) -> list[str]:
    """What is sent to the database meanwhile, but for the beginning and the commit."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return sent


def test_p25_a_booking_takes_few_statements_however_much_is_booked(scheduler_db, settings, dana):
    """Under the lock others wait, so each way to the database and back counts."""
    people = [invited(scheduler_db) for _ in range(5)]
    clocks = iter(("09:00", "10:00", "11:00", "12:00", "13:00", "14:00"))

    def outright() -> None:
        book(scheduler_db, people.pop(), wanted(next(clocks), dana), settings)

    outright()  # reads the hours
    first = len(statements(scheduler_db, outright))
    outright()
    later = len(statements(scheduler_db, outright))

    assert first == later == 9
    mine, clock = people.pop(), next(clocks)
    held = statements(scheduler_db, lambda: hold(scheduler_db, mine, wanted(clock, dana), settings))
    kept = statements(scheduler_db, lambda: book(scheduler_db, mine, wanted(clock, dana), settings))
    assert (len(held), len(kept)) == (7, 8)
    last = live_rows(scheduler_db)[-1]
    moved = statements(
        scheduler_db, lambda: move(scheduler_db, last, wanted(next(clocks), dana), settings)
    )
    assert len(moved) <= 20
    assert live_rows(scheduler_db)[-1].starts_at == local(MONDAY, "14:00")
