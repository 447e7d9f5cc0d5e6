"""A real server on a free port, and a real Chromium where one is installed."""

import shutil
import threading
from collections.abc import Callable, Iterator

import pytest
from cheroot.wsgi import Server
from flask import Flask
from playwright.sync_api import Browser, Error, Page, sync_playwright

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
BRING_IT = "no Chromium here: `apt-get install -y chromium` brings one"


@pytest.fixture
def serve() -> Iterator[Callable[[Flask], str]]:
    """Serves an app with the embedded suite's own WSGI server; returns its origin."""
    running: list[tuple[Server, threading.Thread]] = []

    def start(app: Flask) -> str:
        server = Server(("127.0.0.1", 0), app, numthreads=4)
        server.prepare()
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.bind_addr[1]}"

    yield start
    for server, thread in running:
        server.stop()
        thread.join(timeout=10)


@pytest.fixture(scope="module")  # Playwright runs once at a time, and others want it after us
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip(BRING_IT)
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        except Error as error:
            pytest.skip(f"{BRING_IT} ({type(error).__name__})")
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh browser, as a person in Denver has it."""
    context = chromium.new_context(timezone_id="America/Denver", reduced_motion="reduce")
    yield context.new_page()
    context.close()
