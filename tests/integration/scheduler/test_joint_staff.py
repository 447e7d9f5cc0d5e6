"""A time for two in the staff's day and week: once, with both names, and whether it is sure."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from services.scheduler.models import Practitioner
from shared.clock import utcnow
from tests.integration.scheduler.two import Two, day_in, two_people
from tests.integration.scheduler.world import a_clinician, words


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any, owner: Any) -> Two:
    with scheduler_db.begin() as session:
        a_clinician(session, "Ada Brandt")
    return two_people(app, intake, scheduler_db, settings)


def ada(two: Two) -> str:
    with two.database.begin() as session:
        found = session.query(Practitioner).filter_by(name="Ada Brandt").one()
        return str(found.id)


def today(two: Two) -> None:
    """The time is as good as now."""
    start = utcnow() + timedelta(seconds=2)
    with two.database.begin() as session:
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b)"),
            {"a": start, "b": start + timedelta(minutes=80)},
        )


def test_the_week_shows_both_once_and_that_it_is_not_confirmed(two, owner):
    two.first.ask()
    address = f"/staff/calendar?view=week&who={ada(two)}&week={day_in(1)}"

    pending = words(owner.open(address))
    two.accept(two.second)
    booked = words(owner.open(address))

    assert pending.count("Rowan T. and Ashlin M., not confirmed") == 1
    assert booked.count("Rowan T. and Ashlin M.") == 1
    assert "not confirmed" not in booked


def test_today_shows_both_with_the_plan_of_each_and_where_they_will_be(two, owner):
    two.first.ask()
    two.accept(two.second)
    today(two)

    page = words(owner.open("/staff/?who=everyone"))

    assert "Rowan Teller and Ashlin Moreau" in page
    assert "Two people today." in page
    assert "Rowan Teller: Call is fine." in page
    assert "Ashlin Moreau: Call is fine." in page
    assert "Couple session, by phone, with Ada Brandt. Will be in New York." in page


def test_a_time_that_nobody_confirmed_in_time_stands_nowhere(two, owner):
    two.first.ask()
    two.let_run_out()

    page = words(owner.open(f"/staff/calendar?who={ada(two)}&week={day_in(1)}"))

    assert "Rowan" not in page


def test_by_json_each_of_the_two_has_an_own_answer(two, owner):
    two.first.ask()

    (entry,) = owner.client.get(f"/api/staff/appointments?from={day_in(0)}&days=14").get_json()[
        "appointments"
    ]

    assert (entry["status"], entry["status_word"]) == ("pending", "Not confirmed")
    assert [(one["name"], one["participation"]) for one in entry["people"]] == [
        ("Rowan Teller", "accepted"),
        ("Ashlin Moreau", "needs-action"),
    ]
    assert entry["inquiry_id"] is None
