"""The staff's JSON API: weekly hours set and refused, and the appointments of the days."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from services.scheduler.models import Availability
from services.scheduler.operations import bookings, holds
from services.scheduler.operations.offers import Wanted
from services.scheduler.settings import Settings
from shared.clock import utcnow
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.scheduler.staff_programs import (
    MORNING,
    a_colleague,
    kept_hours,
    named_fields,
    the_owner,
)
from tests.integration.scheduler.world import NEW_YORK, a_clinician, an_invitation, local


@pytest.fixture
def signed_in(app: Flask, settings: Settings) -> FlaskClient:
    return the_owner(app, settings)


# ---------------------------------------------------------------- hours


def test_hours_are_kept_as_wall_time_and_given_back_in_order(signed_in, scheduler_db):
    week = [
        {"weekday": 3, "start": "13:30", "end": "17:00"},
        {"weekday": 1, "start": "09:00", "end": "12:00"},
        {"weekday": 1, "start": "18:00", "end": "00:00"},
    ]

    answer = signed_in.put("/api/staff/hours", json={"weekly": week})

    assert answer.status_code == 200
    document = answer.get_json()
    assert document["practitioner_name"] == "Dana Whitlock"
    assert document["timezone"] == "America/New_York"
    assert document["weekly"] == [week[1], week[2], week[0]]
    assert signed_in.get("/api/staff/hours").get_json() == document
    with scheduler_db.begin() as session:
        overnight = session.scalars(select(Availability.ends).where(Availability.overnight)).all()
    assert [f"{end:%H:%M}" for end in overnight] == ["00:00"]


def test_a_new_week_takes_the_place_of_the_old_and_an_empty_one_closes_it(signed_in, scheduler_db):
    signed_in.put("/api/staff/hours", json={"weekly": [MORNING]})
    signed_in.put("/api/staff/hours", json={"weekly": [MORNING | {"weekday": 7}]})
    assert kept_hours(scheduler_db) == [(7, "09:00", "12:00")]

    assert signed_in.put("/api/staff/hours", json={"weekly": []}).get_json()["weekly"] == []
    assert kept_hours(scheduler_db) == []


LATER = {"weekday": 1, "start": "13:00", "end": "15:00"}
BAD_WEEKS = {
    "the end before the start": ([MORNING | {"end": "08:00"}], "weekly.0"),
    "no length": ([MORNING | {"end": "09:00"}], "weekly.0"),
    "shorter than a visit": ([MORNING | {"end": "09:10"}], "weekly.0"),
    "an overlap": ([MORNING, LATER, MORNING | {"start": "11:00"}], "weekly.2"),
    "an overlap after another day": (
        [MORNING | {"weekday": 5}, MORNING, MORNING | {"start": "11:00"}],
        "weekly.2",
    ),
    "a weekday 9": ([LATER, MORNING | {"weekday": 9}], "weekly.1.weekday"),
    "a weekday 0": ([MORNING | {"weekday": 0}], "weekly.0.weekday"),
    "a weekday in words": ([MORNING | {"weekday": "Monday"}], "weekly.0.weekday"),
    "half a weekday": ([MORNING | {"weekday": 1.5}], "weekly.0.weekday"),
    "a weekday that is true": ([MORNING | {"weekday": True}], "weekly.0.weekday"),
    "an unknown field": ([MORNING | {"room": 2}], "weekly.0.room"),
    "a NUL": ([MORNING | {"start": "09:00\x00"}], "weekly.0.start"),
    "half a surrogate pair": ([MORNING | {"end": "\ud800"}], "weekly.0.end"),
    "hour 25": ([MORNING | {"end": "25:00"}], "weekly.0.end"),
    "seconds": ([MORNING | {"end": "12:00:30"}], "weekly.0.end"),
    "an offset": ([MORNING | {"end": "12:00+02:00"}], "weekly.0.end"),
    "a number for a time": ([MORNING | {"start": 9}], "weekly.0.start"),
    "no end": ([{"weekday": 1, "start": "09:00"}], "weekly.0.end"),
    "null": (None, "weekly"),
    "text": ("9 to 5", "weekly"),
    "a range that is text": (["9 to 5"], "weekly.0"),
    "seven ranges on a day": (
        [MORNING | {"start": f"{n:02}:00", "end": f"{n:02}:30"} for n in range(7)],
        "weekly",
    ),
}


@pytest.mark.parametrize(("weekly", "field"), BAD_WEEKS.values(), ids=BAD_WEEKS.keys())
def test_bad_hours_are_named_by_their_field_and_nothing_is_saved(
    signed_in, scheduler_db, weekly, field
):
    signed_in.put("/api/staff/hours", json={"weekly": [LATER]})

    refused = signed_in.put("/api/staff/hours", json={"weekly": weekly})

    assert refused.status_code == 422
    assert named_fields(refused) == [field]
    assert kept_hours(scheduler_db) == [(1, "13:00", "15:00")]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "weekly"),
        ({"weekly": [MORNING], "timezone": "Europe/Berlin"}, "timezone"),
        ({"weekly": [MORNING], "practitioner_id": "Dana"}, "practitioner_id"),
    ],
)
def test_what_else_is_wrong_with_the_request_is_named_too(signed_in, scheduler_db, sent, field):
    refused = signed_in.put("/api/staff/hours", json=sent)

    assert refused.status_code == 422
    assert named_fields(refused) == [field]
    assert kept_hours(scheduler_db) == []


def test_every_bad_range_is_named_at_once(signed_in):
    bad = [MORNING | {"end": "08:00"}, LATER, LATER | {"weekday": 2, "end": "13:05"}]

    refused = signed_in.put("/api/staff/hours", json={"weekly": bad})

    errors = {error["pointer"]: error["detail"] for error in refused.get_json()["errors"]}
    assert errors == {
        "#/weekly/0": "The end has to be later than the start.",
        "#/weekly/2": "One visit takes 20 minutes; these hours are shorter.",
    }


def test_the_owner_sets_everybodys_hours_and_a_clinician_their_own(
    signed_in, app, scheduler_db, settings
):
    marcus = a_colleague(app, scheduler_db, settings, Role.CLINICIAN)
    his = marcus.get("/api/staff/hours").get_json()["practitioner_id"]
    hers = signed_in.get("/api/staff/hours").get_json()["practitioner_id"]

    answer = signed_in.put("/api/staff/hours", json={"weekly": [MORNING], "practitioner_id": his})
    assert answer.get_json()["practitioner_name"] == "Marcus Oyelaran"
    assert marcus.get("/api/staff/hours").get_json()["weekly"] == [MORNING]
    assert signed_in.get("/api/staff/hours").get_json()["weekly"] == []

    refused = marcus.put("/api/staff/hours", json={"weekly": [LATER], "practitioner_id": hers})
    assert refused.status_code == 403
    assert marcus.get(f"/api/staff/hours?practitioner_id={hers}").status_code == 403
    assert kept_hours(scheduler_db) == [(1, "09:00", "12:00")]


def test_hours_of_nobody_are_not_found(signed_in):
    nobody = str(uuid4())

    asked = signed_in.get(f"/api/staff/hours?practitioner_id={nobody}")
    sent = signed_in.put("/api/staff/hours", json={"weekly": [], "practitioner_id": nobody})

    assert (asked.status_code, sent.status_code) == (404, 404)
    assert sent.content_type == "application/problem+json"


def test_the_page_shows_the_hours_that_a_program_has_set(signed_in):
    signed_in.put("/api/staff/hours", json={"weekly": [MORNING | {"weekday": 4}]})

    page = signed_in.get("/staff/hours").get_data(as_text=True)

    assert 'value="09:00"' in page
    assert "3 hours" in page


# ---------------------------------------------------------------- appointments


def ten_in(days: int) -> datetime:
    return local(utcnow().astimezone(NEW_YORK).date() + timedelta(days=days), "10:00")


def booked(
    database: Database, settings: Settings, at: datetime, who: UUID, how: str = "phone", **told: Any
) -> tuple[UUID, UUID]:
    """Somebody with that contact plan has that time; the ids of appointment and inquiry."""
    with database.begin() as session:
        invitation = an_invitation(session, **told)
        made = bookings.book(
            session,
            invitation=invitation,
            wanted=Wanted(at, who),
            how=how,
            timezone="America/New_York",
            location="NY",
            settings=settings,
            now=utcnow(),
        )
        return made.id, invitation.id


@pytest.fixture
def clinician(scheduler_db: Database) -> UUID:
    with scheduler_db.begin() as session:
        return a_clinician(session, "Dana Marsh", video_room="https://video.example/dana").id


def test_an_appointment_comes_with_the_person_and_how_to_reach_them(
    signed_in, scheduler_db, settings, clinician
):
    at = ten_in(3)
    appointment, inquiry = booked(scheduler_db, settings, at, clinician, how="video")

    (shown,) = signed_in.get("/api/staff/appointments").get_json()["appointments"]

    assert datetime.fromisoformat(shown.pop("start")) == at
    assert datetime.fromisoformat(shown.pop("end")) == at + timedelta(minutes=20)
    assert shown == {
        "id": str(appointment),
        "status": "booked",
        "status_word": "Expected",
        "what": "Private call, by video",
        "how": "video",
        "practitioner_id": str(clinician),
        "practitioner_name": "Dana Marsh",
        "people": [
            {
                "name": "Rowan Teller",
                "pronouns": None,
                "plan": "Call is fine. First name only. No voice message, no texts.",
                "phone": "914-555-0177",
                "location": "NY",
                "location_confirmed": None,
                "participation": "accepted",
                "inquiry_id": str(inquiry),
            }
        ],
        "inquiry_id": str(inquiry),
    }


def test_a_number_that_may_not_be_called_is_not_given(signed_in, scheduler_db, settings, clinician):
    ways = {"email": True, "sms": False, "call": False, "voicemail": False}
    booked(scheduler_db, settings, ten_in(1), clinician, channels=ways)

    (shown,) = signed_in.get("/api/staff/appointments").get_json()["appointments"]

    assert shown["people"][0]["phone"] is None
    assert shown["people"][0]["plan"].startswith("Email only. Do not call.")


def test_days_are_those_of_the_practice_and_holds_are_left_out(
    signed_in, scheduler_db, settings, clinician
):
    day = utcnow().astimezone(NEW_YORK).date()
    for days in (2, 3, 9):
        booked(scheduler_db, settings, ten_in(days), clinician)
    with scheduler_db.begin() as session:
        holds.hold(
            session,
            invitation=an_invitation(session),
            wanted=Wanted(ten_in(2) + timedelta(hours=1), clinician),
            settings=settings,
            now=utcnow(),
        )

    def starts(query: str) -> list[datetime]:
        answer = signed_in.get(f"/api/staff/appointments{query}")
        assert answer.status_code == 200, answer.get_json()
        assert answer.get_json()["timezone"] == "America/New_York"
        found = answer.get_json()["appointments"]
        return [datetime.fromisoformat(one["start"]) for one in found]

    assert starts("") == [ten_in(2), ten_in(3)]
    assert starts("?days=14") == [ten_in(2), ten_in(3), ten_in(9)]
    assert starts(f"?from={day + timedelta(days=3)}&days=1") == [ten_in(3)]
    assert starts(f"?from={day + timedelta(days=4)}&days=1") == []


def test_the_appointments_of_one_clinician(signed_in, scheduler_db, settings, clinician):
    with scheduler_db.begin() as session:
        marcus = a_clinician(session, "Marcus Oyelaran").id
    for who in (clinician, marcus):
        booked(scheduler_db, settings, ten_in(2), who)

    answer = signed_in.get(f"/api/staff/appointments?practitioner_id={marcus}").get_json()

    assert [one["practitioner_name"] for one in answer["appointments"]] == ["Marcus Oyelaran"]
    assert len(signed_in.get("/api/staff/appointments").get_json()["appointments"]) == 2


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"),
        ("from=9999-12-31", "from"),
        ("days=0", "days"),
        ("days=63", "days"),
        ("practitioner_id=dana", "practitioner_id"),
        ("who=everyone", "who"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_by_its_field(signed_in, query, field):
    refused = signed_in.get(f"/api/staff/appointments?{query}")

    assert refused.status_code == 422
    assert named_fields(refused) == [field]


def test_the_last_day_that_can_be_asked_for_is_answered(signed_in):
    answer = signed_in.get("/api/staff/appointments?from=2199-12-31&days=62")

    assert answer.get_json()["appointments"] == []
