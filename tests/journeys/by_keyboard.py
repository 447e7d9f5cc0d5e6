"""The same ways by somebody who has a keyboard and no mouse: Tab, Enter, Space, arrows, letters.

Wherever Tab stops, the focus has to be seen: an outline on what has it or close around it, and
not under a bar.
"""

from typing import Any

from playwright.sync_api import Locator, Page

MOST_STOPS = 160

STOP = """() => {
  const on = document.activeElement;
  if (!on || on === document.body) return null;
  let ring = null;
  for (let box = on, up = 0; box && up < 4; box = box.parentElement, up += 1) {
    const style = getComputedStyle(box);
    if (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2) { ring = box; break; }
  }
  const where = (ring ?? on).getBoundingClientRect();
  const seen = where.bottom > 0 && where.top < innerHeight && where.width > 1;
  const bars = [...document.querySelectorAll('body *')].filter(
    one => ['sticky', 'fixed'].includes(getComputedStyle(one).position) && !one.contains(on));
  const under = bars.some(one => {
    const bar = one.getBoundingClientRect();
    return bar.height && where.top >= bar.top - 1 && where.bottom <= bar.bottom + 1
      && where.left >= bar.left - 1 && where.right <= bar.right + 1;
  });
  return {ringed: Boolean(ring), seen: seen && !under, what: on.outerHTML.slice(0, 140)};
}"""
IS_IT = "wanted => wanted === document.activeElement"


class Keys:
    """Somebody at the keyboard; what was wrong with the focus on the way is kept in `unseen`."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.unseen: list[str] = []

    def tab(self) -> None:
        """One stop further, looking at where that is."""
        self.page.keyboard.press("Tab")
        stop = self.page.evaluate(STOP)
        if stop and not (stop["ringed"] and stop["seen"]):
            how = "without an outline" if not stop["ringed"] else "out of sight"
            self.unseen.append(f"{self.page.url}: {how}: {stop['what']}")

    def to(self, wanted: Locator) -> None:
        """Tab until that is where the focus is."""
        for _ in range(MOST_STOPS):
            if wanted.first.evaluate(IS_IT):  # anew each time: a part of the page may be exchanged
                return
            self.tab()
        raise AssertionError(f"Tab never comes to {wanted} on {self.page.url}")

    def press(self, wanted: Locator) -> None:
        """Enter, on a link or a button that leads to another page."""
        self.to(wanted)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def unfold(self, wanted: Locator) -> None:
        """Enter, on what changes this page only."""
        self.to(wanted)
        self.page.keyboard.press("Enter")

    def write(self, wanted: Locator, words: str) -> None:
        """Over whatever stands in the field."""
        self.to(wanted)
        self.page.keyboard.press("Control+a")
        self.page.keyboard.type(words)

    def choose(self, wanted: Locator) -> None:
        """One of some radios: into the group, then arrows. The first stop is chosen by Space."""
        name = wanted.first.get_attribute("name")
        group = self.page.locator(f"main input[type=radio][name='{name}']")
        checked = group.and_(self.page.locator(":checked"))
        self.to(checked if checked.count() else group)
        self.page.keyboard.press("Space")
        for _ in range(group.count()):
            if wanted.first.is_checked():
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow chooses {wanted} on {self.page.url}")

    def tick(self, wanted: Locator) -> None:
        """A box, by Space."""
        self.to(wanted)
        if not wanted.first.is_checked():
            self.page.keyboard.press("Space")

    def pick(self, wanted: Locator, words: str) -> None:
        """From a list, by the first letters of what it is."""
        self.to(wanted)
        self.page.keyboard.type(words)

    def answer(self, name: str, value: Any) -> None:
        """One question of the form."""
        field = self.page.locator(f"main form [name='{name}']")
        kind = field.first.evaluate("f => f.tagName === 'INPUT' ? f.type : f.tagName.toLowerCase()")
        one = self.page.locator(f"main form [name='{name}'][value='{value}']")
        if kind == "radio":
            self.choose(one)
        elif kind == "checkbox":
            self.tick(field if value is True else one)
        elif kind == "select":
            label = field.locator(f"option[value='{value}']").inner_text()
            self.pick(field, label)
        else:
            self.write(field, str(value))
