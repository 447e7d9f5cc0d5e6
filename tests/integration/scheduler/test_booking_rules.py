"""What other schedulers' tests say of hours, requests and holds (`tests/cases/booking_rules.json`).

Each rule is named by its id. Where the practice decided otherwise, the test says what it does.
"""

import json
import re
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from services.scheduler.domain.errors import SlotTaken
from services.scheduler.domain.interval import instant
from services.scheduler.domain.outside import Policy
from services.scheduler.models import (
    Appointment,
    AppointmentType,
    Availability,
    Practitioner,
    Schedule,
)
from services.scheduler.operations import holds, outside
from services.scheduler.operations.offers import offers
from services.scheduler.operations.question import Question
from services.scheduler.settings import Settings
from shared.db import Database, database_now
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
from tests.integration.scheduler.browsing import booked
from tests.integration.scheduler.world import (
    a_clinician,
    hours,
    live_rows,
    local,
    schedule_of,
    token_of,
    words,
)

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


# ---------------------------------------------------------------- no slots at all


def test_rule_17_whoever_sees_nobody_any_more_is_offered_no_more(app, scheduler_db, dana):
    assert RULES["rule-17"]["then"] == "404, no slots"
    mine = {"Authorization": f"Bearer {token_of(invited(scheduler_db).id)}"}
    client = app.test_client()
    assert client.get("/api/slots", headers=mine).get_json()["slots"]

    with scheduler_db.begin() as session:
        session.execute(update(Practitioner).values(left_at=func.clock_timestamp()))

    found = client.get("/api/slots", headers=mine)
    assert (found.status_code, found.get_json()["slots"]) == (200, [])


@pytest.mark.parametrize(
    ("rule", "unread"), [("rule-18", (True,)), ("rule-19", (False, True)), ("no rule", (False,))]
)
def test_one_calendar_that_can_not_be_read_withholds_its_owners_times(
    scheduler_db, settings, dana, rule, unread
):
    """The peer of rule-19 goes on with the healthy one of two; here nobody is booked over."""
    with scheduler_db.begin() as session:
        for silent in unread:
            one = outside.add(
                session, schedule_of(session, dana).id, name="Own", policy=Policy.BLOCK,
                address="https://calendar.example/own.ics", stale_after=timedelta(days=999),
            )  # fmt: skip
            now = database_now(session)
            one.tried_at = one.read_at = now
            one.failing_since = now if silent else None

    assert bool(offered(scheduler_db, settings)) is (rule not in RULES)


# ---------------------------------------------------------------- who decides


def test_rule_22_who_asked_for_a_time_does_not_confirm_it(visitor, token, scheduler_db):
    assert RULES["rule-22"]["then"] == "refused"
    with scheduler_db.begin() as session:
        session.execute(update(AppointmentType).values(confirm=True))
    own = booked(visitor, token).removeprefix("/m/")
    (row,) = live_rows(scheduler_db)

    for key in (token, own):
        for act in ("confirm", "decline"):
            refused = visitor.client.post(
                f"/api/staff/appointments/{row.id}/{act}",
                headers={"Authorization": f"Bearer {key}"},
                json={},
            )
            assert refused.status_code == 401
    assert [one.status for one in live_rows(scheduler_db)] == ["pending"]


# ---------------------------------------------------------------- none is left out


ELSEWHERE = {
    "tests/integration/scheduler/test_api.py": ["rule-11", "rule-12"],
    "tests/integration/scheduler/test_rule_types.py": ["rule-28"],
    "tests/integration/notifier/test_smtp.py": ["rule-16"],
    "tests/unit/notifier/test_snapshots.py": ["rule-23"],
    "tests/unit/shared/test_ics.py": ["rule-21"],
    "tests/integration/intake/test_bad_input.py": ["rule-20"],
    "tests/unit/scheduler/test_pool.py": ["rule-24", "rule-25", "rule-26", "rule-27"],
}
"""The rules that are tried where what they are about is."""


def test_each_rule_is_tried_here_or_where_it_says_so():
    root = Path(__file__).parents[3]
    here = re.findall(r"rule[-_](\d\d)", Path(__file__).read_text("utf-8").split("ELSEWHERE")[0])
    for path, rules in ELSEWHERE.items():
        text = (root / path).read_text("utf-8")
        assert [rule for rule in rules if rule not in text] == [], path

    found = {f"rule-{number}" for number in here}
    assert found | {rule for rules in ELSEWHERE.values() for rule in rules} == RULES.keys()
