"""A product that runs, and the outside parties it writes to: a mail server, a provider of texts."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol, TypeVar

import requests
from icalendar import Calendar

from services.simulators.carrier import Text
from services.simulators.mail import Accepted, MailServer
from services.simulators.twilio import TwilioSimulator
from tests.journeys.by_api import Caller
from tests.journeys.by_browser import LONG_PASSWORD
from tests.phone import phone_of

OWNER_EMAIL = "dana@harborlane.example"
YOUR_SIGN_IN = "/schedule/staff/your-sign-in"
_numbers = count(1)
Found = TypeVar("Found")


class Product(Protocol):
    """What a test may know of the running product."""

    url: str

    @property
    def first_run_link(self) -> str: ...

    def log(self) -> str: ...


def somebody(answers: dict[str, Any]) -> dict[str, Any]:
    """The same answers from a person of their own: another address, another number."""
    n = next(_numbers)
    return answers | {"email": f"person{n}@example.org", "phone": f"+1212555{100 + n % 100:04d}"}


def until(look: Callable[[], Found], seconds: float = 30) -> Found:
    """Wait until `look` finds something, and return it."""
    end = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
    return found


def token_of(page: str) -> str:
    """The forgery token in a page's form."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, page[:2000]
    return found[1]


@dataclass
class World:
    """The product and everybody around it."""

    product: Product
    mail: MailServer
    texts: TwilioSimulator

    @property
    def url(self) -> str:
        return self.product.url

    @property
    def api(self) -> Caller:
        return Caller(self.url)

    def mails_to(self, address: str) -> list[Accepted]:
        return [one for one in list(self.mail.accepted) if address in one.recipients]

    def texts_to(self, number: str) -> list[Text]:
        return [one for one in list(self.texts.taken) if one.to == number]

    def entries(self, address: str, method: str | None = None) -> list[Any]:
        """The calendar entries that an address was sent, of one method or of any."""
        found = []
        for mail in self.mails_to(address):
            part = mail.calendar
            if part is None:
                continue
            calendar = Calendar.from_ical(part.get_payload(decode=True))
            if method in (None, calendar["METHOD"]):
                found.append(calendar)
        return found


class Staff:
    """A member of staff at a desk, by plain requests: the pages' own forms, without a script."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def page(self, path: str) -> str:
        answer = self.session.get(self.url + path, timeout=20)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    def send(
        self, path: str, form: dict[str, Any], *, shown_at: str | None = None
    ) -> requests.Response:
        token = token_of(self.page(shown_at or path))
        answer = self.session.post(self.url + path, data={"csrf_token": token, **form}, timeout=20)
        assert answer.status_code < 400, f"{path}: {answer.status_code}\n{answer.text[:3000]}"
        return answer

    def become_owner(self, link: str) -> "Staff":
        """By the first-run link; then open around the clock, so that there is always a time."""
        self.send(
            link.removeprefix(self.url),
            {
                "name": "Dana Whitlock",
                "credentials": "LMFT",
                "email": OWNER_EMAIL,
                "password": LONG_PASSWORD,
                "video_room": "",
            },
        )
        return self.set_up_second_step(OWNER_EMAIL).open_always().answer_for_safety()

    def set_up_second_step(self, email: str) -> "Staff":
        """A code app on the person's phone, by the page for it."""
        phone, page = phone_of(self.url, email), self.page(f"{YOUR_SIGN_IN}/app")
        phone.reads(page)
        setup = re.search(r'name="setup" value="([^"]+)"', page)
        assert setup
        form = {"csrf_token": token_of(page), "setup": setup[1], "code": phone.code()}
        shown = self.session.post(f"{self.url}{YOUR_SIGN_IN}/app", data=form, timeout=20)
        phone.keeps(shown.text)
        return self

    def open_always(self) -> "Staff":
        hours = {f"from-{day}": "00:00" for day in range(1, 8)}
        hours |= {f"until-{day}": "23:45" for day in range(1, 8)}
        self.send("/schedule/staff/hours", hours)
        return self

    def answer_for_safety(self) -> "Staff":
        """Name who stands behind the self-harm questions, so that the form asks them."""
        self.send(
            "/begin/staff/settings/safety",
            {
                "owner": "Dana Whitlock",
                "threshold": "Any answer but no",
                "reviewer": "Dana Whitlock, every business day",
                "promise": "yes",
            },
        )
        return self

    def sign_in(self) -> "Staff":
        phone = phone_of(self.url, OWNER_EMAIL)
        door = "/schedule/staff/sign-in"
        sent = {"email": OWNER_EMAIL, "password": LONG_PASSWORD, "next": f"{YOUR_SIGN_IN}"}
        self.send(door, sent, shown_at=f"{door}?again=1")
        self.send(f"{door}/second-step", {"code": phone.second_step()})
        if len(phone.paper) < 4:
            new = self.send(f"{YOUR_SIGN_IN}/recovery-codes", {}, shown_at=YOUR_SIGN_IN)
            phone.keeps(new.text)
        return self

    def messages(self, show: str = "all") -> list[dict[str, Any]]:
        """The message log, every page of it."""
        found: list[dict[str, Any]] = []
        for page in count(1):
            answer = self.session.get(
                f"{self.url}/notify/api/messages", params={"show": show, "page": page}, timeout=20
            )
            assert answer.status_code == 200, answer.text
            found += answer.json()["messages"]
            if not answer.json()["more"]:
                return found
        return found
