"""Time that staff block within the hours or open beside them, days off, and who may do so."""

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from services.scheduler.domain.errors import BadStretch
from services.scheduler.models import Practitioner
from services.scheduler.operations import bookings, openings
from services.scheduler.operations.offers import Wanted
from services.scheduler.practice_models import TimeChange, TimeOff
from shared.clock import utcnow
from shared.zones import zone
from tests.integration.scheduler.test_front_desk import NOOR, welcome_link
from tests.integration.scheduler.test_staff_pages import colleague
from tests.integration.scheduler.world import (
    NEW_YORK,
    Visitor,
    a_clinician,
    an_invitation,
    local,
    words,
)

SOON = utcnow().astimezone(NEW_YORK).date() + timedelta(days=3)
MORNING = {"day": SOON.isoformat(), "from": "10:00", "until": "12:00", "reason": "Supervision"}


@pytest.fixture
def ada(owner: Visitor, scheduler_db: Any) -> Practitioner:
    with scheduler_db.begin() as session:
        return a_clinician(session, "Ada Brandt")


@pytest.fixture
def noor(owner: Visitor, app: Any) -> Visitor:
    """Noor, of the front desk, signed in."""
    added = owner.send("/staff/people/new", owner.open("/staff/people/new"), **NOOR)
    browser, link = Visitor(app.test_client()), welcome_link(added)
    browser.send(link, browser.open(link), password="nine slow trains to Utica")
    return browser


def rows(database: Any) -> list[tuple[str, str, bool, str]]:
    with database.begin() as session:
        return [
            (
                f"{one.during.lower.astimezone(NEW_YORK):%H:%M}",
                f"{one.during.upper.astimezone(NEW_YORK):%H:%M}",
                one.opens,
                one.reason,
            )
            for one in session.scalars(select(TimeChange).order_by(TimeChange.id))
        ]


def a_booking(database: Any, settings: Any, who: Practitioner, day: date, clock: str) -> Any:
    with database.begin() as session:
        return bookings.book(
            session,
            invitation=an_invitation(session),
            wanted=Wanted(local(day, clock), who.id),
            how="phone",
            timezone="America/New_York",
            location="NY",
            settings=settings,
            now=utcnow(),
        )


def change(browser: Visitor, who: Practitioner, **form: str) -> Any:
    address = f"/staff/time?who={who.id}"
    return browser.send(address, browser.open(address), **form)


def test_time_is_blocked_by_the_clinicians_clock_and_shown_with_its_reason(
    owner, ada, scheduler_db
):
    for _ in range(2):  # sent twice, it is there once
        assert change(owner, ada, what="block", **MORNING).status_code == 303

    assert rows(scheduler_db) == [("10:00", "12:00", False, "Supervision")]
    page = words(owner.open(f"/staff/time?who={ada.id}"))
    assert "Blocked 10:00 am to 12:00 pm. Supervision" in page
    for view in ("week", "day", "list"):
        shown = words(owner.open(f"/staff/calendar?who={ada.id}&view={view}&day={SOON}"))
        assert "Blocked: Supervision" in shown


def test_p27_the_row_says_who_blocked_it_and_why(owner, ada, scheduler_db):
    change(owner, ada, what="block", **MORNING)

    with scheduler_db.begin() as session:
        row = session.scalars(select(TimeChange)).one()
        assert re.fullmatch(r"staff:[0-9a-f-]{36}", row.actor)
        assert row.reason == "Supervision"


def test_a_block_over_appointments_leaves_them_and_names_them(owner, ada, scheduler_db, settings):
    booked = a_booking(scheduler_db, settings, ada, SOON, "10:30")

    answer = change(owner, ada, what="block", **MORNING)

    assert answer.status_code == 303
    page = owner.open(answer.location)
    assert "One appointment stays. Move or cancel it: 10:30 am, Rowan Teller" in words(page)
    assert f"/staff/appointments/{booked.id}" in page.get_data(as_text=True)
    with scheduler_db.begin() as session:
        assert session.get(type(booked), booked.id).status == "booked"


def test_what_is_blocked_is_removed_once_however_often_it_is_pressed(owner, ada, scheduler_db):
    change(owner, ada, what="block", **MORNING)
    address = f"/staff/time?who={ada.id}"
    page = owner.open(address)
    link = re.search(r'action="([^"]+/remove[^"]*)"', page.get_data(as_text=True))
    assert link

    for _ in range(2):
        assert owner.send(link.group(1), page).status_code == 303

    assert rows(scheduler_db) == []


