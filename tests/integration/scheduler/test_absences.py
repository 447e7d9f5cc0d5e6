"""Somebody is away at short notice: everyone is seen to once, whatever happens on the way."""

import re
from datetime import date, time
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from services.scheduler import jobs
from services.scheduler.absence_models import Absence, AbsenceVisit
from services.scheduler.domain.appointment import Hand
from services.scheduler.domain.errors import NotPossible
from services.scheduler.models import Appointment, Practitioner
from services.scheduler.operations import absences, bookings, openings
from services.scheduler.operations.offers import Wanted
from services.scheduler.practice_models import TimeChange
from shared.clock import utcnow
from shared.db import database_now
from tests.integration.scheduler.test_on_behalf import bea
from tests.integration.scheduler.test_openings import SOON, a_booking, ada, noor
from tests.integration.scheduler.test_staff_calendar import written
from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.two import two_people
from tests.integration.scheduler.world import (
    NEW_YORK,
    Visitor,
    an_invitation,
    events,
    local,
    schedule_of,
    words,
)

__all__ = ["ada", "bea", "noor"]

CLOCKS = ("09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "15:30", "16:00")


def eight(database: Any, settings: Any, who: Practitioner) -> list[Appointment]:
    return [a_booking(database, settings, who, SOON, clock) for clock in CLOCKS]


def away(browser: Visitor, who: Practitioner, last: date = SOON, **changes: str) -> Any:
    """Open the list and press the button, everyone as the page suggests but for `changes`."""
    page = browser.open(f"/staff/away?who={who.id}&first_day={SOON}&last_day={last}")
    html = page.get_data(as_text=True)
    number = re.search(r'name="id" value="([^"]+)"', html)
    assert number
    form = dict.fromkeys(re.findall(r'name="(plan-[^"]+)"', html), "cancel")
    form |= {
        "id": number.group(1),
        "first_day": SOON.isoformat(),
        "last_day": last.isoformat(),
        "reason": "Ada is ill",
    }
    return page, form | changes


def press(browser: Visitor, who: Practitioner, page: Any, form: dict[str, str]) -> Any:
    return browser.send(f"/staff/away?who={who.id}", page, **form)


def statuses(database: Any) -> list[str]:
    with database.begin() as session:
        return list(session.scalars(select(Appointment.status).order_by(Appointment.created_at)))


def outcomes(database: Any) -> list[str | None]:
    with database.begin() as session:
        return list(session.scalars(select(AbsenceVisit.outcome).order_by(AbsenceVisit.id)))


def test_eight_people_are_told_and_the_day_is_blocked_by_one_button_pressed_twice(
    noor, ada, scheduler_db, settings
):
    eight(scheduler_db, settings, ada)
    page, form = away(noor, ada)
    assert words(page).count("Rowan Teller") >= 8
    assert "Call is fine. First name only." in words(page)

    answers = [press(noor, ada, page, form) for _ in range(2)]

    assert [one.status_code for one in answers] == [303, 303]
    assert statuses(scheduler_db) == ["cancelled"] * 8
    assert outcomes(scheduler_db) == ["cancelled"] * 8
    assert events(scheduler_db).count("appointment.cancelled.v1") == 8
    assert ("cancel", "staff", "Ada is ill") in written(scheduler_db)
    with scheduler_db.begin() as session:
        assert len(session.scalars(select(TimeChange)).all()) == 1
    assert "8 of 8 seen to." in words(noor.open(answers[0].location))


def test_what_a_killed_process_left_is_seen_to_by_the_clock_and_nobody_twice(
    ada, scheduler_db, settings
):
    booked = eight(scheduler_db, settings, ada)
    number = begin(scheduler_db, ada, {one.id: None for one in booked})
    for _ in range(3):  # and then the process is killed
        with scheduler_db.begin() as session:
            since = database_now(session)
            absences.settle_next(
                session, settings=settings, now=utcnow(), since=since, absence_id=number
            )
    assert statuses(scheduler_db).count("cancelled") == 3

    for _ in range(2):
        jobs.settle_absences(scheduler_db, settings)

    assert statuses(scheduler_db) == ["cancelled"] * 8
    assert events(scheduler_db).count("appointment.cancelled.v1") == 8


def test_one_that_fails_again_and_again_holds_up_nobody_and_stands_in_sight(
    owner, ada, scheduler_db, settings, monkeypatch
):
    booked = eight(scheduler_db, settings, ada)
    page, form = away(owner, ada)
    cancel = bookings.cancel

    def fails_for_the_first(session: Any, *, appointment_id: UUID, **rest: Any) -> Any:
        if appointment_id == booked[0].id:
            session.execute(text("SELECT 1 / 0"))
        return cancel(session, appointment_id=appointment_id, **rest)

    with monkeypatch.context() as broken:
        broken.setattr(bookings, "cancel", fails_for_the_first)
        done = press(owner, ada, page, form)
        jobs.settle_absences(scheduler_db, settings)

    assert statuses(scheduler_db) == ["booked", *["cancelled"] * 7]
    seen = words(owner.open(done.location))
    assert "7 of 8 seen to." in seen
    assert "One could not be seen to." in seen
    assert f"{ada.name} is away, and not everyone could be seen to." in words(owner.open("/staff/"))

    owner.send(f"{done.location}/go-on", owner.open(done.location))

    assert statuses(scheduler_db) == ["cancelled"] * 8
    assert "8 of 8 seen to." in words(owner.open(done.location))
    assert "not everyone could be seen to" not in words(owner.open("/staff/"))


def test_one_that_may_not_be_cancelled_any_more_is_no_failure(
    owner, ada, scheduler_db, settings, monkeypatch
):
    a_booking(scheduler_db, settings, ada, SOON, "10:00")
    page, form = away(owner, ada)

    def refuses(*_: Any, **__: Any) -> None:
        raise NotPossible

    monkeypatch.setattr(bookings, "cancel", refuses)
    press(owner, ada, page, form)

    assert outcomes(scheduler_db) == ["refused"]


def begin(database: Any, who: Practitioner, plans: dict[UUID, UUID | None]) -> UUID:
    number = uuid4()
    with database.begin() as session:
        absences.begin(
            session,
            absence_id=number,
            schedule_id=schedule_of(session, who).id,
            during=openings.whole_days(SOON, SOON, NEW_YORK),
            plans=plans,
            by=Hand.staff(uuid4(), "Ada is ill"),
            now=utcnow(),
        )
    return number


def test_two_who_settle_at_once_see_to_each_once(ada, scheduler_db, settings):
    booked = eight(scheduler_db, settings, ada)
    begin(scheduler_db, ada, {one.id: None for one in booked})
    together = Barrier(2)

    def work() -> None:
        together.wait()
        jobs.settle_absences(scheduler_db, settings)

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    jobs.settle_absences(scheduler_db, settings)

    assert events(scheduler_db).count("appointment.cancelled.v1") == 8


def test_p23_some_are_given_to_a_colleague_some_stay_and_some_are_cancelled(
    owner, ada, bea, scheduler_db, settings
):
    one, two, three, *_ = eight(scheduler_db, settings, ada)
    page, form = away(owner, ada)
    assert "Give it to Bea Lund, same time" in words(page)

    press(owner, ada, page, form | {f"plan-{one.id}": str(bea.id), f"plan-{two.id}": "keep"})

    with scheduler_db.begin() as session:
        rows = {row.id: row for row in session.scalars(select(Appointment))}
        assert rows[one.id].schedule_id == schedule_of(session, bea).id
        assert (rows[one.id].starts_at, rows[one.id].reason) == (one.starts_at, "Ada is ill")
        number = session.scalars(select(Absence.id)).one()
    assert (rows[one.id].status, rows[two.id].status) == ("booked", "booked")
    assert rows[three.id].status == "cancelled"
    seen = words(owner.open(f"/staff/away/{number}"))
    assert "One appointment stays. Move or cancel it:" in seen
    assert "Given to a colleague" in seen


def test_a_colleague_who_was_booked_meanwhile_leaves_it_standing_in_sight(
    owner, ada, bea, scheduler_db, settings
):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    page, form = away(owner, ada)
    a_booking(scheduler_db, settings, bea, SOON, "10:00")

    answer = press(owner, ada, page, form | {f"plan-{booked.id}": str(bea.id)})

    assert outcomes(scheduler_db) == ["refused"]
    assert "Still stands" in words(owner.open(answer.location))
    with scheduler_db.begin() as session:
        assert session.get_one(Appointment, booked.id).status == "booked"


def test_who_cancelled_meanwhile_is_left_alone(owner, ada, scheduler_db, settings):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    page, form = away(owner, ada)
    with scheduler_db.begin() as session:
        bookings.cancel(session, appointment_id=booked.id, settings=settings, now=utcnow())

    press(owner, ada, page, form)

    assert outcomes(scheduler_db) == ["gone"]
    assert events(scheduler_db).count("appointment.cancelled.v1") == 1


def test_who_may_not_be_written_to_is_listed_for_a_call_by_hand(owner, ada, scheduler_db, settings):
    silent = {"email": False, "sms": False, "call": True, "voicemail": False}
    with scheduler_db.begin() as session:
        booked = bookings.book(
            session,
            invitation=an_invitation(session, name="Mae Okonkwo", channels=silent),
            wanted=Wanted(local(SOON, "10:00"), ada.id),
            how="phone",
            timezone="America/New_York",
            location="NY",
            settings=settings,
            now=utcnow(),
        )
    a_booking(scheduler_db, settings, ada, SOON, "11:00")
    page, form = away(owner, ada)
    assert "We can not write to Mae Okonkwo. Call by hand." in words(page)

    done = press(owner, ada, page, form)
    progress = owner.open(done.location)

    assert "Call by hand" in words(progress)
    assert progress.get_data(as_text=True).count("I have called") == 1
    for _ in range(2):
        owner.send(f"{done.location}/called/{booked.id}", progress)
    assert "Called" in words(owner.open(done.location))
    with scheduler_db.begin() as session:
        called = session.scalars(
            select(AbsenceVisit).where(AbsenceVisit.called_at.is_not(None))
        ).all()
        assert [row.appointment_id for row in called] == [booked.id]


def test_two_people_are_both_told_the_same(owner, ada, app, intake, scheduler_db, settings):
    two = two_people(app, intake, scheduler_db, settings)
    two.first.ask(weeks=1)
    two.accept(two.second)
    day = two.rows()[0].starts_at.astimezone(NEW_YORK).date()
    page = owner.open(f"/staff/away?who={ada.id}&first_day={day}&last_day={day}")
    html = page.get_data(as_text=True)
    number = re.search(r'name="id" value="([^"]+)"', html)
    assert number
    form = dict.fromkeys(re.findall(r'name="(plan-[^"]+)"', html), "cancel")
    days = {"first_day": day.isoformat(), "last_day": day.isoformat()}

    press(owner, ada, page, form | days | {"id": number.group(1), "reason": "Ill"})

    assert two.statuses() == ["cancelled"]
    name, told = two.told()[-1]
    assert (name, told) == ("cancelled", {"Rowan Teller", "Ashlin Moreau"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reason": ""}, "Say why, for your colleagues."),
        ({"first_day": "soon"}, "Write the date like this: 2027-03-10."),
        ({"last_day": "2020-01-01"}, "The last day has to come after the first."),
        ({"first_day": "2020-01-01", "last_day": "2020-01-02"}, "That time is over."),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_done(
    owner, ada, scheduler_db, settings, changes, said
):
    a_booking(scheduler_db, settings, ada, SOON, "10:00")
    page, form = away(owner, ada)

    answer = press(owner, ada, page, form | changes)

    assert answer.status_code == 422
    assert said in words(answer)
    assert statuses(scheduler_db) == ["booked"]
    with scheduler_db.begin() as session:
        assert session.scalars(select(Absence)).all() == []


def test_a_clinician_sees_to_nobody_elses_days(owner, app, ada, scheduler_db, settings):
    marcus = colleague(owner, app)
    a_booking(scheduler_db, settings, ada, SOON, "10:00")
    page, form = away(owner, ada)

    own = marcus.open("/staff/time")
    assert press(marcus, ada, own, form).status_code == 403
    press(owner, ada, page, form)
    with scheduler_db.begin() as session:
        number = session.scalars(select(Absence.id)).one()
    assert marcus.send(f"/staff/away/{number}/go-on", own).status_code == 403
    assert owner.send(f"/staff/away/{number}/go-on", page).status_code == 303
    assert owner.open(f"/staff/away/{uuid4()}").status_code == 404


def test_two_absences_of_one_clinician_that_begin_at_once_do_not_wait_for_each_other(
    ada, scheduler_db
):
    """Each has written its row before it takes the turn to block the time."""
    with scheduler_db.begin() as session:
        schedule_id = schedule_of(session, ada).id
    morning = openings.stretch(SOON, time(9), time(12), NEW_YORK)
    begun = {
        "schedule_id": schedule_id, "during": morning, "plans": {}, "now": utcnow(),
        "by": Hand.staff(uuid4(), "Ada is ill"),
    }  # fmt: skip

    with scheduler_db.begin() as one, scheduler_db.begin() as other:
        one.add(Absence(id=uuid4(), schedule_id=schedule_id, during=morning, reason="", actor=""))
        one.flush()
        absences.begin(other, absence_id=uuid4(), **begun)

    with scheduler_db.begin() as session:
        assert len(session.scalars(select(Absence)).all()) == 2
