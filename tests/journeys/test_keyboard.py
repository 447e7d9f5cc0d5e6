"""Keyboard alone completes every journey: a client's, and the staff's."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.by_browser import DESK, LONG_PASSWORD, chromium, visitor
from tests.journeys.by_keyboard import Keys
from tests.journeys.people import SINGLE
from tests.journeys.world import OWNER_EMAIL, World, somebody
from tests.phone import phone_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOLID = "main form button[type=submit].btn:not(.second):not(.quiet)"
OPEN_NOW = """fields => [...new Set(fields.filter(
  f => f.checkVisibility({visibilityProperty: true})
    || ['radio', 'checkbox'].includes(f.type) && f.closest('label')?.checkVisibility()
).map(f => f.name))]"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def keys(browser: Browser) -> Iterator[Keys]:
    context = visitor(browser, viewport=DESK)
    yield Keys(context.new_page())
    context.close()


def fill_section(keys: Keys, answers: dict[str, Any]) -> None:
    done: set[str] = set()
    while True:
        names = keys.page.eval_on_selector_all("main form [name]", OPEN_NOW)
        todo = [name for name in names if name in answers and name not in done]
        if not todo:
            return
        keys.answer(todo[0], answers[todo[0]])
        done.add(todo[0])


def test_a_client_comes_books_moves_and_cancels(embedded_world: World, keys: Keys) -> None:
    page, person = keys.page, somebody(SINGLE)
    page.goto(f"{embedded_world.url}/begin/")
    keys.tab()
    assert page.evaluate("document.activeElement.hasAttribute('data-exit')"), "Exit comes first"

    keys.press(page.get_by_role("link", name="Schedule a consultation"))
    while "/step/" in page.url:
        fill_section(keys, person)
        before = page.url
        keys.press(page.locator(SOLID).first)
        assert page.url != before, page.locator("main").inner_text()[:600]
    keys.press(page.get_by_role("link", name="Choose a time"))
    before = page.locator(".times legend").text_content() or ""
    keys.unfold(page.locator(".days-box table a").last)
    expect(page.locator(".times legend")).not_to_have_text(before)
    page.wait_for_load_state("networkidle")
    keys.choose(page.locator("main input[name=start]").nth(1))
    keys.press(page.get_by_role("button", name="Hold this time"))
    keys.pick(page.get_by_label("Where will you be when we meet?"), "New York")
    keys.press(page.get_by_role("button", name="Book this time"))
    expect(page.get_by_role("heading", name="Your time is booked")).to_be_visible()

    keys.press(page.get_by_role("link", name="Move or cancel"))
    keys.press(page.get_by_role("link", name="Move it to another time"))
    keys.choose(page.locator("main input[name=start]").last)
    keys.pick(page.get_by_label("Where will you be when we meet?"), "New York")
    keys.press(page.get_by_role("button", name="Move to this time"))
    expect(page.get_by_role("heading", name="Your time is booked")).to_be_visible()

    keys.press(page.get_by_role("link", name="Move or cancel"))
    keys.unfold(page.locator("summary", has_text="Cancel this time"))
    keys.press(page.get_by_role("button", name="Yes, cancel it"))
    expect(page.get_by_text(re.compile("cancelled"))).to_be_visible()

    assert not keys.unseen, "\n".join(keys.unseen)


def test_staff_sign_in_take_a_task_and_open_block_and_move_time(
    embedded_world: World, keys: Keys
) -> None:
    page, url = keys.page, embedded_world.url
    embedded_world.api.complete(somebody(SINGLE | {"name_used": "Petra", "h_recent": "thoughts"}))
    booked = embedded_world.api.booked(somebody(SINGLE | {"name_used": "Ossian"}), nth=5)
    page.goto(f"{url}/schedule/staff/")
    keys.write(page.get_by_label("Email"), OWNER_EMAIL)
    keys.write(page.get_by_label("Password"), LONG_PASSWORD)
    keys.press(page.locator(SOLID).first)
    keys.write(page.get_by_label("Code"), phone_of(url, OWNER_EMAIL).second_step())
    keys.press(page.get_by_role("button", name="Sign in"))

    _read_and_take(keys)
    _block_and_open(keys, date.fromisoformat(booked["start"][:10]) + timedelta(days=14))
    _move(keys, booked)

    assert not keys.unseen, "\n".join(keys.unseen)


def _read_and_take(keys: Keys) -> None:
    page = keys.page
    keys.press(page.get_by_role("navigation", name="Console", exact=True).get_by_text("Inquiries"))
    keys.press(page.get_by_role("link", name="Petra"))
    expect(page.get_by_text("How to reach Petra safely")).to_be_visible()
    keys.press(page.get_by_role("button", name="I have it"))
    expect(page.get_by_role("status").first).to_be_visible()
    expect(page.get_by_role("button", name="I have it")).to_have_count(0)


def _block_and_open(keys: Keys, day: date) -> None:
    page = keys.page
    for what, hours in (("Block it", ("09:00AM", "10:00AM")), ("Open it", ("06:00AM", "07:00AM"))):
        keys.press(
            page.get_by_role("navigation", name="Console", exact=True).get_by_text("Calendar")
        )
        keys.press(page.get_by_role("link", name="Block or open time"))
        keys.to(page.get_by_label("Day", exact=True))
        page.keyboard.type(f"{day:%m%d%Y}")
        for name, at in zip(("From", "Until"), hours, strict=True):
            keys.to(page.get_by_label(name, exact=True))
            page.keyboard.type(at.replace(":", ""))
        keys.choose(page.get_by_label(what))
        keys.press(page.get_by_role("button", name="Save"))
        expect(page.get_by_role("status").first).to_be_visible()
    assert page.get_by_text("Blocked", exact=True).count() == 1
    assert page.get_by_text("Opened", exact=True).count() == 1


def _move(keys: Keys, booked: dict[str, Any]) -> None:
    page = keys.page
    page.goto(
        f"{page.url.partition('/schedule')[0]}/schedule/staff/calendar?day={booked['start'][:10]}"
    )
    keys.press(page.get_by_role("link", name=re.compile("Ossian")))
    keys.press(page.get_by_role("link", name="Move it, or give it to a colleague"))
    keys.choose(page.locator("main input[name=start]").last)
    keys.press(page.get_by_role("button", name="Move it"))
    expect(page.get_by_text("Moved").first).to_be_visible()
