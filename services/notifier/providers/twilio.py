"""Hands a text to Twilio's Messages resource, and asks there for one whose answer was lost.

Twilio has no idempotency key. So each try gets a signed callback address of its own (whatever
happens to the answer, the first callback proves that the text was taken), and before a second
try the account's own list is searched.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import requests

from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.servers import TwilioAccount
from services.notifier.domain.verdict import Answer, twilio_answer
from services.notifier.providers import Trace
from services.notifier.providers.http import ask, document, retry_after, silence

_CLOCKS_DIFFER = timedelta(seconds=30)


class TwilioProvider:
    """One Twilio account; `callback` gives the address for the status callbacks of a try."""

    name = "twilio"

    def __init__(self, account: TwilioAccount, *, callback: Callable[[UUID], str]) -> None:
        self._account = account
        self._callback = callback
        self._auth = (account.account_sid, account.auth_token)
        self._messages = f"{account.url}/2010-04-01/Accounts/{account.account_sid}/Messages.json"

    def send(
        self, message: OutgoingMessage, *, attempt_id: UUID, handing_over: Callable[[], None]
    ) -> Answer:
        """Create the message; 201 means queued at Twilio."""
        handing_over()
        form = {
            "To": message.to,
            "From": self._account.sender,
            "Body": message.text,
            "StatusCallback": self._callback(attempt_id),
        }
        try:
            answer = ask("POST", self._messages, auth=self._auth, data=form)
        except requests.RequestException as error:
            return silence(error)
        said = document(answer)
        code = said.get("code")
        reference = said.get("sid")
        return Answer(
            verdict=twilio_answer(
                answer.status_code, code if isinstance(code, int) else None, retry_after(answer)
            ),
            code=code if isinstance(code, int) else answer.status_code,
            text=f"{answer.status_code} {said.get('message') or said.get('status') or ''}",
            reference=reference if isinstance(reference, str) else None,
        )

    def find(
        self,
        message: OutgoingMessage,
        *,
        attempt_id: UUID,  # noqa: ARG002 - it is told no name of ours
        since: datetime,
    ) -> Trace:
        """Look through the newest texts to that number for the same words."""
        try:
            answer = ask(
                "GET",
                self._messages,
                auth=self._auth,
                params={"To": message.to, "PageSize": "50"},
            )
        except requests.RequestException:
            return Trace.ASK_LATER
        if answer.status_code != 200:
            return Trace.ASK_LATER
        listed = document(answer).get("messages")
        rows = listed if isinstance(listed, list) else []
        if any(_same(row, message.text, since - _CLOCKS_DIFFER) for row in rows):
            return Trace.TAKEN
        return Trace.NOT_TAKEN


def _same(row: Any, text: str, since: datetime) -> bool:
    """Whether a listed text is the one we lost sight of; without a readable date, it is."""
    if not isinstance(row, dict) or row.get("body") != text:
        return False
    try:
        return parsedate_to_datetime(str(row.get("date_created"))) >= since
    except (TypeError, ValueError):
        return True
