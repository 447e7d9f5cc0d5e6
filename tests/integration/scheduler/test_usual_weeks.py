"""Weeks of hours for some months, for one type of appointment, at a location: by page and program.

They are written by the app's engine, and `starts` asks by another one, which has kept a copy of the
hours as they were before: what it finds is what another process would.
"""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from services.scheduler.domain.appointment import Hand
from services.scheduler.models import Availability
from services.scheduler.operations import appointment_types, places
from services.scheduler.operations.usual_weeks import For
from shared.clock import utcnow
from tests.integration.scheduler.calendar_rules import a_house, an_appointment
from tests.integration.scheduler.rules import SOON, changes, form_of, starts
from tests.integration.scheduler.staff_programs import named_fields
from tests.integration.scheduler.world import local, words

STAFF = Hand.staff(uuid4())
LATER = SOON + timedelta(days=7)
DAY = SOON.isoweekday()
EVENING = {f"from-{DAY}": "18:00", f"until-{DAY}": "20:00"}
RANGE = {"weekday": DAY, "start": "18:00", "end": "20:00"}
COUPLES = "couple-session"


@pytest.fixture
def page(ada):
    return f"/staff/hours?who={ada.id}"


def send(browser, address, **fields):
    """Open the form of that week, change some of its fields, and send it."""
    form = form_of(browser.open(address), address.replace("&", "&amp;"))
    return browser.client.post(address, data={**form, **fields})


def add(browser, page, **fields):
    return send(browser, f"{page}&week=new", **EVENING, **fields)


def evening(database, day, code="private-call"):
    return [at for at in starts(database, day, code) if at >= "17:00"]


def put(browser, ada, **sent):
    return browser.client.put(
        "/api/staff/hours", json={"practitioner_id": str(ada.id), "weekly": [RANGE], **sent}
    )


def kept(database):
    with database.begin() as session:
        return session.scalars(select(Availability).where(Availability.starts >= time(17))).all()


# ---------------------------------------------------------------- the page


def test_a_week_of_some_days_is_offered_on_those_alone(owner, page, scheduler_db):
    assert evening(scheduler_db, SOON) == evening(scheduler_db, LATER) == []
    until = (LATER - timedelta(days=1)).isoformat()

    saved = add(owner, page, since=SOON.isoformat(), until=until)

    assert saved.status_code == 303
    shown = words(owner.open(saved.location))
    assert f"From {SOON:%B} {SOON.day}, {SOON.year} until" in shown
    assert "Always" in shown
    assert evening(scheduler_db, SOON)[0] == "18:00"
    assert evening(scheduler_db, LATER) == evening(scheduler_db, SOON - timedelta(days=7)) == []
    assert starts(scheduler_db, LATER)[0] == "09:00"


def test_hours_of_one_type_alone_offer_that_type_alone_and_it_has_no_others(
    owner, page, scheduler_db
):
    assert starts(scheduler_db, SOON, COUPLES)[0] < "12:00"

    assert add(owner, page, appointment_type=COUPLES).status_code == 303

    assert starts(scheduler_db, SOON, COUPLES) == evening(scheduler_db, SOON, COUPLES) != []
    assert evening(scheduler_db, SOON) == []
    assert starts(scheduler_db, SOON)


def test_a_week_opens_again_is_changed_and_taken_away_and_it_is_written_down(
    owner, ada, page, scheduler_db
):
    place, _ = a_house(scheduler_db, "Blue", name="River Street")
    add(owner, page, appointment_type=COUPLES, location_id=str(place))
    first = For(appointment_type=COUPLES, location_id=place)
    with scheduler_db.begin() as session:
        an_appointment(session, ada, local(SOON, "06:00"))
    assert "Only Couple session, at River Street" in words(owner.open(f"{page}&week={first.key}"))
    assert [one.location_id for one in kept(scheduler_db)] == [place]

    moved = send(owner, f"{page}&week={first.key}", appointment_type="", since=LATER.isoformat())

    assert "Saved. One appointment lies outside the hours now" in words(owner.open(moved.location))
    second = For(since=LATER, location_id=place)
    assert owner.open(f"{page}&week={first.key}").status_code == 404
    assert evening(scheduler_db, SOON) == [] != evening(scheduler_db, LATER)
    none = {f"{end}-{DAY}": "" for end in ("from", "until")}
    assert send(owner, f"{page}&week={second.key}", **none).status_code == 303
    assert kept(scheduler_db) == []
    assert starts(scheduler_db, SOON)
    assert [about for about, _, _ in changes(scheduler_db)] == [
        f"hours:{ada.id}:{one.key}" for one in (first, first, second)
    ]
    assert changes(scheduler_db)[1][1] == {"since": None, "appointment_type": COUPLES}
    told = words(owner.open("/staff/rules"))
    assert "Ada Obi: weekly hours" in told
    assert "only for Couple session, location River Street" in told
    assert "Only for: Couple session → none" in told


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"since": LATER.isoformat(), "until": SOON.isoformat()}, "until"),
        ({"since": "soon"}, "since"),
        ({"until": "9999-12-31"}, "until"),
        ({"appointment_type": "juggling"}, "appointment_type"),
        ({"appointment_type": "x" * 400}, "appointment_type"),
        ({"location_id": "7"}, "location_id"),
        ({"location_id": "9" * 30}, "location_id"),
        ({"location_id": "here"}, "location_id"),
        ({}, "since"),
        ({"since": SOON.isoformat(), f"from-{DAY}": "16:00"}, f"from-{DAY}-0"),
        ({"since": SOON.isoformat(), f"until-{DAY}": "17:00"}, f"from-{DAY}-0"),
    ],
)
def test_a_week_that_can_not_be_comes_back_beside_its_field(
    owner, page, scheduler_db, fields, field
):
    answer = send(owner, f"{page}&week=new", **{**EVENING, **fields})

    assert answer.status_code == 422
    assert f'id="{field}-err"' in answer.get_data(as_text=True)
    assert 'value="18:00"' in answer.get_data(as_text=True) or f"from-{DAY}" in fields
    assert kept(scheduler_db) == []
    assert changes(scheduler_db) == []


