"""The calendar in its three views, and one appointment as staff see it."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.dialects.postgresql import Range

from services.scheduler.calendar_models import OutsideBusy, OutsideCalendar
from services.scheduler.domain.interval import Interval
from services.scheduler.models import Appointment, AppointmentHistory, Practitioner
from services.scheduler.operations import bookings, holds, participants
from services.scheduler.operations.offers import Wanted
from services.scheduler.web.grid import Head, column, grid
from services.scheduler.web.marks import CLOSED, Mark
from shared.clock import utcnow
from tests.integration.scheduler.test_openings import SOON, a_booking, ada, change, noor
from tests.integration.scheduler.two import two_people
from tests.integration.scheduler.world import (
    NEW_YORK,
    Visitor,
    a_clinician,
    an_invitation,
    events,
    local,
    schedule_of,
    words,
)

__all__ = ["ada", "noor"]


def begin_now(database: Any, one: Appointment, ago: timedelta = timedelta(0)) -> None:
    """The time of that appointment is now, or was a while ago."""
    start = utcnow() - ago
    with database.begin() as session:
        session.execute(
            text("UPDATE appointment SET during = tstzrange(:a, :b) WHERE id = :id"),
            {"a": start, "b": start + timedelta(minutes=20), "id": one.id},
        )


def status(database: Any, one: Appointment) -> str:
    with database.begin() as session:
        return session.get_one(Appointment, one.id).status


def written(database: Any) -> list[tuple[str, str, str | None]]:
    with database.begin() as session:
        rows = session.scalars(select(AppointmentHistory).order_by(AppointmentHistory.id))
        return [(row.act, row.actor.partition(":")[0], row.reason) for row in rows]


def busy_elsewhere(database: Any, who: Practitioner, day: date) -> None:
    with database.begin() as session:
        schedule = schedule_of(session, who)
        calendar = OutsideCalendar(
            schedule_id=schedule.id,
            name="Home",
            address_sealed=b"x",
            stale_after=timedelta(hours=1),
        )
        session.add(calendar)
        session.flush()
        session.execute(
            insert(OutsideBusy).values(
                calendar_id=calendar.id,
                schedule_id=schedule.id,
                during=Range(local(day, "14:00"), local(day, "15:00"), bounds="[)"),
            )
        )


@pytest.mark.parametrize("view", ["week", "day", "list"])
def test_every_view_shows_people_holds_blocks_and_what_is_busy_elsewhere(
    owner, ada, scheduler_db, settings, view
):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    with scheduler_db.begin() as session:
        holds.hold(
            session,
            invitation=an_invitation(session, name="Held Person"),
            wanted=Wanted(local(SOON, "11:00"), ada.id),
            settings=settings,
            now=utcnow(),
        )
    change(
        owner,
        ada,
        what="block",
        **{"day": SOON.isoformat(), "from": "12:00", "until": "13:00", "reason": "Lunch"},
    )
    change(
        owner,
        ada,
        what="open",
        **{"day": SOON.isoformat(), "from": "18:00", "until": "20:00", "reason": "Late"},
    )
    busy_elsewhere(scheduler_db, ada, SOON)

    page = owner.open(f"/staff/calendar?who={ada.id}&view={view}&day={SOON}")

    seen = words(page)
    assert page.status_code == 200
    for said in ("Rowan T., call", "Held until", "Blocked: Lunch", "Opened: Late"):
        assert said in seen
    assert "Busy elsewhere" in seen
    assert "Held Person" not in seen
    assert f"/staff/appointments/{booked.id}" in page.get_data(as_text=True)


def test_a_day_has_everyone_side_by_side_and_a_list_says_with_whom(
    owner, ada, scheduler_db, settings
):
    with scheduler_db.begin() as session:
        bea = a_clinician(session, "Bea Lund")
    a_booking(scheduler_db, settings, ada, SOON, "10:00")
    a_booking(scheduler_db, settings, bea, SOON, "10:00")

    day = owner.open(f"/staff/calendar?view=day&day={SOON}")
    listed = owner.open(f"/staff/calendar?view=list&who=everyone&day={SOON}")

    heads = re.findall(r'<th scope="col">(.*?)</th>', day.get_data(as_text=True))
    assert [re.sub(r"<[^>]+>", "", one) for one in heads] == [
        "Ada Brandt",
        "Bea Lund",
        "Dana Whitlock",
    ]
    assert words(day).count("Rowan T., call") == 2
    assert "with Ada Brandt" in words(listed)
    assert "with Bea Lund" in words(listed)


@pytest.mark.parametrize(
    "query",
    ["view=x", "who=x&day=never", "view=day&who=everyone&day=2150-01-01", "week=2027-03-10"],
)
def test_an_address_that_was_mistyped_still_shows_a_calendar(owner, query):
    assert owner.open(f"/staff/calendar?{query}").status_code == 200


def test_a_calendar_of_nobody_says_what_to_do_first(noor, scheduler_db):
    with scheduler_db.begin() as session:
        session.execute(text("UPDATE practitioner SET left_at = now()"))

    assert "Nobody sees clients here yet." in words(noor.open("/staff/calendar"))


MIDNIGHT = datetime(2027, 3, 8, tzinfo=NEW_YORK)
SPANS = st.tuples(st.integers(0, 1439), st.integers(1, 600))


@given(st.lists(SPANS, max_size=6), st.lists(SPANS, max_size=4))
def test_a_table_has_one_place_for_each_half_hour_and_loses_nobody(people, closed):
    def mark(kind: str, number: int, span: tuple[int, int]) -> Mark:
        start = MIDNIGHT + timedelta(minutes=span[0])
        return Mark(start, start + timedelta(minutes=span[1]), kind, f"n{number}")

    found = [mark("ev-held", n, one) for n, one in enumerate(people)]
    found += [mark(CLOSED, n, one) for n, one in enumerate(closed, 100)]
    head = Head("Mon", 8, "Monday", today=False)

    one = column(head, MIDNIGHT.date(), NEW_YORK, [Interval(0, 0)], found)
    table = grid([one, one])

    rows = [row for cell in one.cells for row in range(cell.top, cell.bottom)]
    assert len(rows) == len(set(rows))
    texts = " ".join(part.text for cell in one.cells for part in cell.parts)
    assert all(f"n{n}" in texts for n in range(len(people)))
    assert len(table.rows) % 2 == 0
    # However the rows are spanned, each column fills each row exactly once.
    filled = [0, 0]
    for row in table.rows:
        filled = [max(0, left - 1) for left in filled]
        for cell in row["cells"]:
            place = filled.index(0)
            filled[place] = cell["span"]
        assert all(filled)


# ---------------------------------------------------------------- one appointment


def test_whether_somebody_came_is_said_on_today_and_undone_where_it_may_be(
    owner, ada, scheduler_db, settings
):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    begin_now(scheduler_db, booked)
    address = f"/staff/appointments/{booked.id}"
    today = owner.open("/staff/?who=everyone")
    assert "Here now" in words(today)

    missed = owner.send(f"{address}/attendance", today, act="miss", back="everyone")
    assert (missed.status_code, missed.location) == (303, "/staff/?who=everyone")
    assert status(scheduler_db, booked) == "noshow"
    assert "Came after all" in words(owner.open(address))
    for act, after in (("arrive", "arrived"), ("arrive", "arrived"), ("fulfil", "fulfilled")):
        sent = owner.send(f"{address}/attendance", today, act=act)
        assert (sent.status_code, sent.location) == (303, address)
        assert status(scheduler_db, booked) == after

    assert [row[0] for row in written(scheduler_db)] == ["book", "miss", "arrive", "fulfil"]
    assert events(scheduler_db) == ["appointment.booked.v1"]
    assert "Took place" in words(owner.open(address))


def test_what_nobody_can_know_yet_is_not_offered_and_refused(owner, ada, scheduler_db, settings):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    address = f"/staff/appointments/{booked.id}"
    page = owner.open(address)
    assert "Did not come" not in words(page)

    answer = owner.send(f"{address}/attendance", page, act="miss")

    assert answer.status_code == 409
    assert "This can be said once the time has begun." in words(answer)
    assert owner.send(f"{address}/attendance", page, act="cancel").status_code == 422
    assert status(scheduler_db, booked) == "booked"


def test_the_front_desk_says_who_is_here(noor, ada, scheduler_db, settings):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    begin_now(scheduler_db, booked)

    page = noor.open("/staff/")
    sent = noor.send(f"/staff/appointments/{booked.id}/attendance", page, act="arrive")

    assert sent.status_code == 303
    assert status(scheduler_db, booked) == "arrived"


def test_p27_staff_cancel_with_a_reason_that_the_history_keeps(owner, ada, scheduler_db, settings):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    address = f"/staff/appointments/{booked.id}"
    page = owner.open(address)

    silent = owner.send(f"{address}/cancel", page)
    assert silent.status_code == 422
    assert "Say why, for your colleagues." in words(silent)
    for _ in range(2):
        assert owner.send(f"{address}/cancel", page, reason="Ada is ill").status_code == 303

    assert written(scheduler_db) == [
        ("book", "client", None),
        ("cancel", "staff", "Ada is ill"),
    ]
    seen = words(owner.open(address))
    assert "Dana Whitlock. Ada is ill" in seen
    assert "Cancelled" in seen
    assert events(scheduler_db) == ["appointment.booked.v1", "appointment.cancelled.v1"]


def test_p27_the_page_says_who_did_what_from_what_to_what_and_why(
    owner, noor, ada, scheduler_db, settings
):
    """Who cancelled? Each step says by whose hand, from what to what, and why."""
    with scheduler_db.begin() as session:
        bea = a_clinician(session, "Bea Lund")
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    address = f"/staff/appointments/{booked.id}"
    moved_by_the_client(scheduler_db, settings, booked, Wanted(local(SOON, "11:00"), ada.id))
    page = noor.open(f"{address}/move?with={bea.id}&day={SOON}")
    start = f"{local(SOON, '11:00'):%Y-%m-%dT%H:%MZ}/{bea.id}"
    assert noor.send(f"{address}/move", page, start=start, reason="Ada is away").status_code == 303
    page = owner.open(address)
    assert owner.send(f"{address}/cancel", page, reason="They rang").status_code == 303

    seen = words(owner.open(address)).partition("What happened")[2]
    day = f"{SOON:%A, %B} {SOON.day}"

    steps = re.split(r"(?=\b(?:Cancelled|Moved|Booked) (?:Today|\w+day))", seen)[1:]
    assert [step.split(" ")[0] for step in steps] == ["Cancelled", "Moved", "Moved", "Booked"]
    cancelled, handed, moved, first = steps
    assert "Dana Whitlock. They rang Expected before, cancelled then." in cancelled
    assert "Noor Haddad, from Ada Brandt to Bea Lund. Ada is away" in handed
    assert f"The client, from {day}, 10:00 am to {day}, 11:00 am" in moved
    assert "The client Held before, expected then." in first
    assert "pool" not in seen


def test_p27_programs_are_told_from_whom_to_whom_a_time_was_given(
    owner, ada, scheduler_db, settings
):
    with scheduler_db.begin() as session:
        bea = a_clinician(session, "Bea Lund")
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    sent = {
        "start": local(SOON, "10:00").isoformat(),
        "practitioner_id": str(bea.id),
        "reason": "Ada is away",
    }
    address = f"/api/staff/appointments/{booked.id}"

    assert owner.client.post(f"{address}/move", json=sent).status_code == 200

    first, handed = owner.client.get(address).get_json()["history"]
    assert first["practitioner_before"] == first["practitioner_after"] == str(ada.id)
    assert (handed["practitioner_before"], handed["practitioner_after"]) == (
        str(ada.id),
        str(bea.id),
    )
    assert (handed["actor"].partition(":")[0], handed["reason"]) == ("staff", "Ada is away")


def moved_by_the_client(database: Any, settings: Any, one: Any, wanted: Wanted) -> None:
    """The person moves it themselves."""
    with database.begin() as session:
        bookings.move(
            session,
            appointment_id=one.id,
            person_id=participants.person_ids(session, one.id)[0],
            wanted=wanted,
            location="NY",
            settings=settings,
            now=utcnow(),
        )


def test_staff_see_by_whose_hand_a_time_for_two_ended(
    owner, ada, app, intake, scheduler_db, settings
):
    two = two_people(app, intake, scheduler_db, settings)
    two.first.ask()
    two.decline(two.second)

    page = words(owner.open(f"/staff/appointments/{two.rows()[0].id}"))

    assert "Declined" in page
    assert "Ashlin Moreau" in page


def test_an_appointment_that_nobody_knows_is_not_here(owner):
    nobody = "00000000-0000-4000-8000-000000000000"

    assert owner.open(f"/staff/appointments/{nobody}").status_code == 404
    page = owner.open("/staff/time")
    for act, form in (("cancel", {"reason": "x"}), ("attendance", {"act": "arrive"})):
        answer = owner.send(f"/staff/appointments/{nobody}/{act}", page, **form)
        assert answer.status_code == 404


def test_one_appointment_is_open_to_nobody_who_has_not_signed_in(
    app, ada, scheduler_db, settings, owner
):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:00")
    stranger = Visitor(app.test_client())

    assert stranger.open(f"/staff/appointments/{booked.id}").status_code == 303
