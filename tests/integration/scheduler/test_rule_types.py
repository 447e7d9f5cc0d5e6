"""Staff write the types of appointment: the times follow, and what is booked stays.

The pages write by the app's engine, and `starts` asks by another one, which has kept a copy of the
rules as they were before: what it finds is what another process would.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from services.scheduler.models import Appointment, AppointmentType
from tests.integration.scheduler.calendar_rules import (
    an_appointment,
)
from tests.integration.scheduler.rules import CALL, SOON, TODAY, changes, form_of, press, starts
from tests.integration.scheduler.world import local, words


def test_a_types_rules_are_written_and_the_times_follow(owner, ada, scheduler_db):
    assert starts(scheduler_db, SOON)[:3] == ["09:00", "09:30", "10:00"]

    saved = press(
        owner, CALL, duration="60", step="60", notice="12.5", cap_per_day="2", horizon="10"
    )

    assert saved.status_code == 303
    assert starts(scheduler_db, SOON)[:3] == ["09:00", "10:00", "11:00"]
    assert starts(scheduler_db, TODAY + timedelta(days=12)) == []
    with scheduler_db.begin() as session:
        kind = session.scalars(
            select(AppointmentType).where(AppointmentType.code == "private-call")
        ).one()
        assert (kind.notice, kind.cap_per_day) == (timedelta(hours=12, minutes=30), 2)
        assert kind.buffer_after == timedelta(minutes=10), "what was not touched stays"
    page = words(owner.open("/staff/rules"))
    assert "Length: 20 min → 1 h" in page
    assert "How far ahead: 42 days → 10 days" in page
    assert "Dana Whitlock" in page


def test_p27_a_change_of_a_rule_keeps_by_whom_and_from_what_to_what(owner, ada, scheduler_db):
    press(owner, CALL, duration="30")
    press(owner, CALL)

    assert changes(scheduler_db) == [("type:private-call", {"duration": 20}, {"duration": 30})]


def test_every_rule_of_a_type_comes_back_as_it_was_written(owner, ada, scheduler_db):
    page = owner.open(CALL)
    every = {
        "title": "First call", "duration": "25", "step": "15", "buffer_before": "5",
        "buffer_after": "15", "notice": "3", "horizon": "30", "cancel_notice": "24",
        "move_notice": "48", "in_person": "true", "staff_only": "true", "confirm": "true",
        "cap_per_day": "4", "cap_per_week": "9",
    }  # fmt: skip
    assert owner.send(CALL, page, **every, version=form_of(page, CALL)["version"]).location
    found = form_of(owner.open(CALL), CALL)
    del found["version"], found["csrf_token"]
    assert found == {name: [value] for name, value in every.items()}


def test_what_is_booked_keeps_its_time_whatever_becomes_of_the_type(owner, ada, scheduler_db):
    with scheduler_db.begin() as session:
        booked = an_appointment(session, ada, local(SOON, "10:00"))
        before = (booked.during, booked.buffer_after)

    press(owner, CALL, duration="60", buffer_after="60")
    ended = press(owner, CALL, f"{CALL}/end")

    assert starts(scheduler_db, SOON) == []
    with scheduler_db.begin() as session:
        now = session.get(Appointment, booked.id)
        assert (now.during, now.buffer_after, now.status) == (*before, "booked")
    assert "Ended. One appointment of it is still to come; it stands." in words(
        owner.open(ended.location)
    )
    assert "One appointment of it is still to come" in words(owner.open(CALL))
    press(owner, CALL, f"{CALL}/begin")
    assert starts(scheduler_db, SOON)


def test_one_more_type_can_be_booked_and_is_there_once(owner, ada, scheduler_db):
    new = "/staff/rules/types/new"
    added = press(owner, new, title="Double session", duration="90", in_person="")
    again = press(owner, new, title="Double session")

    assert (added.status_code, again.status_code) == (303, 422)
    assert "Another type has that name already." in words(again)
    assert starts(scheduler_db, SOON, "double-session")[:2] == ["09:00", "09:30"]
    assert starts(scheduler_db, SOON, "double-session")[-1] == "15:30"


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("title", "  ", "Write what it is called."),
        ("title", "x" * 81, "Please use at most 80 letters."),
        ("duration", "", "Write a number from 5 to 480."),
        ("duration", "nan", "Write a number from 5 to 480."),
        ("duration", "1e999", "Write a number from 5 to 480."),
        ("duration", "20.5", "Please write a whole number."),
        ("step", "4", "Write a number from 5 to 120."),  # rule-28
        ("step", "121", "Write a number from 5 to 120."),  # rule-28
        ("buffer_after", "-1", "Write a number from 0 to 240."),
        ("horizon", "367", "Write a number from 1 to 366."),
        ("notice", "soon", "Write a number from 0 to 672."),
        ("notice", "672", None),
        ("cap_per_day", "0", "Write a whole number from 1 to 200, or leave it blank."),
        ("cap_per_week", "9" * 400, "Write a whole number from 1 to 200, or leave it blank."),
        ("in_person", "maybe", "Choose one of the answers."),
        ("price", "10", "This page does not ask for that."),
    ],
)
def test_a_rule_that_is_none_comes_back_beside_its_field(
    owner, ada, scheduler_db, field, value, said
):
    change = {"title": "Talk", "step": "45", field: value}
    answer = press(owner, CALL, **change)

    if said is None:
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    html = answer.get_data(as_text=True)
    assert said in words(answer)
    if field not in ("price", "in_person"):
        assert f'id="{field}-err"' in html
    if field != "step":
        assert 'value="45"' in html, "what was typed is still there"
    assert changes(scheduler_db) == []


def test_a_notice_as_long_as_the_horizon_leaves_no_time_and_is_refused(owner, ada):
    answer = press(owner, CALL, notice="48", horizon="2")

    assert answer.status_code == 422
    assert "no time would be left" in words(answer)
