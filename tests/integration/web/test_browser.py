"""What a browser makes of the pages: leaving, errors, a held time, nothing from elsewhere."""

from collections.abc import Callable

import pytest
from flask import Blueprint, Flask, render_template_string
from playwright.sync_api import Page, Request, expect

from shared.clock import utcnow
from shared.web.audiences import guard_client
from tests.unit.web.floor import DANA, make_app, sign_in

pytestmark = pytest.mark.browser

Serve = Callable[[Flask], str]

WRONG = """{% extends 'ui/client.html' %}{% block main %}<div class="col">
{{ m.errors_box({'email': ['Add the part after the @ sign.']}) }}<h1>How to reach you</h1>
<form method="post">{{ csrf_field() }}
{{ m.question({'id': 'email', 'text': 'Email address', 'type': 'email'}, 'rowan@', ['Add it.']) }}
{{ m.question({'id': 'near', 'text': 'I reach out more.', 'type': 'scale', 'options': steps}) }}
{{ m.onward() }}</form></div>{% endblock %}"""

HELD = """{% extends 'ui/client.html' %}{% block main %}
<div class="col" data-zone-guess="{{ zone }}">
{{ m.held('9:24 am', left) }}</div>{% endblock %}"""

# Playwright waits for a navigation that never ends, so the page itself has to tell.
WATCH_FOR_A_COVER = """new MutationObserver(() => {
  const cover = document.querySelector(".covered");
  if (cover) window.covered(cover.getBoundingClientRect().toJSON());
}).observe(document.body, {childList: true})"""

STEPS = [{"value": number, "label": f"Step {number} like me"} for number in range(5)]


def make_pages(*, left: int = 582, zone: str = "America/Denver", exit_url: str = "") -> Flask:
    practice = make_app().extensions["softstart"].settings.practice
    changes = {
        "practice_given": type(practice)(**{**practice.__dict__, "quick_exit_url": exit_url})
    }
    app = make_app(**(changes if exit_url else {}))
    pages = Blueprint("pages", __name__)
    guard_client(pages)
    pages.add_url_rule("/wrong", "wrong", lambda: render_template_string(WRONG, steps=STEPS))
    pages.add_url_rule("/held", "held", lambda: render_template_string(HELD, left=left, zone=zone))
    pages.add_url_rule("/elsewhere", "elsewhere", lambda: "The weather today")
    app.register_blueprint(pages)
    return app


def with_exit(serve: Serve) -> str:
    """An origin whose pages lead out to another page of the same machine."""
    out = serve(make_pages()) + "/elsewhere"
    return serve(make_pages(exit_url=out))


def test_l37_esc_three_times_leaves_and_leaves_no_way_back_to_the_page(serve: Serve, page: Page):
    origin = with_exit(serve)
    page.goto(origin + "/page")
    page.goto(origin + "/wrong")
    for _ in range(3):
        page.keyboard.press("Escape")
    page.wait_for_url("**/elsewhere")

    page.go_back()

    assert page.url == origin + "/page"


def test_l37_the_page_is_covered_before_the_other_one_arrives(serve: Serve, page: Page):
    page.goto(with_exit(serve) + "/wrong")
    covers: list[dict[str, float]] = []
    page.expose_function("covered", lambda cover: covers.extend([cover]))
    page.evaluate(WATCH_FOR_A_COVER)

    page.route("**/elsewhere", lambda _: None)  # never answers
    page.evaluate("document.querySelector('a[data-exit]').click()")

    page.wait_for_timeout(200)
    assert [(cover["width"], cover["height"]) for cover in covers] == [(1280, 720)]


def test_l37_exit_is_first_for_the_keyboard_and_works_without_a_script(serve: Serve, chromium):
    origin = with_exit(serve)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(origin + "/page")

    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/elsewhere")

    context.close()


def test_two_presses_of_esc_do_nothing(serve: Serve, page: Page):
    page.goto(with_exit(serve) + "/page")
    for key in ("Escape", "Escape", "a", "Escape"):
        page.keyboard.press(key)
    page.wait_for_timeout(200)

    assert page.url.endswith("/page")


