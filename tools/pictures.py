"""Take the pictures that the README shows: `make pictures`, with the demo and a real browser.

Starts `softstart up --demo` on a home of its own, walks the way of a client on a phone, signs in as
the owner at a desk, and writes `docs/pictures/*.png`. Needs Chromium.
"""

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

HERE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HERE))

from tests.journeys.by_browser import (  # noqa: E402
    answer_everything,
    chromium,
    fill_section,
    visitor,
)
from tests.journeys.looking import send  # noqa: E402
from tests.journeys.people import SINGLE  # noqa: E402
from tests.journeys.suite import Suite  # noqa: E402
from tests.journeys.world import somebody  # noqa: E402

FOLDER = HERE / "docs" / "pictures"
DESK = {"width": 1280, "height": 860}
PHONE = {"width": 390, "height": 780}


def take(page: Page, name: str) -> None:
    """One picture of what the screen shows now."""
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{name}.png", animations="disabled")
    print(f"docs/pictures/{name}.png  {(FOLDER / f'{name}.png').stat().st_size // 1000} KB")


@contextmanager
def somebody_with(browser: Browser, size: dict[str, int], scheme: str) -> Iterator[Page]:
    """A browser of that size and scheme, with nothing in it."""
    context: BrowserContext = visitor(browser, viewport=size, color_scheme=scheme)
    yield context.new_page()
    context.close()


def the_way_of_a_client(browser: Browser, url: str) -> None:
    """From the practice's page to a booked time."""
    with somebody_with(browser, DESK, "light") as page:
        page.goto(f"{url}/begin/")
        take(page, "practice")
    with somebody_with(browser, PHONE, "light") as page:
        person = somebody(SINGLE)
        page.goto(f"{url}/begin/step/1")
        fill_section(page, person)
        page.evaluate("scrollTo(0, 0)")
        take(page, "form")
        answer_everything(page, url, person)
        take(page, "suggestion")
        page.get_by_role("link", name="Choose a time").click()
        page.locator("main h1").evaluate("heading => heading.scrollIntoView()")
        page.evaluate("scrollBy(0, -70)")
        take(page, "times")
        page.locator("main input[name=start]").first.check(force=True)
        page.get_by_role("button", name="Hold this time").click()
        page.get_by_label("Where will you be when we meet?").select_option("NY")
        page.get_by_role("button", name="Book this time").click()
        page.get_by_role("heading", name="Your time is booked").wait_for()
        page.evaluate("scrollTo(0, 0)")
        take(page, "booked")


def the_day_of_staff(browser: Browser, url: str, link: str) -> None:
    """What the owner sees at a desk."""
    with somebody_with(browser, DESK, "light") as page:
        page.goto(link)
        send(page)
        page.goto(f"{url}/schedule/staff/")
        day = the_next_day_with_somebody(page)
        for name, path in (
            ("today", f"/schedule/staff/?who=everyone&day={day}"),
            ("inquiries", "/begin/staff/inquiries"),
            ("set-up", "/schedule/staff/set-up"),
        ):
            page.goto(url + path)
            take(page, name)
        page.emulate_media(color_scheme="dark")
        page.goto(f"{url}/schedule/staff/calendar?day={day}")
        take(page, "calendar")


def the_next_day_with_somebody(page: Page) -> str:
    """On a holiday, or late in a week, today itself has little to show."""
    ahead = page.locator("section:has-text('The next two weeks') a[href*='day=']")
    found = re.search(r"day=([0-9-]+)", ahead.first.get_attribute("href") or "")
    if found is None:
        raise SystemExit("The demo has nobody who comes in the next two weeks.")
    return found[1]


def main() -> None:
    """Take them all."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        suite = Suite(Path(home) / "var", {"BOOKING_NOTICE_HOURS": "0"}, arguments=("--demo",))
        suite.start()
        try:
            (link,) = re.findall(r"http://\S+/staff/link/\S+", "\n".join(suite.lines))
            with chromium() as browser:
                the_way_of_a_client(browser, suite.url)
                the_day_of_staff(browser, suite.url, link)
        finally:
            suite.stop()


if __name__ == "__main__":
    main()
