"""Times outside the rules: which rule, by whose hand, and why; never one that somebody has."""

import re
from typing import Any

import pytest
from sqlalchemy import select

from services.scheduler.models import Appointment, AppointmentHistory, Practitioner
from tests.integration.scheduler.test_on_behalf import SAID, rowan, rows
from tests.integration.scheduler.test_openings import SOON, a_booking, ada, change, noor
from tests.integration.scheduler.test_staff_calendar import written
from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.world import Visitor, live_rows, local, words

__all__ = ["ada", "noor", "rowan"]


def look_at(browser: Visitor, person: Any, who: Practitioner, **form: str) -> Any:
    address = f"/staff/book/{person.person_id}/other?type=private-call"
    sent = {
        "type": "private-call",
        "with": str(who.id),
        "day": SOON.isoformat(),
        "at": "19:10",
        "sure": "",
        **SAID,
        **form,
    }
    return browser.send(address, browser.open(address), **sent)


def sure(page: Any) -> str:
    found = re.search(r'name="sure" value="([^"]*)"', page.get_data(as_text=True))
    assert found
    return found.group(1)


def test_p27_a_time_outside_the_rules_is_given_with_a_reason_that_stays(
    owner, ada, rowan, scheduler_db
):
    looked = look_at(owner, rowan, ada)
    assert looked.status_code == 200
    assert "It is outside of the hours." in words(looked)
    silent = look_at(owner, rowan, ada, sure=sure(looked), reason=" ")
    assert silent.status_code == 422
    assert "Say why, for your colleagues: it is outside of the rules." in words(silent)
    assert rows(scheduler_db) == []

    given = look_at(owner, rowan, ada, sure=sure(looked), reason="Works until seven")
    assert given.status_code == 303

    (row,) = rows(scheduler_db)
    assert (row.reason, row.starts_at) == ("Works until seven", local(SOON, "19:10"))
    assert written(scheduler_db) == [("book", "staff", "Works until seven")]
    assert "Works until seven" in words(owner.open(given.location))


@pytest.mark.parametrize(
    ("clock", "said"),
    [("10:10", "It does not begin when times usually begin."), ("08:00", "outside of the hours")],
)
def test_the_page_says_which_rule_a_time_breaks_before_it_asks_why(owner, ada, rowan, clock, said):
    assert said in words(look_at(owner, rowan, ada, at=clock))


def test_a_time_within_the_rules_needs_no_reason(owner, ada, rowan, scheduler_db):
    assert look_at(owner, rowan, ada, at="10:00").status_code == 303

    (row,) = rows(scheduler_db)
    assert row.status == "booked"


def test_p1_no_reason_gives_a_time_that_somebody_has(owner, ada, rowan, scheduler_db, settings):
    a_booking(scheduler_db, settings, ada, SOON, "10:00")

    answer = look_at(owner, rowan, ada, at="10:10", reason="Please")

    assert answer.status_code == 422
    assert "It can not be given twice." in words(answer)
    assert len(rows(scheduler_db)) == 1


def test_p1_a_reason_squeezes_the_break_between_two_and_never_the_time_itself(
    owner, ada, rowan, scheduler_db, settings
):
    a_booking(scheduler_db, settings, ada, SOON, "10:00")

    looked = look_at(owner, rowan, ada, at="10:20")
    given = look_at(owner, rowan, ada, at="10:20", sure=sure(looked), reason="A short one")

    assert given.status_code == 303
    assert len(live_rows(scheduler_db)) == 2


def test_a_license_is_never_overridden(owner, ada, rowan, scheduler_db):
    answer = look_at(owner, rowan, ada, location="OH", reason="Please")

    assert answer.status_code == 422
    assert "holds no license" in words(answer)
    assert rows(scheduler_db) == []


def test_only_the_clinician_and_the_owner_give_a_time_outside_the_rules(
    owner, noor, app, ada, rowan, scheduler_db
):
    marcus = colleague(owner, app)
    with scheduler_db.begin() as session:
        own = session.scalars(
            select(Practitioner).where(Practitioner.name == "Marcus Oyelaran")
        ).one()
        own.states = ["NY"]

    for browser in (noor, marcus):
        address = f"/staff/book/{rowan.person_id}/other"
        sent = {"type": "private-call", "with": str(ada.id), "day": SOON.isoformat()}
        page = browser.open("/staff/book/" + str(rowan.person_id))
        answer = browser.send(address, page, **sent, at="19:00", **SAID)
        assert answer.status_code == 403
    assert "outside the rules, with a reason" not in words(
        noor.open(f"/staff/book/{rowan.person_id}")
    )
    looked = look_at(marcus, rowan, own)
    given = look_at(marcus, rowan, own, sure=sure(looked), reason="Mine")
    assert given.status_code == 303
    assert len(rows(scheduler_db)) == 1


def test_p27_a_move_outside_the_rules_keeps_its_reason(owner, ada, scheduler_db, settings):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    address = f"/staff/appointments/{booked.id}/move/other"
    form = {"with": str(ada.id), "day": SOON.isoformat(), "at": "18:00", "reason": "Late shift"}

    looked = owner.send(address, owner.open(address), **form, sure="")
    given = owner.send(address, looked, **form, sure=sure(looked))

    assert given.status_code == 303
    with scheduler_db.begin() as session:
        now = session.get_one(Appointment, booked.id)
        assert (now.starts_at, now.reason) == (local(SOON, "18:00"), "Late shift")
        last = session.scalars(
            select(AppointmentHistory).order_by(AppointmentHistory.id.desc()).limit(1)
        ).one()
        assert (last.act, last.reason) == ("move", "Late shift")


def test_a_blocked_time_may_be_given_by_its_clinician_with_a_reason(
    owner, ada, rowan, scheduler_db
):
    change(
        owner,
        ada,
        what="block",
        **{"day": SOON.isoformat(), "from": "09:00", "until": "12:00", "reason": "Lunch"},
    )
    looked = look_at(owner, rowan, ada, at="10:00")
    assert "blocked" in words(looked)

    assert look_at(owner, rowan, ada, at="10:00", sure=sure(looked), reason="x").status_code == 303
