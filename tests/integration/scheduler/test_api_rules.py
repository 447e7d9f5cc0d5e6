"""Programs of the staff write the rules of booking, by the same acts as on the pages."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given
from hypothesis import settings as how_often
from hypothesis import strategies as st

from services.scheduler.models import Practitioner
from services.scheduler.settings import Settings
from shared.db import Database
from shared.vocabulary import Role
from tests.integration.scheduler.calendar_rules import a_house, an_appointment
from tests.integration.scheduler.rules import SOON, TODAY, changes, starts
from tests.integration.scheduler.staff_programs import a_colleague, named_fields, the_owner
from tests.integration.scheduler.world import a_clinician, local

API = "/api/staff"
CALL = f"{API}/appointment-types/private-call"


@pytest.fixture
def dana(app: Flask, settings: Settings, scheduler_db: Database) -> FlaskClient:
    """The owner's program."""
    return the_owner(app, settings)


@pytest.fixture
def ada(dana: FlaskClient, scheduler_db: Database) -> Practitioner:
    with scheduler_db.begin() as session:
        return a_clinician(session, "Ada Obi")


def seen(program: FlaskClient, address: str, *without: str) -> dict[str, Any]:
    """What a program would send back of what it got."""
    found: dict[str, Any] = program.get(address).get_json()
    return {name: value for name, value in found.items() if name not in without}


def the_call(program: FlaskClient) -> dict[str, Any]:
    return seen(program, CALL, "code", "for_two", "ended", "standing")


def test_a_type_is_written_and_the_times_follow(dana, ada, scheduler_db):
    assert starts(scheduler_db, SOON)[:2] == ["09:00", "09:30"]

    changed = dana.put(CALL, json=the_call(dana) | {"step": 60, "notice": 1.5})

    assert changed.status_code == 200
    document = changed.get_json()
    assert (document["step"], document["notice"], document["code"]) == (60, 1.5, "private-call")
    assert starts(scheduler_db, SOON)[:2] == ["09:00", "10:00"]
    assert dana.get(CALL).get_json() == document
    (change,) = dana.get(f"{API}/rule-changes").get_json()["changes"]
    assert change["about"] == "type:private-call"
    assert (change["before"], change["after"]) == (
        {"step": 30, "notice": None},
        {"step": 60, "notice": 90},
    )


def test_an_older_version_changes_nothing(dana, ada, scheduler_db):
    old = the_call(dana)
    assert dana.put(CALL, json=old | {"step": 60}).status_code == 200
    before = changes(scheduler_db)

    refused = dana.put(CALL, json=old | {"duration": 60})

    assert refused.status_code == 409
    assert refused.get_json()["type"] == "urn:softstart:problem:changed-meanwhile"
    assert changes(scheduler_db) == before
    assert named_fields(dana.put(CALL, json={**old, "version": None})) == ["version"]


def test_a_type_is_added_ended_and_begun_again(dana, ada, scheduler_db):
    new = {"title": "Walk & talk", "duration": 50, "step": 60, "horizon": 20}

    added = dana.post(f"{API}/appointment-types", json=new)

    assert added.status_code == 201
    assert added.get_json()["code"] == "walk-talk"
    assert starts(scheduler_db, SOON, "walk-talk")
    twice = dana.post(f"{API}/appointment-types", json=new)
    assert (twice.status_code, named_fields(twice)) == (422, ["title"])
    with scheduler_db.begin() as session:
        an_appointment(session, ada, local(SOON, "10:00"))
    ended = dana.post(f"{CALL}/end").get_json()
    assert (ended["ended"], ended["standing"]) == (True, 1)
    assert starts(scheduler_db, SOON) == []
    assert dana.post(f"{CALL}/begin").get_json()["ended"] is False
    assert starts(scheduler_db, SOON)


def test_locations_and_rooms_are_written(dana, ada, scheduler_db):
    house = dana.post(f"{API}/locations", json={"name": "Maple House"}).get_json()
    room = dana.post(f"{API}/locations/{house['id']}/rooms", json={"name": "Blue"})
    assert room.status_code == 201
    one = f"{API}/rooms/{room.get_json()['id']}"
    moved = {"name": "Red", "version": room.get_json()["version"], "location_id": house["id"]}

    assert dana.put(one, json=moved).get_json()["name"] == "Red"
    assert dana.put(one, json=moved).status_code == 409
    assert named_fields(dana.put(one, json=moved | {"location_id": 10**9})) == ["location_id"]
    renamed = {"name": "Elm House", "address": "1 Elm St", "version": house["version"]}
    changed = dana.put(f"{API}/locations/{house['id']}", json=renamed)
    assert changed.get_json()["rooms"][0]["name"] == "Red"
    assert named_fields(dana.post(f"{API}/locations", json={"name": " Elm  House "})) == ["name"]
    assert dana.post(f"{one}/close").get_json()["closed"] is True
    assert dana.post(f"{one}/open").get_json()["closed"] is False
    place = f"{API}/locations/{house['id']}"
    assert dana.post(f"{place}/close").get_json()["closed"] is True
    assert dana.post(f"{place}/open").get_json()["closed"] is False
    (found,) = dana.get(f"{API}/locations").get_json()["locations"]
    assert (found["name"], found["address"]) == ("Elm House", "1 Elm St")


