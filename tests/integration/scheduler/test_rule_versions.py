"""Two members of staff with one form: nothing is written over.

The pages write by the app's engine, and `starts` asks by another one, which has kept a copy of the
rules as they were before: what it finds is what another process would.
"""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.integration.scheduler.calendar_rules import (
    a_house,
)
from tests.integration.scheduler.rules import CALL, CLOSURES, PLACES, changes, form_of, press
from tests.integration.scheduler.world import words


def test_who_saves_an_older_form_learns_what_stands_and_writes_over_nothing(
    owner, ada, scheduler_db
):
    page = owner.open(CALL)
    old = form_of(page, CALL)
    press(owner, CALL, duration="30")

    refused = owner.client.post(CALL, data={**old, "title": "Talk"})

    assert refused.status_code == 409
    said = words(refused)
    assert "Somebody changed this since you opened it" in said
    assert "Length: 20 min → 30 min" in said
    assert 'value="Talk"' in refused.get_data(as_text=True)
    assert [after for _, _, after in changes(scheduler_db)] == [{"duration": 30}]
    # Now they know, and let theirs stand.
    assert owner.client.post(CALL, data=form_of(refused, CALL)).status_code == 303
    assert changes(scheduler_db)[-1][2] == {"duration": 20, "title": "Talk"}


def test_a_mistake_in_an_older_form_does_not_make_it_a_newer_one(owner, ada, scheduler_db):
    page = owner.open(CALL)
    old = form_of(page, CALL)
    press(owner, CALL, duration="30")

    wrong = owner.client.post(CALL, data={**old, "step": "never"})
    mended = owner.client.post(CALL, data={**form_of(wrong, CALL), "step": "60"})

    assert (wrong.status_code, mended.status_code) == (422, 409)


@pytest.mark.parametrize("which", ["location", "room", "holidays", "fit", "shares"])
def test_no_other_form_is_saved_over_a_newer_one_either(owner, ada, scheduler_db, which):
    place, rooms = a_house(scheduler_db, "Blue")
    fit = f"/staff/rules/fit?who={ada.id}"
    address, action, first, second = {
        "location": (f"{PLACES}/{place}",) * 2 + ({"name": "Elm"}, {"address": "1 Elm St"}),
        "room": (f"{PLACES}/rooms/{rooms[0]}",) * 2 + ({"name": "Red"}, {"name": "Green"}),
        "holidays": (CLOSURES, f"{CLOSURES}/holidays", {"region": "US-NY"}, {"region": "DE"}),
        "fit": (fit, fit, {"cap_per_day": "3"}, {"cap_per_week": "9"}),
        "shares": (
            fit,
            f"/staff/rules/fit/shares?who={ada.id}",
            {"share-private-call": "2"},
            {"share-private-call": "0"},
        ),
    }[which]
    page = owner.open(address)
    old = form_of(page, action)
    assert press(owner, address, action, **first).status_code == 303
    before = changes(scheduler_db)

    refused = owner.client.post(action, data={**old, **second})

    assert refused.status_code == 409
    assert "Nothing of yours was saved" in words(refused)
    assert changes(scheduler_db) == before
    assert next(iter(second.values())) in refused.get_data(as_text=True)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE rule_change SET actor = 'somebody else'",
        "DELETE FROM rule_change",
        "TRUNCATE rule_change",
    ],
)
def test_p27_what_was_changed_by_whom_stays_as_it_was_written(owner, ada, scheduler_db, statement):
    press(owner, CALL, duration="30")

    with pytest.raises(DBAPIError, match="only added to"), scheduler_db.begin() as session:
        session.execute(text(statement))
