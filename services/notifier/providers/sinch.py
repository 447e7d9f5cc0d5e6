"""Hands a text to Sinch's batches resource, and asks there for one whose answer was lost.

A batch of one. It carries our try's id as `client_reference`: Sinch takes a second batch with the
same one, so it guards nothing by itself, but its list can be asked for it. Receipts come to an
address of the try's own.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import requests
from requests.auth import AuthBase

from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.servers import SinchAccount
from services.notifier.domain.sinch import sinch_answer
from services.notifier.domain.verdict import Answer
from services.notifier.providers import Trace
from services.notifier.providers.http import ask, document, retry_after, silence

_CLOCKS_DIFFER = timedelta(seconds=30)


class _Bearer(AuthBase):
    """The service plan's token in the header."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class SinchProvider:
    """One Sinch service plan; `callback` gives the address for the receipts of a try."""

    name = "sinch"

    def __init__(self, account: SinchAccount, *, callback: Callable[[UUID], str]) -> None:
        self._account = account
        self._auth = _Bearer(account.api_token)
        self._callback = callback
        self._batches = f"{account.url}/xms/v1/{account.service_plan_id}/batches"

    def send(
        self, message: OutgoingMessage, *, attempt_id: UUID, handing_over: Callable[[], None]
    ) -> Answer:
        """Create the batch; 201 means queued at Sinch."""
        handing_over()
        batch = {
            "type": "mt_text",
            "from": self._account.sender,
            "to": [message.to],
            "body": message.text,
            "delivery_report": "per_recipient",
            "callback_url": self._callback(attempt_id),
            "client_reference": str(attempt_id),
        }
        try:
            answer = ask("POST", self._batches, auth=self._auth, json=batch)
        except requests.RequestException as error:
            return silence(error)
        said = document(answer)
        reference = said.get("id")
        return Answer(
            verdict=sinch_answer(answer.status_code, retry_after(answer)),
            code=answer.status_code,
            text=f"{answer.status_code} {said.get('code') or ''} {said.get('text') or ''}".strip(),
            reference=reference if isinstance(reference, str) else None,
        )

    def find(
        self,
        message: OutgoingMessage,  # noqa: ARG002 - its try is known there by name
        *,
        attempt_id: UUID,
        since: datetime,
    ) -> Trace:
        """Ask for batches with that reference; the list begins today unless told otherwise."""
        wanted = {
            "client_reference": str(attempt_id),
            "start_date": (since - _CLOCKS_DIFFER).isoformat(timespec="milliseconds"),
        }
        try:
            answer = ask("GET", self._batches, auth=self._auth, params=wanted)
        except requests.RequestException:
            return Trace.ASK_LATER
        batches = document(answer).get("batches")
        if answer.status_code != 200 or not isinstance(batches, list):
            return Trace.ASK_LATER
        ours = [
            batch
            for batch in batches
            if isinstance(batch, dict) and batch.get("client_reference") == str(attempt_id)
        ]
        return Trace.TAKEN if ours else Trace.NOT_TAKEN
