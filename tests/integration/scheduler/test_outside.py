"""A calendar elsewhere takes its owner's times, and keeps them back when it can't be read (P11)."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select, text, update

from services.scheduler.calendar_models import OutsideBusy, OutsideCalendar
from services.scheduler.domain.availability import Cause
from services.scheduler.domain.errors import SlotTaken
from services.scheduler.domain.interval import instant
from services.scheduler.domain.outside import Policy, Trouble
from services.scheduler.jobs import read_calendars
from services.scheduler.models import Invitation, Practitioner
from services.scheduler.operations import holds, outside, schedules
from services.scheduler.operations.offers import Wanted, offers
from services.scheduler.operations.question import Question
from services.scheduler.operations.taken import taken_times
from services.scheduler.providers.feeds import Feeds
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database, in_one
from tests.integration.scheduler.acts import invited
from tests.integration.scheduler.world import events, schedule_of
from tests.parties.feeds import Answer, FeedServer, fails, feed_server, serves
from tests.unit.scheduler.feeds import calendar, event

FEEDS = Feeds(on_loopback=True)
UNREADABLE = "attention.requested.v1"
SECRET = "private-4f7e"
TITLE = "Lunch with Marisol"


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with feed_server() as found:
        yield found


def tomorrow(hour: int) -> datetime:
    return utcnow().replace(hour=hour, minute=0, second=0, microsecond=0) + timedelta(days=1)


def busy_at(hour: int) -> bytes:
    start = f"{tomorrow(hour):%Y%m%dT%H%M%SZ}"
    return calendar(event(f"DTSTART:{start}", "DURATION:PT1H", f"SUMMARY:{TITLE}"))


class Desk:
    """Dana's calendar elsewhere, its server, and the clockwork in the test's hands."""

    def __init__(self, database: Database, dana: Practitioner, server: FeedServer) -> None:
        self.database, self.server = database, server
        with database.begin() as session:
            self.schedule_id = schedule_of(session, dana).id

    def add(self, policy: Policy, **more: Any) -> UUID:
        with self.database.begin() as session:
            return outside.add(
                session,
                self.schedule_id,
                name="Home",
                address=self.server.url,
                policy=policy,
                stale_after=more.get("stale_after", timedelta(hours=4)),
            ).id

    def reads(self, answer: Answer) -> OutsideCalendar:
        """One turn of the job with that answer of the server."""
        self.server.now(answer)
        self.changes(due_at=text("clock_timestamp()"))
        read_calendars(self.database, FEEDS)
        with self.database.begin() as session:
            return session.scalars(select(OutsideCalendar)).one()

    def changes(self, **values: Any) -> None:
        with self.database.begin() as session:
            session.execute(update(OutsideCalendar).values(**values))

    def taken(self, *, for_staff: bool = False) -> list[tuple[datetime, datetime]]:
        now = utcnow()
        with self.database.begin() as session:
            rows = session.execute(
                outside.outside_rows(for_staff=for_staff),
                {
                    "schedule_ids": in_one([self.schedule_id]),
                    "since": now,
                    "until": now + timedelta(days=42),
                },
            )
            return [(starts, ends) for _, starts, ends, _ in rows]

    def withheld(self, *, for_staff: bool = False) -> bool:
        """Whether all of the six weeks are taken."""
        return any(
            end - start > timedelta(days=40) for start, end in self.taken(for_staff=for_staff)
        )


@pytest.fixture
def desk(scheduler_db: Database, dana: Practitioner, server: FeedServer) -> Desk:
    return Desk(scheduler_db, dana, server)


def test_p10_what_is_busy_elsewhere_is_taken_and_nothing_else_is_kept(desk: Desk):
    desk.add(Policy.BLOCK)

    assert desk.withheld(), "nobody knows yet what is in it"
    desk.reads(serves(busy_at(15)))

    assert desk.taken() == [(tomorrow(15), tomorrow(16))]
    with desk.database.begin() as session:
        tables = ("outside_calendar", "outside_busy", "outbox")
        rows = str([session.execute(text(f"SELECT * FROM {one}")).all() for one in tables])  # noqa: S608
    assert TITLE not in rows
    assert SECRET not in rows


def test_p11_a_feed_that_fails_withholds_tells_once_and_recovers_by_itself(desk: Desk):
    desk.add(Policy.BLOCK)
    desk.reads(serves(busy_at(15)))

    for _ in range(3):
        failing = desk.reads(fails(500))
    assert desk.withheld()
    assert desk.withheld(for_staff=True)
    assert failing.failure == Trouble.SERVER
    assert failing.due_at - failing.tried_at < timedelta(minutes=5)
    assert events(desk.database).count(UNREADABLE) == 1

    well = desk.reads(serves(busy_at(16)))
    assert desk.taken() == [(tomorrow(16), tomorrow(17))]
    assert (well.failing_since, well.failure) == (None, None)


def test_p11_each_outage_is_told_but_one_that_comes_and_goes_only_once_an_hour(desk: Desk):
    desk.add(Policy.BLOCK)
    for answer in (fails(500), serves(busy_at(15)), fails(500), serves(busy_at(15))):
        desk.reads(answer)
    assert events(desk.database).count(UNREADABLE) == 1

    desk.changes(told_at=utcnow() - timedelta(hours=2))
    desk.reads(fails(500))

    assert events(desk.database).count(UNREADABLE) == 2


def test_p11_the_last_reading_holds_until_it_is_too_old(desk: Desk):
    desk.add(Policy.USE_LAST)
    desk.reads(serves(busy_at(15)))
    desk.reads(fails(500))
    assert desk.taken() == [(tomorrow(15), tomorrow(16))]

    desk.changes(read_at=utcnow() - timedelta(hours=5))

    assert desk.withheld()


def test_p11_staff_may_still_book_over_it_where_they_are_left_the_choice(desk: Desk):
    desk.add(Policy.STAFF_ONLY)
    desk.reads(serves(busy_at(15)))
    desk.reads(fails(500))

    assert desk.withheld()
    assert desk.taken(for_staff=True) == [(tomorrow(15), tomorrow(16))]


@pytest.mark.parametrize("policy", list(Policy))
def test_p11_when_nobody_reads_at_all_times_are_kept_back(desk: Desk, policy: Policy):
    """The worker is down: no failure is written anywhere, the reading only grows old."""
    desk.add(policy)
    desk.reads(serves(busy_at(15)))

    desk.changes(read_at=utcnow() - timedelta(hours=5))

    assert desk.withheld()


def test_n11_a_feed_that_was_not_read_whole_counts_as_not_read(desk: Desk):
    desk.add(Policy.BLOCK)
    desk.reads(serves(busy_at(15)))

    desk.reads(serves(busy_at(16)[:-20]))

    assert desk.withheld()
    with desk.database.begin() as session:
        (kept,) = outside.of_schedule(session, desk.schedule_id)
    assert kept.troubles == (Trouble.CUT_OFF,)
    assert kept.busy_times == 1
    assert kept.host == "127.0.0.1"


def test_n11_time_that_no_reading_has_reached_is_taken(desk: Desk):
    desk.add(Policy.BLOCK, stale_after=timedelta(days=900))
    desk.reads(serves(calendar()))
    assert desk.taken() == []

    desk.changes(read_at=utcnow() - timedelta(days=380))

    ((start, _),) = desk.taken()
    assert timedelta(days=15) < start - utcnow() < timedelta(days=18)


def test_p11_a_calendar_is_read_whole_once_a_day_and_after_each_failure(desk: Desk):
    desk.add(Policy.BLOCK)
    same = serves(busy_at(15), etag='"1"')
    for answer in (same, same, fails(500), same):
        desk.reads(answer)
    desk.changes(tried_at=utcnow() - timedelta(days=1))
    desk.reads(same)

    assert ["If-None-Match" in one for one in desk.server.asked] == [
        False,
        True,
        True,
        False,
        False,
    ]
    assert desk.taken() == [(tomorrow(15), tomorrow(16))]


def test_a_calendar_is_read_by_one_worker_at_a_time(desk: Desk):
    desk.add(Policy.BLOCK)
    with desk.database.begin() as session:
        assert len(outside.claim_due(session)) == 1
    with desk.database.begin() as session:
        assert outside.claim_due(session) == []


def test_a_calendar_that_was_removed_while_it_was_read_leaves_nothing(desk: Desk):
    number = desk.add(Policy.BLOCK)
    desk.reads(serves(busy_at(15)))
    with desk.database.begin() as session:
        outside.remove(session, desk.schedule_id, number)

    with desk.database.begin() as session:
        assert not outside.keep(session, calendar_id=number, reading=outside.Reading((), {}))
        assert session.scalars(select(OutsideBusy)).all() == []
    assert desk.taken() == []


def test_p25_the_times_of_many_are_one_statement(desk: Desk):
    desk.add(Policy.BLOCK)
    desk.reads(serves(busy_at(15)))
    now, engine, sent = utcnow(), desk.database.engine, list[str]()

    def note(*call: Any) -> None:
        sent.append(call[2])

    with desk.database.begin() as session:
        kind = schedules.appointment_type(session, schedules.PRIVATE_CALL)
        assert kind is not None
        question = Question(kind=kind, notice=timedelta(0), now=now)
        sqlalchemy_event.listen(engine, "before_cursor_execute", note)
        within = {"since": now, "until": now + timedelta(days=60)}
        found = taken_times(session, [desk.schedule_id, *range(10_000, 10_060)], question, **within)
        sqlalchemy_event.remove(engine, "before_cursor_execute", note)

    assert len(sent) == 1
    assert Cause.OUTSIDE in {one.cause for one in found.busy[desk.schedule_id]}


def offered(desk: Desk, settings: Settings, *, by_staff: bool = False) -> set[datetime]:
    """What the page would offer now, and so what can be booked."""
    with desk.database.begin() as session:
        kind = schedules.appointment_type(session, schedules.PRIVATE_CALL)
        assert kind is not None
        question = Question(kind=kind, notice=timedelta(0), now=utcnow(), by_staff=by_staff)
        return {instant(one.start) for one in offers(session, question).starts}


def hold(desk: Desk, mine: Invitation, start: datetime, settings: Settings) -> None:
    with desk.database.begin() as session:
        holds.hold(session, invitation=mine, wanted=Wanted(start), settings=settings, now=utcnow())


def test_p11_fault_5_a_feed_that_fails_takes_the_times_off_the_page_and_gives_them_back(
    desk: Desk, settings: Settings
):
    before = offered(desk, settings)
    desk.add(Policy.STAFF_ONLY)
    desk.reads(serves(busy_at(15)))
    open_then = offered(desk, settings)
    taken = before - open_then
    assert {at.hour for at in taken} <= {14, 15}
    assert tomorrow(15) in taken

    desk.reads(fails(500))
    assert offered(desk, settings) == set()
    assert offered(desk, settings, by_staff=True) >= {max(open_then)}
    mine = invited(desk.database)
    with pytest.raises(SlotTaken):
        hold(desk, mine, max(open_then), settings)

    desk.reads(serves(busy_at(15)))
    assert max(open_then) in offered(desk, settings)
    assert tomorrow(15) not in offered(desk, settings)
    with pytest.raises(SlotTaken):
        hold(desk, mine, tomorrow(15), settings)
    hold(desk, mine, max(open_then), settings)
