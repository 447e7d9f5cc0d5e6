"""Passkeys in a real Chromium with an authenticator of its own: made, used, refused, removed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs

import pytest
from cheroot.wsgi import Server
from flask import Flask
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.wrappers import Response

from services.scheduler.app import create_app
from services.scheduler.operations.passkeys import Site
from services.scheduler.settings import Settings
from services.scheduler.staff_models import StaffPasskey, StaffRecoveryCode
from shared.db import Database
from tests.integration.scheduler.desk import OWNER, PASSWORD, signing_in
from tests.integration.scheduler.second_steps import YOURS, set_up
from tests.integration.scheduler.world import Visitor, words
from tests.journeys.by_browser import DESK, chromium, visitor
from tests.journeys.looking import Inspection
from tests.journeys.suite import free_port

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def named_app(settings: Settings, port: int) -> Flask:
    """The practice at an address with a name: browsers make passkeys for no other."""
    return create_app(
        replace(settings, public_url=f"http://localhost:{port}", second_factor="required")
    )


@pytest.fixture
def app(named_app: Flask, scheduler_db: Database) -> Flask:
    return named_app


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def origin(app: Flask, port: int) -> Iterator[str]:
    below = DispatcherMiddleware(Response("", 404), {"/schedule": app})
    server = Server(("127.0.0.1", port), below, numthreads=4)
    server.prepare()
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    yield f"http://localhost:{port}/schedule"
    server.stop()
    thread.join(timeout=10)


@contextmanager
def device(browser: Browser, **changes: Any) -> Iterator[Page]:
    """A browser on a device that keeps passkeys."""
    context = visitor(browser, viewport=DESK)
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": {**AUTHENTICATOR, **changes}})
    yield page
    context.close()


def by_password(page: Page, origin: str) -> None:
    page.goto(f"{origin}/staff/sign-in")
    page.get_by_label("Email").fill(OWNER["email"])
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_load_state()


def add(page: Page, origin: str, name: str = "Office laptop") -> None:
    page.goto(f"{origin}{YOURS}/passkeys/new")
    page.get_by_label("A name for it").fill(name)
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Lock").click()
    page.wait_for_url("**/staff/sign-in")


@pytest.mark.browser
def test_a_passkey_is_made_and_lets_in_as_second_step_and_alone(
    owner, origin, browser: Browser, scheduler_db
):
    with device(browser) as page:
        by_password(page, origin)
        page.goto(f"{origin}/staff/calendar")
        assert "your-sign-in?needed=1" in page.url
        add(page, origin)
        page.goto(f"{origin}/staff/calendar")
        assert page.url.endswith("/staff/calendar")
        sign_out(page)

        by_password(page, origin)
        expect(page.get_by_role("heading", name="One more step")).to_be_visible()
        page.get_by_role("button", name="Use your passkey").click()
        page.wait_for_url("**/staff/")
        sign_out(page)

        page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url("**/staff/")
        page.goto(f"{origin}{YOURS}")
        expect(page.get_by_text("Signed in with a passkey,")).to_be_visible()
    with scheduler_db.begin() as session:
        kept = session.scalars(select(StaffPasskey)).one()
        assert kept.name == "Office laptop"
        assert kept.used_at


@pytest.mark.browser
def test_l45_axe_finds_nothing_on_pages_with_passkeys(owner, origin, browser: Browser):
    look = Inspection()
    with device(browser) as page:
        page.goto(f"{origin}/staff/sign-in")
        look.look(page)
        by_password(page, origin)
        page.goto(f"{origin}{YOURS}/passkeys/new")
        page.get_by_role("button", name="Make the passkey").click()
        page.wait_for_url(f"**{YOURS}/passkeys")
        look.look(page, "without a name")
        add(page, origin)
        page.goto(f"{origin}{YOURS}")
        look.look(page, "with a passkey")
        page.set_viewport_size(DESK)
        sign_out(page)
        by_password(page, origin)
        look.look(page, "second step")

    assert not look.found, "\n".join(look.found)


@pytest.mark.browser
def test_what_a_browser_proved_once_proves_nothing_again(
    owner, origin, browser: Browser, app, scheduler_db
):
    with device(browser) as page:
        by_password(page, origin)
        add(page, origin)
        sign_out(page)
        with page.expect_request("**/staff/sign-in/passkey") as sent:
            page.get_by_role("button", name="Sign in with a passkey").click()
        page.wait_for_url("**/staff/")
    form = {name: value[0] for name, value in parse_qs(sent.value.post_data or "").items()}
    del form["csrf_token"]
    thief = Visitor(app.test_client())

    replayed = thief.send("/staff/sign-in/passkey", **form)
    with scheduler_db.begin() as session:
        session.execute(update(StaffPasskey).values(credential_id=b"another"))
    unknown = thief.send("/staff/sign-in/passkey", **form)

    for answer in (replayed, unknown):
        assert answer.status_code == 401
        assert "That passkey did not work here" in words(answer)
    assert thief.open("/staff/").status_code == 303


@pytest.mark.browser
def test_a_device_that_does_not_ask_who_holds_it_is_a_second_step_and_not_enough_alone(
    owner, origin, browser: Browser
):
    plain = {"protocol": "u2f", "transport": "usb", "hasResidentKey": False}
    plain |= {"hasUserVerification": False, "isUserVerified": False}
    with device(browser, **plain) as page:
        by_password(page, origin)
        add(page, origin, "Key on my ring")
        sign_out(page)
        by_password(page, origin)
        page.get_by_role("button", name="Use your passkey").click()
        page.wait_for_url("**/staff/")
        sign_out(page)

        page.get_by_role("button", name="Sign in with a passkey").click()

        expect(page.get_by_role("alert").filter(has_text="did not work")).to_be_visible()
        assert page.url.endswith("/staff/sign-in")


@pytest.mark.browser
def test_one_removed_opens_nothing_and_the_codes_go_with_the_last(
    owner, origin, browser: Browser, scheduler_db
):
    with device(browser) as page:
        by_password(page, origin)
        add(page, origin)
        page.goto(f"{origin}{YOURS}")
        page.get_by_text("Remove Office laptop").click()
        page.get_by_role("button", name="Remove it").click()
        page.wait_for_load_state()
        sign_out(page)
        page.get_by_role("button", name="Sign in with a passkey").click()
        expect(page.get_by_role("alert").filter(has_text="did not work")).to_be_visible()
    with scheduler_db.begin() as session:
        assert session.scalars(select(StaffPasskey)).all() == []
        assert session.scalars(select(StaffRecoveryCode)).all() == []


@pytest.mark.browser
def test_a_browser_without_passkeys_says_so_and_a_code_app_needs_no_script(
    owner, origin, browser: Browser
):
    context = visitor(browser, viewport=DESK, java_script_enabled=False)
    page = context.new_page()
    by_password(page, origin)
    page.goto(f"{origin}{YOURS}/passkeys/new")

    expect(page.get_by_text("This browser can not make passkeys here")).to_be_visible()
    expect(page.get_by_role("button", name="Make the passkey")).not_to_be_visible()
    page.get_by_role("link", name="Set up a code app").click()
    expect(page.get_by_role("heading", name="Set up a code app")).to_be_visible()
    context.close()


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"credential": "{}", "challenge": "x"},
        {"credential": "x" * 30_000, "challenge": "x"},
        {"credential": '{"id": 1, "rawId": [], "response": null, "type": "public-key"}'},
    ],
)
def test_nonsense_is_refused_in_words(owner, app, form: dict[str, str]):
    stranger = Visitor(app.test_client())
    page = stranger.open("/staff/sign-in")
    ours = page.get_data(as_text=True).split('name="challenge" value="')[1].split('"')[0]

    answer = stranger.send("/staff/sign-in/passkey", page, **{"challenge": ours, **form})

    assert answer.status_code == 401
    assert "That passkey did not work here" in words(answer)


def test_nonsense_makes_no_passkey(owner, app, scheduler_db):
    page = owner.open(f"{YOURS}/passkeys/new")
    ours = page.get_data(as_text=True).split('name="challenge" value="')[1].split('"')[0]

    nameless = owner.send(f"{YOURS}/passkeys", page, challenge=ours, credential="{}", name="")
    broken = owner.send(f"{YOURS}/passkeys", page, challenge=ours, credential="{}", name="Mine")
    late = owner.send(f"{YOURS}/passkeys", page, challenge="x", credential="{}", name="Mine")

    assert [one.status_code for one in (nameless, broken, late)] == [422] * 3
    assert "Give it a name" in words(nameless)
    assert "That took too long" in words(late)
    with scheduler_db.begin() as session:
        assert session.scalars(select(StaffPasskey)).all() == []


def test_nobody_removes_a_passkey_that_is_not_theirs(owner, app):
    set_up(owner)
    for name in ("AAAA", "not base64 at all", "%00"):
        answer = owner.send(f"{YOURS}/passkeys/{name}/remove", owner.open(YOURS))
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://harborlane.example/", "harborlane.example"),
        ("https://harborlane.example:8443", "harborlane.example"),
        ("http://localhost:8000", "localhost"),
        ("http://harborlane.example", None),
        ("http://127.0.0.1:8000", None),
        ("https://192.0.2.7", None),
        ("https://[2001:db8::1]", None),
    ],
)
def test_passkeys_are_for_a_name_and_tls(url: str, host: str | None):
    found = Site.of(url, name="Harbor Lane")

    assert (found.host if found else None) == host


def test_where_there_can_be_none_nobody_is_offered_one(strict_app: Flask, scheduler_db):
    assert "passkey" not in words(Visitor(strict_app.test_client()).open("/staff/sign-in"))
    assert signing_in(Visitor(strict_app.test_client())).status_code == 401