def test_what_is_wrong_gets_the_focus_and_its_link_leads_into_the_field(serve: Serve, page: Page):
    page.goto(serve(make_pages()) + "/wrong")
    expect(page.locator("[data-errors]")).to_be_focused()

    page.get_by_role("link", name="Add the part after the @ sign.").click()

    expect(page.locator("#email")).to_be_focused()


def test_l06_a_page_asks_nobody_else_for_anything_and_breaks_no_rule_of_its_own(
    serve: Serve, page: Page
):
    origin = serve(make_pages())
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))

    for path in ("/page", "/wrong", "/held", "/staff/sign-in"):
        page.goto(origin + path)

    assert said == []
    assert {url for url in asked if not url.startswith(origin)} == set()


def test_the_time_zone_is_told_once_and_the_page_asked_for_again(serve: Serve, page: Page):
    origin = serve(make_pages(zone="America/New_York"))
    asked = asked_for_pages(page)

    page.goto(origin + "/held")
    page.wait_for_timeout(400)

    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    assert cookies["zone"] == "America%2FDenver"
    assert asked == [origin + "/held", origin + "/held"]


def test_a_page_in_the_right_zone_is_not_asked_for_again(serve: Serve, page: Page):
    origin = serve(make_pages(zone="America/Denver"))
    asked = asked_for_pages(page)

    page.goto(origin + "/held")
    page.wait_for_timeout(400)

    assert asked == [origin + "/held"]


def asked_for_pages(page: Page) -> list[str]:
    """Fills up with the address of each page that the browser asks for."""
    asked: list[str] = []

    def note(request: Request) -> None:
        if request.is_navigation_request():
            asked.append(request.url)

    page.on("request", note)
    return asked


def test_a_held_time_counts_down_and_is_announced_at_its_marks_only(serve: Serve, page: Page):
    page.clock.install()
    page.goto(serve(make_pages(left=582)) + "/held")
    left, announced = page.locator("[data-left]"), page.locator("[data-announce]")
    expect(left).to_have_text("9 min 42 s left.")
    expect(announced).to_have_text("")

    page.clock.run_for(281_000)
    expect(left).to_have_text("5 min 1 s left.")
    expect(announced).to_have_text("")
    page.clock.run_for(2_000)
    expect(announced).to_have_text("5 minutes left.")
    page.clock.run_for(240_000)
    expect(announced).to_have_text("1 minute left.")
    page.clock.run_for(60_000)
    expect(left).to_have_text("The time has run out.")


def test_a_staff_screen_left_alone_closes(serve: Serve, page: Page):
    app = make_pages()
    page.clock.install()
    signed_in_page(serve, page, app)

    page.clock.run_for(14 * 60_000)
    assert page.url.endswith("/staff/")
    page.clock.run_for(70_000)

    page.wait_for_url("**/schedule/staff/sign-in?away=1")


def test_a_staff_screen_in_use_stays_open(serve: Serve, page: Page):
    app = make_pages()
    page.clock.install()
    signed_in_page(serve, page, app)

    for _ in range(4):
        page.clock.run_for(5 * 60_000)
        with page.expect_response("**/staff/still-here") as told:
            page.keyboard.press("a")
        assert told.value.status == 204

    assert page.url.endswith("/staff/")


def signed_in_page(serve: Serve, page: Page, app: Flask) -> None:
    client = app.test_client()
    sign_in(client, started=utcnow(), identity=DANA)
    cookie = client.get_cookie("staff")
    assert cookie is not None
    origin = serve(app)
    page.context.add_cookies([{"name": "staff", "value": cookie.value, "url": origin}])
    page.goto(origin + "/staff/")


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_l45_nothing_is_wider_than_the_screen(serve: Serve, page: Page, width: int):
    page.set_viewport_size({"width": width, "height": 800})
    origin = serve(make_pages())

    for path in ("/page", "/wrong", "/held", "/nothing"):
        page.goto(origin + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_an_answer_on_a_scale_can_be_taken_back_without_a_script(serve: Serve, chromium):
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(serve(make_pages()) + "/wrong")

    page.get_by_label("Step 2 like me").check()
    page.get_by_text("Clear my answer").click(position={"x": 4, "y": 4})

    assert page.locator("input[name=near]:checked").get_attribute("value") == ""
    context.close()
