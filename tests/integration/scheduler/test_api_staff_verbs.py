"""The staff's verbs by JSON: the same acts, refusals and rights as on the pages."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.scheduler.models import Appointment, Invitation, Practitioner
from services.scheduler.practice_models import TimeChange, TimeOff
from services.scheduler.settings import Settings
from shared.vocabulary import Role
from tests.integration.scheduler.staff_programs import a_colleague, named_fields, the_owner
from tests.integration.scheduler.test_openings import SOON, a_booking
from tests.integration.scheduler.test_staff_calendar import begin_now
from tests.integration.scheduler.world import a_clinician, an_invitation, live_rows, local

API = "/api/staff"


@pytest.fixture
def boss(app: Flask, settings: Settings) -> FlaskClient:
    return the_owner(app, settings)


@pytest.fixture
def ada(boss: FlaskClient, scheduler_db: Any) -> Practitioner:
    with scheduler_db.begin() as session:
        return a_clinician(session, "Ada Brandt")


@pytest.fixture
def rowan(scheduler_db: Any) -> Invitation:
    with scheduler_db.begin() as session:
        return an_invitation(session)


def stretch(who: Practitioner, **changes: Any) -> dict[str, Any]:
    return {
        "practitioner_id": str(who.id),
        "day": SOON.isoformat(),
        "from": "10:00",
        "until": "12:00",
        "what": "block",
        "reason": "Supervision",
        **changes,
    }


def for_rowan(rowan: Invitation, who: Practitioner, **changes: Any) -> dict[str, Any]:
    return {
        "person_id": str(rowan.person_id),
        "type": "private-call",
        "practitioner_id": str(who.id),
        "start": local(SOON, "10:00").isoformat(),
        "how": "phone",
        "location": "NY",
        **changes,
    }


def test_time_is_blocked_listed_with_who_stands_in_it_and_given_back(
    boss, ada, scheduler_db, settings
):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:30")

    made = boss.post(f"{API}/time-changes", json=stretch(ada))
    again = boss.post(f"{API}/time-changes", json=stretch(ada))

    assert (made.status_code, again.status_code) == (201, 201)
    (row,) = boss.get(f"{API}/time-changes?practitioner_id={ada.id}").get_json()["changes"]
    assert (row["what"], row["reason"], row["standing"]) == (
        "block",
        "Supervision",
        [str(booked.id)],
    )
    assert boss.delete(f"{API}/time-changes/{row['id']}").status_code == 204
    assert boss.delete(f"{API}/time-changes/{row['id']}").status_code == 404
    with scheduler_db.begin() as session:
        assert session.scalars(select(TimeChange)).all() == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"until": "10:00"}, "until"),
        ({"day": "2020-01-01"}, "until"),
        ({"what": "both"}, "what"),
        ({"day": None}, "day"),
        ({"more": 1}, "more"),
        ({"practitioner_id": "x"}, "practitioner_id"),
    ],
)
def test_a_bad_stretch_is_named_beside_its_field(boss, ada, changes, field):
    refused = boss.post(f"{API}/time-changes", json=stretch(ada, **changes))

    assert refused.status_code == 422
    assert named_fields(refused) == [field]


def test_days_off_are_taken_and_given_back(boss, ada, scheduler_db):
    sent = {"practitioner_id": str(ada.id), "first_day": str(SOON), "last_day": str(SOON)}

    made = boss.post(f"{API}/days-off", json=sent)

    assert made.status_code == 201
    assert boss.delete(f"{API}/days-off/{made.get_json()['id']}").status_code == 204
    with scheduler_db.begin() as session:
        assert session.scalars(select(TimeOff)).all() == []
    wrong = sent | {"last_day": str(SOON - timedelta(days=1))}
    assert named_fields(boss.post(f"{API}/days-off", json=wrong)) == ["last_day"]


def test_p27_somebody_is_booked_moved_given_and_cancelled_and_each_step_says_who_and_why(
    boss, ada, rowan, scheduler_db
):
    with scheduler_db.begin() as session:
        bea = a_clinician(session, "Bea Lund")
    (found,) = boss.get(f"{API}/bookable-people?name=row").get_json()["people"]
    assert (found["person_id"], found["name"]) == (str(rowan.person_id), "Rowan Teller")
    assert found["plan"].startswith("Call is fine.")

    made = boss.post(f"{API}/appointments", json=for_rowan(rowan, ada))
    assert made.status_code == 201, made.get_json()
    one = f"{API}/appointments/{made.get_json()['id']}"
    to = {"start": local(SOON, "11:00").isoformat(), "practitioner_id": str(bea.id)}
    assert named_fields(boss.post(f"{one}/move", json=to)) == ["reason"]
    given = boss.post(f"{one}/move", json=to | {"reason": "Ada is ill"})
    assert (given.status_code, given.get_json()["practitioner_name"]) == (200, "Bea Lund")
    assert given.get_json()["reason"] == "Ada is ill"
    assert named_fields(boss.post(f"{one}/cancel", json={})) == ["reason"]
    gone = boss.post(f"{one}/cancel", json={"reason": "They called"})

    assert gone.get_json()["status"] == "cancelled"
    steps = boss.get(one).get_json()["history"]
    assert [(step["act"], step["reason"]) for step in steps] == [
        ("book", None),
        ("move", "Ada is ill"),
        ("cancel", "They called"),
    ]
    assert {step["actor"].partition(":")[0] for step in steps} == {"staff"}


def test_p7_a_time_that_is_not_offered_needs_a_reason_and_the_right(boss, ada, rowan, scheduler_db):
    late = for_rowan(rowan, ada, start=local(SOON, "19:00").isoformat())

    refused = boss.post(f"{API}/appointments", json=late)
    silent = boss.post(f"{API}/appointments", json=late | {"against_rules": True})
    given = boss.post(
        f"{API}/appointments", json=late | {"against_rules": True, "reason": "Works late"}
    )

    assert (refused.status_code, refused.get_json()["reason"]) == (409, "outside-hours")
    assert named_fields(silent) == ["reason"]
    assert (given.status_code, given.get_json()["reason"]) == (201, "Works late")
    over = late | {"start": "2020-01-01T10:00:00Z", "against_rules": True, "reason": "x"}
    assert named_fields(boss.post(f"{API}/appointments", json=over)) == ["start"]


def test_p1_against_the_rules_never_gives_a_time_twice(boss, ada, rowan, scheduler_db, settings):
    a_booking(scheduler_db, settings, ada, SOON, "10:00")
    sent = for_rowan(
        rowan, ada, start=local(SOON, "10:10").isoformat(), against_rules=True, reason="x"
    )

    refused = boss.post(f"{API}/appointments", json=sent)

    assert refused.status_code == 409
    assert refused.get_json()["type"] == "urn:softstart:problem:slot-taken"
    assert len(live_rows(scheduler_db)) == 1


def test_whether_somebody_came_is_said_once_the_time_is_there(boss, ada, scheduler_db, settings):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    address = f"{API}/appointments/{booked.id}/attendance"

    early = boss.post(address, json={"act": "miss"})
    assert (early.status_code, early.get_json()["type"]) == (409, "urn:softstart:problem:not-yet")
    begin_now(scheduler_db, booked)
    assert boss.post(address, json={"act": "miss"}).get_json()["status"] == "noshow"
    assert boss.post(address, json={"act": "arrive"}).get_json()["status"] == "arrived"
    assert named_fields(boss.post(address, json={"act": "book"})) == ["act"]


def test_an_absence_is_begun_once_and_says_what_became_of_each(boss, ada, scheduler_db, settings):
    booked = [a_booking(scheduler_db, settings, ada, SOON, clock) for clock in ("10:00", "11:00")]
    sent = {
        "id": str(uuid4()),
        "practitioner_id": str(ada.id),
        "first_day": str(SOON),
        "last_day": str(SOON),
        "reason": "Ada is ill",
        "plans": [{"appointment_id": str(one.id)} for one in booked],
    }

    first, second = (boss.post(f"{API}/absences", json=sent) for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    found = boss.get(f"{API}/absences/{sent['id']}").get_json()
    assert [one["outcome"] for one in found["visits"]] == ["cancelled"] * 2
    assert boss.get(f"{API}/absences/{uuid4()}").status_code == 404
    assert named_fields(boss.post(f"{API}/absences", json=sent | {"reason": " "})) == ["reason"]


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CLINICIAN])
def test_roles_hold_for_programs_too(boss, app, ada, rowan, scheduler_db, settings, role):
    other = a_colleague(app, scheduler_db, settings, role)
    blocks = 201 if role is Role.FRONT_DESK else 403
    away = {
        "id": str(uuid4()),
        "practitioner_id": str(ada.id),
        "first_day": str(SOON),
        "last_day": str(SOON),
        "reason": "x",
        "plans": [],
    }
    bent = for_rowan(
        rowan, ada, start=local(SOON, "19:00").isoformat(), against_rules=True, reason="x"
    )

    assert other.post(f"{API}/time-changes", json=stretch(ada, what="open")).status_code == 403
    assert other.post(f"{API}/appointments", json=bent).status_code == 403
    assert other.post(f"{API}/appointments", json=for_rowan(rowan, ada)).status_code == 201
    assert other.post(f"{API}/time-changes", json=stretch(ada)).status_code == blocks
    assert other.post(f"{API}/absences", json=away).status_code == blocks


def test_nobody_who_is_not_signed_in_does_any_of_it(app, boss, ada, rowan, scheduler_db):
    stranger = app.test_client()

    for path, sent in (
        ("time-changes", stretch(ada)),
        ("days-off", {"first_day": str(SOON), "last_day": str(SOON)}),
        ("appointments", for_rowan(rowan, ada)),
        (f"appointments/{uuid4()}/cancel", {"reason": "x"}),
    ):
        assert stranger.post(f"{API}/{path}", json=sent).status_code == 401
    assert stranger.get(f"{API}/bookable-people").status_code == 401
    with scheduler_db.begin() as session:
        assert session.scalars(select(Appointment)).all() == []
