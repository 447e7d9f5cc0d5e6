"""L45 in Spanish, whose words are longer: axe finds nothing, and nothing is wider than a phone."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cheroot.wsgi import Server
from playwright.sync_api import Page
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from services.scheduler.app import create_app
from services.scheduler.settings import Settings
from tests.conftest import environment_for
from tests.integration.scheduler.browsing import day_in
from tests.journeys.by_browser import DESK, chromium, visitor
from tests.journeys.looking import Inspection

pytestmark = pytest.mark.browser


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield visitor(browser, viewport=DESK).new_page()


@pytest.fixture
def origin(database_url: str, intake: Any, scheduler_db: Any) -> Iterator[str]:
    """A scheduler that offers Spanish, under its own prefix, as behind the gateway."""
    more = {"INTAKE_URL": intake.url, "BOOKING_NOTICE_HOURS": "0", "CLIENT_LANGUAGES": "en,es"}
    app = create_app(Settings.from_env(environment_for("scheduler", database_url, more)))
    below = DispatcherMiddleware(Response("", 404), {"/schedule": app})
    server = Server(("127.0.0.1", 0), below, numthreads=4)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.bind_addr[1]}/schedule"
    server.stop()
    thread.join(timeout=10)


def test_l45_axe_finds_nothing_on_the_way_to_a_time_in_spanish(
    origin: str, token: str, page: Page
) -> None:
    look = Inspection()

    def see(name: str) -> None:
        assert page.locator("html").get_attribute("lang") == "es-US"
        look.look(page, name, briefly=True)
        if folder := os.environ.get("PICTURES"):
            page.set_viewport_size({"width": 320, "height": 800})
            page.emulate_media(color_scheme="light")
            page.screenshot(path=Path(folder, f"{name}.png"), full_page=True)

    page.goto(f"{origin}/t/{token}?day={day_in(1)}")
    page.get_by_role("link", name="Español").click()
    see("choose")
    page.locator("label.slot").first.click()
    page.get_by_role("button", name="Guardar esta hora").click()
    see("check")
    assert "Quedan" in page.locator("[data-left]").inner_text()
    page.get_by_role("button", name="Reservar esta hora").click()
    see("wrong")
    page.locator("label.opt").first.click()
    page.select_option("#location", "NY")
    page.get_by_role("button", name="Reservar esta hora").click()
    see("ticket")
    own = page.url
    for step in ("change", "times", "zone", "wait"):
        page.goto(f"{own}/{step}")
        see(step)
    page.goto(f"{origin}/m/{'x' * 43}")
    see("not-here")

    assert not look.found, "\n".join(look.found)