@pytest.mark.parametrize(
    ("change_", "said"),
    [
        ({"until": "10:00"}, "The end has to be later than the start."),
        ({"day": "2020-03-02"}, "That time is over."),
        ({"day": "soon"}, "Write the date like this: 2027-03-10."),
        ({"from": "ten"}, "Write the time like this: 09:30."),
        ({"from": ""}, "Write both times."),
        ({"what": "both"}, "Choose one of the answers."),
        ({"what": ""}, "Say whether to block it or to open it."),
        ({"reason": "x" * 301}, "Please use at most 300 characters."),
        ({"day": "2027-03-14", "from": "02:00", "until": "02:59"}, None),
    ],
)
def test_a_stretch_that_is_none_comes_back_with_what_to_do(owner, ada, scheduler_db, change_, said):
    answer = change(owner, ada, **{"what": "block", **MORNING, **change_})

    if said is None:  # in the hour that clocks skip: pushed forward, as RFC 5545 has it
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    assert said in words(answer)
    if change_.get("reason") is None:
        assert 'value="Supervision"' in answer.get_data(as_text=True)
    assert rows(scheduler_db) == []


def test_days_off_are_local_dates_and_shown_as_such(owner, ada, scheduler_db):
    last = SOON + timedelta(days=2)
    address = f"/staff/time?who={ada.id}"
    form = {"first_day": SOON.isoformat(), "last_day": last.isoformat(), "reason": "Vacation"}

    for _ in range(2):
        sent = owner.send(f"/staff/time/off?who={ada.id}", owner.open(address), **form)
        assert sent.status_code == 303

    with scheduler_db.begin() as session:
        row = session.scalars(select(TimeOff)).one()
        assert (row.first_day, row.last_day, row.reason) == (SOON, last, "Vacation")
    shown = words(owner.open(f"/staff/calendar?who={ada.id}&view=list&day={SOON}"))
    assert "All day Day off: Vacation" in shown
    wrong = owner.send(
        f"/staff/time/off?who={ada.id}",
        owner.open(address),
        first_day=last.isoformat(),
        last_day=SOON.isoformat(),
    )
    assert wrong.status_code == 422
    assert "The last day has to come after the first." in words(wrong)


def test_the_front_desk_blocks_for_anyone_and_opens_for_nobody(noor, ada, scheduler_db):
    assert change(noor, ada, what="block", **MORNING).status_code == 303
    assert change(noor, ada, what="open", **MORNING).status_code == 403

    assert rows(scheduler_db) == [("10:00", "12:00", False, "Supervision")]
    assert 'value="open"' not in noor.open(f"/staff/time?who={ada.id}").get_data(as_text=True)


def test_a_clinician_blocks_and_opens_their_own_time_and_nobody_elses(
    owner, app, ada, scheduler_db
):
    marcus = colleague(owner, app)
    with scheduler_db.begin() as session:
        own = session.scalars(
            select(Practitioner).where(Practitioner.name == "Marcus Oyelaran")
        ).one()

    assert change(marcus, own, what="open", **MORNING).status_code == 303
    assert change(marcus, own, what="block", **MORNING).status_code == 303
    page = marcus.open(f"/staff/time?who={own.id}")
    form = {"first_day": SOON.isoformat(), "last_day": SOON.isoformat()}
    for path, sent in (
        (f"/staff/time?who={ada.id}", {"what": "block", **MORNING}),
        (f"/staff/time?who={ada.id}", {"what": "open", **MORNING}),
        (f"/staff/time/off?who={ada.id}", form),
        (f"/staff/time/1/remove?who={ada.id}", {}),
        (f"/staff/time/off/1/remove?who={ada.id}", {}),
    ):
        assert marcus.send(path, page, **sent).status_code in (403, 404)
    assert len(rows(scheduler_db)) == 2
    assert (
        "<form"
        not in marcus.open(f"/staff/time?who={ada.id}")
        .get_data(as_text=True)
        .split("<main")[1]
        .split("</main>")[0]
    )


def test_nobody_removes_what_belongs_to_another(owner, ada, scheduler_db):
    with scheduler_db.begin() as session:
        bea = a_clinician(session, "Bea Lund")
    change(owner, ada, what="block", **MORNING)
    with scheduler_db.begin() as session:
        number = session.scalars(select(TimeChange.id)).one()

    page = owner.open(f"/staff/time?who={bea.id}")
    assert owner.send(f"/staff/time/{number}/remove?who={bea.id}", page).status_code == 404
    assert len(rows(scheduler_db)) == 1


ZONES = ("America/New_York", "Europe/London", "Australia/Lord_Howe", "Pacific/Chatham", "UTC")


@given(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)), st.times(), st.times(), st.sampled_from(ZONES)
)
def test_p4_a_stretch_is_never_empty_and_begins_when_the_clock_says_so(day, starts, ends, name):
    here = zone(name)
    starts, ends = (one.replace(second=0, microsecond=0) for one in (starts, ends))
    try:
        found = openings.stretch(day, starts, ends, here)
    except BadStretch:
        return
    assert found.lower < found.upper
    shown = found.lower.astimezone(here)
    skipped = shown.time() != starts
    assert shown.date() == day
    assert not skipped or shown.time() > starts
    assert found.upper - found.lower <= timedelta(hours=25)
    assert ends == time(0) or found.upper.astimezone(here).date() == day
