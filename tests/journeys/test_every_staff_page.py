"""L45: axe finds nothing on any page of the staff, in any state that they can bring it to."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.by_browser import DESK, LONG_PASSWORD, chromium, through_the_door, visitor
from tests.journeys.looking import Inspection, send
from tests.journeys.suite import Suite
from tests.journeys.world import OWNER_EMAIL, World
from tests.phone import phone_of

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEADING = "main h1"

STAFF_DOORS = {
    "scheduler door.first_run",
    "scheduler door.link",
    "scheduler door.second_step",
    "scheduler provider.back",
    "scheduler provider.go",
    "scheduler door.sign_in",
    "scheduler door.welcome",
}
FILES = {"intake staff_audit.as_file", "scheduler insight.as_file"}
NOT_PAGES = ("appointment.ics", "paper", "still-here")
LINKS = "links => links.map(link => link.href)"
BLANK = """form => { form.noValidate = true; form.querySelectorAll('[required]').forEach(
  field => field.required = false); form.requestSubmit(); }"""


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


def walk(page: Page, url: str, look: Inspection, state: str, most: int = 2) -> list[str]:
    """Follow every link from Today, and look at two pages of each kind; returns their addresses.

    The next day on which somebody comes is looked at first: late in a week the calendar is empty.
    """
    page.goto(f"{url}/schedule/staff/")
    ahead = page.eval_on_selector_all("section:has-text('The next two weeks') a[href]", LINKS)
    waiting, known, looked = [page.url, *ahead[:1]], set(ahead[:1]), list[str]()
    kinds: dict[str, int] = {}
    while waiting:
        address = waiting.pop(0)
        kind = look.endpoint(urlsplit(address).path)
        if kinds.get(kind, 0) >= most:
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        page.goto(address)
        if page.locator(HEADING).count() == 0:
            continue
        look.look(page, state, briefly=state == "quiet")
        looked.append(address)
        for found in page.eval_on_selector_all("a[href]", LINKS):
            plain = urljoin(address, found).split("#")[0]
            if _is_staff_page(url, plain) and plain not in known:
                known.add(plain)
                waiting.append(plain)
    return looked


def _is_staff_page(url: str, address: str) -> bool:
    path = urlsplit(address).path
    last = path.rpartition("/")[2]
    return (
        address.startswith(url)
        and "/staff/" in path
        and last not in NOT_PAGES
        and not last.endswith(".csv")
    )


def make_mistakes(page: Page, looked: list[str], look: Inspection) -> None:
    """Send the forms of a page of each kind blank, and look at what is said about it."""
    kinds = {look.endpoint(urlsplit(address).path): address for address in looked}
    for address in kinds.values():
        page.goto(address)
        for number in range(page.locator("main form[method=post]").count()):
            page.goto(address)
            form = page.locator("main form[method=post]").nth(number)
            if form.count() == 0:
                break
            with page.expect_navigation() as came:
                form.evaluate(BLANK)
            if came.value and came.value.status == 422:
                look.look(page, "with errors", briefly=True)


def keep_records(page: Page, record: str, look: Inspection) -> None:
    """Somebody asks for a copy and for a price: pages that nobody of the demo has made."""
    page.goto(record)
    page.get_by_text("They ask for a copy, or for a change").click()
    page.locator("[name=kind]").select_option("access")
    page.locator("form:has([name=kind]) button").click()
    page.wait_for_load_state()
    for part in ("/record/requests/", "/record/estimates/"):
        if part not in page.url:
            page.goto(record)
            if page.locator(f"main a[href*='{part}']").count() == 0:
                page.get_by_role("button", name="They asked what it costs").click()
                page.goto(record)
            page.locator(f"main a[href*='{part}']").first.click()
        look.look(page)
    page.goto(f"{page.url.rstrip('/')}/paper")
    look.look(page)


def keep_a_calendar(page: Page, url: str, look: Inspection) -> None:
    """One that can't be read: nobody of the demo has a calendar elsewhere."""
    page.goto(f"{url}/schedule/staff/calendars")
    page.get_by_label("Its secret address").fill("https://calendar.example/basic.ics")
    page.get_by_label("A name for it").fill("Home")
    page.get_by_role("button", name="Add").click()
    page.wait_for_load_state()
    look.look(page, "kept")
    page.get_by_role("link", name="Change or remove").first.click()
    look.look(page)


