"""What other schedulers' tests say of hours, requests and holds (`tests/cases/booking_rules.json`).

Each rule is named by its id. Where the practice decided otherwise, the test says what it does.
"""

import json
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.domain.interval import instant
from services.scheduler.models import Appointment, AppointmentType, Availability, Schedule
from services.scheduler.operations import holds
from services.scheduler.operations.offers import offers
from services.scheduler.operations.question import Question
from services.scheduler.settings import Settings
from shared.db import Database
from tests.integration.scheduler.acts import (
    DAY,
    MONDAY,
    NOW,
    book,
    hold,
    invited,
    offered,
    run_out,
    wanted,
)
from tests.integration.scheduler.world import a_clinician, hours, local, words

CASES = Path(__file__).parents[2] / "cases"
RULES = {
    rule["id"]: rule for rule in json.loads((CASES / "booking_rules.json").read_text())["rules"]
}

Week = dict[int, list[tuple[str, str]]]

EARLY = "The end has to be later than the start."
OVERLAP = "These hours overlap with the ones above."
SHORT = "One visit takes 20 minutes; these hours are shorter."
REGINA = "America/Regina"  # six hours behind UTC, all year

HOURS: dict[str, tuple[str, Week, str | None]] = {
    "rule-01": ("America/New_York", {}, None),
    "rule-02": (
        "America/New_York",
        {1: [("09:00", "10:00"), ("10:00", "11:00")], 2: [("09:00", "10:00")]},
        None,
    ),
    "rule-03": (
        "America/New_York",
        {1: [("14:00", "15:00"), ("09:00", "10:00"), ("17:00", "18:00"), ("11:00", "12:00")]},
        None,
    ),
    "rule-04": ("America/New_York", {1: [("09:00", "11:00"), ("10:00", "12:00")]}, OVERLAP),
    "rule-05": ("America/New_York", {1: [("09:00", "12:00"), ("10:00", "11:00")]}, OVERLAP),
    "rule-06": ("America/New_York", {1: [("14:00", "13:00")]}, EARLY),
    "rule-07": ("America/New_York", {1: [("09:00", "09:15")]}, SHORT),
    "rule-08": (REGINA, {1: [("17:00", "19:00")]}, None),
    "rule-09": ("Asia/Tokyo", {1: [("08:00", "10:00")]}, None),
    "rule-10": (REGINA, {1: [("17:00", "18:30"), ("17:30", "19:00")]}, OVERLAP),
    # The peer refuses the second row, and so can't say when lunch is.
    "rule-34": ("America/New_York", {1: [("09:00", "12:00"), ("13:00", "17:00")]}, None),
}


@pytest.mark.parametrize("rule", HOURS)
def test_hours_are_valid_or_refused_as_the_rule_says(owner, scheduler_db, rule):
    zone, week, refused = HOURS[rule]
    assert RULES[rule]["area"] == "hours-validation"
    assert RULES[rule]["then"].startswith("valid") is (refused is None) or "differs" in RULES[rule]
    with scheduler_db.begin() as session:
        session.execute(update(Schedule).values(timezone=zone))
    form = {
        f"{end}-{weekday}": [pair[n] for pair in ranges]
        for weekday, ranges in week.items()
        for n, end in enumerate(("from", "until"))
    }

    answer = owner.send("/staff/hours", owner.open("/staff/hours"), **form)

    with scheduler_db.begin() as session:
        kept = [
            (row.weekday, (f"{row.starts:%H:%M}", f"{row.ends:%H:%M}"))
            for row in session.scalars(select(Availability))
        ]
    if refused:
        assert answer.status_code == 422
        assert refused in words(answer)
        assert kept == []
    else:
        assert answer.status_code == 303
        assert sorted(kept) == sorted(
            (weekday, pair) for weekday, ranges in week.items() for pair in ranges
        )


# ---------------------------------------------------------------- requests


