"""A client's way by JSON API, the same steps as in the browser."""

from dataclasses import dataclass
from typing import Any

import requests

TIMEOUT = 20


@dataclass
class Caller:
    """Somebody who talks JSON to the suite at `url`."""

    url: str

    def call(
        self, method: str, path: str, token: str | None = None, **kwargs: Any
    ) -> requests.Response:
        headers = {"Accept": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        return requests.request(method, self.url + path, headers=headers, timeout=TIMEOUT, **kwargs)

    def complete(self, answers: dict[str, Any]) -> dict[str, Any]:
        """Answer everything and send it; the result as the page would show it."""
        draft = self.call("POST", "/begin/api/responses")
        assert draft.status_code == 201, draft.text
        token = draft.json()["token"]
        saved = self.call("PATCH", "/begin/api/response", token, json={"answers": answers})
        assert saved.status_code == 200, saved.text
        sent = self.call("POST", "/begin/api/response/completion", token)
        assert sent.status_code == 200, sent.text
        result: dict[str, Any] = sent.json()
        return result

    def permission(self, answers: dict[str, Any]) -> str:
        """Complete, and return the token that allows one booking."""
        token: str = self.complete(answers)["booking"]["permission_token"]
        return token

    def slots(self, permission: str, **params: Any) -> list[dict[str, Any]]:
        answer = self.call("GET", "/schedule/api/slots", permission, params={"days": 30} | params)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["slots"]
        return found

    def book(self, permission: str, start: str) -> requests.Response:
        wanted = {"start": start, "how": "phone", "location": "NY"}
        return self.call("POST", "/schedule/api/appointments", permission, json=wanted)

    def booked(self, answers: dict[str, Any], nth: int = 0) -> dict[str, Any]:
        """The whole way: answers in, an appointment out."""
        permission = self.permission(answers)
        answer = self.book(permission, self.slots(permission)[nth]["start"])
        assert answer.status_code == 201, answer.text
        appointment: dict[str, Any] = answer.json()
        return appointment
