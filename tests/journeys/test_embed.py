"""The card on the practice's own site: from another origin, in a real browser."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.journeys.by_browser import chromium, visitor
from tests.journeys.looking import Inspection
from tests.journeys.world import Staff, World

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@contextmanager
def own_site(product: str) -> Iterator[str]:
    """Another origin, with a page that has our script tag."""
    tag = f'<script src="{product}/begin/embed.js" data-height="90"></script>'
    page = f"<!doctype html><title>Our site</title><h1>Our site</h1>{tag}<p>The rest</p>".encode()

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def allow(world: World, *sites: str) -> None:
    owner = Staff(world.url).sign_in()
    owner.send("/begin/staff/settings/embed", {"embed_origins": "\n".join(sites)})


@pytest.fixture
def site(embedded_world: World) -> Iterator[str]:
    """A site that may show the card."""
    with own_site(embedded_world.url) as url:
        allow(embedded_world, url)
        yield url
    allow(embedded_world)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = visitor(browser)
    context.route(re.compile("weather"), lambda route: route.fulfill(body="<h1>Weather</h1>"))
    yield context.new_page()
    context.close()


def test_the_card_leads_the_whole_window_and_leaves_no_cookie(
    embedded_world: World, site: str, page: Page
) -> None:
    page.goto(site)
    card = page.frame_locator("iframe")
    expect(card.get_by_role("heading")).to_be_visible()
    assert page.context.cookies() == []

    card.get_by_role("link", name="Schedule a consultation").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("One of you reaches")
    assert page.url == f"{embedded_world.url}/begin/"


def test_the_frame_is_as_high_as_the_card(site: str, page: Page) -> None:
    page.goto(site)
    expect(page.frame_locator("iframe").get_by_role("heading")).to_be_visible()

    page.wait_for_function("Number(document.querySelector('iframe').height) > 90")

    overflow = page.frames[1].evaluate(
        "document.documentElement.scrollHeight - document.documentElement.clientHeight"
    )
    assert overflow <= 2


def test_nobody_else_tells_the_frame_how_high_to_be(site: str, page: Page) -> None:
    page.goto(site)
    page.wait_for_function("Number(document.querySelector('iframe').height) > 90")
    height = page.locator("iframe").get_attribute("height")

    page.evaluate("postMessage({softstartHeight: 7}, '*')")
    page.evaluate("new Promise(done => setTimeout(done, 50))")

    assert page.locator("iframe").get_attribute("height") == height


@pytest.mark.parametrize("way", ["pressing Exit", "Escape three times"])
def test_l37_exit_leaves_the_whole_window(site: str, page: Page, way: str) -> None:
    page.goto(site)
    leaving = page.frame_locator("iframe").get_by_role("link", name="Exit")
    if way == "pressing Exit":
        leaving.click()
    else:
        page.frame_locator("iframe").get_by_role("heading").click()
        for _ in range(3):
            page.keyboard.press("Escape")

    page.wait_for_url(re.compile("weather"))


def test_a_site_that_the_owner_did_not_name_shows_nothing(
    embedded_world: World, site: str, page: Page
) -> None:
    with own_site(embedded_world.url) as other:
        page.goto(other)
        page.wait_for_load_state("networkidle")

        assert page.frame_locator("iframe").get_by_role("heading").count() == 0


def test_only_the_card_may_be_framed(embedded_world: World, site: str) -> None:
    for path in ("/begin/", "/begin/step/1", "/begin/privacy", "/schedule/staff/sign-in"):
        headers = requests.get(embedded_world.url + path, timeout=20).headers
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Frame-Options"] == "DENY"

    headers = requests.get(f"{embedded_world.url}/begin/embed", timeout=20).headers
    assert f"frame-ancestors {site}" in headers["Content-Security-Policy"].split("; ")
    assert "X-Frame-Options" not in headers
    assert "Set-Cookie" not in headers


def test_l45_axe_finds_nothing_on_the_card(embedded_world: World, page: Page) -> None:
    inspection = Inspection()

    page.goto(f"{embedded_world.url}/begin/embed")
    inspection.look(page)

    assert inspection.found == []


def test_by_default_nobody_may_frame_the_card(embedded_world: World) -> None:
    allow(embedded_world)

    headers = requests.get(f"{embedded_world.url}/begin/embed", timeout=20).headers

    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
