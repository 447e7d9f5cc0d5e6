"""P27 as people meet it: join, be asked, take it or let it go, leave; by page."""

import re
from datetime import timedelta
from typing import Any

import pytest

from services.scheduler.models import Appointment
from services.scheduler.operations import waitlist
from services.scheduler.settings import Settings
from services.scheduler.waitlist_models import WaitlistOffer
from shared.clock import utcnow
from shared.db import Database
from tests.integration.notifier.world import where_it_is_day
from tests.integration.scheduler.waiting import (
    answers,
    entries,
    fill,
    free_again,
    let_lapse,
    look,
)
from tests.integration.scheduler.world import (
    StandInIntake,
    Visitor,
    a_clinician,
    a_contact,
    hours,
    live_rows,
    words,
)


@pytest.fixture
def full(scheduler_db: Database, settings: Settings) -> list[Appointment]:
    """One morning a week of Dana's, all booked. Not today's: that is too near to be changed."""
    day = (utcnow() + timedelta(days=3)).isoweekday()
    with scheduler_db.begin() as session:
        a_clinician(session, weekly=hours(("10:00", "10:20"), days=[day]))
    return fill(scheduler_db, settings, utcnow())


@pytest.fixture
def mine(visitor: Visitor, intake: StandInIntake, full: list[Appointment]) -> str:
    """The token of somebody who may book and finds nothing, where it is day."""
    visitor.client.set_cookie("zone", where_it_is_day())
    return intake.permits()


def waits(visitor: Visitor, token: str, **form: Any) -> Any:
    path = f"/t/{token}/wait"
    filled = {"weeks": "4", "location": "NY", **form}
    return visitor.send(path, visitor.open(path), **filled)


def asked(database: Database, settings: Settings, one: Appointment) -> str:
    """That time becomes free, and whoever waits is asked; returns the path of the offer."""
    free_again(database, one, settings, utcnow())
    (made,) = look(database, settings, utcnow())
    return link(settings, made)


def link(settings: Settings, made: WaitlistOffer) -> str:
    return f"/w/{waitlist.offer_token(settings, made)}"


def test_p27_who_finds_no_time_waits_is_asked_and_books(
    visitor, scheduler_db, settings, full, mine
):
    page = visitor.open(f"/t/{mine}")
    assert f"/t/{mine}/wait" in page.get_data(as_text=True)

    answer = waits(visitor, mine)
    assert (answer.status_code, answer.location) == (303, f"/t/{mine}/wait")
    assert "You are on the list" in words(visitor.open(f"/t/{mine}/wait"))
    path = asked(scheduler_db, settings, full[2])
    page = visitor.open(path)
    assert "A time has become free" in words(page)
    taken = visitor.send(f"{path}/accept", page, how="phone", location="NY")

    assert taken.status_code == 303
    assert "Your time is booked" in words(visitor.open(taken.location))
    assert visitor.open(path).location == taken.location
    assert answers(scheduler_db) == ["accepted"]


def test_p20_opening_the_link_of_an_offer_takes_nothing(
    visitor, scheduler_db, settings, full, mine
):
    waits(visitor, mine)
    path = asked(scheduler_db, settings, full[0])
    before = [(row.id, row.status) for row in live_rows(scheduler_db)]

    for _ in range(3):
        assert visitor.open(path).status_code == 200
        assert visitor.client.head(path).status_code == 200
    for step in ("accept", "decline", "leave"):
        assert visitor.open(f"{path}/{step}").status_code == 405

    assert [(row.id, row.status) for row in live_rows(scheduler_db)] == before
    assert answers(scheduler_db) == [None]


def test_p27_when_it_lapsed_the_link_says_so_and_that_one_stays_on_the_list(
    visitor, scheduler_db, settings, full, mine
):
    waits(visitor, mine)
    path = asked(scheduler_db, settings, full[0])
    page = visitor.open(path)
    let_lapse(scheduler_db)

    said = words(visitor.open(path))
    late = visitor.send(f"{path}/accept", page, how="phone", location="NY")

    assert "This time has gone" in said
    assert "You stay on the list" in said
    assert late.status_code == 409
    assert "This time has gone" in words(late)
    assert entries(scheduler_db)[0].ended_at is None


def test_p27_letting_it_go_keeps_the_place_on_the_list(visitor, scheduler_db, settings, full, mine):
    waits(visitor, mine)
    path = asked(scheduler_db, settings, full[0])

    gone = visitor.send(f"{path}/decline", visitor.open(path))

    assert gone.location == path
    assert "You stay on the list" in words(visitor.open(path))
    assert answers(scheduler_db) == ["declined"]


def test_p27_who_has_a_time_is_moved_by_taking_a_sooner_one(
    visitor, scheduler_db, settings, intake, full, mine
):
    free_again(scheduler_db, full[4], settings, utcnow())
    later = visitor.open(f"/t/{mine}?from={full[4].starts_at.date()}")
    (value,) = set(re.findall(r'name="start" value="([^"]+)"', later.get_data(as_text=True)))
    visitor.send(f"/t/{mine}/hold", later, start=value)
    check = visitor.open(f"/t/{mine}/check")
    own = visitor.send(f"/t/{mine}/book", check, start=value, how="phone", location="NY").location
    assert "Tell me if a sooner time opens" in words(visitor.open(f"{own}/change"))
    page = visitor.open(f"{own}/wait")
    assert visitor.send(f"{own}/wait", page, weeks="4", location="NY").status_code == 303

    path = asked(scheduler_db, settings, full[1])
    page = visitor.open(path)
    assert "Instead of" in words(page)
    taken = visitor.send(f"{path}/accept", page, how="phone", location="NY")

    assert taken.location == own
    (row,) = [row for row in live_rows(scheduler_db) if row.sequence == 1]
    assert row.starts_at == full[1].starts_at


