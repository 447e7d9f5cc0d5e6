"""One client's whole way in a real browser, and staff at their desk.

The way itself is walked on both ways of running; what depends on a single page, on one.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.by_browser import (
    DESK,
    answer_everything,
    choose_and_book,
    chromium,
    fill_section,
    through_the_door,
    visitor,
)
from tests.journeys.people import JOURNEYS, SINGLE
from tests.journeys.world import OWNER_EMAIL, World, somebody, until

pytestmark = pytest.mark.browser

SOLID = "main form button[type=submit].btn:not(.second):not(.quiet)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = visitor(browser)
    yield context.new_page()
    context.close()


@pytest.fixture
def desk(browser: Browser, embedded_world: World) -> Iterator[Page]:
    """The owner, signed in at a desk."""
    context = visitor(browser, viewport=DESK)
    opened = context.new_page()
    opened.goto(f"{embedded_world.url}/schedule/staff/")
    through_the_door(opened, embedded_world.url, OWNER_EMAIL)
    expect(opened.get_by_role("link", name="Today").first).to_be_visible()
    yield opened
    context.close()


@pytest.mark.parametrize("way", JOURNEYS)
def test_from_the_practices_page_to_a_booked_call(world: World, page: Page, way: str) -> None:
    person = somebody(JOURNEYS[way])

    answer_everything(page, world.url, person)
    choose_and_book(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Add to my calendar").click()

    (event,) = Calendar.from_ical(download.value.path().read_bytes()).walk("VEVENT")
    assert event["SUMMARY"] == "Appointment"
    mail = until(lambda: world.mails_to(person["email"]))[0]
    assert page.url in mail.text
    assert world.entries(person["email"], "REQUEST")


def test_moving_and_cancelling_by_the_link_in_the_mail(embedded_world: World, page: Page) -> None:
    person = somebody(SINGLE)
    embedded_world.api.booked(person, nth=3)
    mail = until(lambda: embedded_world.mails_to(person["email"]))[0]
    link = re.search(rf"{re.escape(embedded_world.url)}/schedule/m/\S+", mail.text)
    assert link

    page.goto(link[0])
    page.get_by_role("link", name="Move or cancel").click()
    page.get_by_role("link", name="Move it to another time").click()
    page.locator("main input[name=start]").last.check(force=True)
    page.get_by_label("Where will you be when we meet?").select_option("NY")
    page.get_by_role("button", name="Move to this time").click()
    expect(page.get_by_role("heading", name="Your time is booked")).to_be_visible()
    until(lambda: len(embedded_world.entries(person["email"], "REQUEST")) == 2)

    page.get_by_role("link", name="Move or cancel").click()
    page.get_by_text("Cancel this time").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    expect(page.get_by_text(re.compile("cancelled"))).to_be_visible()
    until(lambda: embedded_world.entries(person["email"], "CANCEL"))
    sent = len(embedded_world.mails_to(person["email"]))

    page.goto(link[0])
    expect(page.get_by_role("heading", name="Your time is booked")).not_to_be_visible()
    assert len(embedded_world.mails_to(person["email"])) == sent


def test_p20_looking_at_a_link_changes_nothing(embedded_world: World, page: Page) -> None:
    appointment = embedded_world.api.booked(somebody(SINGLE))
    token = appointment["manage_token"]

    for path in ("", "/change", "/times", "/appointment.ics", "/cancel", "/move"):
        embedded_world.api.call("GET", f"/schedule/m/{token}{path}")
        embedded_world.api.call("HEAD", f"/schedule/m/{token}{path}")

    kept = embedded_world.api.call("GET", "/schedule/api/appointment", token).json()
    assert (kept["status"], kept["sequence"]) == ("booked", 0)


def test_errors_stand_beside_their_field_and_nothing_is_lost(
    embedded_world: World, page: Page
) -> None:
    page.goto(f"{embedded_world.url}/begin/step/1")
    fill_section(page, SINGLE)
    page.locator(SOLID).first.click()
    person = SINGLE | {"email": "rowan@", "name_used": "Rowan"}
    fill_section(page, person)
    page.locator(SOLID).first.click()

    expect(page.locator("[data-errors]")).to_be_focused()
    assert re.match(r"Please check", page.title())
    expect(page.locator("#email-err")).to_contain_text("@")
    assert page.locator("[name=name_used]").input_value() == "Rowan"
    assert page.locator("[name=email]").input_value() == "rowan@"
    page.reload()
    assert page.locator("[name=name_used]").input_value() == "Rowan"
    page.get_by_role("link", name="Back").click()
    assert page.locator("[name=age_group][value='18_plus']").is_checked()
    assert not page.locator("[name=private_now]:checked").count(), "sealed answers never come back"


def test_a_person_in_another_zone_sees_their_own_clock(
    embedded_world: World, browser: Browser
) -> None:
    context = visitor(browser, timezone_id="America/Los_Angeles", viewport=DESK)
    page = context.new_page()
    permission = embedded_world.api.permission(somebody(SINGLE))

    page.goto(f"{embedded_world.url}/schedule/t/{permission}")

    expect(page.get_by_text("Pacific Time (Los Angeles)")).to_be_visible()
    context.close()


def test_l37_exit_comes_first_and_leaves_no_way_back(
    embedded_world: World, browser: Browser
) -> None:
    context = visitor(browser)
    context.route(re.compile("weather"), lambda route: route.fulfill(body="<h1>Weather</h1>"))
    page = context.new_page()
    page.goto(f"{embedded_world.url}/begin/")
    page.goto(f"{embedded_world.url}/begin/step/1")

    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.hasAttribute('data-exit')")
    for _ in range(3):
        page.keyboard.press("Escape")
    page.wait_for_url(re.compile("weather"))
    page.go_back()

    assert not page.url.endswith("/step/1")
    context.close()


def test_l06_no_page_asks_another_origin_for_anything(
    embedded_world: World, browser: Browser
) -> None:
    context = visitor(browser)
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    page = context.new_page()

    answer_everything(page, embedded_world.url, somebody(SINGLE))
    choose_and_book(page)

    assert asked
    assert [url for url in asked if not url.startswith(embedded_world.url)] == []
    context.close()


def test_staff_read_the_inquiry_its_reasons_and_the_appointment(
    embedded_world: World, desk: Page
) -> None:
    person = somebody(JOURNEYS["couples_call"]) | {"name_used": "Ellery"}
    embedded_world.api.booked(person, nth=7)
    desk.goto(f"{embedded_world.url}/begin/staff/inquiries")

    desk.get_by_role("link", name="Ellery").first.click()
    expect(desk.get_by_text("Couples work looks suitable").first).to_be_visible()
    expect(desk.get_by_text("How to reach Ellery safely")).to_be_visible()
    expect(desk.get_by_text("In the past year, have you been afraid")).not_to_be_visible()
    desk.get_by_role("button", name="Open and record").first.click()
    expect(desk.get_by_text("You opened this").first).to_be_visible()

    desk.goto(f"{embedded_world.url}/schedule/staff/calendar")
    expect(desk.get_by_text("Ellery").first).to_be_attached()


def test_staff_change_their_hours_and_only_those_are_offered(
    make_world: Any, browser: Browser
) -> None:
    own = make_world()
    context: BrowserContext = visitor(browser, viewport=DESK)
    desk = context.new_page()
    desk.goto(f"{own.url}/schedule/staff/hours")
    through_the_door(desk, own.url, OWNER_EMAIL)
    for day in (1, 2, 4, 5, 6, 7):
        desk.locator(f"button[name=clear][value='{day}']").click()
    desk.locator("[name=from-3]").first.fill("10:00")
    desk.locator("[name=until-3]").first.fill("12:00")
    desk.get_by_role("button", name="Save hours").last.click()
    expect(desk.get_by_role("status")).to_be_visible()
    context.close()

    permission = own.api.permission(somebody(SINGLE))
    starts = {slot["local"] for slot in own.api.slots(permission, timezone="America/New_York")}

    assert {start[11:16] for start in starts} == {"10:00", "10:30", "11:00", "11:30"}
