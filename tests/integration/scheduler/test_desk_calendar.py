"""The calendar as drawn in a browser: a drag asks first, a refusal goes back, nothing is inline."""

import os
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cheroot.wsgi import Server
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import Range
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from services.scheduler.domain.appointment import Hand
from services.scheduler.models import Appointment, Practitioner
from services.scheduler.operations import openings
from services.scheduler.practice_models import TimeChange
from shared.clock import utcnow
from tests.integration.scheduler.desk import OWNER, PASSWORD
from tests.integration.scheduler.test_openings import a_booking, ada, noor, rows
from tests.integration.scheduler.world import NEW_YORK, a_clinician, events, local, schedule_of
from tests.journeys.by_browser import DESK, PHONE, chromium, visitor
from tests.journeys.looking import Inspection

__all__ = ["ada", "noor"]

pytestmark = pytest.mark.browser

THIS_WEEK = utcnow().astimezone(NEW_YORK).date()
MONDAY = THIS_WEEK - timedelta(days=THIS_WEEK.weekday()) + timedelta(days=14)
TUESDAY = MONDAY + timedelta(days=1)
WATCH = """addEventListener('securitypolicyviolation',
  (event) => (window.violations ??= []).push(`${event.violatedDirective} ${event.blockedURI}`))"""


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    """The scheduler under its own prefix, as behind the gateway."""
    below = DispatcherMiddleware(Response("", 404), {"/schedule": app})
    server = Server(("127.0.0.1", 0), below, numthreads=4)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.bind_addr[1]}/schedule"
    server.stop()
    thread.join(timeout=10)


@pytest.fixture
def ben(ada: Any, scheduler_db: Any) -> Practitioner:
    with scheduler_db.begin() as session:
        return a_clinician(session, "Ben Hale")


@pytest.fixture
def desk(owner: Any, origin: str) -> Iterator[Page]:
    """The owner's browser, which writes down what its policy forbids."""
    with chromium() as browser:
        context = visitor(browser, viewport=DESK)
        context.add_init_script(WATCH)
        page = context.new_page()
        page.goto(f"{origin}/staff/sign-in")
        page.locator("[name=email]").fill(OWNER["email"])
        page.locator("[name=password]").fill(PASSWORD)
        page.locator("main button[type=submit]").first.click()
        page.wait_for_url("**/staff/")
        yield page


def opened(page: Page, origin: str, who: Any, view: str = "week") -> None:
    page.goto(f"{origin}/staff/calendar?who={who.id}&view={view}&day={TUESDAY}")
    expect(page.locator("#desk-calendar .fc-timegrid")).to_be_visible()
    expect(page.locator("#desk-calendar .is-open").first).to_be_visible()


def place(page: Page, day: Any, clock: str) -> tuple[float, float]:
    """Where a wall time of a day is drawn."""
    column = page.locator(f".fc-timegrid-col[data-date='{day}']").bounding_box()
    row = page.locator(f".fc-timegrid-slot-lane[data-time='{clock}:00']").bounding_box()
    assert column
    assert row
    return column["x"] + column["width"] / 2, row["y"] + 6


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + 6, start[1] + 6, steps=3)
    page.mouse.move(*end, steps=8)
    page.mouse.up()


def starts_at(database: Any, one: Appointment) -> Any:
    with database.begin() as session:
        return session.get_one(Appointment, one.id).starts_at


def test_n7_moving_by_hand_says_who_is_told_and_moves_only_after_a_yes(
    desk, origin, ada, scheduler_db, settings
):
    booked = a_booking(scheduler_db, settings, ada, TUESDAY, "10:00")
    opened(desk, origin, ada)
    event = desk.locator(".fc-event.ev-first")

    drag(desk, place(desk, TUESDAY, "10:00"), place(desk, TUESDAY, "13:00"))

    asked = desk.locator("#desk-ask")
    expect(asked).to_contain_text("1:00 pm?")
    expect(asked).to_contain_text("gets a short note with the new time, by")
    assert starts_at(scheduler_db, booked) == local(TUESDAY, "10:00")
    asked.get_by_role("button", name="Keep").click()
    expect(event).to_contain_text("10:00")

    drag(desk, place(desk, TUESDAY, "10:00"), place(desk, TUESDAY, "13:00"))
    if where := os.environ.get("PICTURES"):
        picture(desk, where, "moving")
    asked.get_by_role("button", name="Yes, move it").click()
    expect(desk.locator("#desk-said")).to_contain_text("Moved to")
    assert starts_at(scheduler_db, booked) == local(TUESDAY, "13:00")
    assert any("moved" in one or "rescheduled" in one for one in events(scheduler_db))
    assert desk.evaluate("window.violations ?? []") == []


def picture(page: Page, where: str, name: str) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.screenshot(path=f"{where}/{name}-{scheme}.png", full_page=True)


def test_a_time_that_somebody_takes_meanwhile_is_refused_and_goes_back(
    desk, origin, ada, scheduler_db, settings
):
    booked = a_booking(scheduler_db, settings, ada, TUESDAY, "10:00")
    opened(desk, origin, ada)
    drag(desk, place(desk, TUESDAY, "10:00"), place(desk, TUESDAY, "13:00"))
    expect(desk.locator("#desk-ask")).to_be_visible()
    a_booking(scheduler_db, settings, ada, TUESDAY, "13:00")

    desk.locator("#desk-ask").get_by_role("button", name="Yes, move it").click()

    expect(desk.locator("#desk-said .bad")).to_contain_text("It stays where it was.")
    assert starts_at(scheduler_db, booked) == local(TUESDAY, "10:00")
    expect(desk.locator(".fc-event.ev-first")).to_have_count(2)


