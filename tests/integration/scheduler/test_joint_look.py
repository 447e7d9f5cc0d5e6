"""L45 for the page that asks the second of two people: axe finds nothing."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from cheroot.wsgi import Server
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import Range
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from services.scheduler.models import Appointment, Participant
from shared.clock import utcnow
from tests.integration.scheduler.proposing import propose
from tests.integration.scheduler.two import Two, day_in, two_people
from tests.integration.scheduler.world import a_clinician
from tests.journeys.by_browser import DESK, chromium, visitor
from tests.journeys.looking import Inspection

pytestmark = pytest.mark.browser


@pytest.fixture
def two(app: Any, intake: Any, scheduler_db: Any, settings: Any) -> Two:
    with scheduler_db.begin() as session:
        a_clinician(session, video_room="https://video.example/dana")
    return two_people(app, intake, scheduler_db, settings)


@pytest.fixture
def page() -> Iterator[Page]:
    with chromium() as browser:
        yield visitor(browser, viewport=DESK).new_page()


@pytest.fixture
def origin(app: Flask) -> Iterator[str]:
    """The scheduler under its own prefix, as behind the gateway."""
    below = DispatcherMiddleware(Response("", 404), {"/schedule": app})
    server = Server(("127.0.0.1", 0), below, numthreads=4)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.bind_addr[1]}/schedule"
    server.stop()
    thread.join(timeout=10)


def test_l45_axe_finds_nothing_where_the_second_is_asked(two: Two, origin: str, page: Page) -> None:
    look = Inspection()
    page.goto(f"{origin}/t/{two.first.token}/when")
    look.look(page, "nothing said")
    two.first.ask()
    page.goto(f"{origin}{two.own(two.first)}")
    look.look(page, "waiting for the other")
    page.goto(f"{origin}{two.own(two.second)}/answer")
    look.look(page, "asked")
    page.locator("main form button[type=submit].btn:not(.second):not(.stop)").first.click()
    look.look(page, "with errors", briefly=True)
    two.accept(two.second)
    for step in ("change", f"times?day={day_in(2)}"):
        page.goto(f"{origin}{two.own(two.first)}/{step}")
        look.look(page, f"booked, {step.split('?')[0]}")
    propose(two, two.first)
    page.goto(f"{origin}{two.own(two.first)}")
    look.look(page, "another time is asked for")
    page.goto(f"{origin}{two.own(two.second)}")
    look.look(page, "asked for another time")
    page.goto(f"{origin}{two.own(two.second)}/new-time")
    look.look(page, "does it work")
    page.locator("main form button[type=submit].btn:not(.second):not(.stop)").first.click()
    look.look(page, "with errors", briefly=True)

    assert not look.found, "\n".join(look.found)
    own = {"answers.question", "stated.page", "agreeing.question"}
    assert {f"scheduler {view}" for view in own} <= look.seen


def test_l45_axe_finds_nothing_where_somebody_is_asked_once_more_where_they_will_be(
    two: Two, origin: str, page: Page
) -> None:
    look = Inspection()
    two.first.ask()
    two.accept(two.second, how="video")
    start = utcnow() + timedelta(hours=1)
    with two.database.begin() as session:
        session.execute(
            update(Appointment).values(during=Range(start, start + timedelta(minutes=80)))
        )
        session.execute(update(Participant).values(said_at=None))
    own = f"{origin}{two.own(two.second)}"
    answer = page.locator("section.card form button[type=submit]")

    page.goto(own)
    look.look(page, "asked where")
    answer.click()
    look.look(page, "with an error", briefly=True)
    page.select_option("#location", "CA")
    answer.click()
    look.look(page, "elsewhere")

    assert "holds no license there" in page.content()
    assert not look.found, "\n".join(look.found)
