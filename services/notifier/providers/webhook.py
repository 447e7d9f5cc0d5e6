"""Posts one signed message to an address that staff have named, on the internet alone."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import requests
from urllib3.exceptions import HTTPError

from services.notifier.domain.webhook import TIMEOUT_SECONDS, signed_headers
from services.notifier.providers.http import retry_after
from shared.outbound import CONNECT_SECONDS, PrivateAddress, guarded_session

_READ: Final = 500


@dataclass(frozen=True, kw_only=True)
class Received:
    """What came back: the status, None where nobody answered, and the first words of it."""

    status: int | None
    words: str
    retry_after: timedelta | None = None


def post(
    address: str,
    body: bytes,
    *,
    secrets: tuple[str, ...],
    message_id: str,
    timestamp: int,
    on_loopback: bool,
) -> Received:
    """Tell it once. Whatever happens on the way is an answer; a redirect is not followed."""
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Softstart",
        **signed_headers(secrets, message_id=message_id, timestamp=timestamp, body=body),
    }
    try:
        with (
            guarded_session(on_loopback=on_loopback) as session,
            session.post(
                address,
                data=body,
                headers=headers,
                timeout=(CONNECT_SECONDS, TIMEOUT_SECONDS),
                allow_redirects=False,
                stream=True,
            ) as answer,
        ):
            words = answer.raw.read1(_READ, decode_content=True).decode("utf-8", "replace")
            return Received(status=answer.status_code, words=words, retry_after=retry_after(answer))
    except PrivateAddress:
        return Received(status=None, words="The address is not on the internet.")
    except (requests.RequestException, HTTPError, OSError, ValueError) as error:
        # The exception's own text holds the address: its kind is enough.
        return Received(status=None, words=type(error).__name__)
