"""The owner writes what a text says, and sees beside it what it will be, without pressing."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.by_browser import DESK, chromium, through_the_door, visitor
from tests.journeys.world import OWNER_EMAIL, World

pytestmark = pytest.mark.browser

REMINDER = "/notify/staff/templates/reminder/en/sms"


@pytest.fixture
def page(embedded_world: World) -> Iterator[Page]:
    with chromium() as browser:
        context = visitor(browser, viewport=DESK)
        page = context.new_page()
        page.goto(f"{embedded_world.url}{REMINDER}")
        through_the_door(page, embedded_world.url, OWNER_EMAIL)
        page.goto(f"{embedded_world.url}{REMINDER}")
        yield page


def test_what_is_written_stands_beside_it_with_its_length_while_one_writes(
    page: Page, embedded_world: World
) -> None:
    shown, words = page.locator("#preview"), page.get_by_label("Words")
    before = words.input_value()

    words.fill(before.replace("a reminder", "a small reminder"))
    expect(shown.locator("blockquote").first).to_contain_text("a small reminder for")
    expect(shown.locator(".num").first).to_contain_text("GSM-7, 27 characters left")

    words.fill(before.replace("a reminder", "your couples therapy"))
    expect(shown).to_contain_text("Once the words are as they may be")
    expect(shown.locator("blockquote")).to_have_count(0)

    page.goto(f"{embedded_world.url}{REMINDER}")  # nothing of it was kept
    assert page.get_by_label("Words").input_value() == before
