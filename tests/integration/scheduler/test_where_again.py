"""L43: before a session by video each person is asked once more where they will be."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import Range

from services.scheduler.models import Appointment, Participant
from services.scheduler.operations import participants
from shared.clock import utcnow
from shared.crypto import destroy_key
from shared.db import Database
from tests.integration.scheduler.two import One, Two, two_people
from tests.integration.scheduler.world import a_clinician, events, words

ASKED = "One question before we meet"


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any, owner: Any) -> Two:
    """Two who meet Ada by video in an hour, and said a week ago where they would be."""
    with scheduler_db.begin() as session:
        a_clinician(session, "Ada Brandt", video_room="https://video.example/ada")
    two = two_people(app, intake, scheduler_db, settings)
    two.first.ask()
    two.accept(two.second, how="video")
    near(two, utcnow() + timedelta(hours=1))
    return two


def near(two: Two, start: datetime) -> None:
    with two.database.begin() as session:
        session.execute(
            update(Appointment).values(during=Range(start, start + timedelta(minutes=80)))
        )
        week_ago = utcnow() - timedelta(days=7)
        session.execute(update(Participant).values(said_at=week_ago, how="video"))


def say(two: Two, one: One, location: str) -> Any:
    own = two.own(one)
    return one.send(f"{own}/where", one.open(own), location=location)


def places(database: Database) -> set[str]:
    with database.begin() as session:
        rows = session.scalars(select(Participant)).all()
        return set(participants.locations(session, rows).values())


def own_page(two: Two, one: One) -> str:
    return words(one.open(two.own(one)))


def test_l43_each_is_asked_and_one_answer_says_nothing_to_the_other(two):
    before = own_page(two, two.second)
    assert ASKED in own_page(two, two.first)
    assert ASKED in before

    assert say(two, two.first, "NY").status_code == 303

    assert "You told us: New York ." in own_page(two, two.first)
    assert own_page(two, two.second) == before
    assert events(two.database)[-1] == "appointment.booked.v1", "nobody is told anything"


@pytest.mark.parametrize("location", ["", "XX"])
def test_without_an_answer_the_page_says_so_beside_the_question(two, location):
    answer = say(two, two.first, location)

    assert answer.status_code == 422
    assert "Say where you will be when we meet." in words(answer)
    assert two.participant(two.first).said_at < utcnow() - timedelta(days=6)


def test_l43_somewhere_else_cancels_nothing_and_calls_a_person(two, owner):
    assert say(two, two.second, "CA").status_code == 303

    page = own_page(two, two.second)
    assert "You told us: California ." in page
    assert "holds no license there. Your time stands for now" in page
    assert two.statuses() == ["booked"]
    assert events(two.database)[-1] == "attention.requested.v1"
    today = words(owner.open("/staff/?who=everyone"))
    assert "Ashlin Moreau will be in California" in today
    assert "No license there" in today
    assert "holds no license" not in own_page(two, two.first)
    (entry,) = owner.client.get("/api/staff/unsettled").get_json()["waiting"]
    assert entry["elsewhere"] == [str(two.second.person_id)]


def test_said_twice_the_practice_is_told_once_and_another_answer_takes_it_from_the_list(two, owner):
    for _ in range(2):
        say(two, two.second, "CA")
    assert events(two.database).count("attention.requested.v1") == 1

    say(two, two.second, "NY")

    assert "Ashlin Moreau will be in" not in words(owner.open("/staff/?who=everyone"))
    assert events(two.database).count("attention.requested.v1") == 1


def test_staff_see_whose_place_is_confirmed(two, owner):
    pages = []
    number = two.rows()[0].id
    for one in (None, two.first, two.second):
        if one is not None:
            say(two, one, "NY")
        pages.append(words(owner.open(f"/staff/appointments/{number}")))

    assert "New York, not confirmed yet" in pages[0]
    assert "New York, confirmed by one of the two" in pages[1]
    assert "New York, confirmed " in pages[2]
    assert "by one" not in pages[2]


def test_by_phone_or_too_early_nobody_is_asked_and_an_answer_is_refused(two):
    near(two, utcnow() + timedelta(days=3))
    form = two.first.open(f"{two.own(two.first)}/change")

    assert ASKED not in own_page(two, two.first)
    refused = two.first.send(f"{two.own(two.first)}/where", form, location="NY")
    assert refused.status_code == 409

    near(two, utcnow() + timedelta(hours=1))
    with two.database.begin() as session:
        session.execute(update(Participant).values(how="phone"))
    assert ASKED not in own_page(two, two.first)


def test_who_books_shortly_before_has_just_been_asked(two):
    with two.database.begin() as session:
        session.execute(update(Participant).values(said_at=utcnow()))

    assert ASKED not in own_page(two, two.first)
    assert "You told us: New York ." in own_page(two, two.first)


def test_programs_ask_and_answer_the_same(two):
    token = two.own(two.first).removeprefix("/m/")
    client, bearer = two.first.browser.client, {"Authorization": f"Bearer {token}"}

    assert client.get("/api/appointment", headers=bearer).get_json()["location_asked"] == "asked"
    bad = client.post("/api/appointment/where", json={"location": "XX"}, headers=bearer)
    assert bad.status_code == 422
    said = client.post("/api/appointment/where", json={"location": "NY"}, headers=bearer)

    assert (said.status_code, said.get_json()["location_asked"]) == (200, "said")


def test_looking_changes_nothing_and_a_stranger_says_nothing(two):
    own = two.own(two.first)
    assert two.first.open(f"{own}/where").status_code == 405
    before = places(two.database)
    answer = two.first.send(f"/m/{'x' * 43}/where", two.first.open(own), location="CA")

    assert answer.status_code == 404
    assert places(two.database) == before


def test_what_is_said_is_sealed_and_an_erased_person_says_nothing_more(two):
    say(two, two.first, "CA")
    with two.database.begin() as session:
        row = session.scalars(
            select(Participant).where(Participant.person_id == two.first.person_id)
        ).one()
        assert b"CA" not in bytes(row.location_sealed)
    page = two.first.open(two.own(two.first))
    with two.database.begin() as session:
        destroy_key(session, two.first.person_id)

    answer = two.first.send(f"{two.own(two.first)}/where", page, location="NY")

    assert answer.status_code == 404
    assert places(two.database) == {"NY"}, "the other's alone"
