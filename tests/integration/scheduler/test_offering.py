"""What is offered is what can be booked, and nothing else (P5, P7, P8, P24)."""

from datetime import UTC, timedelta

import pytest
from sqlalchemy import update

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.models import (
    AppointmentType,
)
from services.scheduler.operations import holds
from services.scheduler.operations.offers import Wanted
from tests.integration.scheduler.acts import (
    DAY,
    MONDAY,
    NOW,
    book,
    hold,
    invited,
    offered,
    wanted,
)
from tests.integration.scheduler.world import (
    a_clinician,
    hours,
    live_rows,
    local,
    schedule_of,
)


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