def test_holidays_and_closed_days_are_written(dana, ada, scheduler_db):
    with scheduler_db.begin() as session:
        an_appointment(session, ada, local(SOON, "10:00"))
    version = dana.get(f"{API}/holidays").get_json()["version"]

    kept = dana.put(
        f"{API}/holidays",
        json={"region": "DE-BY", "version": version},
    )
    assert kept.status_code == 200
    assert "Christmas Day" in kept.get_json()["names"]
    again = {"region": "DE-BY", "version": kept.get_json()["version"]}
    refused = dana.put(f"{API}/holidays", json=again | {"worked": ["Purim"]})
    assert (refused.status_code, named_fields(refused)) == (422, ["worked"])
    refused = dana.put(f"{API}/holidays", json=again | {"region": "DE-NY"})
    assert (refused.status_code, named_fields(refused)) == (422, ["region"])

    day = {"first_day": SOON.isoformat(), "last_day": SOON.isoformat()}
    closed = dana.post(f"{API}/closures", json=day).get_json()
    assert (closed["outside"], starts(scheduler_db, SOON)) == (1, [])
    assert dana.post(f"{API}/closures", json=day).get_json()["id"] == closed["id"]
    assert len(dana.get(f"{API}/closures").get_json()["closures"]) == 1
    for _ in range(2):
        assert dana.delete(f"{API}/closures/{closed['id']}").status_code == 204
    assert dana.get(f"{API}/closures").get_json() == {"closures": []}
    over = {"first_day": "2020-01-01", "last_day": "2020-01-02"}
    assert named_fields(dana.post(f"{API}/closures", json=over)) == ["last_day"]


def test_days_off_of_a_clinician_are_not_opened_as_the_practices(dana, ada, scheduler_db):
    days = {"first_day": SOON.isoformat(), "last_day": SOON.isoformat()}
    off = dana.post(f"{API}/days-off", json=days | {"practitioner_id": str(ada.id)}).get_json()

    dana.delete(f"{API}/closures/{off['id']}")

    assert starts(scheduler_db, SOON) == []


def test_fit_and_shares_are_written(dana, ada, scheduler_db):
    whom = f"{API}/fit?practitioner_id={ada.id}"
    assert starts(scheduler_db, SOON, language="es") == []

    fit = seen(dana, whom) | {"languages": ["es", "en"], "cap_per_week": 9}
    assert dana.put(f"{API}/fit", json=fit).get_json()["languages"] == ["en", "es"]

    assert starts(scheduler_db, SOON, language="es")
    assert dana.put(f"{API}/fit", json=fit).status_code == 409
    what = seen(dana, f"{API}/shares?practitioner_id={ada.id}", "standing")
    none = what | {"shares": {"private-call": 0}}
    changed = dana.put(f"{API}/shares", json=none)
    assert changed.get_json()["shares"]["private-call"] == 0
    assert changed.get_json()["shares"]["couple-session"] == 1
    assert starts(scheduler_db, SOON) == []
    assert dana.put(f"{API}/shares", json=none).status_code == 409
    unknown = none | {"shares": {"massage": 1}}
    assert named_fields(dana.put(f"{API}/shares", json=unknown)) == ["shares.massage"]


def test_only_the_owners_program_decides_and_a_clinicians_speaks_for_itself(
    dana, ada, app, scheduler_db, settings
):
    marcus = a_colleague(app, scheduler_db, settings, Role.CLINICIAN)
    place, rooms = a_house(scheduler_db, "Blue")
    fit = seen(marcus, f"{API}/fit")
    before = changes(scheduler_db)

    assert marcus.get(CALL).status_code == 200
    refused = [
        marcus.put(CALL, json=the_call(marcus) | {"step": 60}),
        marcus.post(f"{CALL}/end"),
        marcus.post(f"{API}/locations", json={"name": "Elm House"}),
        marcus.post(f"{API}/locations/{place}/close"),
        marcus.post(f"{API}/rooms/{rooms[0]}/close"),
        marcus.put(f"{API}/holidays", json={"region": "US", "version": "x"}),
        marcus.delete(f"{API}/closures/1"),
        marcus.put(f"{API}/shares", json={"shares": {}, "version": "x"}),
        marcus.put(f"{API}/fit", json=fit | {"practitioner_id": str(ada.id)}),
    ]
    assert [one.status_code for one in refused] == [403] * len(refused)
    assert changes(scheduler_db) == before
    assert marcus.put(f"{API}/fit", json=fit | {"cap_per_day": 4}).status_code == 200


