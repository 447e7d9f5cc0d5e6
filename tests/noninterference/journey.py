"""One person's way through the product, and everything they saw on it."""

import re
from dataclasses import dataclass
from typing import Any, Final

from tests.integration.notifier.world import where_it_is_day
from tests.noninterference.people import address, page_of, telephone
from tests.noninterference.product import Product
from tests.noninterference.surfaces import Same, Surface
from tests.noninterference.visitor import Visitor

_START: Final = re.compile(r'name="start" value="([^"]+)"')
_MOST_PAGES: Final = 14


@dataclass
class Way:
    """Somebody on their way: a browser, and what belongs to them alone."""

    product: Product
    number: int
    visitor: Visitor
    answers: dict[str, Any]

    @property
    def same(self) -> Same:
        return Same(email=address(self.number), phone=telephone(self.number))

    def surfaces(self, *, messages: bool = False) -> list[Surface]:
        """All that was seen so far; with `messages`, all that was sent, too."""
        seen = self.same.pages(self.visitor.seen)
        if not messages:
            return seen
        return [
            *seen,
            *self.same.mails(self.product.mails(address(self.number))),
            *self.same.texts(self.product.texts_to(telephone(self.number))),
        ]


def begin(product: Product, open_answers: dict[str, Any], confided: dict[str, Any], n: int) -> Way:
    """Somebody new in front of the practice's page."""
    own = {"email": address(n), "phone": telephone(n)}
    answers = {**open_answers, **{k: v for k, v in own.items() if k in open_answers}, **confided}
    way = Way(product, n, Visitor(product.url, where_it_is_day()), answers)
    way.visitor.open("/begin/")
    return way


def fill_in(way: Way, *, invited: bool = False, pages: int = _MOST_PAGES) -> None:
    """The form, page by page, and back to some pages of it; with all its pages, it is sent."""
    visitor = way.visitor
    before: dict[str, Any] = {"invited_by_partner": "yes"} if invited else {}
    visitor.open("/begin/step/1")
    for _ in range(pages):
        section = visitor.section
        if section is None:
            break
        filled = page_of(way.answers, section, before=before)
        before |= {name: way.answers[name] for name in filled}
        if section == "wellbeing":  # back to what was confided, before going on
            here = visitor.here
            visitor.open(_step(here, -1))
            visitor.open(here)
        answer = visitor.send(visitor.here, {"page": section, **filled})
        assert answer.status == 200, (
            section,
            filled,
            answer.text.partition('class="errors"')[2][:900],
        )
    if visitor.section is not None:
        return
    assert visitor.here.startswith("/begin/next"), visitor.here
    for again in ("/begin/next", "/begin/step/2", "/begin/erase"):
        visitor.open(again)
    visitor.open("/begin/next")


def _step(here: str, by: int) -> str:
    path, _, number = here.partition("?")[0].rpartition("/")
    return f"{path}/{int(number) + by}"


def may_choose(way: Way) -> bool:
    """Whether the page leads to choosing a time."""
    return b"/schedule/t/" in way.visitor.seen[-1].body


def look_at_times(way: Way) -> None:
    """The page on which a time is chosen."""
    way.visitor.open(way.visitor.link(r"/schedule/t/[^\"]+"))


def book_and_cancel(way: Way) -> None:
    """Take the day's last time, look at everything that belongs to it, and give it back.

    Not the first: it may have begun by the database's clock, which does not stand still.
    """
    visitor = way.visitor
    choose = visitor.here
    starts = _START.findall(visitor.seen[-1].text)
    assert starts, visitor.seen[-1].text[:3000]
    visitor.send(f"{choose}/hold", {"start": starts[-1], "anyone": "true"})
    held = _START.search(visitor.seen[-1].text)
    assert held, visitor.seen[-1].text[:3000]
    form = {"start": held[1], "how": "phone"}
    if 'name="location"' in visitor.seen[-1].text:
        form["location"] = "NY"
    booked = visitor.send(f"{choose}/book", form)
    assert booked.status == 200, booked.text[:3000]
    own = visitor.here
    assert own.startswith("/schedule/m/"), own
    visitor.open(f"{own}/appointment.ics")
    visitor.open(f"{own}/change")
    way.product.settle()
    visitor.open(f"{own}/change")
    visitor.send(f"{own}/cancel", {})
    visitor.open(f"{own}/appointment.ics")
    way.product.settle()
