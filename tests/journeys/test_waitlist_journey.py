"""P27 from end to end: a time is given back, and those who wait are asked one after the other."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
import requests

from shared.clock import utcnow
from shared.zones import zone
from tests.integration.notifier.world import where_it_is_day
from tests.journeys.by_staff_api import Desk
from tests.journeys.people import SINGLE
from tests.journeys.suite import Suite
from tests.journeys.world import Staff, World, somebody, token_of, until

OFFER = "A time has become free"
GONE = "This time has gone"


@pytest.fixture(scope="module")
def quiet_world(make_world: Callable[[], World]) -> World:
    """A practice of its own, where nobody else waits: Dana sees one person a week."""
    world = make_world()
    in_three_days = utcnow().astimezone(zone("America/New_York")) + timedelta(days=3)
    hours = {f"{end}-{day}": "" for end in ("from", "until") for day in range(1, 8)}
    day = in_three_days.isoweekday()
    hours |= {f"from-{day}": "10:00", f"until-{day}": "10:20"}
    Staff(world.url).sign_in().send("/schedule/staff/hours", hours)
    return world


@pytest.fixture
def database(quiet_world: World) -> str:
    suite = quiet_world.product
    assert isinstance(suite, Suite)
    return f"postgresql://postgres@/softstart?host={suite.home}/run"


def waits(world: World) -> dict[str, Any]:
    """Somebody joins the list, where it is day."""
    person = somebody(SINGLE)
    sent = {"location": "NY", "timezone": where_it_is_day(), "weeks": 8}
    permission = world.api.permission(person)
    answer = world.api.call("PUT", "/schedule/api/waitlist", permission, json=sent)
    assert answer.status_code == 200, answer.text
    return person


def offers_to(world: World, person: dict[str, Any]) -> list[str]:
    """The links of the offers that were mailed to somebody, and to nobody else."""
    found = []
    for one in world.mails_to(person["email"]):
        link = re.search(rf"{re.escape(world.url)}/schedule/w/\S+", one.text)
        if link:
            assert one.recipients == (person["email"],)
            assert "A time has become free:" in one.text
            found.append(link[0])
    return found


def its_time_is_up(database: str) -> None:
    """As if nobody had answered for two hours, on the database's clock."""
    with psycopg.connect(database) as connection:
        connection.execute(
            "UPDATE scheduler.appointment SET hold_until = now() - interval '1 second'"
            " WHERE status = 'proposed'"
        )
        connection.execute(
            "UPDATE scheduler.waitlist_offer SET expires_at = now() - interval '1 second'"
            " WHERE answered_at IS NULL"
        )


def kept(database: str) -> list[tuple[Any, ...]]:
    """Every appointment and offer, as they stand."""
    with psycopg.connect(database) as connection:
        return [
            *connection.execute("SELECT id, status, hold_until FROM scheduler.appointment"),
            *connection.execute("SELECT id, answer, expires_at FROM scheduler.waitlist_offer"),
        ]


def answered(link: str, act: str, **form: str) -> requests.Response:
    """Press a button on the page of an offer, and be led on."""
    browser = requests.Session()
    page = browser.get(link, timeout=20)
    assert page.status_code == 200
    sent = {"csrf_token": token_of(page.text), **form}
    return browser.post(f"{link}/{act}", data=sent, timeout=20)


def test_p27_who_waits_is_mailed_and_books_the_others_hear_nothing_or_that_it_has_gone(
    quiet_world: World, database: str
) -> None:
    world = quiet_world
    first = world.api.booked(somebody(SINGLE))
    ben, cleo = waits(world), waits(world)
    token = first["manage_token"]

    gone = world.api.call("POST", "/schedule/api/appointment/cancel", token)
    assert gone.status_code == 200, gone.text
    (link,) = until(lambda: offers_to(world, ben))
    assert offers_to(world, cleo) == []

    before = kept(database)
    for act in (requests.get, requests.head, requests.get):
        assert act(link, timeout=20).status_code == 200
    assert OFFER in requests.get(link, timeout=20).text
    assert kept(database) == before, "opening it takes nothing (P20)"

    its_time_is_up(database)
    (other,) = until(lambda: offers_to(world, cleo))
    stale = requests.get(link, timeout=20)
    assert (stale.status_code, GONE in stale.text) == (200, True)
    refused = answered(link, "accept", how="phone", location="NY")
    assert (refused.status_code, GONE in refused.text) == (409, True)

    taken = answered(other, "accept", how="phone", location="NY")
    assert (taken.status_code, "Your time is booked" in taken.text) == (200, True)
    until(lambda: world.entries(cleo["email"], "REQUEST"))
    (entry,) = world.entries(cleo["email"], "REQUEST")
    assert entry.walk("VEVENT")[0].decoded("DTSTART") == datetime.fromisoformat(first["start"])
    assert len(offers_to(world, ben)) == 1
    assert world.entries(ben["email"]) == []

    (still, done) = listed(world)
    assert [[one["answer"] for one in row["asked"]] for row in still] == [["lapsed"]]
    assert [(row["outcome"], row["asked"][0]["answer"]) for row in done] == [("booked", "accepted")]


def listed(world: World) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Who waits and who does no more, as staff see it."""
    found = Desk(world.url).sign_in().get("/schedule/api/staff/waitlist")
    return found["waiting"], found["ended"]
