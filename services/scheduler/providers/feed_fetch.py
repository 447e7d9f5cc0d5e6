"""Fetching a calendar from an address that somebody typed: over TLS, and only from the internet.

A redirect begins all over, with the same look at where it leads.
"""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from services.scheduler.domain.feed import MAX_BYTES, FeedRefused
from services.scheduler.domain.outside import Trouble
from shared.outbound import CONNECT_SECONDS, PrivateAddress, guarded_session

TIMEOUT: Final = (CONNECT_SECONDS, 15)
_MOST_REDIRECTS: Final = 5
_CHUNK: Final = 64 * 1024
_GONE: Final = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.NOT_FOUND,
    HTTPStatus.GONE,
}


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """What came: `body` is None when nothing has changed since the validators were given."""

    body: bytes | None
    etag: str | None
    last_modified: str | None


def fetch(
    address: str,
    *,
    etag: str | None = None,
    last_modified: str | None = None,
    on_loopback: bool = False,
) -> Fetched:
    """GET the feed, or learn that it has not changed. Raises FeedRefused.

    The address is a secret and stands in no message of ours. `on_loopback` is for tests and
    practice runs: plain HTTP, and this machine's own addresses.
    """
    asked = {"Accept": "text/calendar, */*;q=0.1", "User-Agent": "Softstart"}
    if etag:
        asked["If-None-Match"] = etag
    if last_modified:
        asked["If-Modified-Since"] = last_modified
    try:
        with guarded_session(on_loopback=on_loopback) as session:
            return _follow(session, address, asked, on_loopback=on_loopback)
    except PrivateAddress:
        raise FeedRefused(Trouble.PRIVATE_ADDRESS) from None
    except requests.exceptions.SSLError:
        raise FeedRefused(Trouble.NOT_SECURE) from None
    except requests.exceptions.Timeout:
        raise FeedRefused(Trouble.TOO_SLOW) from None
    except (requests.RequestException, HTTPError, OSError, ValueError):
        raise FeedRefused(Trouble.UNREACHABLE) from None


def _follow(
    session: requests.Session, address: str, asked: dict[str, str], *, on_loopback: bool
) -> Fetched:
    for _ in range(_MOST_REDIRECTS + 1):
        if urlsplit(address).scheme != "https" and not on_loopback:
            raise FeedRefused(Trouble.NOT_SECURE)
        with session.get(
            address, headers=asked, timeout=TIMEOUT, allow_redirects=False, stream=True
        ) as answer:
            if not answer.is_redirect:
                return _taken(answer)
            address = urljoin(address, answer.headers["Location"])
    raise FeedRefused(Trouble.UNREACHABLE)


def _taken(answer: requests.Response) -> Fetched:
    validators = {
        "etag": answer.headers.get("ETag"),
        "last_modified": answer.headers.get("Last-Modified"),
    }
    if answer.status_code == HTTPStatus.NOT_MODIFIED:
        return Fetched(body=None, **validators)
    if answer.status_code in _GONE:
        raise FeedRefused(Trouble.GONE)
    if answer.status_code != HTTPStatus.OK:
        raise FeedRefused(Trouble.SERVER)
    body = bytearray()
    for chunk in answer.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_BYTES:
            raise FeedRefused(Trouble.TOO_LARGE)
    return Fetched(body=bytes(body), **validators)