REQUESTS = {
    "rule-13": (MONDAY + 5 * DAY, "10:00"),
    "rule-14": (MONDAY, "08:30"),
    "rule-15": (MONDAY, "17:00"),
}


@pytest.mark.parametrize("rule", REQUESTS)
def test_a_request_outside_of_the_hours_is_no_free_slot(scheduler_db, settings, rule):
    day, clock = REQUESTS[rule]
    assert RULES[rule]["area"] == "booking-request"
    with scheduler_db.begin() as session:
        who = a_clinician(session, weekly=hours(("09:00", "17:00"), days=[1, 2, 3, 4, 5]))

    with pytest.raises(SlotTaken):
        book(scheduler_db, invited(scheduler_db), wanted(clock, who, day), settings)
    with scheduler_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Appointment)) == 0


# ---------------------------------------------------------------- holds


THURSDAY = MONDAY + 3 * DAY  # far enough ahead for each type
TEN = local(THURSDAY, "10:00")


def types_offered_at_ten(database: Database, settings: Settings, **besides: UUID) -> set[str]:
    """The types of appointment for which Thursday at ten is free."""
    with database.begin() as session:
        return {
            kind.code
            for kind in session.scalars(select(AppointmentType)).all()
            for one in offers(
                session,
                Question(
                    kind=kind, notice=settings.booking_notice, now=NOW, by_staff=True, **besides
                ),
            ).starts
            if instant(one.start) == TEN
        }


EVERY_TYPE = {"private-call", "individual-session", "couple-session"}


def test_rule_29_a_hold_of_somebody_else_takes_the_time_from_every_type(
    scheduler_db, settings, dana
):
    assert RULES["rule-29"]["then"] == "start not offered, for every event type of that host"
    assert types_offered_at_ten(scheduler_db, settings) == EVERY_TYPE

    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana, THURSDAY), settings)

    assert types_offered_at_ten(scheduler_db, settings) == set()


def test_rule_30_a_hold_of_ones_own_leaves_the_time_on_offer(scheduler_db, settings, dana):
    assert RULES["rule-30"]["then"] == "start offered"
    mine = invited(scheduler_db)

    hold(scheduler_db, mine, wanted("10:00", dana, THURSDAY), settings)

    found = types_offered_at_ten(scheduler_db, settings, besides_invitation=mine.id)
    assert found == EVERY_TYPE


def test_rule_31_a_hold_that_ran_out_leaves_the_time_on_offer(scheduler_db, settings, dana):
    assert RULES["rule-31"]["then"] == "start offered"
    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    run_out(scheduler_db)

    assert local(MONDAY, "10:00") in offered(scheduler_db, settings)


def test_rule_32_cleaning_up_removes_only_what_ran_out(scheduler_db, settings, dana):
    assert RULES["rule-32"]["then"] == "removes only expired holds (2 of 4 stay)"
    held = [
        hold(scheduler_db, invited(scheduler_db), wanted(clock, dana), settings).id
        for clock in ("09:00", "10:00", "11:00", "12:00")
    ]
    with scheduler_db.begin() as session:
        session.execute(
            update(Appointment)
            .where(Appointment.id.in_(held[:2]))
            .values(hold_until=func.clock_timestamp() - timedelta(seconds=1))
        )

    with scheduler_db.begin() as session:
        removed = holds.release_expired_holds(session)

    with scheduler_db.begin() as session:
        assert set(session.scalars(select(Appointment.id))) == set(held[2:])
    assert removed == 2


def test_rule_33_no_type_has_seats_so_a_hold_takes_the_whole_time(scheduler_db, settings, dana):
    """The peer sells five seats at one time. Here a visit is one person's, or one couple's."""
    assert "5 seats" in RULES["rule-33"]["given"]
    hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)

    with pytest.raises(SlotTaken):
        hold(scheduler_db, invited(scheduler_db), wanted("10:00", dana), settings)
    assert not [one for one in AppointmentType.__table__.columns if "seat" in one.key]
