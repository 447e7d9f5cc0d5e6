"""N7: another time for two that comes to nothing; the practice's rule, staff, and programs."""

import re
from datetime import timedelta
from typing import Any

import pytest

from services.scheduler import consumers, jobs
from services.scheduler.practice_models import PracticeRules
from shared.contracts.intake import PersonErased
from tests.integration.scheduler.proposing import (
    a_time_for_two,
    asked_and_answered,
    booked,
    due,
    kept,
    proposals,
    propose,
    say_no,
    say_yes,
    seen_by,
    take_back,
    times,
    told_by_id,
)
from tests.integration.scheduler.two import NAMES, One, Two
from tests.integration.scheduler.world import (
    live_rows,
    slot_values,
    words,
)

ROWAN, ASHLIN = NAMES


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any) -> Two:
    return a_time_for_two(app, intake, scheduler_db, settings)


# ---------------------------------------------------------------- no, nothing, taken back


def test_p18_a_no_is_not_seen_before_the_answer_was_due(two):
    propose(two, two.first)
    told = two.told()
    silent, free = seen_by(two, two.first), len(live_rows(two.database))

    said = say_no(two, two.second)

    assert said.status_code == 303
    assert seen_by(two, two.first) == silent
    assert two.told() == told
    assert len(live_rows(two.database)) == free, "the calendar is as it was, too"
    page = words(two.second.open(two.own(two.second)))
    assert "Another time" not in page


def test_p18_a_no_and_silence_end_alike_for_the_one_who_asked(two):
    def ended(answer: Any) -> tuple[list[str], list[Any]]:
        before = len(two.told())
        propose(two, two.first, number=5)
        answer()
        due(two)
        jobs.release_unconfirmed(two.database)
        jobs.release_expired_holds(two.database)
        seen = [re.sub(r'"reply_by":"[^"]+"', "", one) for one in seen_by(two, two.first)]
        return seen, two.told()[before:]

    silence = ended(lambda: None)
    no = ended(lambda: say_no(two, two.second))

    assert no == silence
    assert "was not agreed on. Your time stays as it is" in silence[0][0]
    assert silence[1] == [("requested", {ASHLIN}), ("released", {ROWAN})]


def test_n7_without_a_yes_it_is_over_by_the_databases_clock_alone(two):
    before = booked(two)
    propose(two, two.first)
    question = two.second.open(f"{two.own(two.second)}/new-time")
    (row,) = proposals(two)
    due(two)

    late = two.second.send(f"{two.own(two.second)}/new-time/accept", question, location="NY")

    assert late.status_code == 409
    assert "That other time is not kept any more" in words(late)
    assert booked(two).during == before.during
    assert told_by_id(two, row.communication_id).status_code == 404
    assert "not agreed on" in words(two.first.open(two.own(two.first)))
    again = propose(two, two.second)
    assert again.status_code == 303, "no worker has run, and another can be asked for"
    assert [one.outcome for one in proposals(two)] == ["lapsed", None]


def test_a_job_ends_it_and_tells_the_one_who_asked(two):
    propose(two, two.first)
    jobs.release_unconfirmed(two.database)
    assert proposals(two)[0].ended_at is None
    due(two)

    for _ in range(2):
        jobs.release_unconfirmed(two.database)
        jobs.release_expired_holds(two.database)

    (row,) = proposals(two)
    assert (row.outcome, row.held_id) == ("lapsed", None)
    assert kept(two) == []
    told_of = told_by_id(two, row.communication_id).get_json()
    assert told_of["person_id"] == str(two.first.person_id)
    assert told_of["not_after"] == booked(two).starts_at.isoformat()


def test_who_asked_takes_it_back_and_the_time_is_free(two):
    propose(two, two.first)
    (row,) = proposals(two)

    assert take_back(two, two.first).status_code == 303

    assert kept(two) == []
    assert proposals(two)[0].outcome == "withdrawn"
    assert told_by_id(two, row.communication_id).status_code == 404
    assert say_yes(two, two.second).status_code == 409


def test_the_other_can_not_take_it_back(two):
    propose(two, two.first)
    own = two.own(two.second)

    two.second.send(f"{own}/propose/withdraw", two.second.open(f"{own}/change"))

    assert proposals(two)[0].ended_at is None


@pytest.mark.parametrize("who", ["first", "second"])
def test_n7_cancelling_ends_what_is_asked_and_frees_what_was_kept(two, who):
    propose(two, two.first)

    two.cancel(getattr(two, who))

    assert kept(two) == []
    assert proposals(two)[0].outcome == "withdrawn"
    assert two.statuses() == ["cancelled"]


def test_who_was_erased_asks_and_is_asked_nothing(two, scheduler_db):
    propose(two, two.first)

    with scheduler_db.begin() as session:
        consumers.forget(PersonErased(person_id=two.second.person_id), session)

    assert kept(two) == []
    assert proposals(two)[0].outcome == "withdrawn"
    with scheduler_db.begin() as session:
        consumers.forget(PersonErased(person_id=two.first.person_id), session)
    assert proposals(two)[0].location_sealed is None


# ---------------------------------------------------------------- the practice's rule, and staff


def test_n7_where_the_practice_lets_either_move_it_one_alone_does(two, scheduler_db):
    with scheduler_db.begin() as session:
        session.get_one(PracticeRules, 1).move_needs_both = False
    before = booked(two)
    page = times(two, two.second)
    assert f"{two.own(two.second)}/move" in page.get_data(as_text=True)

    moved = two.second.send(
        f"{two.own(two.second)}/move", page, start=slot_values(page)[5], location="NY"
    )

    assert moved.status_code == 303
    assert booked(two).id == before.id
    assert booked(two).starts_at != before.starts_at
    assert two.told()[-1] == ("moved", {ROWAN, ASHLIN})


