"""One client's whole way by JSON API, on the suite in one process and on separate processes."""

from datetime import datetime
from typing import Any

import pytest

from tests.journeys.people import COUPLE, JOURNEYS, SINGLE
from tests.journeys.world import Staff, World, somebody, until


@pytest.mark.parametrize("way", JOURNEYS)
def test_the_three_ways_each_lead_to_a_private_call(world: World, way: str) -> None:
    result = world.api.complete(somebody(JOURNEYS[way]))

    assert result["public_key"] == way
    assert "private call" in result["body"]
    assert result["booking"]["permission_token"]


def test_a_booking_is_confirmed_once_by_mail_and_to_no_number_that_has_not_said_yes_s20(
    world: World,
) -> None:
    person = somebody(COUPLE)

    appointment = world.api.booked(person)

    mail = until(lambda: world.mails_to(person["email"]))[0]
    assert mail.encrypted, "STARTTLS is required"
    assert appointment["manage_url"] in mail.text
    (entry,) = world.entries(person["email"], "REQUEST")
    (event,) = entry.walk("VEVENT")
    assert event["SUMMARY"] == "Appointment"
    assert event.start == datetime.fromisoformat(appointment["start"])
    assert len(world.mails_to(person["email"])) == 1
    # The question whether they agree waits for the morning, if it is night.
    texts = world.texts_to(person["phone"])
    assert len(texts) <= 1
    assert all("reply YES to get texts" in text.body for text in texts)


def test_moving_tells_the_new_time_in_the_same_entry_and_cancelling_takes_it_away(
    world: World,
) -> None:
    person = somebody(SINGLE)
    permission = world.api.permission(person)
    slots = world.api.slots(permission)
    booked = world.api.book(permission, slots[5]["start"]).json()
    until(lambda: world.entries(person["email"], "REQUEST"))
    token = booked["manage_token"]

    moved = world.api.call(
        "POST",
        "/schedule/api/appointment/move",
        token,
        json={"start": slots[9]["start"], "location": "NY"},
    )
    assert moved.status_code == 200, moved.text
    first, second = until(lambda: _two(world.entries(person["email"], "REQUEST")))
    cancelled = world.api.call("POST", "/schedule/api/appointment/cancel", token)
    assert cancelled.json()["status"] == "cancelled"
    (gone,) = until(lambda: world.entries(person["email"], "CANCEL"))

    events = [calendar.walk("VEVENT")[0] for calendar in (first, second, gone)]
    assert len({str(event["UID"]) for event in events}) == 1
    assert [int(event["SEQUENCE"]) for event in events] == [0, 1, 2]
    assert events[1].start == datetime.fromisoformat(slots[9]["start"])
    assert moved.json()["id"] == booked["id"]
    free_again = {slot["start"] for slot in world.api.slots(world.api.permission(somebody(SINGLE)))}
    assert {slots[5]["start"], slots[9]["start"]} <= free_again


def _two(found: list[Any]) -> list[Any]:
    return found if len(found) == 2 else []


def test_bad_answers_are_named_beside_their_field_and_nothing_else_is_lost(world: World) -> None:
    draft = world.api.call("POST", "/begin/api/responses").json()["token"]

    refused = world.api.call(
        "PATCH",
        "/begin/api/response",
        draft,
        json={"answers": {"age_group": "18_plus", "session_state": "Mars", "no_such": "x"}},
    )

    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    fields = {error["field"] for error in refused.json()["errors"]}
    assert any("session_state" in field for field in fields)
    assert any("no_such" in field for field in fields)
    kept = world.api.call("GET", "/begin/api/response", draft).json()
    assert kept["answers"]["age_group"] == "18_plus"


def test_a_taken_time_is_refused_with_what_is_still_free(world: World) -> None:
    first, second = (world.api.permission(somebody(SINGLE)) for _ in range(2))
    start = world.api.slots(first)[12]["start"]
    assert world.api.book(first, start).status_code == 201

    refused = world.api.book(second, start)

    assert refused.status_code == 409
    offered = refused.json()["alternatives"]
    assert offered
    assert start not in {one["start"] for one in offered}
    assert world.api.book(second, offered[0]["start"]).status_code == 201


def test_staff_see_the_inquiry_with_its_reasons_and_the_appointment(
    world: World, staff: Staff
) -> None:
    person = somebody(COUPLE) | {"name_used": "Marlowe"}
    world.api.booked(person)

    page = until(lambda: _with("Call booked", staff, "/begin/staff/inquiries", "Marlowe"))
    inquiry = page.split(">Marlowe<")[0].rpartition('href="')[2].split('"')[0]
    shown = staff.page(inquiry)

    assert "R13" in shown
    assert "Couples work looks suitable on this person" in shown
    assert "first name only" in shown
    assert "Marlowe" in staff.page("/schedule/staff/calendar") + staff.page("/schedule/staff/")


def _with(words: str, staff: Staff, path: str, name: str) -> str:
    """The page, once the row of that person says the words."""
    page = staff.page(path)
    row = page.partition(f">{name}<")[2].partition("</li>")[0]
    return page if words in row else ""
