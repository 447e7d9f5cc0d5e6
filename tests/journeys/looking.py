"""Looking at a page as axe does: light and dark, on a phone and at a desk, folds closed, open."""

from importlib import import_module
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from playwright.sync_api import Page
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Rule

from shared.vocabulary import PREFIX, SERVICES
from shared.web.audiences import audience_of
from tests.conftest import environment_for

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"
NOWHERE = "postgresql:///nowhere"
WIDTHS = (320, 1280)
SCHEMES = ("light", "dark")
BRIEFLY = ((1280, "light"), (320, "dark"))

FIRST_CONTROL = """() => [...document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]'
)][0]?.hasAttribute('data-exit')"""
FINDINGS = """async () => {
  const found = await axe.run(document, {resultTypes: ['violations'], runOnly: {type: 'tag', values:
    ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}});
  return found.violations.map(v => `${v.id}: ${v.nodes.slice(0, 3).map(
    n => `${n.target} ${n.any.concat(n.all, n.none).map(c => c.message)[0] ?? ''}`).join(' | ')}`);
}"""
FOLD = """open => document.querySelectorAll('details').forEach(fold => { fold.open = open; })"""


class Inspection:
    """Everything that was found on the pages looked at, and which routes they were of."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.seen: set[str] = set()
        self._apps = {service: _app(service) for service in SERVICES}

    def look(self, page: Page, state: str = "", *, briefly: bool = False) -> None:
        """Look at the page that is open now, however one came; `briefly`: once a scheme."""
        path = urlsplit(page.url).path
        self.seen.add(self.endpoint(path))
        where = f"{path} {state}".strip()
        client = page.locator("aside.sos").count() == 1
        if client and not page.evaluate(FIRST_CONTROL):
            self.found.append(f"{where}: Exit is not the first control")
        page.evaluate(AXE.read_text("utf-8"))
        page.evaluate("scrollTo(0, 0)")  # what the bar covers now can be scrolled into sight
        for width, scheme in BRIEFLY if briefly else product(WIDTHS, SCHEMES):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
            for folds in (scheme == "dark",) if briefly else (False, True):
                page.evaluate(FOLD, folds)
                self._note(page, f"{where} at {width}, {scheme}{', folds open' if folds else ''}")
        page.evaluate(FOLD, False)

    def _note(self, page: Page, where: str) -> None:
        self.found += [f"{where}: {finding}" for finding in page.evaluate(FINDINGS)]
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            self.found.append(f"{where}: {wide} px wider than the screen")

    def endpoint(self, path: str) -> str:
        """Which view of which service answers there; the path itself if none does."""
        for service, prefix in PREFIX.items():
            if path.startswith(f"{prefix}/"):
                urls = self._apps[service].url_map.bind("localhost")
                try:
                    return f"{service} {urls.match(path.removeprefix(prefix))[0]}"
                except HTTPException:
                    return path
        return path

    def pages(self, audience: str) -> set[str]:
        """Every view of that audience that answers a GET."""
        return {
            f"{service} {rule.endpoint}"
            for service, app in self._apps.items()
            for rule in app.url_map.iter_rules()
            if audience_of(app, rule.endpoint) == audience and _shows_something(rule)
        }


def _shows_something(rule: Rule) -> bool:
    return "GET" in (rule.methods or ()) and not rule.rule.endswith((".ics", "/still-here"))


def _app(service: str) -> Flask:
    root = import_module(f"services.{service}.app")
    settings = import_module(f"services.{service}.settings").Settings
    app: Flask = root.create_app(settings.from_env(environment_for(service, NOWHERE)))
    return app
