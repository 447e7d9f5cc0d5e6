"""L45: axe finds nothing on any page for clients, in any state that they can bring it to."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.by_browser import DESK, chromium, fill_section, visitor
from tests.journeys.looking import Inspection, send
from tests.journeys.people import COUPLE, SINGLE
from tests.journeys.world import World, somebody, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Views that lead on and show nothing of their own.
LEADING_ON = {"intake form.resume"}
# Pages of two people: test_partner_pages_look.py of intake and test_joint_look.py of the scheduler.
WITH_A_LINK_OF_ONES_OWN = {
    "intake door.door",
    "intake personal.link",
    "intake personal.page",
    "intake personal.paper",
    "scheduler answers.question",
    "scheduler stated.page",
    "scheduler agreeing.question",
    # It needs a time that was freed while somebody waited: test_waitlist_pages.py.
    "scheduler waiting.offer",
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def inspection() -> Inspection:
    return Inspection()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = visitor(browser, viewport=DESK)
    yield context.new_page()
    context.close()


def fill_in(page: Page, url: str, person: dict[str, Any], look: Inspection | None) -> None:
    """The form to its end; looking at each page empty, wrong, and filled in."""
    page.goto(f"{url}/begin/step/1")
    while "/step/" in page.url:
        here = page.url
        if look:
            look.look(page, "empty")
            send(page)
            if page.url == here or "check" in page.url:
                look.look(page, "with errors", briefly=True)
            page.goto(here)
        if "/step/" not in page.url:
            return
        fill_section(page, person)
        if look:
            look.look(page, "filled in", briefly=True)
        before = page.url
        send(page)
        assert page.url != before, page.locator("main").inner_text()[:500]


def test_l45_axe_finds_nothing_on_any_page_for_clients(
    embedded_world: World, page: Page, inspection: Inspection
) -> None:
    url, person = embedded_world.url, somebody(COUPLE)
    for path in ("", "privacy", "reaching-you", "erase", "other-start", "saved", "saved/sent"):
        page.goto(f"{url}/begin/{path}")
        inspection.look(page)
    for path in ("nothing/here", "b/" + "x" * 43):
        page.goto(f"{url}/begin/{path}")
        inspection.look(page, "not there")
    page.goto(f"{url}/wp-login")
    inspection.look(page, "of no service")
    expect(page.get_by_role("link", name="988").first).to_be_visible()
    _save_for_later(embedded_world, page, inspection)
    page.goto(f"{url}/begin/erase")
    inspection.look(page, "begun")
    send(page)
    inspection.look(page, "done")
    fill_in(page, url, person, inspection)
    inspection.look(page, "a time to choose")
    page.goto(f"{url}/begin/erase")
    inspection.look(page, "sent")
    page.goto(f"{url}/begin/next")
    _choose(page, inspection)
    _choose_what_is_sent(embedded_world, page, inspection, person["email"])
    for different in ({"h_now": "yes"}, {"court_purpose": "yes"}, {"session_state": "OH"}):
        page.context.clear_cookies()
        fill_in(page, url, somebody(SINGLE | different), None)
        inspection.look(page, " ".join(different))

    assert not inspection.found, "\n".join(inspection.found)
    elsewhere = LEADING_ON | WITH_A_LINK_OF_ONES_OWN
    assert inspection.pages("client") - inspection.seen - elsewhere == set()


def _save_for_later(world: World, page: Page, look: Inspection) -> None:
    person = somebody(SINGLE)
    page.goto(f"{world.url}/begin/step/1")
    fill_section(page, person)
    send(page)
    fill_section(page, person)
    page.get_by_role("button", name="Save and finish later").click()
    look.look(page, "with an offer")
    page.get_by_role("button", name="Send me a link").click()
    look.look(page, "with errors", briefly=True)
    page.locator("[name=c_email]").check(force=True)
    page.get_by_role("button", name="Send me a link").click()
    mail = until(lambda: world.mails_to(person["email"]))[0]
    link = re.search(rf"{re.escape(world.url)}/begin/b/\S+", mail.text)
    assert link, mail.text
    page.goto(link[0])
    look.look(page)
    send(page)


def _choose(page: Page, look: Inspection) -> None:
    """Everything about the time of the call, from choosing to cancelling."""
    page.get_by_role("link", name="Choose a time").click()
    look.look(page)
    choosing = page.url.split("?")[0]
    page.goto(f"{choosing}/zone")
    look.look(page)
    page.goto(f"{choosing}/wait")
    look.look(page)
    send(page)
    look.look(page, "with errors", briefly=True)
    page.get_by_label("For how long should we look?").select_option("4")
    page.get_by_label("Where will you be when we meet?").select_option("NY")
    send(page)
    look.look(page, "on the list")
    page.goto(choosing)
    page.get_by_role("button", name="Hold this time").click()
    look.look(page, "with errors", briefly=True)
    page.locator("main input[name=start]").first.check(force=True)
    page.get_by_role("button", name="Hold this time").click()
    look.look(page, "held")
    send(page)
    look.look(page, "after pressing once")
    if page.get_by_role("heading", name="Your time is booked").count() == 0:
        page.goto(choosing)
        choose_and_book_here(page)
    look.look(page, "booked")
    own = page.url.split("?")[0]
    for path in ("change", "times", "zone"):
        page.goto(f"{own}/{path}")
        look.look(page)
    page.goto(f"{own}/times")
    page.locator("main input[name=start]").last.check(force=True)
    look.look(page, "chosen")
    page.goto(f"{own}/check")
    look.seen.add(look.endpoint(urlsplit(f"{own}/check").path))
    look.look(page)
    page.goto(f"{own}/change")
    page.get_by_text("Cancel this time").click()
    page.get_by_role("button", name="Yes, cancel it").click()
    page.wait_for_load_state()
    look.look(page, "cancelled")


def _choose_what_is_sent(world: World, page: Page, look: Inspection, address: str) -> None:
    """By the link that stands under every mail."""
    mail = until(lambda: world.mails_to(address))[0]
    link = re.search(rf"{re.escape(world.url)}/notify/p/\S+", mail.text)
    assert link, mail.text
    page.goto(link[0])
    look.look(page)
    page.get_by_label("Texts to my phone").uncheck(force=True)
    send(page)
    look.look(page, "saved")
    expect(page.get_by_label("Texts to my phone")).not_to_be_checked()


def choose_and_book_here(page: Page) -> None:
    page.locator("main input[name=start]").first.check()
    page.get_by_role("button", name="Hold this time").click()
    page.get_by_label("Where will you be when we meet?").select_option("NY")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="Your time is booked")).to_be_visible()
