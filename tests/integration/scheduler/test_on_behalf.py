"""Staff book for somebody, move what they have, and give it to a colleague; against rules, why."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from services.scheduler.models import (
    Appointment,
    AppointmentType,
    Invitation,
    Participant,
    Practitioner,
)
from services.scheduler.operations import on_behalf
from services.scheduler.operations.participants import manage_token
from shared.clock import utcnow
from tests.integration.scheduler.test_openings import SOON, a_booking, ada, noor
from tests.integration.scheduler.test_staff_calendar import begin_now, written
from tests.integration.scheduler.two import two_people
from tests.integration.scheduler.world import (
    Visitor,
    a_clinician,
    an_invitation,
    events,
    live_rows,
    local,
    slot_values,
    words,
)

__all__ = ["ada", "noor"]

SAID = {"how": "phone", "location": "NY"}


@pytest.fixture
def rowan(scheduler_db: Any) -> Invitation:
    """Somebody whom intake lets book a first call."""
    with scheduler_db.begin() as session:
        return an_invitation(session)


@pytest.fixture
def bea(owner: Visitor, scheduler_db: Any) -> Practitioner:
    with scheduler_db.begin() as session:
        return a_clinician(session, "Bea Lund")


def book(browser: Visitor, person: Any, kind: str = "private-call", **form: str) -> Any:
    address = f"/staff/book/{person.person_id}?type={kind}&day={SOON}"
    page = browser.open(address)
    sent = {"type": kind, "start": slot_values(page)[0], **SAID, **form}
    return browser.send(address, page, **sent)


def rows(database: Any) -> list[Appointment]:
    with database.begin() as session:
        return list(session.scalars(select(Appointment).order_by(Appointment.created_at)))


def at(day: Any, clock: str, who: Practitioner) -> str:
    return f"{local(day, clock):%Y-%m-%dT%H:%MZ}/{who.id}"


def test_staff_find_people_by_the_beginning_of_a_name_with_their_contact_plan(
    noor, rowan, scheduler_db
):
    with scheduler_db.begin() as session:
        an_invitation(session, name="Mae Okonkwo")

    latest = words(noor.open("/staff/book"))
    found = words(noor.open("/staff/book?name=row+tel"))

    assert "Rowan Teller" in latest
    assert "Mae Okonkwo" in latest
    assert "Rowan Teller Call is fine. First name only." in found
    assert "Mae Okonkwo" not in found
    assert "Nobody here is called that." in words(noor.open("/staff/book?name=%25zz"))


def test_p27_the_front_desk_books_a_first_call_with_intakes_permission_by_its_own_hand(
    noor, ada, rowan, scheduler_db
):
    for _ in range(2):  # sent twice, it is booked once
        answer = book(noor, rowan, start=at(SOON, "10:00", ada))
        assert answer.status_code == 303

    (row,) = rows(scheduler_db)
    assert (row.invitation_id, row.status) == (rowan.id, "booked")
    assert answer.location == f"/staff/appointments/{row.id}"
    assert [one[:2] for one in written(scheduler_db)] == [("book", "staff")]
    assert events(scheduler_db) == ["appointment.booked.v1"]


def test_a_session_is_booked_by_a_permission_of_the_staff_that_the_person_can_move_with(
    noor, owner, ada, rowan, scheduler_db, settings, app
):
    book(noor, rowan, start=at(SOON, "10:00", ada))

    answer = book(noor, rowan, "individual-session", start=at(SOON, "13:00", ada))

    assert answer.status_code == 303, words(answer)
    with scheduler_db.begin() as session:
        given = session.scalars(select(Invitation).where(Invitation.given_by.is_not(None))).one()
        assert re.fullmatch(r"staff:[0-9a-f-]{36}", given.given_by)
        mine = session.scalars(
            select(Participant).join(Appointment).where(Appointment.invitation_id == given.id)
        ).one()
        token = manage_token(settings, mine)
    assert len(live_rows(scheduler_db)) == 2
    page = Visitor(app.test_client()).open(f"/m/{token}/times")
    assert page.status_code == 200
    assert slot_values(page)
    # Staff are led to the inquiry, which is not the permission that they gave.
    shown = owner.open(answer.location).get_data(as_text=True)
    assert f"/staff/inquiries/{rowan.id}" in shown
    assert f"/staff/inquiries/{given.id}" not in shown


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"how": ""}, 422, "Say how they would like to talk."),
        ({"how": "video"}, 409, "This clinician has no video room."),
        ({"location": ""}, 422, "Say where you will be when we meet."),
        ({"location": "OH"}, 409, "This clinician holds no license where they will be."),
        ({"start": ""}, 422, "Choose a time."),
        ({"start": "2020-01-01T10:00Z/x"}, 422, "Choose a time."),
        ({"type": "nothing"}, 422, "Choose what to book."),
        ({"type": "couple-session"}, 422, "Choose what to book."),
    ],
)
def test_what_can_not_be_booked_comes_back_beside_its_field(
    owner, ada, rowan, scheduler_db, form, status, said
):
    answer = book(owner, rowan, **{"start": at(SOON, "10:00", ada)} | form)

    assert answer.status_code == status
    assert said in words(answer)
    assert rows(scheduler_db) == []


def test_l03_nobody_is_booked_whom_intake_does_not_let(owner, ada, scheduler_db):
    stranger = uuid4()

    assert owner.open(f"/staff/book/{stranger}").status_code == 404
    page = owner.open("/staff/time")
    sent = {"type": "private-call", "start": at(SOON, "10:00", ada), **SAID}
    assert owner.send(f"/staff/book/{stranger}", page, **sent).status_code == 404
    assert rows(scheduler_db) == []


def test_p1_a_time_that_somebody_took_meanwhile_is_not_given_twice(
    owner, ada, rowan, scheduler_db, settings
):
    page = owner.open(f"/staff/book/{rowan.person_id}?day={SOON}&with={ada.id}")
    a_booking(scheduler_db, settings, ada, SOON, "10:00")
    sent = {"type": "private-call", "start": at(SOON, "10:00", ada), **SAID}

    answer = owner.send(f"/staff/book/{rowan.person_id}?with={ada.id}", page, **sent)

    assert answer.status_code == 409
    assert "That time is not free any more. These still are." in words(answer)
    assert len(live_rows(scheduler_db)) == 1


# ---------------------------------------------------------------- two people


def test_a_time_for_two_is_asked_for_and_the_other_is_asked(
    owner, ada, app, intake, scheduler_db, settings
):
    two = two_people(app, intake, scheduler_db, settings)
    two.first.open(f"/t/{two.first.token}")

    answer = book(owner, two.first, "couple-session", start=at(SOON, "10:00", ada))

    assert answer.status_code == 303, words(answer)
    assert two.statuses() == ["pending"]
    assert two.participant(two.first).status == "accepted"
    assert two.participant(two.second).status == "needs-action"
    assert [one[:2] for one in written(scheduler_db)] == [("request", "staff")]


def test_l12_without_the_release_no_time_for_two_is_booked(
    owner, ada, app, intake, scheduler_db, settings
):
    two = two_people(app, intake, scheduler_db, settings)
    two.first.open(f"/t/{two.first.token}")
    intake.withdraws(two.first.token)

    answer = book(owner, two.first, "couple-session", start=at(SOON, "10:00", ada))

    assert answer.status_code == 409
    assert "This may not be booked for them just now." in words(answer)
    assert two.rows() == []


# ---------------------------------------------------------------- moving and giving


def move(browser: Visitor, one: Appointment, start: str, reason: str = "") -> Any:
    address = f"/staff/appointments/{one.id}/move?with=anyone&day={SOON}"
    return browser.send(address, browser.open(address), start=start, reason=reason)


def test_p23_given_to_a_colleague_it_is_the_same_appointment_and_says_why(
    noor, ada, bea, scheduler_db, settings
):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")

    silent = move(noor, booked, at(SOON, "10:00", bea))
    assert silent.status_code == 422
    assert "it is with somebody else then" in words(silent)
    for _ in range(2):
        given = move(noor, booked, at(SOON, "10:00", bea), "Ada is ill")
        assert given.status_code == 303, words(given)

    (row,) = rows(scheduler_db)
    assert (row.id, row.uid, row.sequence) == (booked.id, booked.uid, 1)
    assert row.reason == "Ada is ill"
    assert row.starts_at == booked.starts_at
    assert row.schedule_id != booked.schedule_id
    assert written(scheduler_db)[1] == ("move", "staff", "Ada is ill")
    assert events(scheduler_db) == ["appointment.booked.v1", "appointment.moved.v1"]


def test_p23_a_colleague_who_is_not_free_leaves_it_where_it_was(
    noor, ada, bea, scheduler_db, settings
):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    a_booking(scheduler_db, settings, bea, SOON, "10:00")

    answer = move(noor, booked, at(SOON, "10:00", bea), "Ada is ill")

    assert answer.status_code == 409
    with scheduler_db.begin() as session:
        now = session.get_one(Appointment, booked.id)
        assert (now.schedule_id, now.sequence) == (booked.schedule_id, 0)


def test_staff_move_within_the_window_in_which_a_client_has_to_call(
    noor, ada, scheduler_db, settings
):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    begin_now(scheduler_db, booked, -timedelta(minutes=5))

    assert move(noor, booked, at(SOON, "11:00", ada)).status_code == 303

    (row,) = rows(scheduler_db)
    assert row.starts_at == local(SOON, "11:00")


def test_a_cancelled_time_is_not_moved(owner, ada, scheduler_db, settings):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    address = f"/staff/appointments/{booked.id}"
    owner.send(f"{address}/cancel", owner.open(address), reason="x")

    assert move(owner, booked, at(SOON, "11:00", ada)).status_code == 409


def test_what_may_be_booked_for_whom(ada, rowan, app, intake, scheduler_db, settings):
    two = two_people(app, intake, scheduler_db, settings)
    two.first.open(f"/t/{two.first.token}")

    def codes(person: Any) -> list[str]:
        with scheduler_db.begin() as session:
            found = on_behalf.bookable(session, person.person_id, now=utcnow())
            return [one.kind.code for one in found]

    assert codes(rowan) == ["private-call", "individual-session"]
    assert codes(two.first) == ["couple-session", "private-call", "individual-session"]
    with scheduler_db.begin() as session:
        session.execute(
            text("UPDATE appointment_type SET ended_at = now() WHERE code = 'individual-session'")
        )
        assert session.scalar(select(func.count()).select_from(AppointmentType)) == 3
    assert codes(rowan) == ["private-call"]
