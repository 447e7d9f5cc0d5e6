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
# The drawn calendar takes its new width a moment after the window has: till then its columns
# lie upon each other.
AT_REST = """() => [...document.querySelectorAll('.fc .fc-col-header-cell')]
  .map(one => one.getBoundingClientRect().left)
  .every((left, n, all) => n == 0 || left == 0 || left > all[n - 1])"""
# Words that are cut off, or stand over the edge of what they stand in; what scrolls is a box of its
# own, what is for screen readers alone is one pixel wide on purpose, and a name in the calendar may
# end in an ellipsis where its whole is shown on pointing at it.
CLIPPED = """() => {
  const boxes = '.card, .note, .flash, .errors, .opt, .btn, .chip, .q, .ticket, .pills a, .field,'
    + 'main, body';
  const told = new Set();
  const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (words.nextNode()) {
    const text = words.currentNode, parent = text.parentElement;
    if (!text.data.trim() || !parent.checkVisibility({visibilityProperty: true})) continue;
    if (parent.closest('.vh, .skip, svg, script, option, textarea')) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const rect = range.getBoundingClientRect();
    if (rect.width < 2) continue;
    for (let box = parent; box; box = box.parentElement) {
      const style = getComputedStyle(box), edge = box.getBoundingClientRect();
      if (style.textOverflow === 'ellipsis' && box.title === box.textContent
        && rect.bottom <= edge.bottom + 1) break;
      if (/auto|scroll/.test(style.overflowX) || edge.width < 3) break;
      const cut = /hidden|clip/.test(style.overflowX + style.overflowY)
        && (rect.right > edge.right + 1 || rect.left < edge.left - 1
          || rect.bottom > edge.bottom + 1);
      const over = box.matches(boxes) && (rect.right > edge.right + 1 || rect.left < edge.left - 1);
      if ((cut || over) && style.display !== 'inline') {
        told.add(`“${text.data.trim().slice(0, 40)}” stands over ${box.className || box.tagName}`);
        break;
      }
    }
  }
  return [...told].slice(0, 4);
}"""
TWICE = (640, "200%")
"""Text at twice its size, on half a desk's width: what 200 % zoom and large letters come to."""
LETTERS = "size => { document.documentElement.style.fontSize = size; }"
FOLD = """open => document.querySelectorAll('details').forEach(fold => { fold.open = open; })"""


SOLID = "main form button[type=submit].btn:not(.second):not(.quiet)"


def send(page: Page) -> None:
    """Press the one solid button, which is what a page is for."""
    page.locator(SOLID).first.click()
    page.wait_for_load_state()


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
            page.wait_for_function(AT_REST)
            for folds in (scheme == "dark",) if briefly else (False, True):
                page.evaluate(FOLD, folds)
                state_now = f"{where} at {width}, {scheme}{', folds open' if folds else ''}"
                self.found += [f"{state_now}: {finding}" for finding in page.evaluate(FINDINGS)]
                self._room(page, state_now)
        page.set_viewport_size({"width": TWICE[0], "height": 800})
        page.evaluate(LETTERS, TWICE[1])
        self._room(page, f"{where} with letters of twice the size")
        page.evaluate(LETTERS, "")
        page.evaluate(FOLD, False)

    def _room(self, page: Page, where: str) -> None:
        """Nothing is wider than the screen, and no words are cut or outside of their box."""
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            self.found.append(f"{where}: {wide} px wider than the screen")
        self.found += [f"{where}: {finding}" for finding in page.evaluate(CLIPPED)]

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
