"""Two people through the product: the first asks, a clinician lets them invite, the second comes.

Staff's acts are the same for everyone, so that what is left to differ is what a partner did.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from services import embedded
from services.intake import jobs
from services.intake.models import QuestionnaireResponse
from services.intake.operations import calls, holds
from services.intake.operations.links import Links
from services.intake.operations.readers import Reader
from shared.vocabulary import Role
from tests.noninterference.journey import Way, begin, fill_in
from tests.noninterference.people import address
from tests.noninterference.product import Product

DANA: Final = Reader(account_id=UUID(int=7), name="Dana Whitlock", role=Role.OWNER)
UNIFORM_DAY: Final = 14
_PAGE: Final = re.compile(r"/begin/p/[A-Za-z0-9_-]{43}")
_DOOR: Final = re.compile(r"/begin/i/[A-Za-z0-9_-]{43}")
_CHOOSE: Final = re.compile(r"/schedule/t/([A-Za-z0-9_-]{43})")


@dataclass
class First:
    """The first of the two, once they have made their link."""

    way: Way
    response_id: UUID
    page: str
    door: str


@dataclass
class Pairs:
    """Sends couples through a product."""

    product: Product
    numbers: Iterator[int] = field(default_factory=lambda: count(2000))

    def first(self, open_answers: dict[str, Any], confided: dict[str, Any]) -> First:
        """Send the form, be called, be let invite, and make the link to pass on."""
        way = begin(self.product, open_answers, confided, next(self.numbers))
        fill_in(way)
        response_id = self._response_of(way)
        self._call_and_let_invite(response_id)
        self.product.settle()
        page = self._page_in_mail(way)
        way.visitor.open(page)
        way.visitor.open(f"{page}/link")
        way.visitor.send(f"{page}/link", {})
        door = _DOOR.search(way.visitor.seen[-1].text)
        assert door, way.visitor.seen[-1].text[:3000]
        return First(way, response_id, page, door[0])

    def second(
        self, first: First, answers: dict[str, Any], confided: dict[str, Any], *, pages: int = 14
    ) -> Way:
        """Open the link, begin a form of one's own, and fill in so many pages of it."""
        way = begin(self.product, answers, confided, next(self.numbers))
        way.visitor.open(first.door)
        way.visitor.send(first.door, {})
        fill_in(way, invited=True, pages=pages)
        way.visitor.close()
        return way

    def look(self, first: First, *, day: int) -> None:
        """What the first of the two finds on that day of the invitation, wherever they look."""
        moment = self.product.set_clock(days=day)
        with embedded.own_database(self.product.intake) as database:
            jobs.keep_days(database, Links.of(self.product.intake), now=moment)
        self.product.settle()
        visitor = first.way.visitor
        for path in (first.page, f"{first.page}/link", "/begin/next"):
            assert visitor.open(path).status == 200, (path, visitor.seen[-1].text)
        choose = _CHOOSE.search(visitor.seen[-1].text)
        assert choose, visitor.seen[-1].text[:3000]
        visitor.open(choose[0])

    def _response_of(self, way: Way) -> UUID:
        token = _CHOOSE.search(way.visitor.seen[-1].text)
        assert token, way.visitor.seen[-1].text[:3000]
        digest = hashlib.sha256(token[1].encode()).digest()
        with embedded.own_database(self.product.intake) as database, database.begin() as session:
            return session.scalars(
                select(QuestionnaireResponse.id).where(
                    QuestionnaireResponse.booking_sha256 == digest
                )
            ).one()

    def _call_and_let_invite(self, response_id: UUID) -> None:
        with embedded.own_database(self.product.intake) as database, database.begin() as session:
            response = session.get_one(QuestionnaireResponse, response_id)
            calls.mark_done(session, response=response, reader=DANA, now=self.product.today)
            holds.lift(session, response=response, reader=DANA, reason="We have met alone.")
        inquiry = f"/begin/staff/inquiries/{response_id}"
        # A session does not outlast the days that other tests have let pass.
        self.product.staff.sign_in().send(
            f"{inquiry}/invitation", {"how": "share_link"}, shown_at=inquiry
        )

    def _page_in_mail(self, way: Way) -> str:
        mails = self.product.mails(address(way.number))
        found = _PAGE.search(mails[-1].text) if mails else None
        assert found, [mail.text for mail in mails]
        return found[0]