def test_a_stretch_is_blocked_by_dragging_across_it_after_a_question(
    desk, origin, ada, scheduler_db
):
    opened(desk, origin, ada)

    drag(desk, place(desk, TUESDAY, "14:00"), place(desk, TUESDAY, "15:30"))
    desk.get_by_label("Why, for colleagues").fill("Supervision")
    desk.get_by_role("button", name="Block it").click()

    expect(desk.locator(".fc-event.ev-block")).to_contain_text("Blocked: Supervision")
    assert rows(scheduler_db) == [("14:00", "15:45", False, "Supervision")]
    assert desk.evaluate("window.violations ?? []") == []


def beside(page: Page, origin: str) -> list[str]:
    """The day of everyone; returns whose column is which."""
    page.goto(f"{origin}/staff/calendar?who=everyone&view=day&day={TUESDAY}")
    expect(page.locator("#desk-calendar .is-open").first).to_be_visible()
    return page.locator("#desk-calendar a.head").all_inner_texts()


def test_p23_side_by_side_somebody_is_dragged_to_a_colleague_with_a_reason(
    desk, origin, ada, ben, scheduler_db, settings
):
    booked = a_booking(scheduler_db, settings, ada, TUESDAY, "10:00")
    names = beside(desk, origin)
    of_ada, of_ben = (TUESDAY + timedelta(days=names.index(one.name)) for one in (ada, ben))
    asked = desk.locator("#desk-ask")

    drag(desk, place(desk, of_ada, "10:00"), place(desk, of_ben, "11:00"))
    expect(asked).to_contain_text(f"11:00 am, with {ben.name}?")
    if where := os.environ.get("PICTURES"):
        picture(desk, where, "beside")
    asked.get_by_role("button", name="Yes, move it").click()
    expect(desk.get_by_label("Why, for colleagues")).to_have_attribute("aria-invalid", "true")
    assert starts_at(scheduler_db, booked) == local(TUESDAY, "10:00")
    desk.get_by_label("Why, for colleagues").fill("Ada is at court")
    asked.get_by_role("button", name="Yes, move it").click()

    expect(desk.locator("#desk-said")).to_contain_text("Moved to")
    with scheduler_db.begin() as session:
        row = session.get_one(Appointment, booked.id)
        assert row.starts_at == local(TUESDAY, "11:00")
        assert row.schedule_id == schedule_of(session, ben).id
    assert desk.evaluate("window.violations ?? []") == []


def test_side_by_side_a_stretch_is_blocked_for_whom_it_was_dragged_and_on_that_day(
    desk, origin, ada, ben, scheduler_db
):
    column = TUESDAY + timedelta(days=beside(desk, origin).index(ben.name))

    drag(desk, place(desk, column, "14:00"), place(desk, column, "15:30"))
    expect(desk.locator("#desk-title")).to_contain_text(ben.name)
    desk.get_by_role("button", name="Block it").click()

    expect(desk.locator(".fc-event.ev-block")).to_have_count(1)
    with scheduler_db.begin() as session:
        (found,) = session.scalars(select(TimeChange))
        assert found.schedule_id == schedule_of(session, ben).id
        assert found.during.lower == local(TUESDAY, "14:00")


def test_without_a_script_and_on_a_phone_the_page_is_whole(desk, origin, ada):
    desk.set_viewport_size(PHONE)
    desk.goto(f"{origin}/staff/calendar?who={ada.id}&day={TUESDAY}")

    expect(desk.locator(".if-small")).to_be_visible()
    expect(desk.locator("#desk-calendar")).to_be_hidden()


def test_l45_axe_finds_nothing_on_the_drawn_calendar(
    desk, origin, ada, ben, scheduler_db, settings
):
    a_booking(scheduler_db, settings, ada, TUESDAY, "10:00")
    a_booking(scheduler_db, settings, ada, MONDAY, "09:00")
    with scheduler_db.begin() as session:
        for opens, clock, until in ((False, "14:00", "16:00"), (True, "17:00", "18:30")):
            openings.change(
                session,
                schedule_of(session, ada).id,
                during=Range(local(MONDAY, clock), local(MONDAY, until), bounds="[)"),
                opens=opens,
                by=Hand.staff(ada.id, "Lunch with the team"),
                now=utcnow(),
            )
    look = Inspection()
    for view in ("week", "day"):
        opened(desk, origin, ada, view)
        if where := os.environ.get("PICTURES"):
            picture(desk, where, view)
        look.look(desk, view)
    desk.set_viewport_size(DESK)
    beside(desk, origin)
    look.look(desk, "beside")

    assert not look.found, "\n".join(look.found)
    assert desk.evaluate("window.violations ?? []") == []


def test_what_a_program_reads_has_the_clinicians_clock_also_when_clocks_change(owner, ada):
    answer = owner.client.get(
        f"/api/staff/calendar?practitioner_id={ada.id}&from=2027-03-13&days=2"
    ).get_json()

    assert answer["timezone"] == "America/New_York"
    assert [one["start"] for one in answer["open"]] == [
        "2027-03-13T09:00:00-05:00",
        "2027-03-14T09:00:00-04:00",
    ]
