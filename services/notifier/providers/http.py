"""What the carriers of texts have in common: one request each, and what its failure proves."""

from datetime import timedelta
from typing import Any, Final

import requests
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from services.notifier.domain.verdict import Answer, temporary, uncertain

TIMEOUT_SECONDS = (3, 10)
"""To connect, and between two bytes of the answer (delivery.md, rule c)."""

_LONGEST_WAIT: Final = 86400


def ask(
    method: str, url: str, *, auth: AuthBase | tuple[str, str], **kwargs: Any
) -> requests.Response:
    """One request, without redirects. Raises requests.RequestException."""
    with requests.Session() as session:
        session.trust_env = False  # settings come from one place, and .netrc is another
        session.auth = auth
        return session.request(
            method, url, timeout=TIMEOUT_SECONDS, allow_redirects=False, **kwargs
        )


def document(answer: requests.Response) -> dict[str, Any]:
    """The JSON object of an answer; an empty one where there is none."""
    try:
        found = answer.json()
    except requests.exceptions.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def retry_after(answer: requests.Response) -> timedelta | None:
    """How long a carrier asks to be left alone, a day at most."""
    value = answer.headers.get("Retry-After", "")
    if not (value.isascii() and value.isdigit()):
        return None
    return timedelta(seconds=min(int(value), _LONGEST_WAIT))


def silence(error: requests.RequestException) -> Answer:
    """Judge a request without an answer.

    Only a connection that never stood proves that nothing was taken.
    """
    if isinstance(error, requests.exceptions.SSLError):
        return Answer(verdict=temporary("our-settings"), text="Its certificate is not trusted.")
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(reason, NewConnectionError | ConnectTimeoutError):
        verdict = temporary("unreachable")
    else:
        verdict = uncertain("no-answer")
    # The exception's own text holds the address, and that the account: its kind is enough.
    return Answer(verdict=verdict, text=type(error).__name__)