def test_where_either_may_move_it_every_offered_time_can_be_had_by_either(two, scheduler_db):
    """Also one that overlaps the old time, also by the one who did not choose it (P7)."""
    with scheduler_db.begin() as session:
        session.get_one(PracticeRules, 1).move_needs_both = False
    row = booked(two)
    near = f"{row.starts_at + timedelta(minutes=30):%Y-%m-%dT%H:%MZ}"
    for one in (two.first, two.second):
        page = times(two, one)
        assert any(value.startswith(near) for value in slot_values(page))


def test_staff_see_who_asked_and_whether_the_other_said_no(two, owner):
    propose(two, two.first)
    address = f"/staff/appointments/{booked(two).id}"

    waits = words(owner.open(address))
    say_no(two, two.second)
    no = words(owner.open(address))

    assert "Another time is asked for" in waits
    assert "It waits for Ashlin Moreau to say yes" in waits
    assert "Ashlin Moreau said no" in no


def test_n7_p27_the_history_keeps_who_asked_who_said_no_and_how_it_ended_for_staff_alone(
    two, owner, scheduler_db
):
    propose(two, two.first, number=5)
    say_no(two, two.second)
    due(two)
    jobs.release_unconfirmed(two.database)
    propose(two, two.second, number=6)
    take_back(two, two.second)
    propose(two, two.first, number=7)
    (times_asked, times_kept) = [row.starts_at for row in proposals(two)], booked(two).starts_at
    two.cancel(two.second)

    assert asked_and_answered(two) == [
        ("counter", ROWAN),
        ("decline-counter", ASHLIN),
        ("lapse-counter", "system"),
        ("counter", ASHLIN),
        ("withdraw-counter", ASHLIN),
        ("counter", ROWAN),
        ("withdraw-counter", ASHLIN),
    ]
    (row,) = [row for row in two.rows() if row.status == "cancelled"]
    trail = words(owner.open(f"/staff/appointments/{row.id}"))
    for said in ("Another time asked for", "Said no to another time", "not agreed on in time"):
        assert said in trail
    steps = owner.client.get(f"/api/staff/appointments/{row.id}").get_json()["history"]
    about = [one["start_asked"] for one in steps if one["act"] == "counter"]
    assert about == [start.isoformat() for start in times_asked]
    assert {one["start_after"] for one in steps} == {times_kept.isoformat()}
    for one in (two.first, two.second):
        assert all("counter" not in page for page in map(str, seen_by(two, one)))


def test_n7_p27_whoever_ends_it_the_history_says_who(two, scheduler_db):
    propose(two, two.first)
    with scheduler_db.begin() as session:
        consumers.forget(PersonErased(person_id=two.second.person_id), session)

    assert asked_and_answered(two) == [("counter", ROWAN), ("withdraw-counter", "system")]


def test_staff_move_it_to_the_very_time_that_is_kept(two, owner):
    propose(two, two.first)
    (row,) = proposals(two)
    address = f"/staff/appointments/{booked(two).id}/move?day={row.starts_at.date()}"
    page = owner.open(address)
    value = next(
        value for value in slot_values(page) if value.startswith(f"{row.starts_at:%Y-%m-%dT%H:%MZ}")
    )

    moved = owner.send(address, page, start=value, reason="Both agreed by phone")

    assert moved.status_code == 303
    assert booked(two).starts_at == row.starts_at
    assert proposals(two)[0].outcome == "withdrawn"
    assert kept(two) == []


# ---------------------------------------------------------------- programs


def call(two: Two, one: One, method: str, path: str, **body: Any) -> Any:
    bearer = {"Authorization": f"Bearer {two.own(one).removeprefix('/m/')}"}
    return one.browser.client.open(
        f"/api/appointment/proposal{path}", method=method, json=body or None, headers=bearer
    )


def test_programs_ask_say_no_and_yes_and_take_back(two):
    value, who = slot_values(times(two, two.first))[5].split("/")
    wanted = {"start": value.replace("Z", "+00:00"), "practitioner_id": who, "location": "NY"}
    assert call(two, two.first, "GET", "").get_json()["state"] == "none"

    asked = call(two, two.first, "POST", "", **wanted)
    assert (asked.status_code, asked.get_json()["state"]) == (201, "mine")
    assert call(two, two.second, "GET", "").get_json()["state"] == "asked"
    assert call(two, two.first, "DELETE", "").status_code == 204
    assert call(two, two.second, "POST", "/accept", location="NY").status_code == 409
    call(two, two.first, "POST", "", **wanted)
    assert call(two, two.second, "POST", "/decline").get_json()["state"] == "declined"
    assert call(two, two.first, "GET", "").get_json()["state"] == "mine"
    assert call(two, two.second, "POST", "/accept", location="NY").status_code == 409
    call(two, two.first, "DELETE", "")
    call(two, two.first, "POST", "", **wanted)
    moved = call(two, two.second, "POST", "/accept", location="NY")
    assert moved.status_code == 200
    assert moved.get_json()["sequence"] == 1


def test_a_proposal_of_a_time_for_one_is_refused(visitor, token):
    page = visitor.open(f"/t/{token}")
    bearer = {"Authorization": f"Bearer {token}"}
    start = slot_values(page)[0].split("/")[0].replace("Z", "+00:00")
    booked = visitor.client.post(
        "/api/appointments", json={"start": start, "location": "NY"}, headers=bearer
    ).get_json()
    own = {"Authorization": f"Bearer {booked['manage_token']}"}

    refused = visitor.client.post(
        "/api/appointment/proposal", json={"start": start, "location": "NY"}, headers=own
    )

    assert refused.status_code == 409
