"""A client in another zone than the practice, on the day on which clocks change, in a browser (P4).

Nothing pretends that it is another day: the practice opens its calendar far enough ahead to reach
the next change in New York, and sees people in the night in which it happens.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.by_browser import DESK, chromium, through_the_door, visitor
from tests.journeys.people import SINGLE
from tests.journeys.world import OWNER_EMAIL, Staff, World, somebody, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NEW_YORK = ZoneInfo("America/New_York")
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def far_ahead(make_world: Callable[[], World], browser: Browser) -> World:
    """Open from one to five on Sunday nights, for a year ahead."""
    world = make_world()
    night = {f"from-{day}": "" for day in range(1, 8)} | {f"until-{day}": "" for day in range(1, 8)}
    staff = Staff(world.url).sign_in()
    staff.send("/schedule/staff/hours", night | {"from-7": "01:00", "until-7": "05:00"})
    context = visitor(browser, viewport=DESK)
    page = context.new_page()
    page.goto(f"{world.url}/schedule/staff/rules/types/private-call")
    through_the_door(page, world.url, OWNER_EMAIL)
    page.get_by_label("Days ahead").fill("366")
    page.get_by_role("button", name="Save").first.click()
    expect(page.get_by_role("status").first).to_be_visible()
    context.close()
    return world


def next_change(today: date) -> date:
    """The next day on which clocks change in New York, counted from tomorrow."""

    def offset(day: date) -> timedelta | None:
        return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).utcoffset()

    days = (today + timedelta(days=n) for n in range(1, 366))
    return next(day for day in days if offset(day) != offset(day + timedelta(days=1)))


def offered(page: Page) -> list[tuple[datetime, str]]:
    """Each instant that may be chosen on this page, with the clock that stands beside it."""
    slots = page.eval_on_selector_all(
        "main input[name=start]",
        "inputs => inputs.map(one => [one.value, one.closest('label').querySelector('.num')"
        ".textContent])",
    )
    return [(datetime.fromisoformat(value.partition("/")[0]), said) for value, said in slots]


def clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%-I:%M %p}".lower()


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Berlin", "Pacific/Auckland"])
def test_p4_a_client_elsewhere_sees_their_clock_on_the_day_of_the_change(
    far_ahead: World, browser: Browser, zone: str
) -> None:
    world, there = far_ahead, ZoneInfo(zone)
    day = next_change(datetime.now(UTC).astimezone(NEW_YORK).date())
    context = visitor(browser, timezone_id=zone, viewport=DESK)
    page, person = context.new_page(), somebody(SINGLE)
    permission = world.api.permission(person)

    found: dict[datetime, str] = {}
    for local in (day - timedelta(days=1), day, day + timedelta(days=1)):
        page.goto(f"{world.url}/schedule/t/{permission}?day={local.isoformat()}")
        page.wait_for_load_state("networkidle")
        if f"?day={local.isoformat()}" in page.url:
            found |= dict(offered(page))

    assert found, "nothing is offered around the change"
    assert all(said == clock(at, there) for at, said in found.items())
    walls = sorted(at.astimezone(NEW_YORK) for at in found if at.astimezone(NEW_YORK).date() == day)
    assert [(one.hour, one.minute, one.fold) for one in walls] == hours_that_exist(day)
    _book_one(world, page, person, day + timedelta(weeks=1), there)
    context.close()


def hours_that_exist(day: date) -> list[tuple[int, int, int]]:
    """Every half hour from one to five that comes on the clocks of New York on that day."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).astimezone(UTC)
    each = ((midnight + n * HALF_AN_HOUR).astimezone(NEW_YORK) for n in range(14))
    return [(one.hour, one.minute, one.fold) for one in each if 1 <= one.hour < 5]


def _book_one(world: World, page: Page, person: dict[str, Any], day: date, there: ZoneInfo) -> None:
    """The last of a week later: on the page, in the mail and in the calendar the same moment."""
    page.goto(f"{page.url.partition('?')[0]}?day={day.isoformat()}")
    if not offered(page):  # it is Saturday there, or Monday
        page.goto(f"{page.url.partition('?')[0]}?day={(day - timedelta(days=1)).isoformat()}")
    at, said = offered(page)[-1]
    page.locator("main input[name=start]").last.check(force=True)
    page.get_by_role("button", name="Hold this time").click()
    page.get_by_label("Where will you be when we meet?").select_option("NY")
    page.get_by_role("button", name="Book this time").click()
    expect(page.get_by_role("heading", name="Your time is booked")).to_be_visible()

    assert said == clock(at, there)
    assert said in page.locator("main").inner_text()
    (mail, *_) = until(lambda: world.mails_to(person["email"]))
    assert said in mail.text
    (entry, *_) = until(lambda: world.entries(person["email"], "REQUEST"))
    assert next(iter(entry.walk("VEVENT")))["DTSTART"].dt == at