def test_neither_a_closed_location_nor_a_type_that_ended_is_taken(owner, page, scheduler_db):
    place, _ = a_house(scheduler_db, "Blue")
    with scheduler_db.begin() as session:
        places.close_location(session, place, by=STAFF, now=utcnow())
        appointment_types.end(session, COUPLES, by=STAFF, now=utcnow())

    for fields, field in (
        ({"location_id": str(place)}, "location_id"),
        ({"appointment_type": COUPLES}, "appointment_type"),
    ):
        answer = add(owner, page, **fields)
        assert answer.status_code == 422
        assert f'id="{field}-err"' in answer.get_data(as_text=True)
    assert kept(scheduler_db) == []


def test_who_opened_the_week_before_somebody_changed_it_is_told_and_writes_nothing(
    owner, page, scheduler_db
):
    old = form_of(owner.open(page), page)
    send(owner, page, **EVENING)

    refused = owner.client.post(page, data={**old, f"from-{DAY}": "10:00"})

    assert refused.status_code == 409
    assert "Somebody changed this since you opened it" in words(refused)
    assert [f"{one.starts:%H:%M}" for one in kept(scheduler_db)] == ["18:00"]
    again = {**form_of(refused, page), f"from-{DAY}": "10:00"}
    assert owner.client.post(page, data=again).status_code == 303


@pytest.mark.parametrize("key", ["nothing", "___", "2027-02-31___", "__private-call_", "___x"])
def test_a_week_that_is_not_there_is_not_found(owner, page, key):
    if key != "___":  # the usual week is there
        assert owner.open(f"{page}&week={key}").status_code == 404
    else:
        assert owner.open(f"{page}&week={key}").status_code == 200


# ---------------------------------------------------------------- programs


def test_a_program_writes_a_week_for_some_days_one_type_and_a_place(owner, ada, scheduler_db):
    place, _ = a_house(scheduler_db, "Blue")
    assert evening(scheduler_db, LATER) == []
    of = {
        "since": SOON.isoformat(),
        "until": (LATER - timedelta(days=1)).isoformat(),
        "appointment_type": "private-call",
        "location_id": place,
    }

    answer = put(owner, ada, **of)

    assert answer.status_code == 200
    usual, week = answer.get_json()["weeks"]
    assert {name: week[name] for name in of} == of
    assert week["weekly"] == [RANGE]
    assert len(answer.get_json()["weekly"]) == len(usual["weekly"]) == 7
    assert starts(scheduler_db, SOON) == evening(scheduler_db, SOON) != []
    assert evening(scheduler_db, LATER) == []
    assert put(owner, ada, **of, version="old").status_code == 409
    gone = put(owner, ada, **{**of, "version": week["version"], "weekly": []})
    assert [one["since"] for one in gone.get_json()["weeks"]] == [None]
    assert len(changes(scheduler_db)) == 2


@pytest.mark.parametrize(
    ("of", "field"),
    [
        ({"since": LATER.isoformat(), "until": SOON.isoformat()}, "until"),
        ({"since": "soon"}, "since"),
        ({"appointment_type": "juggling"}, "appointment_type"),
        ({"appointment_type": 3}, "appointment_type"),
        ({"location_id": 7}, "location_id"),
        ({"location_id": 10**30}, "location_id"),
        ({"since": SOON.isoformat(), "weekly": [RANGE | {"start": "16:00"}]}, "weekly.0"),
    ],
)
def test_a_program_is_told_which_field_of_a_week_can_not_be(owner, ada, scheduler_db, of, field):
    answer = put(owner, ada, **of)

    assert answer.status_code == 422
    assert named_fields(answer) == [field]
    assert kept(scheduler_db) == []