def test_a_wish_without_an_answer_is_said_beside_its_field_and_nothing_is_lost(visitor, mine):
    answer = waits(visitor, mine, weeks="", location="", days=["2", "4"], parts="evening")

    html = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Say for how long." in html
    assert "Say where you will be when we meet." in html
    assert html.count(" checked") == 3


@pytest.mark.parametrize(
    "wrong", [{"days": "8"}, {"days": "x"}, {"parts": "night"}, {"with": "me"}, {"weeks": "99"}]
)
def test_a_wish_that_nobody_can_have_typed_is_refused(visitor, scheduler_db, mine, wrong):
    assert waits(visitor, mine, **wrong).status_code == 422
    assert entries(scheduler_db) == []


def test_l43_where_nobody_is_licensed_is_said_beside_the_field(visitor, scheduler_db, mine):
    answer = waits(visitor, mine, location="OH")

    assert answer.status_code == 422
    assert "hold a license" in words(answer)
    assert entries(scheduler_db) == []


def test_p27_what_was_wished_for_is_shown_and_ticked_again(visitor, mine):
    waits(visitor, mine, days=["2", "4"], parts=["morning", "evening"])

    page = visitor.open(f"/t/{mine}/wait")

    assert "Tuesdays and Thursdays, morning or evening" in words(page)
    assert page.get_data(as_text=True).count(" checked") == 4


def test_p27_one_leaves_by_the_own_page_or_by_that_of_any_offer(
    visitor, scheduler_db, settings, full, mine
):
    waits(visitor, mine)
    visitor.send(f"/t/{mine}/wait/leave", visitor.open(f"/t/{mine}/wait"))
    waits(visitor, mine)
    path = asked(scheduler_db, settings, full[0])
    visitor.send(f"{path}/decline", visitor.open(path))

    visitor.send(f"{path}/leave", visitor.open(path))

    assert [one.outcome for one in entries(scheduler_db)] == ["left", "left"]
    assert "not on the list any more" in words(visitor.open(path))
    assert "Tell me when a time opens" in words(visitor.open(f"/t/{mine}/wait"))


def test_p27_two_people_are_asked_to_call(visitor, scheduler_db, intake, full):
    token, _ = intake.permits_two("Rowan Teller", "Sam Teller")

    page = visitor.open(f"/t/{token}/wait")
    form = visitor.open(f"/t/{token}/zone")
    answer = visitor.send(f"/t/{token}/wait", form, weeks="4", location="NY")

    assert "Please call us" in words(page)
    assert answer.status_code == 409
    assert entries(scheduler_db) == []


def test_p18_a_page_of_who_waits_shows_nothing_of_anybody_else(
    visitor, scheduler_db, settings, intake, full, mine
):
    other = intake.permits(contact=a_contact(name="Quill Canary"))
    waits(visitor, other)
    waits(visitor, mine)
    path = asked(scheduler_db, settings, full[0])

    seen = "".join(
        visitor.open(address).get_data(as_text=True)
        for address in (f"/t/{mine}", f"/t/{mine}/wait", path)
    )

    assert "Canary" not in seen


def test_p21_a_link_that_is_none_opens_nothing(visitor, full):
    for path in ("/w/short", f"/w/{'x' * 43}"):
        assert visitor.open(path).status_code == 404


def test_p27_a_program_waits_is_asked_takes_it_once_and_leaves(
    visitor, scheduler_db, settings, full, mine
):
    client = visitor.client
    own = {"Authorization": f"Bearer {mine}"}
    times = [{"weekday": 3, "start": "09:00", "end": "12:00"}]
    wish = {"location": "NY", "times": times, "timezone": "America/New_York"}

    assert client.get("/api/waitlist", headers=own).get_json()["waiting"] is False
    joined = client.put("/api/waitlist", headers=own, json=wish)
    assert (joined.status_code, joined.get_json()["times"]) == (200, times)
    bad = client.put("/api/waitlist", headers=own, json=wish | {"location": "OH"})
    assert bad.status_code == 409
    short = [{"weekday": 3, "start": "09:00", "end": "09:10"}]
    assert client.put("/api/waitlist", headers=own, json=wish | {"times": short}).status_code == 409
    assert client.delete("/api/waitlist", headers=own).status_code == 204
    where = {"location": "NY", "timezone": where_it_is_day()}
    assert client.put("/api/waitlist", headers=own, json=where).status_code == 200

    path = asked(scheduler_db, settings, full[1])
    assert client.get("/api/waitlist", headers=own).get_json()["offer_url"].endswith(path)
    offered = {"Authorization": f"Bearer {path.rpartition('/')[2]}"}
    assert client.get("/api/offer", headers=offered).get_json()["state"] == "open"
    took = [
        client.post("/api/offer/accept", headers=offered, json={"location": "NY"}) for _ in range(2)
    ]

    assert [one.status_code for one in took] == [200, 200]
    assert len({one.get_json()["id"] for one in took}) == 1
    assert client.post("/api/offer/decline", headers=offered).get_json()["state"] == "accepted"
    assert client.get("/api/offer", headers=own).status_code == 401