def test_what_is_not_there_is_not_found(dana, ada):
    room = {"name": "Red", "version": "x", "location_id": 1}
    for answer in (
        dana.get(f"{API}/appointment-types/nothing"),
        dana.post(f"{API}/appointment-types/nothing/end"),
        dana.put(f"{API}/locations/7", json={"name": "Elm", "version": "x"}),
        dana.post(f"{API}/locations/7/rooms", json={"name": "Red"}),
        dana.post(f"{API}/rooms/{10**30}/close"),
        dana.get(f"{API}/fit?practitioner_id={uuid4()}"),
    ):
        assert answer.status_code == 404
        assert answer.content_type == "application/problem+json"
    assert dana.put(f"{API}/rooms/7", json=room).status_code in (404, 422)


# ---------------------------------------------------------------- anything at all

_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["US-NY", "en", "remote", TODAY.isoformat(), "nan", "1e999", "\x00", "٣"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=4,
)
_WRITES = {
    "/appointment-types/private-call": "PUT",
    "/appointment-types": "POST",
    "/locations": "POST",
    "/locations/{place}": "PUT",
    "/locations/{place}/rooms": "POST",
    "/rooms/{room}": "PUT",
    "/holidays": "PUT",
    "/closures": "POST",
    "/couples": "PUT",
    "/fit": "PUT",
    "/shares": "PUT",
}
_FIELDS = (
    "title",
    "duration",
    "step",
    "buffer_before",
    "buffer_after",
    "notice",
    "horizon",
    "cancel_notice",
    "move_notice",
    "in_person",
    "staff_only",
    "confirm",
    "for_two",
    "cap_per_day",
    "cap_per_week",
    "name",
    "address",
    "location_id",
    "region",
    "worked",
    "move_needs_both",
    "first_day",
    "last_day",
    "reason",
    "languages",
    "meets",
    "sees_couples",
    "shares",
    "practitioner_id",
    "version",
)


@pytest.fixture
def house(ada: Practitioner, scheduler_db: Database) -> dict[str, int]:
    place, rooms = a_house(scheduler_db, "Blue")
    return {"place": place, "room": rooms[0]}


@how_often(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_whatever_is_sent_is_taken_or_refused_by_its_field_and_nothing_breaks(dana, house, data):
    path = data.draw(st.sampled_from(sorted(_WRITES)))
    address, method = f"{API}{path.format(**house)}", _WRITES[path]
    good: dict[str, Any] = {
        "/appointment-types/private-call": lambda: the_call(dana),
        "/holidays": lambda: seen(dana, f"{API}/holidays", "names", "outside"),
        "/couples": lambda: seen(dana, f"{API}/couples"),
        "/fit": lambda: seen(dana, f"{API}/fit"),
        "/shares": lambda: seen(dana, f"{API}/shares", "standing"),
    }.get(path, dict)()
    sent = good | data.draw(st.dictionaries(st.sampled_from(_FIELDS), _ANYTHING, max_size=4))

    answer = dana.open(address, method=method, json=sent)

    assert answer.status_code in (200, 201, 404, 409, 422), (address, sent)
    if answer.status_code == 422:
        assert named_fields(answer) or answer.get_json()["detail"]
    form = {name: str(value) for name, value in sent.items()}
    page = {"/fit": "/fit", "/holidays": "/closures/holidays", "/closures": "/closures/days"}
    page |= {"/appointment-types/private-call": "/types/private-call", "/locations": "/places"}
    if path in page:
        shown = dana.get("/staff/rules/closures").get_data(as_text=True)
        form["csrf_token"] = shown.split('name="csrf_token" value="')[1].split('"')[0]
        given_back = dana.post(f"/staff/rules{page[path]}", data=form)
        assert given_back.status_code in (303, 409, 422), (page[path], form)


def test_a_type_of_any_rules_is_offered_by_exactly_them(dana, ada, scheduler_db):
    """The numbers of a document are the numbers that the engine goes by."""
    dana.put(
        CALL,
        json=the_call(dana)
        | {"duration": 100, "step": 20, "buffer_before": 30, "buffer_after": 0, "horizon": 9},
    )
    with scheduler_db.begin() as session:
        an_appointment(
            session,
            ada,
            local(SOON, "12:00"),
            buffer_before=timedelta(0),
            buffer_after=timedelta(0),
        )

    found = starts(scheduler_db, SOON)

    # An hour and forty before noon, and half an hour of quiet after the one that ends at 13:40.
    assert found[0] == "09:00"
    assert [one for one in found if "10:00" < one < "15:00"] == ["10:20", "14:20", "14:40"]
    assert starts(scheduler_db, SOON + timedelta(days=1)) == []
