"""How much a phone has to fetch, how many pages one walks through, and that nothing jumps."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.by_browser import DESK, answer_everything, choose_and_book, chromium, visitor
from tests.journeys.people import SINGLE
from tests.journeys.world import World, somebody

pytestmark = pytest.mark.browser

KILOBYTE = 1000
MOST_PAGES = 12
SHIFTS = """() => { window.shifts = [];
  new PerformanceObserver(list => window.shifts.push(...list.getEntries().map(one => one.value)))
    .observe({type: 'layout-shift', buffered: true}); }"""
# Two frames later whatever has moved has been painted, and told to the observer.
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


def weight(page: Page, url: str) -> float:
    """Kilobytes over the wire, heads included, for the page and everything it needs."""
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    fetched: list[float] = []
    wire.on("Network.loadingFinished", lambda event: fetched.append(event["encodedDataLength"]))
    page.goto(url, wait_until="networkidle")
    assert len(fetched) >= 3, "the page, its stylesheet and its script at least"
    return sum(fetched) / KILOBYTE


def test_the_first_page_is_light_enough_for_a_bad_connection(
    world: World, browser: Browser
) -> None:
    context = visitor(browser)

    kilobytes = weight(context.new_page(), f"{world.url}/begin/")

    context.close()
    assert kilobytes <= 60


def test_the_picker_is_light_enough_for_a_bad_connection(world: World, browser: Browser) -> None:
    permission = world.api.permission(somebody(SINGLE))
    context = visitor(browser)

    kilobytes = weight(context.new_page(), f"{world.url}/schedule/t/{permission}")

    context.close()
    assert kilobytes <= 90


def test_what_one_has_is_not_fetched_again(embedded_world: World, browser: Browser) -> None:
    context = visitor(browser)
    page = context.new_page()
    weight(page, f"{embedded_world.url}/begin/")
    page.goto(f"{embedded_world.url}/begin/privacy", wait_until="networkidle")

    sizes = page.evaluate(
        "performance.getEntriesByType('resource').map(one => [one.name, one.transferSize])"
    )
    context.close()
    assert [name for name, size in sizes if size and "/ui/" in name] == []


@pytest.mark.parametrize("size", [None, DESK], ids=["phone", "desk"])
def test_nothing_jumps_when_another_day_is_chosen(
    embedded_world: World, browser: Browser, size: dict[str, int] | None
) -> None:
    permission = embedded_world.api.permission(somebody(SINGLE))
    context = visitor(browser, **({"viewport": size} if size else {}))
    page = context.new_page()
    page.goto(f"{embedded_world.url}/schedule/t/{permission}", wait_until="networkidle")
    days = page.locator("main table a[href*='day=']")
    assert days.count() > 3
    page.evaluate(SHIFTS)

    for nth in (3, 1, 2):
        shown = page.locator("main table [aria-current]").inner_text()
        days.nth(nth).click()
        page.wait_for_function(
            "was => document.querySelector('main table [aria-current]')?.innerText !== was",
            arg=shown,
        )
        page.evaluate(PAINTED)

    moved = page.evaluate("window.shifts")
    context.close()
    assert moved == []


def test_a_single_adult_comes_from_the_first_page_to_a_booked_time_in_twelve_pages(
    embedded_world: World, browser: Browser
) -> None:
    context = visitor(browser, java_script_enabled=False)
    page = context.new_page()
    loads: list[str] = []
    page.on(
        "response",
        lambda answer: (
            loads.append(answer.url)
            if answer.request.resource_type == "document" and not 300 <= answer.status < 400
            else None
        ),
    )

    answer_everything(page, embedded_world.url, somebody(SINGLE))
    choose_and_book(page)

    context.close()
    assert len(loads) <= MOST_PAGES, loads
