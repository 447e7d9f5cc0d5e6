"""The staff's way by JSON API, the same steps as on their pages."""

from typing import Any

import requests

from tests.journeys.by_api import TIMEOUT
from tests.journeys.by_browser import LONG_PASSWORD
from tests.journeys.world import OWNER_EMAIL
from tests.phone import phone_of

ALWAYS = [{"weekday": day, "start": "00:00", "end": "23:45"} for day in range(1, 8)]


class Desk:
    """A member of staff who talks JSON to the suite at `url`; the cookie says who it is."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session = requests.Session()

    def call(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=TIMEOUT, **kwargs)

    def get(self, path: str, **params: Any) -> Any:
        answer = self.call("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def first_run(self, link: str) -> requests.Response:
        """Make the owner's account with the link that the suite has printed."""
        owner = {
            "token": link.rpartition("/")[2],
            "name": "Dana Whitlock",
            "credentials": "LMFT",
            "email": OWNER_EMAIL,
            "password": LONG_PASSWORD,
        }
        return self.call("POST", "/schedule/api/staff/first-run", json=owner)

    def set_up_second_step(self, email: str = OWNER_EMAIL) -> "Desk":
        """A code app; only then anything sealed is shown."""
        phone, path = phone_of(self.url, email), "/schedule/api/staff/second-factor"
        begun = self.call("POST", f"{path}/new").json()
        phone.secret = begun["secret"]
        kept = self.call("PUT", path, json={"setup": begun["setup"], "code": phone.code()})
        assert kept.status_code == 200, kept.text
        phone.paper = kept.json()["recovery_codes"]
        return self

    def sign_in(self, email: str = OWNER_EMAIL) -> "Desk":
        """With the second step, if this person has set one up."""
        phone = phone_of(self.url, email)
        code = {"code": phone.second_step()} if phone.secret else {}
        answer = self.call(
            "POST",
            "/schedule/api/staff/session",
            json={"email": email, "password": LONG_PASSWORD, **code},
        )
        assert answer.status_code == 200, answer.text
        return self

    def set_hours(self, weekly: Any) -> requests.Response:
        return self.call("PUT", "/schedule/api/staff/hours", json={"weekly": weekly})

    def inquiries(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/begin/api/staff/inquiries")["inquiries"]
        return found

    def inquiry_of(self, name: str) -> dict[str, Any] | None:
        """What the queue says of somebody, once their call is known there."""
        return next(
            (one for one in self.inquiries() if one["contact"]["name"] == name and one["booked"]),
            None,
        )

    def appointments(self) -> list[dict[str, Any]]:
        found = self.get("/schedule/api/staff/appointments", days=60)
        listed: list[dict[str, Any]] = found["appointments"]
        return listed
