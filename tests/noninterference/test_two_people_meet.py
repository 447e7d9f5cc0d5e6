"""The whole way of two people: two forms, two calls, two signatures, a release, one time for both.

Through all three services as they run, by the links in the mails that each of the two was sent.
"""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest

from services import embedded
from services.intake import jobs
from services.intake.models import QuestionnaireResponse
from services.intake.operations import calls
from services.intake.operations.links import Links
from tests.journeys.people import COUPLE
from tests.noninterference.journey import Way
from tests.noninterference.pairs import DANA, First, Pairs
from tests.noninterference.people import SAID_NOTHING, SEALED, address
from tests.noninterference.product import Product
from tests.noninterference.surfaces import Surface, difference

OPENLY = {name: value for name, value in COUPLE.items() if name not in SEALED}
WRITTEN_TO: Final = {"email_safe": "yes", "c_email": True, "invite_pref": "share_link"}
A: Final = {**OPENLY, **WRITTEN_TO, "name_used": "Ellis"}
B: Final = {**OPENLY, **WRITTEN_TO, "name_used": "Robin"}
_CHOOSE: Final = re.compile(r"/schedule/t/[A-Za-z0-9_-]{43}")
_MANAGE: Final = re.compile(r"/schedule/m/[A-Za-z0-9_-]{43}")
_PAGE: Final = re.compile(r"/begin/p/[A-Za-z0-9_-]{43}")
_WORDS: Final = re.compile(r'name="words" value="([0-9a-f]+)"')
_START: Final = re.compile(r'name="start" value="([^"]+)"')


@pytest.fixture
def pairs(product: Product) -> Pairs:
    product.begin_today()
    return Pairs(product, numbers=iter(range(4000, 4100)))


def last_link(product: Product, way: Way, pattern: re.Pattern[str]) -> str:
    """The newest link of that kind that this person was mailed."""
    found = [pattern.search(mail.text) for mail in product.mails(address(way.number))]
    links = [match[0] for match in found if match]
    assert links, [mail.text for mail in product.mails(address(way.number))]
    return links[-1]


def called(product: Product, response_id: UUID) -> None:
    with embedded.own_database(product.intake) as database, database.begin() as session:
        response = session.get_one(QuestionnaireResponse, response_id)
        calls.mark_done(session, response=response, reader=DANA, now=product.today)


def desk(product: Product, response_id: UUID, act: str, form: dict[str, Any]) -> None:
    inquiry = f"/begin/staff/inquiries/{response_id}"
    product.staff.send(f"{inquiry}/{act}", form, shown_at=inquiry)


def sign(product: Product, way: Way, name: str) -> None:
    page = last_link(product, way, _PAGE)
    way.visitor.open(f"{page}/paper")
    words = _WORDS.search(way.visitor.seen[-1].text)
    assert words, way.visitor.seen[-1].text[:3000]
    way.visitor.send(f"{page}/paper", {"name": name, "agree": "yes", "words": words[1]})
    assert "You signed this" in way.visitor.seen[-1].text


