"""L45 for the pages that only somebody with a link of their own can open: axe finds nothing."""

import threading
from collections.abc import Iterator

import pytest
from cheroot.wsgi import Server
from flask import Flask
from playwright.sync_api import Page
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from tests.integration.intake.two import LINKS, TO, First, Two
from tests.journeys.by_browser import DESK, chromium, visitor
from tests.journeys.looking import Inspection

pytestmark = pytest.mark.browser

HERE = {"intake door.door", "intake personal.page", "intake personal.link", "intake personal.paper"}
SOLID = "main form button[type=submit].btn:not(.second):not(.quiet):not(.stop)"


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield visitor(browser, viewport=DESK).new_page()


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    """Intake under its own prefix, as behind the gateway."""
    below = DispatcherMiddleware(Response("", 404), {"/begin": app})
    server = Server(("127.0.0.1", 0), below, numthreads=4)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.bind_addr[1]}/begin"
    server.stop()
    thread.join(timeout=10)


def test_l45_axe_finds_nothing_on_the_pages_of_two_people(
    two: Two, origin: str, page: Page
) -> None:
    look = Inspection()
    ada = two.first(name="Ada").may_invite("practice_email")
    page.goto(f"{origin}{ada.page}")
    look.look(page, "may invite")
    page.goto(f"{origin}{ada.page}/link")
    look.look(page, "empty")
    page.locator(SOLID).first.click()
    look.look(page, "with errors", briefly=True)
    page.locator("[name=inv_email]").fill(TO["inv_email"])
    page.locator("[name=inv_ok]").check(force=True)
    page.locator(SOLID).first.click()
    look.look(page, "sent", briefly=True)
    bo = two.first(name="Bo")
    token = bo.invites()
    page.goto(f"{origin}{bo.page}/link")
    look.look(page, "passed on")
    _sign(two, bo, origin, page, look)
    page.goto(f"{origin}/i/{token}")
    look.look(page)
    page.goto(f"{origin}/i/{LINKS.invitation_token(two.first(name='Cy').response_id)}")
    page.locator(SOLID).first.click()
    look.look(page, "closed")

    assert not look.found, "\n".join(look.found)
    assert look.seen >= HERE


def _sign(two: Two, who: First, origin: str, page: Page, look: Inspection) -> None:
    assert two.staff(who.response_id, "paper").status_code == 303
    page.goto(f"{origin}{who.page}/paper")
    look.look(page, "to sign")
    page.locator(SOLID).first.click()
    look.look(page, "with errors", briefly=True)
    page.locator("[name=name]").fill("A Name")
    page.locator("[name=agree]").check(force=True)
    page.locator(SOLID).first.click()
    look.look(page, "signed", briefly=True)
    page.goto(f"{origin}{who.page}")
    look.look(page, "signed", briefly=True)
