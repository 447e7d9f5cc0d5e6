"""The same way in a real browser, as a person goes it: reading labels, pressing buttons."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.phone import phone_of

PHONE = {"width": 320, "height": 720}
DESK = {"width": 1280, "height": 900}
LONG_PASSWORD = "four plain words are enough"

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def chromium() -> Iterator[Browser]:
    """An installed Chromium. Skips in sight where there is none."""
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        pytest.skip("no Chromium here; `apt-get install chromium` brings one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=_FLAGS)
        yield browser
        browser.close()


def visitor(browser: Browser, **options: Any) -> BrowserContext:
    """Somebody's browser: nothing in it yet, and on a phone unless said otherwise."""
    context = browser.new_context(
        **{"viewport": PHONE, "locale": "en-US", "timezone_id": "America/New_York"} | options
    )
    context.set_default_timeout(15_000)
    return context


def fill_section(page: Page, answers: dict[str, Any]) -> None:
    """Answer what this page asks, as far as there is an answer; what appears then, too."""
    done: set[str] = set()
    while True:
        names = page.eval_on_selector_all(
            "main form [name]",
            "fields => [...new Set(fields.filter(f => f.checkVisibility({visibilityProperty: true})"
            " || ['radio', 'checkbox'].includes(f.type) && f.closest('label')?.checkVisibility())"
            ".map(f => f.name))]",
        )
        todo = [name for name in names if name in answers and name not in done]
        if not todo:
            return
        for name in todo:
            _answer(page, name, answers[name])
            done.add(name)


def _answer(page: Page, name: str, value: Any) -> None:
    field = page.locator(f"main form [name='{name}']")
    kind = field.first.evaluate("f => f.tagName === 'INPUT' ? f.type : f.tagName.toLowerCase()")
    if kind in ("radio", "checkbox"):
        wanted = value if isinstance(value, list) else [value]
        for one in wanted:
            choice = (
                field if one is True else page.locator(f"main form [name='{name}'][value='{one}']")
            )
            choice.check(force=True)
    elif kind == "select":
        field.select_option(str(value))
    else:
        field.fill(str(value))


def answer_everything(page: Page, url: str, answers: dict[str, Any]) -> list[str]:
    """From the practice's page to the page with the suggestion; returns each section's heading."""
    page.goto(f"{url}/begin/")
    page.get_by_role("link", name="Schedule a consultation").first.click()
    seen: list[str] = []
    while "/step/" in page.url:
        seen.append(page.get_by_role("heading", level=1).inner_text())
        assert len(seen) < 14, f"the form does not end: {seen}"
        fill_section(page, answers)
        before = page.url
        page.locator("main form button[type=submit].btn:not(.second):not(.quiet)").first.click()
        page.wait_for_load_state()
        errors = page.locator("[data-errors]")
        assert not errors.count(), errors.inner_text()
        assert page.url != before, f"stuck at {before}"
    return seen


def choose_and_book(page: Page) -> None:
    """From the suggestion to the booked page, taking the first time that is offered."""
    page.get_by_role("link", name="Choose a time").click()
    page.locator("main input[name=slot], main input[name=start]").first.check()
    page.get_by_role("button", name="Hold this time").click()
    expect(page.get_by_role("heading", name="Is this right?")).to_be_visible()
    page.get_by_label("Where will you be when we meet?").select_option("NY")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="Your time is booked")).to_be_visible()


def through_the_door(page: Page, url: str, email: str) -> None:
    """From the sign-in page, by password and the code of the person's phone, to where one went."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(LONG_PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Code").fill(phone_of(url, email).second_step())
    page.get_by_role("button", name="Sign in").click()
