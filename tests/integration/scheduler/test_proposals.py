"""N7: moving a time for two. One asks for another time, and the other says yes."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from services.scheduler.models import AppointmentHistory
from services.scheduler.operations import participants
from shared.db import database_now
from tests.integration.scheduler.proposing import (
    a_time_for_two,
    booked,
    kept,
    proposals,
    propose,
    say_yes,
    take_back,
    times,
    told_by_id,
)
from tests.integration.scheduler.two import NAMES, Two
from tests.integration.scheduler.world import (
    slot_values,
    words,
)

ROWAN, ASHLIN = NAMES


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any) -> Two:
    return a_time_for_two(app, intake, scheduler_db, settings)


# ---------------------------------------------------------------- asking


def test_n7_another_time_is_kept_beside_the_one_they_have_and_the_other_is_asked(two):
    before = booked(two)
    told = len(two.told())

    asked = propose(two, two.first)

    assert asked.status_code == 303
    assert booked(two).during == before.during
    (row,) = proposals(two)
    (held,) = kept(two)
    assert (row.held_id, row.starts_at) == (held.id, held.starts_at)
    assert held.hold_until == row.reply_by
    assert two.told()[told:] == [("requested", {ASHLIN})]
    assert "You have asked for another time" in words(two.first.open(two.own(two.first)))
    page = words(two.second.open(two.own(two.second)))
    assert "Another time is being asked for" in page
    question = words(two.second.open(f"{two.own(two.second)}/new-time"))
    assert "Does another time work for you?" in question
    told_of = told_by_id(two, row.communication_id).get_json()
    assert told_of["purpose"] == "update"
    assert told_of["person_id"] == str(two.second.person_id)
    assert told_of["not_after"] == row.reply_by.isoformat()


@pytest.mark.parametrize("who", ["first", "second"])
def test_n7_either_may_ask_whoever_chose_the_time(two, who):
    one = getattr(two, who)

    assert propose(two, one).status_code == 303

    (row,) = proposals(two)
    assert row.asked_by == one.person_id


def test_p3_nobody_else_has_the_time_that_is_kept(two, intake, app):
    propose(two, two.first)
    (row,) = proposals(two)
    token = intake.permits()
    bearer = {"Authorization": f"Bearer {token}"}

    taken = two.first.browser.client.post(
        "/api/holds", json={"start": row.starts_at.isoformat()}, headers=bearer
    )

    assert taken.status_code == 409


def test_the_time_they_have_is_in_the_way_of_the_new_one_and_p7_is_kept(two):
    """Offered if and only if it can be asked for: the old time stands until the yes."""
    page = times(two, two.first)
    offered = slot_values(page)
    row = booked(two)
    for minutes in (0, 30, 60):
        start = f"{row.starts_at + timedelta(minutes=minutes):%Y-%m-%dT%H:%MZ}"
        value = f"{start}/{offered[0].split('/')[1]}"
        assert value not in offered
        refused = two.first.send(f"{two.own(two.first)}/propose", page, start=value, location="NY")
        assert refused.status_code == 409
    assert proposals(two) == []
    assert kept(two) == []


def test_n6_only_times_that_suit_both_can_be_asked_for(two):
    own = two.own(two.second)
    page = two.second.open(f"{own}/when")
    two.second.send(f"{own}/when", page, times=[f"{day}-afternoon" for day in range(1, 8)])
    free = slot_values(times(two, two.first))
    two.sleep()

    suited = slot_values(times(two, two.first))

    assert set(suited) < set(free)
    early = next(value for value in free if value not in suited)
    refused = propose(two, two.first, start=early)
    assert refused.status_code == 409
    assert "Someone took that time a moment ago" in words(refused)


def test_p20_asked_twice_it_is_asked_once_and_looking_asks_nothing(two):
    page = times(two, two.first)
    form = {"start": slot_values(page)[5], "location": "NY"}
    path = f"{two.own(two.first)}/propose"
    assert two.first.open(path).status_code == 405
    told = len(two.told())

    answers = [two.first.send(path, page, **form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert len(proposals(two)) == 1
    assert len(two.told()) == told + 1


@pytest.mark.parametrize("who", ["first", "second"])
def test_one_other_time_is_asked_about_at_once(two, who):
    page = times(two, getattr(two, who))
    propose(two, two.first)

    second = getattr(two, who).send(
        f"{two.own(getattr(two, who))}/propose", page, start=slot_values(page)[8], location="NY"
    )

    assert second.status_code == 409
    assert "being asked for already" in words(second)
    assert len(proposals(two)) == 1


def test_five_times_are_asked_for_at_most(two):
    for _ in range(5):
        assert propose(two, two.first).status_code == 303
        take_back(two, two.first)

    assert propose(two, two.first).status_code == 409
    assert kept(two) == []


def test_l43_where_the_one_who_asks_will_be_is_asked_and_has_to_be_licensed(two):
    missing = propose(two, two.first, location="")
    assert missing.status_code == 422
    elsewhere = propose(two, two.first, location="CA")
    assert elsewhere.status_code == 409
    assert "Let us check what we can offer" in words(elsewhere)
    assert proposals(two) == []


def test_the_answer_is_due_before_the_old_time_can_not_be_moved_any_more(two, scheduler_db):
    """The old time is in a day and a half, the new one in three weeks."""
    with scheduler_db.begin() as session:
        soon = database_now(session).replace(second=0, microsecond=0) + timedelta(hours=36)
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b)"),
            {"a": soon, "b": soon + timedelta(minutes=80)},
        )

    assert propose(two, two.first, number=0, weeks=3).status_code == 303

    (row,) = proposals(two)
    assert row.reply_by == booked(two).starts_at - two.settings.notice_to_change(None)


def test_p22_too_close_to_the_old_time_nothing_is_asked(two, scheduler_db):
    page = times(two, two.first)
    with scheduler_db.begin() as session:
        soon = database_now(session).replace(second=0, microsecond=0) + timedelta(hours=1)
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b)"),
            {"a": soon, "b": soon + timedelta(minutes=80)},
        )

    refused = two.first.send(
        f"{two.own(two.first)}/propose", page, start=slot_values(page)[5], location="NY"
    )

    assert refused.status_code == 409
    assert "too close to the time" in words(refused)
    assert kept(two) == []


# ---------------------------------------------------------------- yes


def test_p23_a_yes_moves_the_same_appointment_and_both_are_told(two):
    before = booked(two)
    propose(two, two.first)
    (row,) = proposals(two)
    told = len(two.told())

    yes = say_yes(two, two.second)

    assert yes.status_code == 303
    after = booked(two)
    assert (after.id, after.uid) == (before.id, before.uid)
    assert after.sequence == before.sequence + 1
    assert after.starts_at == row.starts_at
    assert kept(two) == [], "what was kept is the appointment's own now"
    assert two.told()[told:] == [("moved", {ROWAN, ASHLIN})]
    assert proposals(two)[0].outcome == "moved"
    for one in (two.first, two.second):
        page = words(one.open(two.own(one)))
        assert "Your time is booked" in page
        assert "another time" not in page
    with two.database.begin() as session:
        last = session.scalars(
            select(AppointmentHistory).order_by(AppointmentHistory.id.desc())
        ).first()
        assert last is not None
        assert (last.act, last.actor) == ("move", f"client:{two.second.person_id}")
        where = participants.locations(session, participants.of(session, after.id))
    assert set(where.values()) == {"NY"}
    assert told_by_id(two, row.communication_id).status_code == 404


def test_p20_a_yes_that_is_said_twice_moves_once(two):
    propose(two, two.first)
    own = two.own(two.second)
    page = two.second.open(f"{own}/new-time")

    answers = [two.second.send(f"{own}/new-time/accept", page, location="NY") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert [event for event, _ in two.told()].count("moved") == 1


def test_who_asks_can_not_say_yes_for_the_other(two):
    before = booked(two)
    propose(two, two.first)

    refused = say_yes(two, two.first)

    assert refused.status_code == 409
    assert booked(two).during == before.during


def test_p23_a_yes_moves_to_a_time_that_nobody_is_offered_any_more(two, scheduler_db):
    """It was kept: that hours, caps or what suits changed since makes no difference."""
    propose(two, two.first)
    with scheduler_db.begin() as session:
        session.execute(text("DELETE FROM availability"))

    assert say_yes(two, two.second).status_code == 303

    assert booked(two).starts_at == proposals(two)[0].starts_at


def test_l43_the_one_who_says_yes_is_asked_where_they_will_be(two):
    propose(two, two.first)

    assert say_yes(two, two.second, location="").status_code == 422
    assert say_yes(two, two.second, location="CA").status_code == 409
    assert proposals(two)[0].ended_at is None


def test_l12_without_intakes_word_nothing_is_asked_or_moved(two, intake):
    before = booked(two)
    propose(two, two.first)
    intake.withdraws(two.first.token)

    refused = say_yes(two, two.second)

    assert refused.status_code == 409
    assert booked(two).during == before.during
