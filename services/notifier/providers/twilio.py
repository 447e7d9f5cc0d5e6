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
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from services.notifier.domain.message import OutgoingMessage
from services.notifier.domain.servers import TwilioAccount
from services.notifier.domain.verdict import Answer, temporary, twilio_answer, uncertain
from services.notifier.providers import Trace

TIMEOUT_SECONDS = (3, 10)
_CLOCKS_DIFFER = timedelta(seconds=30)


class TwilioProvider:
    """One Twilio account; `callback` gives the address for the status callbacks of a try."""

    name = "twilio"

    def __init__(self, account: TwilioAccount, *, callback: Callable[[UUID], str]) -> None:
        self._account = account
        self._callback = callback
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
            answer = self._ask("POST", data=form)
        except requests.exceptions.SSLError:
            return Answer(verdict=temporary("our-settings"), text="Its certificate is not trusted.")
        except requests.RequestException as error:
            return _silent(error)
        document = _document(answer)
        code = document.get("code")
        reference = document.get("sid")
        return Answer(
            verdict=twilio_answer(
                answer.status_code, code if isinstance(code, int) else None, _retry_after(answer)
            ),
            code=code if isinstance(code, int) else answer.status_code,
            text=f"{answer.status_code} {document.get('message') or document.get('status') or ''}",
            reference=reference if isinstance(reference, str) else None,
        )

    def find(self, message: OutgoingMessage, *, since: datetime) -> Trace:
        """Look through the newest texts to that number for the same words."""
        try:
            answer = self._ask("GET", params={"To": message.to, "PageSize": "50"})
        except requests.RequestException:
            return Trace.ASK_LATER
        if answer.status_code != 200:
            return Trace.ASK_LATER
        listed = _document(answer).get("messages")
        rows = listed if isinstance(listed, list) else []
        if any(_same(row, message.text, since - _CLOCKS_DIFFER) for row in rows):
            return Trace.TAKEN
        return Trace.NOT_TAKEN

    def _ask(self, method: str, **kwargs: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False  # settings come from one place, and .netrc is another
            session.auth = (self._account.account_sid, self._account.auth_token)
            return session.request(
                method, self._messages, timeout=TIMEOUT_SECONDS, allow_redirects=False, **kwargs
            )


def _document(answer: requests.Response) -> dict[str, Any]:
    try:
        document = answer.json()
    except requests.exceptions.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _same(row: Any, text: str, since: datetime) -> bool:
    """Whether a listed text is the one we lost sight of; without a readable date, it is."""
    if not isinstance(row, dict) or row.get("body") != text:
        return False
    try:
        return parsedate_to_datetime(str(row.get("date_created"))) >= since
    except (TypeError, ValueError):
        return True


def _retry_after(answer: requests.Response) -> timedelta | None:
    value = answer.headers.get("Retry-After", "")
    return (
        timedelta(seconds=min(int(value), 86400)) if value.isascii() and value.isdigit() else None
    )


def _silent(error: requests.RequestException) -> Answer:
    """Only a connection that never stood proves that nothing was taken."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        verdict = temporary("unreachable")
    else:
        verdict = uncertain("no-answer")
    # The exception's own text holds the address, and that the account: its kind is enough.
    return Answer(verdict=verdict, text=type(error).__name__)