def name_a_system(page: Page, url: str, look: Inspection) -> None:
    """One that is told, and has had a test: nobody of the demo has another system."""
    page.goto(f"{url}/notify/staff/systems")
    page.get_by_label("A name for it").fill("Records")
    page.get_by_label("Its address").fill("https://records.example/hooks")
    page.get_by_role("button", name="Add").click()
    page.wait_for_load_state()
    page.get_by_role("button", name="Send a test").click()
    page.wait_for_load_state()
    page.get_by_text("Show the secret").click()
    page.get_by_text("A test", exact=True).click()
    look.look(page)


def set_up(page: Page, url: str, look: Inspection) -> None:
    """The steps that have a form of their own, one that leads elsewhere, and a test message."""
    for step in ("practice", "zone", "test"):
        page.goto(f"{url}/schedule/staff/set-up/{step}")
        look.look(page, step)
    page.get_by_role("link", name="Send one").click()
    page.get_by_role("button", name="Send me a text").click()
    page.wait_for_load_state()
    look.look(page, "with errors", briefly=True)
    page.get_by_role("button", name="Send me an email").click()
    expect(page.locator("#results dd").first).to_be_visible(timeout=20_000)
    look.look(page, "sent")


def sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/schedule/staff/")
    through_the_door(page, url, OWNER_EMAIL)
    page.wait_for_load_state()


def test_l45_axe_finds_nothing_at_the_doors_and_in_an_empty_practice(
    embedded_world: World, page: Page, inspection: Inspection
) -> None:
    url = embedded_world.url
    page.goto(f"{url}/schedule/staff/sign-in")
    inspection.look(page)
    send(page)
    inspection.look(page, "with errors")
    for door in ("first-run", "link", "welcome"):
        page.goto(f"{url}/schedule/staff/{door}/{'x' * 43}")
        inspection.look(page, "used up")
    _half_way(page, url, inspection)
    sign_in(page, url)
    _ones_own_sign_in(page, url, inspection)

    walk(page, url, inspection, "quiet", most=1)

    assert not inspection.found, "\n".join(inspection.found)


def _half_way(page: Page, url: str, look: Inspection) -> None:
    """A password alone: the second step, and a wrong code."""
    page.goto(f"{url}/schedule/staff/sign-in")
    page.get_by_label("Email").fill(OWNER_EMAIL)
    page.get_by_label("Password").fill(LONG_PASSWORD)
    send(page)
    look.look(page)
    page.get_by_label("Code").fill("WRONG")
    send(page)
    look.look(page, "with a wrong code")
    page.context.clear_cookies()


def _ones_own_sign_in(page: Page, url: str, look: Inspection) -> None:
    """With a second step, which nobody of the demo has."""
    page.goto(f"{url}/schedule/staff/your-sign-in")
    look.look(page, "set up")
    page.get_by_role("button", name="Make ten new ones").click()
    page.wait_for_load_state()
    look.look(page, "recovery codes")
    phone_of(url, OWNER_EMAIL).keeps(page.content())
    page.get_by_role("link", name="I have kept them").click()


def be_away(page: Page, url: str, look: Inspection) -> None:
    """Whom it concerns, and what may be offered to them."""
    page.goto(f"{url}/schedule/staff/away")
    page.get_by_label("Why, for colleagues").fill("Ill")
    page.get_by_role("button", name=re.compile("Block the days")).click()
    page.wait_for_load_state()
    look.look(page)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Suite]:
    started = Suite(tmp_path_factory.mktemp("demo") / "var", arguments=("--demo",)).start()
    yield started
    started.stop()


def test_l45_axe_finds_nothing_on_any_page_for_staff(
    demo: Suite, page: Page, inspection: Inspection
) -> None:
    (link,) = re.findall(r"http://\S+/staff/link/\S+", "\n".join(demo.lines))
    page.goto(link)
    inspection.look(page)
    send(page)

    looked = walk(page, demo.url, inspection, "full")
    keep_records(page, next(one for one in looked if one.endswith("/record")), inspection)
    keep_a_calendar(page, demo.url, inspection)
    name_a_system(page, demo.url, inspection)
    set_up(page, demo.url, inspection)
    be_away(page, demo.url, inspection)
    page.goto(f"{demo.url}/schedule/staff/your-sign-in/passkeys/new")
    inspection.look(page, "at a number")  # with a name: test_passkeys.py
    for waiting in ("calls", "held", "replies"):
        page.goto(f"{demo.url}/notify/staff/{waiting}")
        inspection.look(page)
    make_mistakes(page, looked, inspection)

    assert not inspection.found, "\n".join(inspection.found)
    assert inspection.pages("staff") - inspection.seen - STAFF_DOORS - FILES == set()