def pair_of(product: Product, response_id: UUID) -> dict[str, Any]:
    answer = product.staff.session.get(
        f"{product.url}/begin/api/staff/inquiries/{response_id}/pair", timeout=20
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def released(product: Product, pairs: Pairs) -> tuple[First, Way]:
    """Both were called, both have signed, and both may choose a time."""
    first = pairs.first(A, SAID_NOTHING)
    b = pairs.second(first, B, SAID_NOTHING)
    a = first.way
    product.staff.sign_in()
    b_id = UUID(pair_of(product, first.response_id)["b_id"])
    called(product, b_id)
    for response_id in (first.response_id, b_id):
        desk(product, response_id, "paper", {})
    desk(product, first.response_id, "joint", {"reason": "Both were met alone and want it."})
    product.settle()

    sign(product, a, "Ellis")
    _days_pass(product)
    a.visitor.open(last_link(product, a, _PAGE))
    assert "choose a time to meet together" not in a.visitor.seen[-1].text  # one signature

    sign(product, b, "Robin")
    _days_pass(product)
    assert pair_of(product, first.response_id)["a_update"] == "joint_ready"
    return first, b


def meet(product: Product, a: Way, b: Way) -> None:
    """The first chooses a time, and the second says yes to it."""
    a.visitor.open(last_link(product, a, _PAGE))
    assert "You can now choose a time to meet together." in a.visitor.seen[-1].text
    _choose(a)
    product.settle()
    assert "Robin" not in a.visitor.seen[-1].text

    own = last_link(product, b, _MANAGE)
    b.visitor.open(f"{own}/answer")
    assert "Ellis" not in b.visitor.seen[-1].text
    answer = b.visitor.send(f"{own}/accept", {"how": "phone", "location": "NJ"})
    assert answer.status == 200
    assert "Your time is booked" in answer.text
    product.settle()


def test_two_people_come_apart_are_released_and_meet(product: Product, pairs: Pairs) -> None:
    first, b = released(product, pairs)
    a = first.way
    meet(product, a, b)

    calendars = [
        [mail.calendar for mail in product.mails(address(way.number)) if mail.calendar is not None]
        for way in (a, b)
    ]
    assert [len(found) for found in calendars] == [1, 1]
    _nothing_of_the_other(product, a, "Robin", b)
    _nothing_of_the_other(product, b, "Ellis", a)


def test_n7_one_asks_for_another_time_the_other_says_yes_and_both_calendars_move(
    product: Product, pairs: Pairs
) -> None:
    first, b = released(product, pairs)
    a = first.way
    before = [len(product.mails(address(way.number))) for way in (a, b)]
    meet(product, a, b)
    own = last_link(product, a, _MANAGE)
    a.visitor.open(f"{own}/times")
    start = _START.findall(a.visitor.seen[-1].text)[0]
    asked = a.visitor.send(f"{own}/propose", {"start": start, "location": "NY"})
    assert "You have asked for another time" in asked.text
    mailed = len(product.mails(address(b.number)))
    product.settle()

    (note,) = product.mails(address(b.number))[mailed:]
    assert note.calendar is None
    theirs = last_link(product, b, _MANAGE)
    b.visitor.open(f"{theirs}/new-time")
    answer = b.visitor.send(f"{theirs}/new-time/accept", {"location": "NJ"})
    assert "Moved. This is your time now." in answer.text
    product.settle()

    for way, count in zip((a, b), before, strict=True):
        entries = [
            mail.calendar
            for mail in product.mails(address(way.number))[count:]
            if mail.calendar is not None
        ]
        assert len(entries) == 2
        words = entries[-1].get_payload(decode=True)
        assert b"SEQUENCE:1" in words
        assert b"METHOD:CANCEL" not in words
    _nothing_of_the_other(product, a, "Robin", b)
    _nothing_of_the_other(product, b, "Ellis", a)


def test_n7_the_end_of_a_release_reads_to_both_like_a_cancellation_by_the_practice(
    product: Product, pairs: Pairs
) -> None:
    """P17, P18: by every byte of what they are sent, and of their own pages about the time."""
    first, b = released(product, pairs)
    both = (first.way, b)

    def ended(end: Callable[[], None]) -> list[Surface]:
        meet(product, *both)
        before = [len(product.mails(address(way.number))) for way in both]
        end()
        product.settle()
        found = []
        for way, count in zip(both, before, strict=True):
            told = product.mails(address(way.number))[count:]
            assert told, "each of the two is told"
            found += way.same.mails(told)
            seen = len(way.visitor.seen)
            own = last_link(product, way, _MANAGE)
            for step in ("", "/change", "/appointment.ics"):
                way.visitor.open(f"{own}{step}")
            found += way.same.pages(way.visitor.seen[seen:])
        return found

    def by_staff() -> None:
        page = f"/schedule/staff/appointments/{_booked(product)}"
        product.staff.send(f"{page}/cancel", {"reason": "The room is painted."}, shown_at=page)

    by_hand = ended(by_staff)
    by_itself = ended(lambda: desk(product, first.response_id, "joint/withdraw", {}))

    assert difference(by_hand, by_itself) == ""
    assert any(b"Your time is cancelled" in one.said for one in by_itself)


def _booked(product: Product) -> str:
    with psycopg.connect(product.scheduler.database_url) as connection:
        row = connection.execute(
            "SELECT id FROM appointment WHERE couple_id IS NOT NULL AND status = 'booked'"
            " ORDER BY created_at DESC"
        ).fetchone()
    assert row is not None
    return str(row[0])


def _days_pass(product: Product) -> None:
    with embedded.own_database(product.intake) as database:
        jobs.keep_days(database, Links.of(product.intake), now=product.today)
    product.settle()


def _choose(way: Way) -> None:
    """Take the day's last time."""
    visitor = way.visitor
    choose = _CHOOSE.search(visitor.seen[-1].text)
    assert choose, visitor.seen[-1].text[:3000]
    visitor.open(choose[0])
    starts = _START.findall(visitor.seen[-1].text)
    assert starts, visitor.seen[-1].text[:3000]
    visitor.send(f"{choose[0]}/hold", {"start": starts[-1], "anyone": "true"})
    held = _START.search(visitor.seen[-1].text)
    assert held, visitor.seen[-1].text[:3000]
    form = {"start": held[1], "how": "phone", "location": "NY"}
    answer = visitor.send(f"{choose[0]}/book", form)
    assert answer.status == 200, answer.text[:3000]
    assert visitor.here.startswith("/schedule/m/"), answer.text[:3000]


def _nothing_of_the_other(product: Product, way: Way, name: str, other: Way) -> None:
    """P17, P18: no byte of the other's name, address or number, on any page or in any mail."""
    own = b"\n".join(
        [seen.body for seen in way.visitor.seen]
        + [mail.content for mail in product.mails(address(way.number))]
    )
    for canary in (name, address(other.number)):
        assert canary.encode() not in own, canary
