"""The staff's part of the journey by JSON API: from the first-run link to the appointment."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.journeys.by_api import Caller
from tests.journeys.by_browser import LONG_PASSWORD
from tests.journeys.by_staff_api import ALWAYS, Desk
from tests.journeys.people import COUPLE
from tests.journeys.suite import Suite
from tests.journeys.world import Staff, World, somebody, until

FRONT_DESK_EMAIL = "noor@harborlane.example"
MONDAY = {"weekday": 1, "start": "09:00", "end": "12:00"}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    """A practice on its first day: nobody has an account yet."""
    suite = Suite(tmp_path_factory.mktemp("fresh") / "home")
    yield suite.start()
    suite.stop()


@pytest.fixture(scope="module")
def owner(suite: Suite) -> Desk:
    """Dana, who has come by the first-run link and is open around the clock."""
    desk = Desk(suite.url)
    begun = desk.first_run(suite.first_run_link)
    assert begun.status_code == 201, begun.text
    assert begun.json()["role"] == "owner"
    kept = desk.set_hours(ALWAYS)
    assert kept.status_code == 200, kept.text
    return desk.set_up_second_step()


def booked(url: str, name: str) -> dict[str, Any]:
    """Somebody of that name goes the whole way by API."""
    return Caller(url).booked(somebody(COUPLE) | {"name_used": name})


def found_by(desk: Desk, name: str) -> dict[str, Any]:
    return until(lambda: desk.inquiry_of(name))


def test_staff_come_by_the_first_run_link_and_see_the_inquiry_with_its_reasons_and_the_appointment(
    suite: Suite, owner: Desk
) -> None:
    assert owner.get("/schedule/api/staff/hours")["weekly"] == ALWAYS
    appointment = booked(suite.url, "Marlowe")

    waiting = found_by(owner, "Marlowe")
    inquiry = owner.get(f"/begin/api/staff/inquiries/{waiting['id']}")
    (entry,) = [one for one in owner.appointments() if one["id"] == appointment["id"]]

    assert (inquiry["track"], inquiry["rule"]) == ("couples", "R13")
    assert "Couples work looks suitable on this person" in inquiry["reason"]
    assert inquiry["trail"][-1] == {"rule": "R13", "matched": True}
    assert [one["start"] for one in inquiry["appointments"]] == [appointment["start"]]
    assert (entry["start"], entry["end"]) == (appointment["start"], appointment["end"])
    assert entry["inquiry_id"] == inquiry["id"]
    assert entry["people"][0]["name"] == "Marlowe"
    assert "First name only." in entry["people"][0]["plan"]


def test_the_first_run_link_lets_nobody_else_in(suite: Suite, owner: Desk) -> None:
    late = Desk(suite.url).first_run(suite.first_run_link)

    assert late.status_code == 410
    assert late.headers["Content-Type"] == "application/problem+json"
    assert not late.cookies


def test_a_sealed_part_is_opened_with_a_reason_and_stays_on_record(
    suite: Suite, owner: Desk
) -> None:
    booked(suite.url, "Ellery")
    path = f"/begin/api/staff/inquiries/{found_by(owner, 'Ellery')['id']}"

    opened = owner.call(
        "POST", f"{path}/sealed", json={"part": "between_you", "reason": "prepare-call"}
    )

    assert opened.status_code == 200, opened.text
    assert {one["id"] for one in opened.json()["answers"]} >= {"s_afraid", "s_control"}
    readings = [(row["part"], row["by"]) for row in owner.get(path)["readings"]]
    assert ("between_you", "Dana Whitlock") in readings


# ---------------------------------------------------------------- who may see what


@pytest.fixture(scope="module")
def front_desk(suite: Suite, owner: Desk) -> Desk:
    """Noor, who answers the phone."""
    added = owner.call(
        "POST",
        "/schedule/api/staff/people",
        json={"name": "Noor Haddad", "email": FRONT_DESK_EMAIL, "role": "front_desk"},
    )
    assert added.status_code == 201, added.text
    own = Staff(suite.url)
    own.send(urlsplit(added.json()["welcome_url"]).path, {"password": LONG_PASSWORD})
    return Desk(suite.url).sign_in(FRONT_DESK_EMAIL).set_up_second_step(FRONT_DESK_EMAIL)


def test_l01_the_front_desk_sees_one_status_word_and_how_to_reach_people(
    suite: Suite, owner: Desk, front_desk: Desk
) -> None:
    appointment = booked(suite.url, "Sorrel")
    number = found_by(owner, "Sorrel")["id"]

    seen = front_desk.get(f"/begin/api/staff/inquiries/{number}")
    refused = front_desk.call(
        "POST",
        f"/begin/api/staff/inquiries/{number}/sealed",
        json={"part": "between_you", "reason": "prepare-call"},
    )

    assert set(seen) == {"id", "status", "came_in", "booked", "closed", "contact"}
    assert seen["status"] == "Book private call"
    assert "first name only" in seen["contact"]["plan"]
    assert seen in front_desk.inquiries()
    assert refused.status_code == 403
    assert appointment["id"] in {one["id"] for one in front_desk.appointments()}
    assert front_desk.set_hours([]).status_code == 403


SOMEBODY = "/begin/api/staff/inquiries/00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "/schedule/api/staff/session"),
        ("GET", "/schedule/api/staff/hours"),
        ("PUT", "/schedule/api/staff/hours"),
        ("GET", "/schedule/api/staff/appointments"),
        ("GET", "/begin/api/staff/inquiries"),
        ("GET", SOMEBODY),
        ("POST", f"{SOMEBODY}/sealed"),
    ],
)
def test_a_stranger_is_told_to_sign_in(suite: Suite, owner: Desk, method: str, path: str) -> None:
    for stranger in (Desk(suite.url), _with_a_forged_cookie(suite.url)):
        refused = stranger.call(method, path)

        assert refused.status_code == 401
        assert refused.headers["Content-Type"] == "application/problem+json"


def _with_a_forged_cookie(url: str) -> Desk:
    desk = Desk(url)
    desk.session.cookies.set("staff", "eyJyIjoib3duZXIifQ.c2lnbmF0dXJl")
    return desk


def test_whoever_has_signed_out_is_a_stranger_again(suite: Suite, owner: Desk) -> None:
    desk = Desk(suite.url).sign_in()
    assert desk.inquiries() is not None

    assert desk.call("DELETE", "/schedule/api/staff/session").status_code == 204

    assert desk.call("GET", "/begin/api/staff/inquiries").status_code == 401
    assert owner.call("GET", "/begin/api/staff/inquiries").status_code == 200


# ---------------------------------------------------------------- hours that can't be kept


@pytest.mark.parametrize(
    ("weekly", "field"),
    [
        ([MONDAY | {"end": "08:00"}], "weekly.0"),
        ([MONDAY, MONDAY | {"start": "11:30", "end": "13:00"}], "weekly.1"),
        ([MONDAY | {"weekday": 9}], "weekly.0.weekday"),
        ([MONDAY | {"room": "blue"}], "weekly.0.room"),
        ([MONDAY | {"start": "09:00\x00"}], "weekly.0.start"),
    ],
    ids=["end before start", "overlap", "weekday 9", "unknown field", "NUL"],
)
def test_bad_hours_are_named_by_their_field_and_nothing_is_saved(
    owner: Desk, weekly: list[dict[str, Any]], field: str
) -> None:
    refused = owner.set_hours(weekly)

    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in refused.json()["errors"]] == [field]
    assert owner.get("/schedule/api/staff/hours")["weekly"] == ALWAYS


# ---------------------------------------------------------------- either way of running


def test_one_sign_in_opens_the_staff_api_of_every_service(world: World) -> None:
    desk = Desk(world.url).sign_in()
    assert desk.set_hours(ALWAYS).status_code == 200
    appointment = booked(world.url, "Marlowe Quill")

    inquiry = desk.get(f"/begin/api/staff/inquiries/{found_by(desk, 'Marlowe Quill')['id']}")

    assert inquiry["rule"] == "R13"
    assert [one["start"] for one in inquiry["appointments"]] == [appointment["start"]]
    assert appointment["id"] in {one["id"] for one in desk.appointments()}
    assert desk.get("/notify/api/messages")["messages"]
